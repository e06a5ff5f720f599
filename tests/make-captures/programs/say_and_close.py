"""Says one line and closes."""

import socket
import sys

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.send("再见".encode())
client.close()
