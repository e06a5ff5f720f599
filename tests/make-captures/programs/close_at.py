"""Both sides agree on a moment and close then: `close_at.py IP PORT listen|connect`."""

import socket
import sys
import time

address = (sys.argv[1], int(sys.argv[2]))
if sys.argv[3] == "listen":
    conn, _ = socket.create_server(address).accept()
    moment = time.time() + 0.5
    conn.send(repr(moment).encode())
else:
    conn = socket.create_connection(address)
    moment = float(conn.recv(1024))
time.sleep(moment - time.time())
conn.close()
