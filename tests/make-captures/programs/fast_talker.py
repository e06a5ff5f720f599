"""Sends 36,000 bytes of text as fast as it can."""

import socket
import sys

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.sendall(("白日依山尽，黄河入海流。" * 1000).encode())
client.shutdown(socket.SHUT_WR)
client.recv(1)
client.close()
