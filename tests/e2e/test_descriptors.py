"""Descriptors run out: a clear line and the code of this machine's troubles, and nothing is lost."""

import json
import resource
import socket
import subprocess

import lib
from lib import World, expect, expect_eq
from test_bridge import Host

HELLO = '{"message": "hello"}'
MOST = 40               # is enough for each of these
WORDS = ("Too many open files", "no descriptor is left", "unable to open database file")


def run_within(w, limit, *args):
    # A look for leaks at the end would need descriptors of its own.
    env = {**w.env, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([lib.PROGRAM, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=lib.PATIENCE, preexec_fn=lambda: resource.setrlimit(
                              resource.RLIMIT_NOFILE, (limit, limit)))


def within(limit):
    """A command before another one."""
    return ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"]


def first_limit(w):
    """The loader of programs needs some before main() begins."""
    return next(n for n in range(3, MOST) if run_within(w, n, "--version").returncode == 0)


def test_call():
    with World() as w:
        w.start_both()
        expect_eq("a login", w.run("login", w.url).returncode, 0)
        for limit in range(first_limit(w), MOST):
            done = run_within(w, limit, "call", w.url, "echo", HELLO)
            if done.returncode == 0:
                break
            expect_eq(f"with {limit}", done.returncode, 2, done.stderr)
            expect("it says what is short", any(word in done.stderr for word in WORDS), done.stderr)
            expect_eq("in one line", done.stderr.count("\n"), 1, done.stderr)
        expect_eq("with enough it is answered", done.stdout, "hello\n", done.stderr)


def test_login():
    with World() as w:
        w.start_both()
        for limit in range(first_limit(w), MOST):
            done = run_within(w, limit, "login", w.url, "--login-timeout", "5s")
            if done.returncode == 0:
                break
            expect(f"with {limit}", done.returncode == 2 or (done.returncode == 4
                   and "open this page in a browser" in done.stderr), f"{done.returncode} {done.stderr}")
            expect("it says what is short", any(word in done.stderr for word in WORDS), done.stderr)
        expect("with enough a login succeeds", done.returncode == 0, done.stderr)
        expect_eq("and a call", w.call("echo", HELLO).returncode, 0)


def test_bridge():
    """Each request is answered, though there are not enough descriptors for all connections."""
    with World() as w:
        w.start_both()
        expect_eq("a login", w.run("login", w.url).returncode, 0)
        host = Host(w, command=[*within(20), lib.PROGRAM, "bridge", w.url])
        host.hello()
        for n in range(1, 41):
            host.send("tools/call", {"name": "echo", "arguments": {"message": f"number {n}"}}, n)
        answers = {}
        while len(answers) < 40:
            answer = host.take()
            answers[answer["id"]] = answer
        for answer in answers.values():
            expect("an answer, or what is short", "number" in json.dumps(answer.get("result"))
                   or WORDS[0] in json.dumps(answer.get("error")), str(answer))
        expect("some were answered", any("result" in answer for answer in answers.values()), str(answers))
        late = host.ask(99, "tools/call", {"name": "echo", "arguments": {"message": "late"}})
        expect("it goes on", "late" in json.dumps(late.get("result")), str(late))
        expect_eq("and ends", host.close(), 0)


def test_serve():
    """Those who hold connections give way to those who ask."""
    with World() as w:
        w.start_authserver()
        w.serve = w.spawn(*within(24), lib.PROGRAM, "serve", "--json", "--port", "0", "--issuer", w.issuer)
        w.url = w.serve.ready["url"]
        expect_eq("a login", w.run("login", w.url).returncode, 0)
        port = int(w.url.split(":")[2].split("/")[0])
        held = [socket.create_connection(("127.0.0.1", port), lib.PATIENCE) for _ in range(40)]
        done = w.call("echo", HELLO)
        for connection in held:
            connection.close()
        expect_eq("a call is answered", done.returncode, 0, done.stderr)
