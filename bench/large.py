#!/usr/bin/env python3
"""A long result: large.py PROGRAM [MEGABYTES].  The program against one curl POST that gets
the same bytes, and against itself with -o FILE: processor time and memory at the peak, as
medians."""

import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading

RUNS = 7


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = RESULT if message["method"] == "tools/call" else {"tools": [{"name": "t"}]}
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def measure(args, env):
    """(milliseconds, MiB); by way of time, which is small itself."""
    costs = []
    for _ in range(RUNS):
        done = subprocess.run(["/usr/bin/time", "-f", "%U %S %M", *args], env=env, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
        user, system, peak = done.stderr.splitlines()[-1].split()
        costs.append(((float(user) + float(system)) * 1000, int(peak) / 1024))
    return [statistics.median(column) for column in zip(*costs)]


def main():
    global RESULT
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    line = "The quick brown fox jumps over the lazy dog.\n"
    RESULT = {"content": [{"type": "text", "text": line * (megabytes * 1000000 // len(line))}]}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/mcp"
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "HOME": home, "XDG_DATA_HOME": home, "no_proxy": "*"}
        subprocess.run([sys.argv[1], "tools", url], env=env, check=True, stdout=subprocess.DEVNULL)
        ours = measure([sys.argv[1], "call", url, "t"], env)
        to_file = measure([sys.argv[1], "call", url, "t", "-o", os.path.join(home, "out")], env)
        asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}})
        curl = measure(["curl", "-q", "-s", "-d", asked, url], env)
    server.shutdown()
    print(f"a result of {megabytes} MB: {ours[0]:.0f} ms of processor, {ours[1]:.0f} MiB at the peak;"
          f" with -o FILE {to_file[0]:.0f} ms, {to_file[1]:.0f} MiB;"
          f" curl {curl[0]:.0f} ms, {curl[1]:.0f} MiB")


if __name__ == "__main__":
    main()
