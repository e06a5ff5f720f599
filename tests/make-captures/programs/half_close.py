"""Says one line, closes its own direction, and listens until the other side has finished."""

import socket
import sys

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.send("我说完了".encode())
client.shutdown(socket.SHUT_WR)
while client.recv(1024):
    pass
client.close()
