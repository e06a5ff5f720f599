"""Reads everything."""

import socket
import sys

conn, _ = socket.create_server((sys.argv[1], int(sys.argv[2]))).accept()
while conn.recv(65536):
    pass
conn.close()
