"""What one peer, or a thousand, can do to the servers: nothing that lasts."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import lib
from lib import JSON, Clock, World, expect, expect_eq, hostile, rows
from test_framing import H, Reader, connection, get, post, send

SOON = 5                # seconds within which others are answered, on a busy machine


def both(world, name, *args):
    """One of the servers; its process and its port."""
    port = world.port()
    own = ["--open"] if name == "serve" else ["--users", world.users()]
    return world.start(name, *own, "--json", "--port", str(port), *args), port


SERVERS = [("serve",), ("authserver",)]


def is_served(port, label, seconds=SOON):
    begun = time.monotonic()
    with connection(port) as sock:
        send(sock, get("Connection: close\r\n"))
        status, _ = Reader(sock).answer()
    expect_eq(label, status, 404)
    taken = time.monotonic() - begun
    expect(f"{label}: soon", taken < seconds, f"it took {taken:.1f} s")


def crowd(world, port, count, text="", status=""):
    world.spawn(sys.executable, os.path.join(lib.HERE, "crowd.py"), str(port), str(count),
                text.encode("unicode_escape").decode(), str(status))


@rows(SERVERS)
def test_silent_connections(name):
    with World() as w:
        _, port = both(w, name)
        crowd(w, port, 1500)
        is_served(port, "beside 1500 that say nothing")


@rows(SERVERS)
def test_half_open_requests(name):
    with World() as w:
        _, port = both(w, name)
        crowd(w, port, 125, "POST /x HTTP/1.1\r\n" + H)
        crowd(w, port, 125, post("Content-Length: 1000\r\n"))
        crowd(w, port, 125, post("Transfer-Encoding: chunked\r\n", "5\r\nhe"))
        is_served(port, "beside 375 that never finish")


@rows(SERVERS)
def test_connections_that_are_kept(name):
    with World() as w:
        _, port = both(w, name)
        crowd(w, port, 1200, get(), 404)
        is_served(port, "the one after 1200 that are kept open")


@rows(SERVERS)
def test_more_connections_than_there_may_be(name):
    """The ones that are idle give way to those that ask."""
    with World() as w:
        _, port = both(w, name)
        for _ in range(3):
            crowd(w, port, 1500, get(), 404)
        is_served(port, "beside 4500")


def drip(world, name, begin, piece, seconds):
    """Sends a piece each second, by the server's clock: it has had enough after so many, not sooner."""
    clock, port = Clock(world), world.port()
    own = ["--open"] if name == "serve" else ["--users", world.users()]
    world.start(name, *own, "--json", "--port", str(port), env=clock.env)
    clock.hold()
    with connection(port) as sock:
        send(sock, begin)
        is_served(port, "it is read")
        for second in range(1, seconds):
            clock.go_on(1000)
            send(sock, piece)
            is_served(port, "others")
            expect(f"no answer after {second} s", not select.select([sock], [], [], 0)[0])
        clock.go_on(1000)
        send(sock, piece)
        reader = Reader(sock)
        return reader.answer()[0], reader.is_at_end()


@rows([("a head byte by byte", "GET / HTTP/1.1\r\nA: ", "x"),
       ("a header line after the other", "GET / HTTP/1.1\r\n" + H, "A: b\r\n")])
def test_a_slow_head(label, begin, piece):
    with World() as w:
        expect_eq(label, drip(w, "authserver", begin, piece, 15), (408, True))


def test_a_slow_body():
    with World() as w:
        expect_eq("a body without end", drip(w, "serve", post("Transfer-Encoding: chunked\r\n"),
                                             "1\r\nx\r\n", 30), (408, True))


@rows(SERVERS)
def test_a_body_without_end(name):
    with World() as w:
        _, port = both(w, name)
        with connection(port) as sock:
            send(sock, post("Transfer-Encoding: chunked\r\n"))
            reader = Reader(sock)
            for _ in range(2000):
                send(sock, "1000\r\n" + "x" * 0x1000 + "\r\n")
                if select.select([sock], [], [], 0)[0]:
                    break
            expect_eq("too much", reader.answer()[0], 413)


