"""Asks with 1200 characters in one datagram, and waits for an answer as long."""

import socket
import sys

client = socket.socket(type=socket.SOCK_DGRAM)
client.sendto(("床前明月光，疑是地上霜。" * 100).encode(), (sys.argv[1], int(sys.argv[2])))
assert len(client.recv(65535).decode()) == 1200
