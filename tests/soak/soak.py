#!/usr/bin/env python3
"""Many messages through the bridge to a server that restarts, breaks off, stalls and forgets: none
is lost, none is doubled, and memory stays what it was.

usage: soak.py PROGRAM [MESSAGES]        the last line counts"""

import collections
import http.server
import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

OLD = "2025-11-25"
IN_FLIGHT = 32
FAULTS = ("none",) * 60 + ("forget", "reset", "empty", "accepted", "busy", "broken_stream", "stream", "html", "stall")


class Server:
    """Answers a call once, or breaks off before or after doing what was asked, by chance."""

    def __init__(self, seed):
        self.chance, self.lock = random.Random(seed), threading.Lock()
        self.session, self.done, self.faults = 0, collections.Counter(), collections.Counter()
        soak = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65536

            def say(self, status, body=b"", kind="application/json", **headers):
                self.send_response(status)
                if body:
                    self.send_header("Content-Type", kind)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def do_POST(self):
                soak.answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            def do_GET(self):
                self.say(405)

            def do_DELETE(self):
                self.say(204)

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:
                    pass

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/mcp"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, http, body):
        asked = json.loads(body)
        method = asked.get("method")
        if method == "initialize":
            with self.lock:
                self.session += 1
                name = f"s{self.session}"
            result = {"protocolVersion": OLD, "capabilities": {"tools": {}}, "serverInfo": {"name": "soak", "version": "1"}}
            return http.say(200, self.whole(asked, result), Mcp_Session_Id=name)
        if method != "tools/call":
            return http.say(400 if "id" in asked else 202)
        with self.lock:
            fault = self.chance.choice(FAULTS)
            self.faults[fault] += 1
            current = f"s{self.session}"
        if http.headers.get("Mcp-Session-Id") != current:
            return http.say(404)
        return getattr(self, "do_" + fault)(http, asked)

    @staticmethod
    def whole(asked, result):
        return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode()

    def do(self, asked):
        number = asked["params"]["arguments"]["number"]
        with self.lock:
            self.done[number] += 1
        return {"content": [{"type": "text", "text": str(number)}]}

    def do_none(self, http, asked):
        http.say(200, self.whole(asked, self.do(asked)))

    def do_stream(self, http, asked):
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
        body = f"data: {json.dumps(note)}\n\ndata: ".encode() + self.whole(asked, self.do(asked)) + b"\n\n"
        http.say(200, body, "text/event-stream")

    def do_forget(self, http, asked):
        with self.lock:
            self.session += 1
        http.say(404)

    def do_reset(self, http, asked):
        self.do(asked)
        http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        http.connection.close()
        http.close_connection = True

    def do_empty(self, http, asked):
        http.say(200, b" ")

    def do_accepted(self, http, asked):
        http.say(202)

    def do_busy(self, http, asked):
        http.say(503, b"busy", "text/plain")

    def do_broken_stream(self, http, asked):
        self.do(asked)
        http.say(200, b": nothing follows\n\n", "text/event-stream")

    def do_html(self, http, asked):
        http.say(200, b"<p>no</p>", "text/html")

    def do_stall(self, http, asked):
        time.sleep(0.2)
        http.say(200, self.whole(asked, self.do(asked)))


class Host:
    def __init__(self, program, url, folder):
        env = {"PATH": os.environ["PATH"], "HOME": folder, "XDG_DATA_HOME": folder}
        self.process = subprocess.Popen([program, "bridge", url, "--quiet"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=env)
        self.held = b""

    def send(self, id, method, params):
        line = json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def lines(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        if not ready:
            raise SystemExit("soak: nothing came for a minute")
        self.held += os.read(self.process.stdout.fileno(), 1 << 20)
        *lines, self.held = self.held.split(b"\n")
        return [json.loads(line) for line in lines]

    def rss(self):
        return int(open(f"/proc/{self.process.pid}/status").read().split("VmRSS:")[1].split()[0])


def run(program, messages):
    server = Server(messages)
    answers, errors, calm = collections.Counter(), 0, None
    with tempfile.TemporaryDirectory() as folder:
        host = Host(program, server.url, folder)
        host.send("hello", "initialize", {"protocolVersion": OLD, "capabilities": {},
                                          "clientInfo": {"name": "soak", "version": "1"}})
        while not any(message.get("id") == "hello" for message in host.lines()):
            pass
        sent = 0
        while len(answers) < messages:
            while sent < messages and sent - len(answers) < IN_FLIGHT:
                host.send(sent, "tools/call", {"name": "t", "arguments": {"number": sent}})
                sent += 1
            for message in host.lines():
                if "id" not in message:
                    continue
                answers[message["id"]] += 1
                errors += "error" in message
                if "result" in message and message["result"]["content"][0]["text"] != str(message["id"]):
                    raise SystemExit(f"soak: {message['id']} has another's answer")
            if calm is None and len(answers) > messages // 10:
                calm = host.rss()
        grown = host.rss() - calm
        host.process.stdin.close()
        code = host.process.wait(10)
    twice = [number for number, times in server.done.items() if times > 1]
    doubled = [id for id, times in answers.items() if times > 1]
    keeps = b"__asan_init" in open(program, "rb").read()    # what is freed stays, to be watched
    good = not twice and not doubled and code == 0 and (grown < 4096 or keeps) and len(answers) == messages
    print(f"soak: {messages} messages, {errors} errors told, {sum(server.faults.values()) - server.faults['none']} faults,"
          f" {server.session} sessions, {len(twice)} done twice, {len(doubled)} answered twice,"
          f" {grown} KiB more, exit {code}")
    return good


if __name__ == "__main__":
    sys.exit(0 if run(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100000) else 1)