@rows(SERVERS)
def test_pipelined_requests(name):
    """Many at once are answered in order, one after the other."""
    with World() as w:
        _, port = both(w, name)
        with connection(port) as sock:
            reader = Reader(sock)
            send(sock, "".join(get(f"A: {'b' * (i % 97)}\r\n") + post("Content-Length: 3\r\n", "abc")
                               for i in range(500)))
            for i in range(1000):
                expect_eq(f"answer {i}", reader.answer()[0], 404)


@rows(SERVERS)
def test_an_answer_that_is_not_read(name):
    """A peer that asks on and on, and reads nothing, is held up itself."""
    with World() as w:
        _, port = both(w, name)
        with connection(port) as sock:
            sock.setblocking(False)
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while sent < 200_000_000:
                    sent += sock.send(get().encode() * 100)
            expect("it has to wait", sent < 200_000_000)
            is_served(port, "others do not")


# --- the end ---------------------------------------------------------------------------------

@rows(SERVERS)
def test_the_end_loses_no_answer(name):
    """TERM while requests are under way: each one that was run is answered."""
    with World() as w:
        server, port = both(w, name)
        answered, lock = [0], threading.Lock()
        going = threading.Barrier(9)

        def ask():
            count = 0
            with contextlib.suppress(OSError), connection(port) as sock:
                reader = Reader(sock)
                while True:
                    send(sock, post("Content-Length: 5\r\n", "hello"))
                    if reader.answer()[0] is None:
                        break
                    count += 1
                    if count == 20:
                        going.wait(lib.PATIENCE)
            with lock:
                answered[0] += count

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        going.wait(lib.PATIENCE)
        expect_eq("it ends by itself", server.end(), 0)
        for thread in threads:
            thread.join(lib.PATIENCE)
        ran = server.read_log().count("POST /x 404")
        expect_eq("as many as were run", answered[0], ran)
        expect("some were", ran >= 160)


def test_a_request_that_has_begun_is_answered():
    with World() as w:
        server, port = both(w, "serve")
        with connection(port) as sock, connection(port) as idle:
            send(sock, post("Content-Length: 5\r\n", "he"))
            send(idle, get())
            expect_eq("served", Reader(idle).answer()[0], 404)
            server.process.send_signal(signal.SIGTERM)
            expect("an idle connection is let go", Reader(idle).is_at_end())
            with contextlib.suppress(ConnectionRefusedError), connection(port) as late:
                expect("nothing new is taken", Reader(late).is_at_end())
            send(sock, "llo")
            reader = Reader(sock)
            expect_eq("what had begun is", reader.answer()[0], 404)
            expect_eq("and says that it was the last", reader.headers[b"connection"], b"close")
            expect("the end", reader.is_at_end())
        expect_eq("in peace", server.process.wait(lib.PATIENCE), 0)


@rows([("TERM", [signal.SIGTERM], 0), ("HUP", [signal.SIGHUP], 0),
       ("TERM twice", [signal.SIGTERM, signal.SIGTERM], -signal.SIGTERM)])
def test_the_end_is_bounded(label, signals, code):
    """A request that never finishes is waited for, but not for long; a second signal ends it."""
    with World() as w:
        server, port = both(w, "serve")
        with connection(port) as sock, connection(port) as idle:
            send(sock, post("Content-Length: 5\r\n", "he"))
            send(idle, get())
            expect_eq("it is there", Reader(idle).answer()[0], 404)
            for number in signals:
                server.process.send_signal(number)
                expect("it was heard", Reader(idle).is_at_end())
            begun = time.monotonic()
            expect_eq(label, server.process.wait(lib.PATIENCE), code)
            expect("in time", time.monotonic() - begun < 20)


# --- a log that is not read -------------------------------------------------------------------

