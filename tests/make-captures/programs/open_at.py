"""Connects from a fixed port at a given moment: `open_at.py MOMENT OWN_IP OTHER_IP PORT`.

Two of these, started for the same moment on two hosts, open one connection together. They ask for
each other's MAC address beforehand, by a datagram, so that nothing delays the SYNs.
"""

import socket
import sys
import time

moment, own, other, port = float(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
with socket.socket(type=socket.SOCK_DGRAM) as first:
    first.bind((own, port))
    first.sendto(b"", (other, port))
    conn = socket.socket()
    conn.bind((own, port))
    time.sleep(moment - time.time())
    conn.connect((other, port))
conn.send(f"我是{own}".encode())
assert conn.recv(1024).decode() == f"我是{other}"
time.sleep(0.1)
conn.close()
