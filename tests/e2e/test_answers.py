"""MCP servers whose answers are odd, late, broken or very long: what can be used is used, what
may have been carried out is not asked for twice, and each failure says what it is."""

import gzip
import json
import re
import socket
import threading

import lib
from lib import JSON, World, expect, expect_eq, hostile, rows
from scene import Issuer, Scene, Server

LOOK = "look before you ask again"
META = "io.modelcontextprotocol/protocolVersion"


class Wire:
    """An MCP server that is written by hand: answers[method](message) gives the bytes of an
    answer, whole or not; "" after them keeps the connection, None ends it, STALL holds it."""

    STALL = object()

    def __init__(self, world, old=False, **answers):
        self.answers, self.seen, self.old = answers, [], old
        self.lock, self.open = threading.Lock(), []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/mcp"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        world.stack.callback(self.end)

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        file = connection.makefile("rb")
        try:
            while self.one(connection, file):
                pass
        except OSError:
            pass
        finally:
            connection.close()

    def one(self, connection, file):
        line = file.readline().decode()
        if not line.strip():
            return False
        headers = {}
        while True:
            header = file.readline().decode().strip()
            if not header:
                break
            name, _, value = header.partition(": ")
            headers[name] = value
        body = file.read(int(headers.get("Content-Length", 0)))
        message = json.loads(body) if body else {}
        method = message.get("method", line.split()[0])
        self.seen.append((method, headers, message))
        said = self.answer(method, message)
        data, then = said if isinstance(said, tuple) else (said, "")
        connection.sendall(data)
        if then is self.STALL:
            file.read()
        return then == ""

    def answer(self, method, message):
        if self.old and message.get("params", {}).get("_meta", {}).get(META):
            return http(400, b"")
        script = self.answers.get(method.replace("/", "_"))
        if script is not None:
            return script(message)
        if method == "initialize":
            return result(message, protocolVersion="2025-11-25", capabilities={},
                          serverInfo={"name": "w", "version": "1"})
        if method == "tools/list":
            return result(message, tools=[{"name": "t", "inputSchema": {"type": "object"}}])
        if method == "tools/call":
            return result(message, **TEXT)
        return http(202 if method.startswith("notifications/") else 405, b"")

    def count(self, method):
        return sum(entry[0] == method for entry in self.seen)


TEXT = {"content": [{"type": "text", "text": "done"}]}


def http(status, body, **headers):
    headers = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n"
                    for name, value in headers.items() if value is not None)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def rpc(message, **rest):
    return json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **rest}).encode()


def result(message, **members):
    return http(200, rpc(message, result=members))


def stream(*events):
    return http(200, "".join(f"data: {event}\n\n" for event in events).encode(),
                Content_Type="text/event-stream")


def call(world, wire, *args, **kw):
    return world.run("call", wire.url, "t", "--no-login", *args, **kw)


def expect_said(done, code, *words):
    expect_eq("exit code", done.returncode, code, done.stdout + done.stderr)
    for word in words:
        expect(f"it says {word!r}", word in done.stderr, done.stderr)


# --- what may have been carried out ---

def cut(at):
    return lambda message: (result(message, **TEXT)[:at], None)


@rows([(f"after {at} bytes{' of an old server' if old else ''}", at, old)
       for old in (False, True) for at in (0, 1, 9, 12, 16, 20, 45, 60, 67, 68, 90, 130)])
def test_cut(label, at, old):
    with World() as world:
        wire = Wire(world, old=old, tools_call=cut(at))
        done = call(world, wire)
        expect_said(done, 2, LOOK)
        expect("and nothing else", "later" not in done.stderr, done.stderr)
        expect_eq("it ran once", wire.count("tools/call"), 1)


@rows([(str(status), status, LOOK if status >= 500 else "Try again later")
       for status in (429, 500, 502, 503, 504)])
def test_failed(label, status, hint):
    with World() as world:
        wire = Wire(world, tools_call=lambda m: http(status, b'{"detail": "ask Ada"}'))
        expect_said(call(world, wire), 2, f"HTTP {status}: ask Ada", hint)
        expect_eq("it ran once", wire.count("tools/call"), 1)


def test_not_in_time():
    with World() as world:
        wire = Wire(world, tools_call=lambda m: (b"", Wire.STALL))
        expect_said(call(world, wire, "--timeout", "1s"), 2, "no answer in time", LOOK)
        expect_eq("it ran once", wire.count("tools/call"), 1)


