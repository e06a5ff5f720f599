"""Announces an address as one's own, by a gratuitous ARP request: `announce.py INTERFACE IP`."""

import socket
import struct
import sys

raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((sys.argv[1], 0))
mac, ip = raw.getsockname()[4], socket.inet_aton(sys.argv[2])
header = b"\xff" * 6 + mac + struct.pack("!H", 0x0806)
raw.send(header + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + ip + b"\0" * 6 + ip)
