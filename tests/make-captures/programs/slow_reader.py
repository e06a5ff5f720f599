"""Accepts, reads nothing for two seconds, then everything. Its buffer is small."""

import socket
import sys
import time

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(1)
conn, _ = server.accept()
time.sleep(2)
while conn.recv(65536):
    pass
conn.close()
