"""Writes captures/README.md from the scenarios' docs and the files."""

import inspect

from record import read

HEAD = """\
# Captures

Real programs on a real, though virtual, network. All of it is made again by

    cargo build --release && sudo python3 tests/make-captures --tutorial tutorial.txt

which also writes this page.

## One scenario of the lab a file

Each file of `lab/` is what the lab writes itself, without root and without any other tool:

    inspector lab SCENARIO -w captures/lab/SCENARIO.pcap

`python3 tests/make-captures --lab` does so for all of them.

| file | frames | seconds | bytes | what it shows |
|---|---:|---:|---:|---|
"""

PROGRAMS = """
## The tutorial's own programs

The other files were not made by programs of ours: the Python programs of a socket tutorial talk (a
TCP chat, a UDP chat and a small shop; taken out of the tutorial's text at that moment, as they are
not ours to keep), unchanged but for addresses, each host in a network namespace of its own:

    server 192.168.15.73 ──┐
    Ann    192.168.15.42 ──┤
    Bob    192.168.15.43 ──┼── tap
    router 192.168.15.1  ──┘
       ├── 192.168.12.42   (192.168.12.0/24, the next subnet)
       └── 198.51.100.7    (198.51.100.0/24, far away)

The subnet is 192.168.15.0/24. The tap is a bridge that every frame crosses once; there
`inspector live tap -w FILE` recorded, and tcpdump beside it. A file is kept only when both hold the
same frames, byte for byte and in the same order. Offloads are off, so that checksums are complete
and no frame is larger than the MTU. A MAC address ends in the last two bytes of its host's IPv4
address: 02:00:00:00:0f:49 is 192.168.15.73. Frames shorter than 60 bytes have no padding: veth pairs
add none. No host knows another's MAC address when a file begins.

Where the tutorial's programs cannot do what a file is to show, our own in
`tests/make-captures/programs` do (marked *).

| file | frames | seconds | bytes | what it shows |
|---|---:|---:|---:|---|
"""


def write(directory, scenarios, twin, of_the_lab):
    """Lists the files that are there, in the order of the scenarios."""
    lab_rows = []
    for name, sentence in of_the_lab:
        lab_rows += _row(directory / "lab" / f"{name}.pcap", _sentence(sentence), "lab/")
    rows = []
    for scenario in scenarios:
        told = " ".join(scenario.__doc__.split())
        own = "* " if "Program.own(" in inspect.getsource(scenario) else ""
        rows += _row(directory / f"{scenario.file_name}.pcap", own + told)
        if scenario.file_name == twin:
            rows += _row(directory / f"{twin}.pcapng",
                         f"The pcapng twin of `{twin}.pcap`: the same run, recorded beside it.")
    (directory / "README.md").write_text(
        HEAD + "".join(lab_rows) + PROGRAMS + "".join(rows), encoding="utf-8")


def _sentence(words):
    return words[0].upper() + words[1:] + "."


def _row(path, told, folder=""):
    if not path.exists():
        return []
    frames = read(path)
    seconds = (frames[-1].at - frames[0].at) / 10**9
    size = path.stat().st_size
    return [f"| `{folder}{path.name}` | {len(frames)} | {seconds:.1f} | {size} | {told} |\n"]
