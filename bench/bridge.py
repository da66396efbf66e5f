#!/usr/bin/env python3
"""The bridge beside the least that one can be, and beside npm's mcp-remote where it is installed.

usage: bridge.py PROGRAM STDIO         (STDIO: bench/stdio.c, built)"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

COUNT = int(os.environ.get("COUNT", "2000"))
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


def line(id, method, params):
    return (json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}) + "\n").encode()


def echo(id, text):
    return line(id, "tools/call", {"name": "echo", "arguments": {"text": text}})


class Bridge:
    def __init__(self, command, env):
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=env, bufsize=0)
        self.out = os.fdopen(os.dup(self.process.stdout.fileno()), "rb", buffering=1 << 20)

    def ask(self, text):
        self.process.stdin.write(text)
        return self.out.readline()

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name, file="status"):
        return int(open(f"/proc/{self.process.pid}/{file}").read().split(name + ":")[1].split()[0]) / 1024

    def end(self):
        begun = time.perf_counter()
        self.process.stdin.close()
        self.process.wait(10)
        self.out.close()
        self.process.stdout.close()
        return 1e3 * (time.perf_counter() - begun)


def median(values):
    return sorted(values)[len(values) // 2]


def measure(command, env):
    first = []
    for _ in range(5):
        bridge = Bridge(command, env)
        bridge.ask(line(0, "initialize", HELLO))
        first.append(1e3 * (time.perf_counter() - bridge.begun))
        bridge.end()
    bridge = Bridge(command, env)
    bridge.ask(line(0, "initialize", HELLO))
    bridge.process.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    took, cpu = [], bridge.cpu()
    for id in range(1, COUNT + 1):
        begun = time.perf_counter()
        bridge.ask(echo(id, "hello"))
        took.append(1e6 * (time.perf_counter() - begun))
    cpu = 1e3 * (bridge.cpu() - cpu) / COUNT
    took.sort()
    many = b"".join(echo(10000 + id, "hello") for id in range(COUNT))
    writer = threading.Thread(target=lambda: bridge.process.stdin.write(many))
    begun = time.perf_counter()
    writer.start()
    for _ in range(COUNT):
        bridge.out.readline()
    rate = COUNT / (time.perf_counter() - begun)
    writer.join()
    big = []
    for id in range(20):
        begun = time.perf_counter()
        bridge.ask(echo(20000 + id, "x" * (1 << 20)))
        big.append(1e3 * (time.perf_counter() - begun))
    return {"first answer, ms": median(first), "sequential p50, us": took[COUNT // 2],
            "p99, us": took[COUNT * 99 // 100], "per second": 1e6 / (sum(took) / COUNT), "CPU, ms": cpu,
            "pipelined per second": rate, "1 MiB p50, ms": median(big), "RSS, MiB": bridge.memory("VmRSS"),
            "PSS, MiB": bridge.memory("Pss", "smaps_rollup"), "exit, ms": bridge.end()}


def main(program, stdio):
    server = subprocess.Popen([stdio, "server"], stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    url = f"http://127.0.0.1:{port}/mcp"
    rows = {"the least": [stdio, "floor", str(port)], "mcpass bridge": [program, "bridge", url]}
    peers = glob.glob(os.path.expanduser("~/.cache/mcpass/interop/npm-client_mcp_remote-*/node_modules/mcp-remote"))
    if peers and shutil.which("node"):
        rows["mcp-remote"] = ["node", os.path.join(peers[0], "dist/proxy.js"), url, "--allow-http"]
    with tempfile.TemporaryDirectory() as folder:
        env = {"PATH": os.environ["PATH"], "HOME": folder, "XDG_DATA_HOME": folder}
        found = {name: measure(command, env) for name, command in rows.items()}
    server.kill()
    server.wait()
    names = list(next(iter(found.values())))
    print("| bridge | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))
    for name, values in found.items():
        print(f"| {name} | " + " | ".join(f"{values[n]:.{0 if values[n] > 99 else 2}f}" for n in names) + " |")


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:3]))
