"""Takes a UDP port and says nothing, whatever comes."""

import socket
import sys
import time

port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind((sys.argv[1], int(sys.argv[2])))
time.sleep(30)
