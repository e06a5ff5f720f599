"""Notices the other side's close, and closes a little later."""

import socket
import sys
import time

server = socket.create_server((sys.argv[1], int(sys.argv[2])))
conn, _ = server.accept()
while conn.recv(1024):
    pass
time.sleep(0.3)
conn.close()
