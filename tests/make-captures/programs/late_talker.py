"""Hears everything out, and only then talks: three lines, a pause before each."""

import socket
import sys
import time

server = socket.create_server((sys.argv[1], int(sys.argv[2])))
conn, _ = server.accept()
while conn.recv(1024):
    pass
for line in ("我还没有", "One more thing.", "现在说完了"):
    time.sleep(0.2)
    conn.send(line.encode())
conn.close()