def test_never_sent():
    """A connection that does not come about, with TLS that never begins: nothing was sent."""
    with World() as world:
        wire = Wire(world)
        wire.one = lambda connection, file: file.read() and False
        url = wire.url.replace("http:", "https:")
        done = world.run("call", url, "t", "--no-login", "--timeout", "1s")
        expect_said(done, 2, "no connection in time")
        expect("so it cannot have been carried out", LOOK not in done.stderr, done.stderr)
        expect_eq("tried once", len(wire.open), 1)


def test_list_asked_again():
    """What only reads is asked for once more when its connection ends."""
    with World() as world:
        wire = Wire(world)
        wire.answers["tools_list"] = lambda m: ((b"", None) if wire.count("tools/list") == 1
                                                else result(m, tools=[{"name": "t"}]))
        done = world.run("tools", wire.url)
        expect_eq("listed", (done.returncode, done.stdout.split()), (0, ["t"]), done.stderr)


# --- waits ---

def open_stream(message):
    return http(200, b": hello\n\n", Content_Type="text/event-stream", Content_Length=None), Wire.STALL


def stalled(status, begun=b"{", **headers):
    return lambda message: (http(status, begun, Content_Length="99", **headers), Wire.STALL)


def test_notification_with_a_stream():
    with World() as world:
        wire = Wire(world, old=True, notifications_initialized=open_stream)
        done = call(world, wire)
        expect_eq("answered", (done.returncode, done.stdout), (0, "done\n"), done.stderr)


@rows([("a refusal", 401, 4, "a login is needed"), ("a failure", 500, 2, "HTTP 500"),
       ("a redirect", 302, 5, "302")])
def test_stalled_body(label, status, code, words):
    with World() as world:
        wire = Wire(world, tools_call=stalled(status, Location="/x"))
        expect_said(call(world, wire), code, words)


def test_stalled_answer():
    with World() as world:
        wire = Wire(world, tools_call=stalled(200))
        expect_said(call(world, wire, "--timeout", "1s"), 2, "stopped on its way", LOOK)


class Anonymous(Server):
    """Begins with anyone, and asks for a token only then."""

    def mcp(self, request):
        body = json.loads(request.body) if request.body else {}
        if META in body.get("params", {}).get("_meta", {}):
            return 400, {}, ""
        if body.get("method") == "initialize":
            return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": {
                "protocolVersion": "2025-11-25", "capabilities": {},
                "serverInfo": {"name": "x", "version": "1"}}})
        if body.get("method") == "tools/call" and "Authorization" in request.headers:
            return 200, JSON, rpc(body, result=TEXT).decode()
        return super().mcp(request)


def test_refused_after_the_handshake():
    with Scene() as scene:
        server = Anonymous(scene, Issuer(scene).url)
        done = scene.run("call", server.url, "t", timeout=lib.PATIENCE)
        expect_eq("answered", (done.returncode, done.stdout), (0, "done\n"), done.stderr)
        expect_eq("one login", len(scene.visits), 1)


# --- heads ---

