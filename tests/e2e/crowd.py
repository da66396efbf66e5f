"""Holds many connections open: crowd.py PORT COUNT TEXT STATUS.

Each sends the text (escapes as in Python); with a STATUS each has to be answered so.  Prints a
line of JSON when all are there, and stays until it is ended.  A process of its own: so many
descriptors are more than select() knows."""

import json
import resource
import signal
import socket
import sys

port, count, text, status = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
socks = []
for _ in range(count):
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    sock.sendall(text.encode().decode("unicode_escape").encode("latin-1"))
    if status:
        got = sock.recv(4096)
        if not got.startswith(f"HTTP/1.1 {status} ".encode()):
            sys.exit(f"{got!r}")
    socks.append(sock)
print(json.dumps({"connected": len(socks)}), flush=True)
signal.pause()
