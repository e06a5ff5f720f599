"""Makes captures/lab/ again: each of the lab's scenarios in a file that the lab itself wrote."""

import subprocess
from typing import NamedTuple

FOLDER = "lab"


class Scenario(NamedTuple):
    """A scenario of `inspector lab`, and the sentence that `inspector lab --list` says of it."""
    name: str
    sentence: str


def scenarios(binary):
    """Those that the lab has, in its order."""
    listed = subprocess.run([binary, "lab", "--list"], check=True, capture_output=True, text=True)
    return [Scenario(*map(str.strip, line.split(maxsplit=1)))
            for line in listed.stdout.splitlines()]


def make(binary, directory, names):
    """Plays those of these names, or all where none is named."""
    (directory / FOLDER).mkdir(parents=True, exist_ok=True)
    for scenario in scenarios(binary):
        path = directory / FOLDER / f"{scenario.name}.pcap"
        if names and f"{FOLDER}/{scenario.name}" not in names:
            continue
        subprocess.run([binary, "lab", scenario.name, "--view", "summary", "-w", path, "--force"],
                       check=True, capture_output=True)
        print(f"{FOLDER}/{scenario.name}", flush=True)
