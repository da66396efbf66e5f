"""A store that another process writes to: what needs it waits, and nothing else does."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time

import lib
from lib import World, expect, expect_eq
from test_framing import Reader, connection, send

CLIENT = json.dumps({"redirect_uris": ["http://127.0.0.1/callback"]})


@contextlib.contextmanager
def written_to(path):
    """The file in the hands of another process's transaction; call what is given to end it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield lambda: db.execute("ROLLBACK")


def start(world):
    """An authorization server with a file: its process, its port, and the file."""
    port, path = world.port(), world.path("as/as.db")
    server = world.start("authserver", "--json", "--port", str(port), "--data", path,
                         "--users", world.users())
    return server, port, path


def ask(sock, method, path, body=""):
    send(sock, f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{sock.getpeername()[1]}\r\n"
         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")


def answers(port, path):
    with connection(port) as sock:
        ask(sock, "GET", path)
        return Reader(sock).answer()[0]


def test_others_are_answered():
    """What writes is answered when the file is free; what reads was answered before that."""
    with World() as w:
        _, port, path = start(w)
        with written_to(path) as release, connection(port) as sock:
            ask(sock, "POST", "/register", CLIENT)
            for _ in range(3):      # by the second the server has read the one that waits
                expect_eq("the metadata", answers(port, "/.well-known/oauth-authorization-server"), 200)
                expect_eq("the keys", answers(port, "/jwks"), 200)
            release()
            expect_eq("kept", Reader(sock).answer()[0], 201)


def test_for_so_long():
    """A client is told to come again; it may, on the same connection."""
    with World() as w:
        _, port, path = start(w)
        with connection(port) as sock:
            reader = Reader(sock)
            with written_to(path):
                ask(sock, "POST", "/register", CLIENT)
                status, body = reader.answer()
                expect_eq("not now", status, 503, body)
                expect("says so", b"temporarily_unavailable" in body, body)
            ask(sock, "POST", "/register", CLIENT)
            expect_eq("now", reader.answer()[0], 201)


def test_the_end():
    """SIGTERM while a request waits: it is told, and the server has ended before the file is free."""
    with World() as w:
        server, port, path = start(w)
        with written_to(path), connection(port) as sock:
            ask(sock, "POST", "/register", CLIENT)
            expect_eq("the keys", answers(port, "/jwks"), 200)
            expect_eq("the keys", answers(port, "/jwks"), 200)
            server.process.terminate()
            expect_eq("told", Reader(sock).answer()[0], 503)
            expect_eq("the end", server.process.wait(lib.PATIENCE), 0)


def has_open(process, path):
    """Whether a process has that file open by now."""
    fds = f"/proc/{process.pid}/fd"
    with contextlib.suppress(FileNotFoundError):        # one that is closed meanwhile
        return path in [os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds)]
    return False


def hear_ctrl_c():
    """A shell has it ignored by what it runs beside itself, such as these tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_start_ends_at_once():
    """A server that waits for the file before it listens: Ctrl-C is not kept for later."""
    with World() as w:
        server, port, path = start(w)
        server.end()
        with written_to(path) as release:
            process = subprocess.Popen([lib.PROGRAM, "authserver", "--json", "--port", str(port), "--data",
                                        path, "--users", w.path("users.json")], env=w.env,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       preexec_fn=hear_ctrl_c)
            w.stack.callback(process.kill)
            deadline = time.monotonic() + lib.PATIENCE
            while not has_open(process, path + "-wal"):
                expect("it opens the file", time.monotonic() < deadline)
            process.send_signal(signal.SIGINT)
            release()
            line = process.communicate(timeout=lib.PATIENCE)[0]
            expect_eq("it never listens", (process.returncode, line), (-signal.SIGINT, b""))
