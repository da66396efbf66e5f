#!/usr/bin/env python3
"""The bridge beside the least that one can be, and beside its peers where they are installed: npm's
mcp-remote (make interop brings it) and the crate hyper-mcp-remote (PEERS=1 builds it, in some minutes).

usage: bridge.py PROGRAM STDIO [PROGRAM...]     (STDIO: bench/stdio.c, built; other builds of the program)"""

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
QUIET = 2.5         # seconds: what is given back late counts as given back
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mcpass")
HYPER = "hyper-mcp-remote@0.5.0"
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


def hello(command, env):
    bridge = Bridge(command, env)
    bridge.ask(line(0, "initialize", HELLO))
    bridge.process.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    return bridge


def ten(command, env):
    """As a host with ten servers starts them: until the last is there, and what each takes then."""
    begun = time.perf_counter()
    bridges = [Bridge(command, env) for _ in range(10)]
    for bridge in bridges:
        bridge.process.stdin.write(line(0, "initialize", HELLO))
    for bridge in bridges:
        bridge.out.readline()
    took = 1e3 * (time.perf_counter() - begun)
    time.sleep(QUIET)
    shared = sum(bridge.memory("Pss", "smaps_rollup") for bridge in bridges) / 10
    for bridge in bridges:
        bridge.end()
    return took, shared


def behind_a_deaf_host(command, env):
    """Answers of 200 MB in all, and none is read: the most that it held."""
    bridge = hello(command, env)
    many = b"".join(line(id, "tools/call", {"name": "big"}) for id in range(1, 201))
    bridge.process.stdin.write(many)
    time.sleep(QUIET)
    peak = bridge.memory("VmHWM")
    bridge.process.kill()
    bridge.process.wait()
    return peak


def sequential(bridge):
    took, cpu = [], bridge.cpu()
    for id in range(1, COUNT + 1):
        begun = time.perf_counter()
        bridge.ask(echo(id, "hello"))
        took.append(1e6 * (time.perf_counter() - begun))
    return sorted(took), 1e3 * (bridge.cpu() - cpu) / COUNT


def pipelined(bridge):
    many = b"".join(echo(10000 + id, "hello") for id in range(COUNT))
    writer = threading.Thread(target=lambda: bridge.process.stdin.write(many))
    begun = time.perf_counter()
    writer.start()
    for _ in range(COUNT):
        bridge.out.readline()
    rate = COUNT / (time.perf_counter() - begun)
    writer.join()
    return rate


def large(bridge):
    took = []
    for id in range(20):
        begun = time.perf_counter()
        bridge.ask(echo(20000 + id, "x" * (1 << 20)))
        took.append(1e3 * (time.perf_counter() - begun))
    return median(took)


def measure(command, env):
    first = []
    for _ in range(7):
        bridge = Bridge(command, env)
        bridge.ask(line(0, "initialize", HELLO))
        first.append(1e3 * (time.perf_counter() - bridge.begun))
        bridge.end()
    bridge = hello(command, env)
    took, cpu = sequential(bridge)
    rate, big = pipelined(bridge), large(bridge)
    time.sleep(QUIET)
    rss, pss, end = bridge.memory("VmRSS"), bridge.memory("Pss", "smaps_rollup"), bridge.end()
    all_ten, shared = ten(command, env)
    return {"first answer, ms": median(first), "sequential p50, us": took[COUNT // 2],
            "p99, us": took[COUNT * 99 // 100], "per second": 1e6 / (sum(took) / COUNT), "CPU, ms": cpu,
            "pipelined per second": rate, "1 MiB p50, ms": big, "RSS afterwards, MiB": rss, "PSS, MiB": pss,
            "exit, ms": end, "ten at once, ms": all_ten, "PSS of each, MiB": shared,
            "deaf host, peak MiB": behind_a_deaf_host(command, env)}


def node():
    found = glob.glob(os.path.join(CACHE, "interop/npm-node-*/node_modules/node-linux-*/bin/node"))
    return shutil.which("node") or (found[0] if found else None)


def hyper():
    """The crate's program, built once below the cache."""
    home = os.path.join(CACHE, "peers", HYPER.replace("@", "-"))
    program = os.path.join(home, "bin", "hyper-mcp-remote")
    if not os.path.exists(program) and os.environ.get("PEERS") and shutil.which("cargo"):
        subprocess.run(["cargo", "install", "--quiet", "--locked", "--root", home, HYPER], check=False,
                       env={**os.environ, "CARGO_HOME": os.path.join(CACHE, "peers", "cargo")})
    return program if os.path.exists(program) else None


def peers(url):
    remote = glob.glob(os.path.join(CACHE, "interop/npm-client_mcp_remote-*/node_modules/mcp-remote"))
    rows = {}
    if remote and node():
        rows["mcp-remote"] = [node(), os.path.join(remote[0], "dist/proxy.js"), url, "--allow-http"]
    if hyper():
        rows[HYPER] = [hyper(), url, "--no-auth"]
    return rows


def main(program, stdio, *others):
    server = subprocess.Popen([stdio, "server"], stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    url = f"http://127.0.0.1:{port}/mcp"
    rows = {"the least": [stdio, "floor", str(port)], "mcpass bridge": [program, "bridge", url]}
    rows.update((other, [other, "bridge", url]) for other in others)
    rows.update(peers(url))
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
    main(*map(os.path.abspath, sys.argv[1:]))