@rows([
    ("ends early", lambda m: (b"HTTP/1.1 200 OK\r\nContent-Ty", None), 2, "head of the answer ended too early"),
    ("another protocol", lambda m: (b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", None), 3,
     "another protocol"),
    ("a long line", lambda m: http(200, b"{}", X_Long="a" * 120_000), 3, "too long"),
    ("no HTTP", lambda m: (b"GARBAGE\r\n\r\n", None), 2, "not in HTTP"),
])
def test_head(label, answer, code, words):
    with World() as world:
        done = call(world, Wire(world, tools_call=answer))
        expect_said(done, code, words)
        expect("no word of memory", "memory" not in done.stderr, done.stderr)


# --- messages ---

def body(text, **headers):
    return lambda message: http(200, text.replace("$ID", str(message["id"])).encode("latin-1"), **headers)


def text_of(words):
    return '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"%s"}]}}' % words


@rows([
    ("half a surrogate pair", body(text_of("a\\ud83db")), "a\ufffdb\n"),
    ("a NUL", body(text_of("a\\u0000b")), "a\ufffdb\n"),
    ("Latin-1", body(text_of("caf\xe9")), "caf\ufffd\n"),
    ("a byte order mark", body("\xef\xbb\xbf" + text_of("x")), "x\n"),
    ("an id in a string", body(text_of("x").replace("$ID", '"$ID"')), "x\n"),
    ("an id with a fraction", body(text_of("x").replace("$ID", "$ID.0")), "x\n"),
    ("error null", body(text_of("x").replace('"id"', '"error":null,"id"')), "x\n"),
    ("a member twice", body(text_of("x").replace('"type"', '"type":"image","type"')), "x\n"),
    ("a charset, in capitals", body(text_of("x"), Content_Type="Application/JSON; charset=UTF-8"), "x\n"),
    ("zipped", lambda m: http(200, gzip.compress(rpc(m, result=TEXT)), Content_Encoding="gzip"), "done\n"),
    ("lines that end in CR", lambda m: http(200, b": x\rdata: " + rpc(m, result=TEXT) + b"\r\r",
                                            Content_Type="text/event-stream"), "done\n"),
    ("a comment, a retry, two lines of data", lambda m: http(
        200, b"\xef\xbb\xbf: hi\r\nretry: 5\r\nid: 1\r\ndata: " + rpc(m, result=TEXT).replace(b", ", b",\r\ndata: ", 1)
        + b"\r\n\r\n", Content_Type="text/event-stream"), "done\n"),
    ("an end mark before it", lambda m: stream("[DONE]", rpc(m, result=TEXT).decode()), "done\n"),
    ("an end mark behind it", lambda m: stream(rpc(m, result=TEXT).decode(), "[DONE]"), "done\n"),
    ("a heartbeat", lambda m: stream("ping", rpc(m, result=TEXT).decode()), "done\n"),
    ("two answers", lambda m: stream(rpc(m, result=TEXT).decode(), rpc(m, result={}).decode()), "done\n"),
])
def test_message(label, answer, said):
    with World() as world:
        done = call(world, Wire(world, tools_call=answer))
        expect_eq("answered", (done.returncode, done.stdout), (0, said), done.stderr)


@rows([
    ("result null beside an error", '"result":null,"error":{"code":-32000,"message":"ask Ada"}', "ask Ada (error -32000)"),
    ("a code in a string", '"error":{"code":"-32000","message":"ask Ada"}', "ask Ada (error -32000)"),
    ("a code that is a word", '"error":{"code":"E_NO","message":"ask Ada"}', "ask Ada"),
    ("an error that is a sentence", '"error":"ask Ada"', "ask Ada"),
    ("an error without a message", '"error":{"code":-32000,"data":{"detail":"ask Ada"}}', "ask Ada (error -32000)"),
])
def test_error(label, members, words):
    with World() as world:
        answer = body('{"jsonrpc":"2.0","id":$ID,%s}' % members)
        expect_said(call(world, Wire(world, tools_call=answer)), 3, words)


@rows([("nothing", b""), ("a list", b"[]"), ("NaN", b'{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}'),
       ("a page as JSON", b"<html>"), ("more behind it", b'{"jsonrpc":"2.0","id":1,"result":{}} {}'),
       ("neither result nor error", b'{"jsonrpc":"2.0","id":1,"result":null}')])
def test_no_message(label, text):
    with World() as world:
        expect_said(call(world, Wire(world, tools_call=lambda m: http(200, text))), 3, LOOK)


def test_forbidden_with_a_reason():
    with Scene() as scene:
        server = Server(scene, Issuer(scene).url)
        server.twist = lambda request, method: (
            (403, {"Content-Type": "application/problem+json"}, json.dumps({"detail": "ask\nAda"}))
            if "Authorization" in request.headers else None)
        done = scene.run("call", server.url, "t")
        expect_said(done, 4, "403: ask Ada")


# --- eras ---

@rows([("500", lambda m: http(500, b"oops")),
       ("500 with an error", lambda m: http(500, rpc(m, error={"code": -32603, "message": "no"}))),
       ("-32602", lambda m: http(200, rpc(m, error={"code": -32602, "message": "no"}))),
       ("-32603", lambda m: http(200, rpc(m, error={"code": -32603, "message": "no"})))])
def test_old_server(label, refusal):
    with World() as world:
        wire = Wire(world)
        wire.answers["tools_list"] = lambda m: (refusal(m) if wire.count("initialize") == 0
                                                else result(m, tools=[{"name": "t"}]))
        done = world.run("tools", wire.url)
        expect_eq("listed", (done.returncode, done.stdout.split()), (0, ["t"]), done.stderr)
        done = call(world, wire)
        expect_eq("called", (done.returncode, done.stdout), (0, "done\n"), done.stderr)


@rows([("closed", (b"", None)), ("cut", (b"HTTP/1.1 200 OK\r\nContent-Ty", None))])
def test_handshake_breaks(label, said):
    """It is not repeated, and it is what went wrong."""
    with World() as world:
        wire = Wire(world, old=True, initialize=lambda m: said)
        done = call(world, wire)
        expect_eq("exit code", done.returncode, 2, done.stderr)
        expect("the reason", re.search("without an answer|ended too early", done.stderr), done.stderr)
        expect_eq("once", (wire.count("initialize"), wire.count("tools/call")), (1, 0))


def test_session_ends():
    with World() as world:
        wire = Wire(world, old=True, initialize=lambda m: http(200, rpc(m, result={
            "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "w", "version": "1"}}),
            Mcp_Session_Id="s1", Set_Cookie="AWSALB=a1; Path=/"))
        done = call(world, wire)
        expect_eq("answered", done.stdout, "done\n", done.stderr)
        method, headers, _ = wire.seen[-1]
        expect_eq("it is left", (method, headers.get("Mcp-Session-Id")), ("DELETE", "s1"))
        for method, headers, message in wire.seen:
            if "Mcp-Session-Id" in headers:
                expect_eq("the cookie goes back", headers.get("Cookie"), "AWSALB=a1")


def test_leave_is_not_waited_for():
    with World() as world:
        wire = Wire(world, old=True, DELETE=lambda m: (b"", Wire.STALL), initialize=lambda m: http(
            200, rpc(m, result={"protocolVersion": "2025-11-25", "capabilities": {},
                                "serverInfo": {"name": "w", "version": "1"}}), Mcp_Session_Id="s1"))
        done = call(world, wire, timeout=20)
        expect_eq("answered", (done.returncode, done.stdout), (0, "done\n"), done.stderr)


# --- lists ---

def paged(count, at, cursor=lambda page: page + 1):
    """tools/list in pages; the tool t is on page `at`."""
    def answer(message):
        page = int(message["params"].get("cursor", "0"))
        tools = [{"name": "t" if page == at else f"x{page}", "inputSchema": {"type": "object"}}]
        more = {"nextCursor": str(cursor(page))} if cursor(page) < count else {}
        return result(message, tools=tools, ttlMs=0, **more)
    return answer


def test_list_no_further_than_the_tool():
    with World() as world:
        wire = Wire(world, tools_list=paged(70, 2))
        for times in range(2):
            done = call(world, wire)
            expect_eq("called", (done.returncode, done.stdout, done.stderr), (0, "done\n", ""))
        expect_eq("three pages, once", wire.count("tools/list"), 3)


def test_list_teaches_call():
    with World() as world:
        wire = Wire(world, tools_list=paged(3, 2))
        expect_eq("listed", world.run("tools", wire.url).returncode, 0)
        expect_eq("called", call(world, wire).stdout, "done\n")
        expect_eq("without another list", wire.count("tools/list"), 3)


def test_long_list_is_shown():
    with World() as world:
        done = world.run("tools", Wire(world, tools_list=paged(130, 129)).url, "--json")
        expect_eq("shown", (done.returncode, len(json.loads(done.stdout)["tools"])), (0, 130), done.stderr)


def test_list_that_goes_round():
    with World() as world:
        wire = Wire(world, tools_list=paged(9, 8, lambda page: page % 2 + 1))
        done = world.run("tools", wire.url)
        expect_eq("what there is", (done.returncode, done.stdout.split()), (0, ["x0", "x1", "x2"]))
        expect("and a warning", "same cursor" in done.stderr, done.stderr)
        del wire.seen[:]
        expect_eq("called", call(world, wire).stdout, "done\n")
        expect("the list is read once", wire.count("tools/list") <= 3)


@rows([("fails", lambda m: http(500, b"")), ("is cut", lambda m: (result(m, tools=[])[:60], None)),
       ("is no JSON", lambda m: http(200, b"{")), ("is no message", lambda m: stream("[DONE]"))])
def test_list_that(label, answer):
    with World() as world:
        done = call(world, Wire(world, tools_list=answer))
        expect_eq("called all the same", (done.returncode, done.stdout), (0, "done\n"), done.stderr)
        expect("with a warning", "The list of tools could not be read" in done.stderr, done.stderr)


def test_deep_schema():
    schema = {"type": "string"}
    for _ in range(100):
        schema = {"type": "object", "properties": {"a": schema}}
    with World() as world:
        tools = [{"name": "t", "inputSchema": schema}]
        wire = Wire(world, tools_list=lambda m: result(m, tools=tools))
        done = world.run("tools", wire.url, "--json")
        expect_eq("listed", json.loads(done.stdout)["tools"], tools, done.stderr)
        expect_eq("shown", world.run("tools", wire.url).returncode, 0)
        expect_eq("called", call(world, wire).stdout, "done\n")
