"""Says what it has to say without waiting for answers: `impatient.py IP PORT HEX…`, a pause between."""

import socket
import sys
import time

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
client.recv(1024)
for words in sys.argv[3:]:
    client.send(bytes.fromhex(words))
    time.sleep(0.2)
client.settimeout(1)
try:
    while client.recv(1024):
        pass
except OSError:
    pass
client.close()
