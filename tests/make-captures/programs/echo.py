"""Sends one ICMP echo request, `echo.py IP SEQUENCE_NUMBER`; does not mind silence."""

import socket
import struct
import sys

words = "还在吗?".encode()
message = struct.pack("!BBHHH", 8, 0, 0, 0x0F2A, int(sys.argv[2])) + words
total = sum(struct.unpack(f"!{len(message) // 2}H", message))
while total >> 16:
    total = (total & 0xFFFF) + (total >> 16)
message = message[:2] + struct.pack("!H", ~total & 0xFFFF) + message[4:]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
raw.settimeout(0.5)
raw.sendto(message, (sys.argv[1], 0))
try:
    raw.recv(1024)
except OSError:
    pass