@rows(SERVERS)
def test_a_log_that_is_not_read(name):
    with World() as w:
        args = ["serve", "--open"] if name == "serve" else ["authserver", "--users", w.users()]
        port = w.port()
        server = subprocess.Popen([lib.PROGRAM, *args, "--json", "--port", str(port)], env=w.env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            json.loads(server.stdout.readline())
            with connection(port) as sock:
                reader = Reader(sock)
                for i in range(5000):
                    send(sock, get(target="/" + "x" * 50))
                    expect_eq(f"answer {i}", reader.answer()[0], 404)
            server.send_signal(signal.SIGTERM)
            expect_eq("it ends all the same", server.wait(lib.PATIENCE), 0)
            log = server.stderr.read().decode()
            expect("what there was room for is there", log.count(" 404") > 300, log[-500:])
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
            server.stderr.close()


# --- whose Host -------------------------------------------------------------------------------

@rows([("serve", []), ("authserver", []), ("authserver", ["--issuer", "https://as.example"]),
       ("serve", ["--resource", "https://mcp.example/mcp"]),
       ("serve", ["--allow-host", "allowed.internal"]),
       ("authserver", ["--allow-host", "allowed.internal"]), ("authserver", ["--metrics-public"])])
def test_hosts(name, args):
    own = args[1].split("/")[-2 if args[1].endswith("/mcp") else -1] if args[1:] else None
    with World() as w:
        server, port = both(w, name, *args)
        table = [("127.0.0.1", 404), (f"127.0.0.1:{port}", 404), ("localhost:1", 404), ("[::1]", 404),
                 ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("localhost.evil.example", 403),
                 (f"evil.example:{port}", 403)]
        if own == "allowed.internal":
            table += [(own, 404), (f"evil.{own}", 403), (f"{own}.evil.example", 403)]
        elif own:
            table += [(own, 404), (own.upper(), 404), (f"evil.{own}", 403), (f"{own}.evil.example", 403)]
        for host, status in table:
            for target in ("/x", f"http://{host}/x"):
                with connection(port) as sock:
                    send(sock, get(target=target, host=f"Host: {host if target == '/x' else '127.0.0.1'}\r\n"))
                    expect_eq(f"{host} {target}", Reader(sock).answer()[0], status)
        for path in ("/health", "/metrics", "/mcp", "/jwks", "/authorize", "/.well-known/oauth-authorization-server",
                     "/.well-known/oauth-protected-resource/mcp"):
            with connection(port) as sock:
                send(sock, get(target=path, host="Host: evil.example\r\n"))
                expect_eq(f"a rebound name at {path}", Reader(sock).answer()[0], 403)


# --- others that are slow ---------------------------------------------------------------------

def test_calling_on_holds_no_one_up():
    """call_on waits for another server; this one goes on, and ends when it has to."""
    import test_serve
    with test_serve.Place() as p, contextlib.ExitStack() as stack:
        issuer_asked = threading.Event()
        release = threading.Event()
        port = p.port()
        stack.callback(release.set)

        def stalled(request):
            issuer_asked.set()
            release.wait(lib.PATIENCE)
            return 500, JSON, "{}"

        issuer = hostile(p, {"/.well-known/oauth-authorization-server": stalled,
                                              "/.well-known/openid-configuration": stalled}).url
        p.begin("--port", str(port), "--issuer", issuer, "--jwks-file", p.jwks, "--resource", f"http://127.0.0.1:{port}/mcp",
                "--exchange", "echo", "--exchange-secret", p.secret(), "--exchange-audience", "other")
        token = p.token("mcp:tools mcp:read", "--issuer", issuer, resource=f"http://127.0.0.1:{port}/mcp")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(p.ask(token, "tools/call", "call_on")))
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        expect("the issuer is asked", issuer_asked.wait(lib.PATIENCE))
        is_served(port, "meanwhile")
        begun = time.monotonic()
        expect_eq("it ends", p.server.end(), 0)
        expect("in time", time.monotonic() - begun < 20)
        for thread in threads:
            thread.join(lib.PATIENCE)
