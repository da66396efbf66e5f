"""What the end-to-end tests share: the program, its servers, a person at a browser.

Nothing here sleeps: a server is ready when it has printed its line, a port is the
kernel's, and every process that a test started is ended by that test."""

import contextlib
import http.server
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BROWSER = os.path.join(HERE, "browser.py")
PROGRAM = None          # set by run.py: the mcpass under test
OUTPUT = None           # set by run.py: where pictures are kept
PASSWORD = "correct horse battery staple"
PATIENCE = 60           # seconds that anything may take on a busy machine


class Skip(Exception):
    """What this machine lacks for a row."""


class Failure(Exception):
    pass


def expect(label, condition, more=""):
    if not condition:
        raise Failure(f"{label}\n{more}")


def rows(table):
    """Makes one test of each row; the first item is its label."""
    def mark(function):
        function.rows = table
        return function
    return mark


def expect_eq(label, got, want, more=""):
    expect(label, got == want, f"got {got!r}, want {want!r}\n{more}")


class Process:
    """A server: started, ready when it prints its line of JSON, ended at the end."""

    def __init__(self, args, env):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log, env=env)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        if not line.strip():
            self.end()
            raise Failure(f"{args} did not become ready: {self.read_log()}")
        self.ready = json.loads(line)

    def read_log(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failure("a server did not end on SIGTERM")
        self.process.stdout.close()
        return self.process.returncode


class World:
    """A folder of its own, and in it: an authorization server, an echo server, a person."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mcpass-e2e-")
        self.stack = contextlib.ExitStack()
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8",
                    "XDG_DATA_HOME": os.path.join(self.folder, "data"),
                    "BROWSER": self.browser(),
                    "MCPASS_E2E_ANSWER": "allow", "MCPASS_E2E_PASSWORD": PASSWORD,
                    "MCPASS_E2E_USER": "alice"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.authserver = self.serve = None

    def __enter__(self):
        return self

    def __exit__(self, *what):
        try:
            self.stack.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def browser(self):
        """Our person at a browser, as one program; what goes wrong there is kept."""
        script = self.write("browser", f'#!/bin/sh\nexec "{sys.executable}" "{BROWSER}" "$1" '
                            f'2>>"{self.path("browser.log")}"\n')
        os.chmod(script, 0o700)
        return script

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """For us alone: the program takes no secret from a file that others may read."""
        with open(self.path(name), "w", opener=lambda *what: os.open(*what, 0o600)) as file:
            file.write(text)
        return self.path(name)

    def spawn(self, *args, env=None):
        """Starts any program that prints a line of JSON when it is ready."""
        server = Process(args, {**self.env, **(env or {})})
        self.stack.callback(server.end)
        return server

    def port(self):
        """A port that stays ours to the end: bound, not listening, so that a program of this
        world, and no other, may listen on it."""
        holder = socket.socket()
        self.stack.callback(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]

    def start(self, *args, env=None):
        return self.spawn(PROGRAM, *args, env=env)

    def users(self):
        """alice may do everything, carol may only read."""
        entries = []
        for name, scopes in (("alice", None), ("carol", ["mcp:read"])):
            done = subprocess.run([PROGRAM, "authserver", "hash", name], input=PASSWORD + "\n",
                                  capture_output=True, text=True, env=self.env, timeout=PATIENCE)
            expect_eq("a users entry", done.returncode, 0, done.stderr)
            entry = json.loads(done.stdout)
            if scopes is not None:
                entry["scopes"] = scopes
            entries.append(entry)
        return self.write("users.json", json.dumps(entries))

    def start_authserver(self, *args):
        self.authserver = self.start("authserver", "--json", "--port", "0",
                                     "--users", self.users(), *args)
        self.issuer = self.authserver.ready["issuer"]
        return self.issuer

    def start_serve(self, *args, issuer=None):
        self.serve = self.start("serve", "--json", "--port", "0",
                                "--issuer", issuer or self.issuer, *args)
        self.url = self.serve.ready["url"]
        return self.url

    def start_both(self, *fault):
        self.start_authserver(*fault)
        return self.start_serve()

    def run(self, *args, env=None, stdin=None, timeout=PATIENCE):
        """Runs the program to its end; asserts what holds for every run."""
        try:
            done = subprocess.run([PROGRAM, *args], input=stdin, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL if stdin is None else None,
                                  env={**self.env, **(env or {})}, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            browser = self.path("browser.log")
            log = open(browser).read() if os.path.exists(browser) else ""
            raise Failure(f"{args} did not end: {late.stdout} {late.stderr}\nbrowser: {log}\n"
                          f"{self.authserver.read_log() if self.authserver else ''}")
        both = done.stdout + done.stderr
        expect("no crash", done.returncode >= 0 and "Sanitizer" not in both,
               f"{args}: {done.returncode}\n{both}")
        expect("no password is shown", PASSWORD not in both, both)
        return done

    def call(self, *args, **kw):
        return self.run("call", self.url, *args, **kw)

    def record(self):
        """What the store keeps, as bytes: for looking for secrets elsewhere."""
        path = os.path.join(self.folder, "data", "mcpass", "credentials.db")
        import sqlite3
        with contextlib.closing(sqlite3.connect(path)) as db:
            table = [row[0] for row in db.execute("select name from sqlite_master where type='table'")]
            return {name: db.execute(f"select * from {name}").fetchall() for name in table}


class Clock:
    """The steady clock of a program that is started with this env: it runs, or a test holds it."""

    def __init__(self, world):
        library = os.path.join(os.path.dirname(PROGRAM), "libe2e_clock.so")
        with open(PROGRAM, "rb") as program:
            if not os.path.exists(library) or b"/ld-" not in program.read(1 << 14):
                raise Skip("the program's clock cannot be held: it is static, or tests/e2e/clock.c is not built")
        path = world.write("clock", "\0" * 8)
        self.file = open(path, "r+b")
        world.stack.callback(self.file.close)
        self.held = 0
        self.env = {"LD_PRELOAD": library, "MCPASS_E2E_CLOCK": path,
                    "ASAN_OPTIONS": world.env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def set(self, held):
        self.held = held
        self.file.seek(0)
        self.file.write(held.to_bytes(8, sys.byteorder))
        self.file.flush()

    def hold(self):
        """No timer is due from here on, however long anything takes."""
        self.set(time.monotonic_ns())

    def go_on(self, ms):
        """So much time passes at once; a program notices when it wakes up."""
        self.set(self.held + ms * 1000000)

    def run(self):
        self.set(0)


class Answered(Exception):
    """Raised by a route that has written its answer itself."""


class Hostile:
    """A server that says what a test wants it to say: routes[path] = function(request) or
    (status, headers, body)."""

    def __init__(self, routes):
        hostile = self
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True      # headers and body are two writes

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(length)
                hostile.requests.append((self.command, self.path, dict(self.headers), self.body))
                route = hostile.routes.get(self.path.split("?")[0], (404, {}, b""))
                try:
                    status, headers, body = route(self) if callable(route) else route
                except Answered:
                    return
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self):
                with contextlib.suppress(ConnectionError):      # whoever asked has gone
                    super().handle()

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *args):
                pass

        self.routes = routes
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def hostile(world, routes):
    server = Hostile(routes)
    world.stack.callback(server.end)
    return server


JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
