"""Connects, hears the greeting, says a line and aborts: SO_LINGER of 0 makes close() send RST."""

import socket
import struct
import sys
import time

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.recv(1024)
client.send("你好".encode())
time.sleep(0.2)
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
