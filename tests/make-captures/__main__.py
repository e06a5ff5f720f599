"""Makes the files of captures/ again: real programs on a network in namespaces.

    sudo python3 tests/make-captures --tutorial tutorial.txt [NAME…]

Needs root, iproute2, nftables, ethtool and tcpdump. Each scenario is recorded by `inspector live`
and by tcpdump at once; a file is kept only when both hold the same frames. With `--tcpdump` the
inspector is left out (to make captures before there is one), and no README.md is written, since it
would say otherwise. The files of captures/lab are what `inspector lab SCENARIO -w FILE` writes;
`--lab` makes only these, without root and without the tutorial.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import lab
import readme
from network import Network, NetworkError, leave_by_exception_on_signals
from record import Mismatch, compare, inspector, recording, tcpdump
from scenarios import SCENARIOS
from tutorial import Tutorial, TutorialError

PROJECT = Path(__file__).resolve().parents[2]
TWIN = "chat"


class Stage:
    """What a scenario plays on: the network, the tutorial's programs, the recorders."""

    def __init__(self, network, tutorial, tools, directory, name):
        self.network, self.tutorial = network, tutorial
        self.recording = lambda: recording(network, tools, directory, name)


def main():
    options = arguments()
    if options.lab:
        make_lab(options)
        return
    if os.geteuid():
        sys.exit("make-captures: network namespaces need root; run it with sudo")
    leave_by_exception_on_signals()
    try:
        tutorial = Tutorial(options.tutorial.read_text(encoding="utf-8"))
        wanted = [s for s in SCENARIOS if s.file_name in (options.names or [s.file_name])]
        for scenario in wanted:
            make(scenario, tutorial, options)
        if not options.tcpdump:
            make_lab(options)
    except (NetworkError, Mismatch, TutorialError, OSError) as error:
        sys.exit(f"make-captures: {error}")


def make_lab(options):
    """The lab's own files, and the page about all of them."""
    try:
        lab.make(options.inspector, options.out, options.names)
        readme.write(options.out, SCENARIOS, TWIN, lab.scenarios(options.inspector))
    except subprocess.CalledProcessError as error:
        sys.exit(f"make-captures: {' '.join(map(str, error.cmd))}: {error.stderr}")


def make(scenario, tutorial, options):
    """Plays one scenario and puts what was recorded into the captures' directory."""
    name = scenario.file_name
    tools = {".tcpdump.pcap": tcpdump}
    if not options.tcpdump:
        tools[".pcap"] = inspector(options.inspector)
        if name == TWIN:
            tools[".pcapng"] = inspector(options.inspector)
    with tempfile.TemporaryDirectory() as directory, Network() as network:
        directory = Path(directory)
        scenario(Stage(network, tutorial, tools, directory, name))
        witness = directory / f"{name}.tcpdump.pcap"
        kept = [directory / f"{name}{ending}" for ending in tools if ending != ".tcpdump.pcap"]
        for path in kept or [witness]:
            frames = compare(path, witness)
        options.out.mkdir(exist_ok=True)
        for path in kept or [witness]:
            target = options.out / path.name.replace(".tcpdump", "")
            target.write_bytes(path.read_bytes())
        print(f"{name}: {len(frames)} frames", flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="make-captures", description=__doc__.split("\n")[0],
        epilog="names: " + " ".join(scenario.file_name for scenario in SCENARIOS)
        + "; of the lab's: lab/chat and so on")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--tutorial", type=Path, default=os.environ.get("INSPECTOR_TUTORIAL"),
                        help="the tutorial's text (default: $INSPECTOR_TUTORIAL)")
    parser.add_argument("--inspector", type=Path, default=PROJECT / "target/release/inspector",
                        help="the binary that records (default: target/release/inspector)")
    parser.add_argument("--tcpdump", action="store_true", help="record with tcpdump alone")
    parser.add_argument("--lab", action="store_true", help="only the files of captures/lab")
    parser.add_argument("--out", type=Path, default=PROJECT / "captures",
                        help="where the files go (default: captures)")
    options = parser.parse_args()
    if not options.tcpdump and not options.inspector.exists():
        parser.error(f"{options.inspector} is not there; run `cargo build --release` first")
    known = {scenario.file_name for scenario in SCENARIOS}
    if not options.tcpdump:
        known |= {f"{lab.FOLDER}/{scenario.name}" for scenario in lab.scenarios(options.inspector)}
    unknown = set(options.names) - known
    if unknown:
        parser.error(f"no scenario named {', '.join(sorted(unknown))}")
    if not options.tutorial and not options.lab:
        parser.error("where is the tutorial's text? Give --tutorial FILE")
    options.tutorial = Path(options.tutorial or "")
    return options


if __name__ == "__main__":
    main()
