"""Sends a bare SYN past its own TCP, as a port scanner does. When the SYN-ACK comes, its TCP knows of
no such connection and answers RST."""

import socket
import struct
import sys
import time

server, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def syn(sum_of_all):
    return struct.pack("!HHIIBBHHH", 40000, port, 1000, 0, 5 << 4, 2, 1024, sum_of_all, 0)


pseudo = socket.inet_aton(own) + socket.inet_aton(server) + struct.pack("!BBH", 0, 6, 20)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
raw.sendto(syn(checksum(pseudo + syn(0))), (server, 0))
time.sleep(0.3)
