"""Records what passes the bridge with two recorders at once, and compares what they saw."""

import contextlib
import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from network import TAP

SETTLE = 0.3


class Frame(NamedTuple):
    """One record: its time in nanoseconds since the epoch, its original length, its bytes."""
    at: int
    original_len: int
    data: bytes


class Mismatch(Exception):
    """The recorders disagree; the text says where first."""


@contextlib.contextmanager
def recording(network, tools, directory, name):
    """Runs every recorder around the block; after it, their files are complete.

    `tools` maps a file's ending to a function that gives a recorder's command for a file.
    """
    recorders = []
    for ending, command in tools.items():
        path = directory / f"{name}{ending}"
        recorder = network.spawn(TAP, *command(path), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        recorders.append(recorder)
        network.wait_until(lambda: recorder.poll() is not None
                           or network.listeners(TAP, TAP) >= len(recorders),
                           f"`{recorder.args[2]}` to listen")
        if recorder.poll() is not None:
            raise Mismatch(f"a recorder ended early: {recorder.stderr.read().decode()}")
    # The recorder is bound; it still has to come as far as to read.
    time.sleep(SETTLE)
    try:
        yield
        time.sleep(SETTLE)
    finally:
        for recorder in recorders:
            recorder.send_signal(signal.SIGINT)
        for recorder in recorders:
            _, words = recorder.communicate(timeout=10)
            if recorder.returncode:
                raise Mismatch(f"a recorder failed ({recorder.returncode}): {words.decode()}")


def tcpdump(path):
    """The witness. It is told to keep root, or it could not write here. In immediate mode its ring
    of 2 MiB has slots as large as the largest frame can be, so few that a burst overruns it."""
    return ["tcpdump", "-i", TAP, "-w", path, "-U", "--immediate-mode", "-B", "65536",
            "-Z", "root"]


def inspector(binary):
    """Our own recorder."""
    return lambda path: [binary, "live", TAP, "-w", path, "--force"]


def compare(ours, theirs):
    """Both files hold the same frames in the same order, at nearly the same times."""
    left, right = read(ours), read(theirs)
    if len(left) != len(right):
        raise Mismatch(f"{ours.name} has {len(left)} frames, {theirs.name} has {len(right)}")
    for number, (a, b) in enumerate(zip(left, right), start=1):
        if a[1:] != b[1:]:
            raise Mismatch(f"frame {number} differs between {ours.name} and {theirs.name}")
        if abs(a.at - b.at) > 1_000_000:
            raise Mismatch(f"frame {number}: the times differ by {abs(a.at - b.at)} ns")
    return left


def read(path):
    """The frames of a pcap or pcapng file, as this machine writes it."""
    data = Path(path).read_bytes()
    return list(_pcapng(data) if data[:4] == b"\n\r\r\n" else _pcap(data))


def _pcap(data):
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[struct.unpack_from("<I", data)[0]]
    at = 24
    while at < len(data):
        seconds, fraction, captured, original = struct.unpack_from("<IIII", data, at)
        at += 16
        yield Frame(seconds * 10**9 + fraction * unit, original, data[at:at + captured])
        at += captured


def _pcapng(data):
    at, units = 0, []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:
            units.append(_resolution(data[at + 16:at + length - 4]))
        elif kind == 6:
            interface, high, low, captured, original = struct.unpack_from("<IIIII", data, at + 8)
            yield Frame((high << 32 | low) * 10**9 // units[interface], original,
                        data[at + 28:at + 28 + captured])
        at += length


def _resolution(options):
    """Ticks in a second: `if_tsresol` as a power of ten, or a million."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from("<HH", options, at)
        if code == 9:
            return 10 ** options[at + 4]
        at += 4 + (length + 3) // 4 * 4
    return 10**6
