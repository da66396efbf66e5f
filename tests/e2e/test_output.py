"""What is printed of a server's answer: its numbers to the last digit, and our secrets
never."""

import json
import os
import pty
import re
import subprocess

import lib
from lib import JSON, World, expect, expect_eq, hostile
from scene import MARK, Issuer, Scene, Server, expect_login

NUMBERS = '{"a":0.1,"b":1.10,"c":1e-7,"d":12345678901234567890123,"e":-0,"f":1.0,"g":"\\u0041"}'
RESULTS = {
    "tools/list": '{"tools":[{"name":"n","inputSchema":{"type":"object","properties":{},'
                  f'"x":{NUMBERS}}}}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}}',
    "tools/call": f'{{"content":[],"structuredContent":{NUMBERS},"resultType":"complete"}}',
    "prompts/get": f'{{"messages":[],"x":{NUMBERS},"resultType":"complete"}}',
    "any/thing": f'{{ "x" : {NUMBERS} ,\n "resultType":"complete"}}',
}


def numbers(request):
    asked = json.loads(request.body)
    return 200, JSON, f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{RESULTS[asked["method"]]}}}'


@lib.rows([
    ("any request", ("request", "any/thing")),
    ("a tool's answer", ("call", "n", "--json")),
    ("the list", ("tools", "--json")),
    ("one of the list", ("tools", "n", "--json")),
    ("a prompt", ("prompts", "p", "--json")),
    ("structured content alone", ("call", "n")),
])
def test_numbers_stay_as_they_are(label, args):
    with World() as world:
        server = hostile(world, {"/mcp": numbers})
        done = world.run(args[0], server.url + "/mcp", *args[1:])
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("as the server wrote them", NUMBERS in re.sub(r"\s", "", done.stdout), done.stdout)
        json.loads(done.stdout)


def test_numbers_on_a_terminal():
    with World() as world:
        server = hostile(world, {"/mcp": numbers})
        ours, theirs = pty.openpty()
        done = subprocess.Popen([lib.PROGRAM, "request", server.url + "/mcp", "any/thing"],
                                stdin=subprocess.DEVNULL, stdout=theirs, env=world.env)
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 4096):
                text += chunk
        except OSError:                 # the other end is closed
            pass
        os.close(ours)
        expect_eq("exit code", done.wait(lib.PATIENCE), 0)
        expect_eq("a line each", text.decode().replace("\r", "").splitlines()[:4],
                  ["{", '  "x": {', '    "a": 0.1,', '    "b": 1.10,'])


def said_back(request):
    return request.headers.get("Authorization", "nothing at all")


ECHOES = [
    ("an error", lambda r, asked: {"error": {"code": -32000, "message": "no: " + said_back(r)}}),
    ("the data of an error", lambda r, asked: {"error": {
        "code": -32602, "message": "no", "data": {"sent": said_back(r)}}}),
    ("a text", lambda r, asked: {"result": {"resultType": "complete", "content": [
        {"type": "text", "text": said_back(r)}]}}),
    ("a tool's error", lambda r, asked: {"result": {"resultType": "complete", "isError": True,
                                         "content": [{"type": "text", "text": said_back(r)}]}}),
]


@lib.rows([(f"{label}{' as JSON' if flags else ''}", echo, flags)
           for label, echo in ECHOES for flags in ((), ("--json",))])
def test_a_server_that_repeats_our_token(label, echo, flags):
    with Scene() as s:                  # it asserts that no secret is shown
        server = Server(s, Issuer(s).url)
        expect_login(s, server.url)
        heard = []

        def twist(request, method):
            if method != "tools/call":
                return None
            heard.append(said_back(request))
            asked = json.loads(request.body)
            return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"],
                                          **echo(request, asked)})
        server.twist = twist
        done = s.run("call", server.url, "x", *flags)
        expect("it had a token to repeat", heard and MARK in heard[0], str(heard))
        expect("the rest is shown", "no" in done.stderr or "Bearer ****" in done.stdout
               + done.stderr, done.stdout + done.stderr)


def test_a_server_that_repeats_a_header_of_ours():
    with World() as world:
        def answer(request):
            asked = json.loads(request.body)
            return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {
                "resultType": "complete", "said": said_back(request)}})
        server = hostile(world, {"/mcp": answer})
        secret = world.write("header", "Authorization: Bearer given-0123456789\n")
        done = world.run("request", server.url + "/mcp", "any/thing", "--header", "@" + secret)
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("it came back", '"Bearer ' in done.stdout, done.stdout)
        expect("illegible", "given-" not in done.stdout, done.stdout)


def test_the_token_is_printed_for_who_asks():
    with Scene() as s:
        server = Server(s, Issuer(s).url)
        expect_login(s, server.url)
        done = World.run(s, "token", server.url)
        expect_eq("a token", (done.returncode, MARK in done.stdout), (0, True), done.stderr)
