"""Answers one datagram with 1200 characters."""

import socket
import sys

server = socket.socket(type=socket.SOCK_DGRAM)
server.bind((sys.argv[1], int(sys.argv[2])))
question, addr = server.recvfrom(65535)
assert len(question.decode()) == 1200
server.sendto(("举头望明月，低头思故乡。" * 100).encode(), addr)
