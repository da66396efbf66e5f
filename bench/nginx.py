#!/usr/bin/env python3
"""The nginx module beside plain proxy_pass: requests per CPU-second of the one worker, in turn, as
medians; the ratio is that of the same round.  nginx.py MODULE BENCH_TOKENS [SECONDS [ROUNDS]]

remembered: the same token each time.  new: another RS256 token each time, more of them than any
memory holds.  auth_request: a server that says 204 to all, asked for each request."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

RESOURCE, ISSUER = "https://mcp.example/mcp", "https://as.example"
BODY = ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",'
        '"arguments":{"message":"hello"}}}')
TOKENS = 20000
LUA = """
local tokens, at = {}, 0
for line in io.lines("%(tokens)s") do tokens[#tokens + 1] = line end
request = function()
  at = at %% %(count)d + 1
  return wrk.format("POST", "%(path)s", { ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. tokens[at] }, '%(body)s')
end
"""
CONF = """
%(load)s
worker_processes 1; worker_cpu_affinity %(mask)s; pid %(folder)s/%(name)s.pid;
error_log %(folder)s/%(name)s.log error; %(user)s
events { worker_connections 512; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path %(folder)s/b; proxy_temp_path %(folder)s/p; fastcgi_temp_path %(folder)s/f;
  uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  %(http)s
}
"""
PROXY = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://behind;'


def fail(text):
    sys.exit(f"nginx bench: {text}")


def run(what, *command):
    """What it says on standard output.  Standard error goes to a file: nginx keeps it open."""
    with tempfile.TemporaryFile("w+") as errors:
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        except OSError as why:
            fail(f"{what}: {command[0]}: {why.strerror}")
        errors.seek(0)
        said = (errors.read() + done.stdout).strip().splitlines()
    if done.returncode != 0:
        fail(f"{what}: {said[0] if said else 'it fails without a word'}")
    return done.stdout


def start(folder, name, mask, http, load=""):
    path = os.path.join(folder, name + ".conf")
    with open(path, "w") as file:
        file.write(CONF % {"load": load, "mask": mask, "folder": folder, "name": name, "http": http,
                           "user": "user root;" if os.geteuid() == 0 else ""})
    run("nginx does not start", "nginx", "-p", folder, "-c", path, "-e", path + ".err")
    with open(os.path.join(folder, name + ".pid")) as file:
        return int(file.read())


def worker_of(master):
    """The master writes its pid before it has one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout
        if found.strip():
            return int(found.split()[0])
    fail(f"the nginx of process {master} has no worker")


def seconds_of(pid):
    """Of its own time: in nanoseconds, where /proc/PID/stat has hundredths."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def measure(folder, worker, port, path, count, seconds):
    script = os.path.join(folder, "load.lua")
    with open(script, "w") as file:
        file.write(LUA % {"tokens": os.path.join(folder, "tokens"), "count": count, "path": path,
                          "body": BODY})
    before = seconds_of(worker)
    out = run(path, "taskset", "-c", "1", "wrk", "-t1", "-c16", f"-d{seconds}s", "-s", script,
              f"http://127.0.0.1:{port}")
    if "Non-2xx" in out:
        fail(f"{path} is refused: see error_log in {folder}")
    requests = int(next(line for line in out.splitlines() if "requests in" in line).split()[0])
    return requests / (seconds_of(worker) - before)


def free_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


def main():
    port, behind = free_port(), free_port()
    if len(sys.argv) < 3:
        fail("usage: nginx.py MODULE BENCH_TOKENS [SECONDS [ROUNDS]]")
    module = os.path.abspath(sys.argv[1])
    seconds, rounds = [int(text) for text in (sys.argv[3:] + ["2", "5"][len(sys.argv) - 3:])]
    folder = tempfile.mkdtemp(prefix="mcpass-bench-")
    run("no tokens", sys.argv[2], ISSUER, RESOURCE, str(TOKENS), os.path.join(folder, "keys"),
        os.path.join(folder, "tokens"))
    masters = []
    try:
        masters.append(start(folder, "behind", "10",
                             f"server {{ listen 127.0.0.1:{behind}; location / {{ return 200 '{{}}'; }} }}"))
        guard = (f"mcpass on; mcpass_issuer {ISSUER} jwks_file={folder}/keys;"
                 "mcpass_require tools/call scope=mcp:tools; mcpass_require * scope=mcp:read;")
        masters.append(start(
            folder, "gateway", "01",
            f"mcpass_zone 1m; upstream behind {{ server 127.0.0.1:{behind}; keepalive 32; }}"
            f"server {{ listen 127.0.0.1:{port}; location /plain {{ {PROXY} }}"
            f"location /mcp {{ {guard} mcpass_resource {RESOURCE}; {PROXY} }}"
            f"location /asked {{ auth_request /ask; {PROXY} }}"
            "location /ask { internal; proxy_pass_request_body off; proxy_set_header Content-Length '';"
            f"{PROXY} }} }}", f"load_module {module};"))
        worker = worker_of(masters[-1])
        cases = [("plain", "/plain", 1), ("remembered", "/mcp", 1), ("new", "/mcp", TOKENS),
                 ("auth_request", "/asked", 1)]
        found = {name: [] for name, _, _ in cases}
        for _ in range(rounds):
            for name, path, count in cases:
                found[name].append(measure(folder, worker, port, path, count, seconds))
        for name, _, _ in cases:
            rate = statistics.median(found[name])
            ratio = statistics.median(ours / plain for ours, plain in zip(found[name], found["plain"]))
            print(f"nginx, {name}: {rate / 1000:.1f} k requests a CPU-second, {ratio:.2f} of plain")
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        for pid in masters:
            os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
