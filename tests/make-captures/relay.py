"""Relays frames between two interfaces: `relay.py NEAR FAR [--delay=SECONDS] [--tag=VLAN]`.

With a delay it is a long wire. With a tag it is a VLAN interface: frames from NEAR leave FAR with
an 802.1Q tag, and only frames with this tag come back, without it. (Many small kernels have no
driver for either.) The kernel takes the tag off before a packet socket sees the frame and tells
it beside the frame, hence the ancillary data.
"""

import argparse
import heapq
import itertools
import selectors
import socket
import struct
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
AUXDATA = struct.Struct("=IIIHHHH")
VLAN_VALID = 0x10


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("near")
    parser.add_argument("far")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--tag", type=int)
    options = parser.parse_args()

    near, far = open_socket(options.near), open_socket(options.far)
    ways = selectors.DefaultSelector()
    ways.register(near, selectors.EVENT_READ, far)
    ways.register(far, selectors.EVENT_READ, near)
    waiting, order = [], itertools.count()
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in ways.select(pause):
            frame, tag = receive(key.fileobj)
            if options.tag:
                if key.fileobj is near:
                    frame = frame[:12] + struct.pack("!HH", 0x8100, options.tag) + frame[12:]
                elif tag != options.tag:
                    continue
            due = time.monotonic() + options.delay
            heapq.heappush(waiting, (due, next(order), key.data, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(waiting)
            out.send(frame)


def open_socket(interface):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    packets.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    packets.bind((interface, ETH_P_ALL))
    # SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous: frames to other MACs pass a wire too.
    index = socket.if_nametoindex(interface)
    packets.setsockopt(SOL_PACKET, 1, struct.pack("=iHH8s", index, 1, 0, b""))
    return packets


def receive(packets):
    """The frame, and its VLAN number where it had a tag."""
    frame, ancillary, _, _ = packets.recvmsg(65536, 256)
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = AUXDATA.unpack_from(data)
            if status & VLAN_VALID:
                return frame, tci & 0xFFF
    return frame, None


if __name__ == "__main__":
    main()
