"""Makes the files of captures/ again: real programs on a network in namespaces.

    sudo python3 tests/make-captures --tutorial tutorial.txt [NAME…]

Needs root, iproute2, nftables, ethtool and tcpdump. Each scenario is recorded by `inspector live`
and by tcpdump at once; a file is kept only when both hold the same frames. With `--tcpdump` the
inspector is left out (to make captures before there is one), and no README.md is written, since it
would say otherwise.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

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
    if os.geteuid():
        sys.exit("make-captures: network namespaces need root; run it with sudo")
    leave_by_exception_on_signals()
    try:
        tutorial = Tutorial(options.tutorial.read_text(encoding="utf-8"))
        wanted = [s for s in SCENARIOS if s.file_name in (options.names or [s.file_name])]
        for scenario in wanted:
            make(scenario, tutorial, options)
        if not options.tcpdump:
            readme.write(options.out, SCENARIOS, TWIN)
    except (NetworkError, Mismatch, TutorialError, OSError) as error:
        sys.exit(f"make-captures: {error}")


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
        epilog="names: " + " ".join(scenario.file_name for scenario in SCENARIOS))
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--tutorial", type=Path, default=os.environ.get("INSPECTOR_TUTORIAL"),
                        help="the tutorial's text (default: $INSPECTOR_TUTORIAL)")
    parser.add_argument("--inspector", type=Path, default=PROJECT / "target/release/inspector",
                        help="the binary that records (default: target/release/inspector)")
    parser.add_argument("--tcpdump", action="store_true", help="record with tcpdump alone")
    parser.add_argument("--out", type=Path, default=PROJECT / "captures",
                        help="where the files go (default: captures)")
    options = parser.parse_args()
    unknown = set(options.names) - {scenario.file_name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"no scenario named {', '.join(sorted(unknown))}")
    if not options.tutorial:
        parser.error("where is the tutorial's text? Give --tutorial FILE")
    options.tutorial = Path(options.tutorial)
    if not options.tcpdump and not options.inspector.exists():
        parser.error(f"{options.inspector} is not there; run `cargo build --release` first")
    return options


if __name__ == "__main__":
    main()
