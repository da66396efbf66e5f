"""The bridge between a stdio host and remote servers: what hosts do, and what servers do to it."""

import hashlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import lib
from lib import JSON, Clock, World, expect, expect_eq, hostile, rows

OLD, NEW = "2025-11-25", "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientCapabilities": {}}
SSE = {"Content-Type": "text/event-stream"}


class Host:
    """A program that speaks MCP on the standard input and output of the bridge."""

    def __init__(self, world, *args, env=None, command=None, stderr=subprocess.DEVNULL):
        self.process = subprocess.Popen(command or [lib.PROGRAM, "bridge", *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=stderr,
                                        env={**world.env, **(env or {})})
        world.stack.callback(self.end)
        self.held = b""

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass

    def write(self, text):
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.process.stdin.flush()

    def send(self, method, params=None, id=None):
        message = {"jsonrpc": "2.0", "method": method}
        if id is not None:
            message["id"] = id
        if params is not None:
            message["params"] = params
        self.write(json.dumps(message) + "\n")

    def line(self, patience=lib.PATIENCE):
        """The next line, or b"" at the end."""
        while b"\n" not in self.held:
            ready, _, _ = select.select([self.process.stdout], [], [], patience)
            expect("the bridge says something", ready)
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return b""
            self.held += more
        line, self.held = self.held.split(b"\n", 1)
        return line

    def take(self, patience=lib.PATIENCE):
        return json.loads(self.line(patience))

    def answer(self, id):
        """The answer to that request; what comes before is left out."""
        while True:
            message = self.take()
            if message.get("id") == id and "method" not in message:
                return message

    def ask(self, id, method, params=None):
        self.send(method, params, id)
        return self.answer(id)

    def hello(self, revision=OLD, capabilities=None):
        answer = self.ask(0, "initialize", {"protocolVersion": revision, "capabilities": capabilities or {},
                                            "clientInfo": {"name": "host", "version": "1"}})
        self.send("notifications/initialized")
        return answer

    def close(self):
        """Closes its input, as hosts do, and waits for the end: its exit code."""
        self.process.stdin.close()
        return self.process.wait(lib.PATIENCE)


class Old:
    """A server up to 2025-11-25: answers[method](asked) gives a result, or a whole (status, headers, body)."""

    def __init__(self, world, session=True, **answers):
        self.answers, self.session, self.seen, self.sessions = answers, session, [], 0
        self.gone = set()
        self.server = hostile(world, {"/mcp": self.serve})
        self.url = self.server.url + "/mcp"

    def serve(self, request):
        if request.command == "DELETE":
            self.seen.append(("DELETE", {}))
            return 204, {}, ""
        if request.command != "POST":
            return 405, {}, ""
        asked = json.loads(request.body)
        method = asked.get("method", "response")
        self.seen.append((method, asked))
        if "_meta" in asked.get("params", {}) and "io.modelcontextprotocol/protocolVersion" in asked["params"]["_meta"]:
            return 400, {}, ""
        if method == "initialize":
            self.sessions += 1
            headers = {**JSON, **({"Mcp-Session-Id": f"s{self.sessions}"} if self.session else {})}
            return 200, headers, reply(asked, {"protocolVersion": OLD, "capabilities": {"tools": {}, "logging": {}},
                                               "serverInfo": {"name": "old", "version": "1"}})
        if request.headers.get("Mcp-Session-Id") in self.gone:
            return 404, {}, ""
        if "id" not in asked or method == "response":
            return 202, {}, ""
        answer = self.answers.get(method.replace("/", "_"), lambda asked: {})(asked)
        return answer if isinstance(answer, tuple) else (200, JSON, reply(asked, answer))

    def methods(self):
        methods = [method for method, _ in self.seen]
        self.seen = []
        return methods


def reply(asked, result):
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def test_four_pairs():
    """A login at first need, and then every pair of eras."""
    with World() as world:
        world.start_both()
        for protocol in ([], ["--protocol", "2025-06-18"]):
            host = Host(world, world.url, *protocol)
            expect_eq("the host's own revision", host.hello("2025-06-18")["result"]["protocolVersion"], "2025-06-18")
            names = [tool["name"] for tool in host.ask(1, "tools/list")["result"]["tools"]]
            expect("the tools", "echo" in names, names)
            text = host.ask("a", "tools/call", {"name": "echo", "arguments": {"message": "hi"}})
            expect_eq("a call", text["result"]["content"][0]["text"], "hi")
            expect("no member of 2026-07-28", "resultType" not in text["result"], text)
            expect_eq("the end", host.close(), 0)
            host = Host(world, world.url, *protocol)
            found = host.ask(0, "server/discover", {"_meta": META})
            expect("the new revision", NEW in found["result"]["supportedVersions"], found)
            text = host.ask(1, "tools/call", {"name": "echo", "arguments": {"message": "hi"}, "_meta": META})
            expect_eq("complete", text["result"]["resultType"], "complete")
            expect_eq("the end", host.close(), 0)


def test_ten_at_once():
    """Ten instances without a login: one registration, one browser, one token, ten answers."""
    with World() as world:
        world.start_both()
        count = world.path("count")
        world.write("opener", f'#!/bin/sh\necho x >>"{count}"\nexec "{world.env["BROWSER"]}" "$1"\n')
        os.chmod(world.path("opener"), 0o700)
        hosts = [Host(world, world.url, env={"BROWSER": world.path("opener")}) for _ in range(10)]
        for host in hosts:
            host.send("initialize", {"protocolVersion": OLD, "capabilities": {},
                                     "clientInfo": {"name": "host", "version": "1"}}, 0)
        for host in hosts:
            expect("initialize is answered", "result" in host.answer(0))
            expect("and a request", "result" in host.ask(1, "tools/list"))
        expect_eq("one browser", open(count).read(), "x\n")


def test_sign_in_is_told():
    """No person signs in: initialize is answered before, a request says where, a later one finds the login."""
    with World() as world:
        world.start_both()
        host = Host(world, world.url, "--no-browser", "--answer-within", "1", "--sign-in-wait", "1")
        expect("initialize is answered", "tools" in host.hello()["result"]["capabilities"])
        error = host.ask(1, "tools/list")["error"]
        expect_eq("the code", error["code"], -32001)
        url = [word for word in error["message"].split() if "/authorize?" in word][0]
        subprocess.run([world.env["BROWSER"], url], env=world.env, timeout=lib.PATIENCE, check=True)
        expect_eq("the lists have changed", host.take()["method"][:14], "notifications/")
        expect("the tools are there", "result" in host.ask(2, "tools/list"))


def test_login_outlives_its_instance():
    """The first of two instances is ended while its person signs in: one page, and the second serves."""
    with World() as world:
        world.start_both()
        pages = world.path("pages")
        world.write("opener", f'#!/bin/sh\necho "$1" >>"{pages}"\n')
        os.chmod(world.path("opener"), 0o700)
        env, clock = {"BROWSER": world.path("opener")}, Clock(world)
        first = Host(world, world.url, "--answer-within", "1", env={**env, **clock.env})
        first.hello()
        second = Host(world, world.url, "--answer-within", "1", env=env)
        second.hello()
        clock.hold()
        expect_eq("it ends, and no time is waited for", first.close(), 0)
        clock.run()
        second.send("tools/list", None, 1)
        url = open(pages).read().split()
        expect_eq("one page", len(url), 1)
        subprocess.run([world.env["BROWSER"], url[0]], env=world.env, timeout=lib.PATIENCE, check=True)
        expect("the second one is answered", "result" in second.answer(1))
        expect_eq("and still one page", len(open(pages).read().split()), 1)


def test_soak():
    """A thousand messages, with faults."""
    done = subprocess.run([sys.executable, os.path.join(lib.HERE, "../soak/soak.py"), lib.PROGRAM, "1000"],
                          capture_output=True, text=True, timeout=4 * lib.PATIENCE)
    expect_eq("none lost, none doubled", done.returncode, 0, done.stdout + done.stderr)


def test_initialize_without_parameters():
    """Its program is not known then, and what a server requires is said all the same; what follows is answered."""
    with World() as world:
        old = Old(world)
        host = Host(world, old.url)
        expect("a welcome", "result" in host.ask(0, "initialize"))
        expect_eq("the next request", host.ask(1, "tools/call", {"name": "t"})["result"], {})
        said = [asked for method, asked in old.seen if method == "initialize"][0]
        expect("what is required", {"protocolVersion", "capabilities", "clientInfo"} <= set(said["params"]), said)
        expect_eq("the end", host.close(), 0)


def test_end_of_input():
    """The end of input: a session is deleted, and no time is waited for."""
    with World() as world:
        old, clock = Old(world), Clock(world)
        host = Host(world, old.url, env=clock.env)
        host.hello()
        host.ask(1, "tools/list")
        clock.hold()
        expect_eq("the exit code", host.close(), 0)
        expect("the session is deleted", "DELETE" in old.methods())


class Oldest:
    """A server of 2024-11-05 (HTTP with SSE), which takes the request named silent, and never answers it."""

    def __init__(self, world, silent):
        self.silent, self.events, self.seen = silent, queue.Queue(), []
        self.is_silent = threading.Event()
        server = hostile(world, {"/sse": self.stream, "/post": self.post})
        self.url = server.url + "/sse"
        world.stack.callback(self.events.put, None)

    def stream(self, request):
        if request.command != "GET":
            return 405, {}, ""
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        request.wfile.write(b"event: endpoint\ndata: /post\n\n")
        while (event := self.events.get(timeout=9 * lib.PATIENCE)) is not None:
            request.wfile.write(event.encode())
        request.close_connection = True
        raise lib.Answered

    def post(self, request):
        asked = json.loads(request.body)
        method = asked.get("method")
        self.seen.append(method)
        results = {"initialize": {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}},
                                  "serverInfo": {"name": "oldest", "version": "1"}},
                   "tools/list": {"tools": [{"name": "t", "inputSchema": {"type": "object"}}]}}
        request.send_response(202)
        request.send_header("Content-Length", "0")
        request.send_header("Connection", "close")
        request.end_headers()
        if method == self.silent:
            request.connection.shutdown(socket.SHUT_WR)
            request.connection.recv(1)  # until it is closed there, too: the 202 was read
            self.is_silent.set()
        elif "id" in asked:
            self.events.put(f"event: message\ndata: {reply(asked, results.get(method, {}))}\n\n")
        raise lib.Answered

    def let_pass(self, clock, ms):
        """Once it is silent, so much time."""
        expect("it is asked", self.is_silent.wait(lib.PATIENCE))
        clock.go_on(ms)
        for _ in range(int(20 * lib.PATIENCE)):         # a comment says nothing, and wakes the program up
            yield self.events.put(": still here\n\n")
            time.sleep(0.05)


@rows([(f"{silent} {limit}", silent, limit) for silent in ("initialize", "tools/list", "tools/call") for limit in ("3s", None)
       if (silent, limit) != ("tools/call", None)])
def test_no_answer_on_the_oldest_transport(label, silent, limit):
    """It took the request, and then says nothing: that ends as on any other transport, and is not asked twice."""
    with World() as world:
        server, clock = Oldest(world, silent), Clock(world)
        clock.hold()
        what = ["tools", server.url] if silent == "tools/list" else ["call", server.url, "t"]
        program = subprocess.Popen([lib.PROGRAM, *what, "--no-login",
                                    *(["--timeout", limit] if limit else [])],
                                   env={**world.env, **clock.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        world.stack.callback(program.communicate)
        world.stack.callback(program.kill)
        for _ in server.let_pass(clock, 3000 if limit else 60000):
            if program.poll() is not None:
                break
        expect_eq("the exit code", program.poll(), 2)
        said = program.stderr.read()
        expect("what was waited for", silent in said and "in time" in said, said)
        expect("what to do", ("look before you ask again" if silent == "tools/call" else "Try again later") in said, said)
        expect_eq("once", server.seen.count(silent), 1)


def test_no_answer_on_the_oldest_transport_to_a_host():
    """The request fails, and the next one is answered."""
    with World() as world:
        server, clock = Oldest(world, "tools/call"), Clock(world)
        clock.hold()
        host = Host(world, server.url, "--timeout", "3s", env=clock.env)
        host.hello()
        host.send("tools/call", {"name": "t"}, 1)
        for _ in server.let_pass(clock, 3000):
            if select.select([host.process.stdout], [], [], 0)[0]:
                break
        expect("why", "in time" in host.answer(1)["error"]["message"])
        expect_eq("the next one", host.ask(2, "tools/list")["result"]["tools"][0]["name"], "t")
        expect_eq("once", server.seen.count("tools/call"), 1)
        expect_eq("the end", host.close(), 0)


def test_end_of_input_in_a_call():
    """A call under way has a moment; then it is given up, and all is over within a second."""
    with World() as world:
        old, clock, lines = Old(world), Clock(world), queue.Queue()
        world.stack.callback(lines.put, None)
        inner = old.serve

        def serve(request):
            if b'"tools/call"' not in request.body:
                return inner(request)
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream")
            request.end_headers()
            while (line := lines.get(timeout=9 * lib.PATIENCE)) is not None:        # to the end of the row
                request.wfile.write(f"data: {line}\n\n".encode())
            request.close_connection = True
            raise lib.Answered

        def is_told(word):
            lines.put(json.dumps({"jsonrpc": "2.0", "method": "notifications/message",
                                  "params": {"level": "error", "data": word}}))
            expect_eq("a message of the call", host.take()["params"]["data"], word)

        old.server.routes["/mcp"] = serve
        host = Host(world, old.url, env=clock.env)
        host.hello()
        host.send("tools/call", {"name": "t"}, 1)
        is_told("under way")
        clock.hold()
        host.process.stdin.close()
        is_told("it may have seen the end")
        is_told("it has")
        expect("nothing is given up yet", "DELETE" not in old.methods())
        clock.go_on(250)
        deadline = time.monotonic() + lib.PATIENCE
        while "DELETE" not in old.methods():
            expect("the session is deleted", time.monotonic() < deadline)
            time.sleep(0.01)
        clock.go_on(650)
        expect_eq("the exit code", host.process.wait(lib.PATIENCE), 0)


def test_a_keyring_that_waits_for_its_person():
    """It is asked before the bridge waits for anything else: a signal ends it at once, the question open."""
    with World() as world:
        gate = world.path("gate")
        os.mkfifo(gate)
        world.write("secret-tool", f'#!/bin/sh\nexec cat "{gate}"\n')
        os.chmod(world.path("secret-tool"), 0o700)
        host = Host(world, "http://127.0.0.1:1/mcp", env={"MCPASS_STORE_KEY": "secret-service:",
                                                         "PATH": world.folder + ":" + world.env["PATH"]})
        host.send("initialize", {"protocolVersion": OLD, "capabilities": {},
                                 "clientInfo": {"name": "host", "version": "1"}}, 0)
        with open(gate, "w"):           # the question is asked when there is a reader
            host.process.send_signal(signal.SIGTERM)
            expect_eq("the end", host.process.wait(lib.PATIENCE / 2), -signal.SIGTERM)


def test_signals_and_orphans():
    """SIGTERM ends it well; so does the death of the program that started it, though its pipes stay open."""
    with World() as world:
        old = Old(world)
        host = Host(world, old.url)
        host.hello()
        host.process.send_signal(signal.SIGTERM)
        expect_eq("the exit code", host.process.wait(5), 0)
        expect("the session is deleted", "DELETE" in old.methods())
        parent = Host(world, command=[sys.executable, "-c", "import subprocess, sys\n"
                                      "p = subprocess.Popen(sys.argv[1:])\nprint(p.pid, flush=True)\np.wait()\n",
                                      lib.PROGRAM, "bridge", old.url])
        child = int(parent.line())
        parent.hello()
        parent.process.kill()
        parent.process.wait()
        gone = time.monotonic() + 5
        while os.path.exists(f"/proc/{child}") and time.monotonic() < gone:
            if open(f"/proc/{child}/stat").read().split()[2] == "Z":
                break
            time.sleep(0.05)
        expect("the bridge went with it", time.monotonic() < gone)


def test_garbage():
    """Each line that is nothing is an error of its own, and the rest goes on."""
    with World() as world:
        old = Old(world, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url)
        host.hello()
        host.write(b'{"jsonrpc": "2.0", "id": 1,\r\n\xff\n\r\n[]\n{"jsonrpc":"2.0","id":2,"method":"tools/list"}\r\n'
                   b'{"jsonrpc":"2.0","id":3,"meth')
        expect_eq("bad JSON", host.take()["error"]["code"], -32700)
        expect_eq("bad UTF-8", host.take()["error"]["code"], -32700)
        expect_eq("a batch", host.take()["error"]["code"], -32600)
        expect_eq("and the request", host.answer(2)["result"], {"tools": []})
        host.write(b'od":"tools/list"}\n')
        expect_eq("in two pieces", host.answer(3)["result"], {"tools": []})


LINES = [       # what the host writes, and the id and the code of the error (0: a result) that it gets
    ('{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', 1.5, 0),
    ('{"jsonrpc":"2.0","id":1180591620717411303424,"method":"tools/list"}', 1180591620717411303424, 0),
    ('{"jsonrpc":"2.0","id":"","method":"tools/list"}', "", 0),
    ('\ufeff{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"a":"\\ud800"}}', 2, 0),
    ('{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"a":' + "[" * 600 + "]" * 600 + "}}", 3, 0),
    ('{"jsonrpc":"2.0","id":null,"method":"tools/list"}', None, -32600),
    ('{"jsonrpc":"2.0","id":true,"method":"tools/list"}', None, -32600),
    ('{"jsonrpc":"2.0","id":[],"method":"tools/list"}', None, -32600),
    ('{"jsonrpc":"1.0","id":4,"method":"tools/list"}', 4, -32600),
    ('{"jsonrpc":"2.0","id":5,"method":5}', 5, -32600),
    ('{"jsonrpc":"2.0","id":6,"method":"tools/list","params":[1]}', 6, -32600),
    ('{"jsonrpc":"2.0","id":7}', 7, -32600),
    ('5', None, -32600),
    ('[[]]', None, -32600),
    ("[" * 100000, None, -32700),
    ("\0", None, -32700),
]
SILENT = ['{"jsonrpc":"2.0","id":77,"result":{}}', '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}',
          '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":999}}',
          '{"jsonrpc":"2.0","method":"notifications/cancelled"}', '{"jsonrpc":"2.0","method":"x/unknown"}', "\r", ""]


def test_odd_lines():
    """Ids of each kind, and messages that are none: each request has its answer, and nothing else is said."""
    with World() as world:
        host = Host(world, Old(world, tools_list=lambda asked: {"tools": []}).url)
        host.write('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n')
        expect_eq("before initialize", host.take()["error"]["code"], -32600)
        host.hello()
        for line, id, code in LINES:
            host.write("".join(silent + "\n" for silent in SILENT) + line + "\n")
            answer = host.take()
            expect_eq(line[:60], (answer["id"], answer.get("error", {}).get("code", 0)), (id, code))
        host.write('{"jsonrpc":"2.0","id":8,"method":"tools/li')
        host.process.stdin.close()
        expect_eq("half a message, and the end", host.take()["error"]["code"], -32700)
        expect_eq("the exit code", host.process.wait(5), 0)


def test_large_messages():
    """30 MB there and back; what is longer than --max-message is refused, and the rest goes on."""
    with World() as world:
        large = "x" * 30_000_000
        old = Old(world, tools_call=lambda asked: {"said": asked["params"]["said"]}, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url)
        host.hello()
        expect("30 MB", host.ask(1, "tools/call", {"name": "t", "said": large})["result"]["said"] == large)
        host = Host(world, old.url, "--max-message", "2k")
        host.hello()
        host.write('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"said":"' + "x" * 4000 + '"}}\n')
        expect_eq("too long", host.answer(2)["error"]["code"], -32600)
        expect_eq("the next one", host.ask(3, "tools/list")["result"], {"tools": []})


def test_many_at_once():
    """More requests in one go than are ever under way: each is answered, and none is refused."""
    with World() as world:
        serve = world.start("serve", "--json", "--port", "0", "--open")
        host = Host(world, serve.ready["url"])
        host.hello()
        lines = "".join('{"jsonrpc":"2.0","id":%d,"method":"prompts/list"}\n' % id for id in range(1, 1501))
        writer = threading.Thread(target=host.write, args=(lines,))
        writer.start()
        answers = [host.take() for _ in range(1500)]
        writer.join()
        expect_eq("each once", sorted(answer["id"] for answer in answers), list(range(1, 1501)))
        expect_eq("and well", [answer for answer in answers if "error" in answer], [])


def test_cancelled_and_doubled():
    """A cancelled call has no answer, and an id that is under way is not taken twice."""
    with World() as world:
        go = threading.Event()
        world.stack.callback(go.set)
        old = Old(world, tools_call=lambda asked: go.wait(lib.PATIENCE) and {}, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url)
        host.hello()
        host.send("tools/call", {"name": "t"}, 1)
        expect_eq("the id is taken", host.ask(1, "tools/list")["error"]["code"], -32600)
        host.send("notifications/cancelled", {"requestId": 1})
        expect_eq("not any more", host.ask(1, "tools/list")["result"], {"tools": []})
        go.set()
        expect_eq("no late answer", host.ask(2, "tools/list")["result"], {"tools": []})


ODD = [
    ("answered twice", (200, SSE, 'data: {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}\n\n'
                                  'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n')),
    ("202 without an answer", (202, {}, "")),
    ("503", (503, {}, "busy")),
    ("500 with HTML", (500, {"Content-Type": "text/html"}, "<h1>no</h1>")),
    ("no JSON", (200, JSON, "{")),
    ("nothing", (200, JSON, "")),
    ("another id", (200, JSON, '{"jsonrpc":"2.0","id":"no","result":{}}')),
    ("a stream that ends", (200, SSE, ": hello\n\n")),
    ("HTML with 200", (200, {"Content-Type": "text/html"}, "<p>hello")),
]


@rows(ODD)
def test_odd_answers(label, answer):
    """An answer that is none is an error for that request, and the next one is answered."""
    with World() as world:
        old = Old(world, tools_call=lambda asked: answer, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url)
        host.hello()
        expect("an error", "error" in host.ask(1, "tools/call", {"name": "t"}))
        expect_eq("and the next", host.ask(2, "tools/list")["result"], {"tools": []})


@rows([("a call, 429", "tools_call", 429), ("a list, 503", "tools_list", 503)])
def test_busy_server(label, method, status):
    """A server says when to come again: the request goes again then, once."""
    with World() as world:
        seen = []

        def busy_at_first(asked):
            seen.append(asked)
            return (status, {"Retry-After": "1"}, "busy") if len(seen) == 1 else {"tools": [], "content": []}

        host = Host(world, Old(world, **{method: busy_at_first}).url)
        host.hello()
        expect("answered", "result" in host.ask(1, method.replace("_", "/"), {"name": "t"}))
        expect_eq("once more", len(seen), 2)


def test_server_down():
    """No server: an error for each request, and when it comes up, all is well."""
    with World() as world:
        port = world.port()
        host = Host(world, f"http://127.0.0.1:{port}/mcp")
        expect("initialize fails", "error" in host.hello())
        expect("and so does a request", "error" in host.ask(1, "tools/list"))
        expect("the bridge stays", host.process.poll() is None)


def test_session_is_gone():
    """404 to a session: another one is begun by the host's own words, and the request is sent again once."""
    with World() as world:
        old = Old(world, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url)
        host.hello(capabilities={"roots": {"listChanged": True}, "x": {"y": [1.0]}})
        host.ask(1, "tools/list")
        old.gone.add("s1")
        expect_eq("answered all the same", host.ask(2, "tools/list")["result"], {"tools": []})
        expect_eq("two sessions", old.sessions, 2)
        said = [asked["params"] for method, asked in old.seen if method == "initialize"]
        expect_eq("as the host began the first", said[1], said[0])
        expect_eq("with what it can do", said[0]["capabilities"], {"roots": {"listChanged": True}, "x": {"y": [1.0]}})
        expect_eq("and its name", said[0]["clientInfo"]["name"], "host")


class Turned(Old):
    """An old server that becomes one of 2026-07-28, and back."""

    is_new = False

    def serve(self, request):
        if not self.is_new or request.command != "POST":
            return super().serve(request)
        asked = json.loads(request.body)
        if "io.modelcontextprotocol/protocolVersion" not in asked.get("params", {}).get("_meta", {}):
            error = {"code": -32022, "message": "no", "data": {"supported": [NEW], "requested": OLD}}
            return 400, JSON, json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "error": error})
        known = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        if asked["method"] == "server/discover":
            known.update(supportedVersions=[NEW], capabilities={"tools": {}})
        return 200, JSON, reply(asked, {**known, "tools": [{"name": "new"}]})


@rows([("an old host", False), ("a new host", True)])
def test_server_is_replaced(label, is_new_host):
    """A server that is replaced by one of the other era: a request finds it out, and the next one is answered."""
    with World() as world:
        server = Turned(world, tools_list=lambda asked: {"tools": [{"name": "old"}]})
        host = Host(world, server.url)
        params = {"_meta": META} if is_new_host else {}
        if is_new_host:
            host.ask(0, "server/discover", params)
        else:
            host.hello()
        expect_eq("at first", host.ask(1, "tools/list", params)["result"]["tools"], [{"name": "old"}])
        for id, is_new, name in ((10, True, "new"), (20, False, "old")):
            server.is_new = is_new
            expect("one is refused", "error" in host.ask(id, "tools/list", params))
            # What is asked before the server has said who it is waits for that, or is told to come again.
            answers = [host.ask(id + i, "tools/list", params) for i in range(1, 4)]
            expect_eq("and then it is answered", answers[-1]["result"]["tools"], [{"name": name}])


def test_numbers_and_order():
    """What passes keeps its bytes."""
    with World() as world:
        body = '{"jsonrpc":"2.0","id":%s,"result":{"z":1.0e2, "a":12345678901234567890,"s":"\\u00e9\\/"}}'
        old = Old(world, x_y=lambda asked: (200, JSON, body % json.dumps(asked["id"])))
        host = Host(world, old.url)
        host.hello()
        host.write('{"jsonrpc":"2.0","id":"q","method":"x/y","params":{"n":1.0e2,"b":12345678901234567890}}\n')
        line = host.line()
        expect("the result's bytes", b'"result":{"z":1.0e2, "a":12345678901234567890,"s":"\\u00e9\\/"}' in line, line)
        sent = [body for method, _, _, body in old.server.requests if b'"x/y"' in body][-1]
        expect("the request's bytes", b'{"n":1.0e2,"b":12345678901234567890}' in sent, sent)


def test_host_does_not_read():
    """Answers of 200 MB in all to a host that reads none of them: the bridge holds little of it."""
    with World() as world:
        big = json.dumps({"content": [{"type": "text", "text": "x" * 1000000}]})
        body = '{"jsonrpc":"2.0","id":%s,"result":' + big + "}"
        old = Old(world, tools_call=lambda asked: (200, JSON, body % json.dumps(asked["id"])))
        host = Host(world, old.url)
        host.hello()
        for id in range(1, 201):
            host.send("tools/call", {"name": "t"}, id)
        peak, calm = 0, time.monotonic() + 3
        while time.monotonic() < calm:
            status = open(f"/proc/{host.process.pid}/status").read()
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
            time.sleep(0.1)
        answered = {host.take()["id"] for _ in range(200)}
        expect_eq("and then each has its answer", answered, set(range(1, 201)))
        expect("bounded memory", peak < 64 * 1024 or "Sanitizer" in str(world.env), f"{peak} KiB")


def test_stderr_is_not_read():
    """Standard error is a pipe that is not read: nothing waits for it."""
    with World() as world:
        old = Old(world, tools_list=lambda asked: {"tools": []})
        host = Host(world, old.url, "--explain", stderr=subprocess.PIPE)
        host.hello()
        for id in range(1, 400):
            expect_eq("an answer", host.ask(id, "tools/list")["result"], {"tools": []})


def test_questions_of_an_old_server():
    """A server asks in the middle of a call: an old host is asked, a new one hears input_required."""
    with World() as world:
        answered = queue.Queue()

        def stream(request, asked):
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream")
            request.end_headers()
            question = {"jsonrpc": "2.0", "id": 77, "method": "elicitation/create",
                        "params": {"message": "name?", "requestedSchema": {"type": "object", "properties": {}}}}
            request.wfile.write(f"data: {json.dumps(question)}\n\n".encode())
            request.wfile.flush()
            said = answered.get(timeout=lib.PATIENCE)
            request.wfile.write(f"data: {reply(asked, {'content': [], 'said': said})}\n\n".encode())
            request.close_connection = True
            raise lib.Answered

        old = Old(world)
        inner = old.serve

        def serve(request):
            asked = json.loads(request.body) if request.body else {}
            if request.command == "POST" and asked.get("method") == "tools/call" \
                    and NEW not in request.headers.get("MCP-Protocol-Version", ""):
                stream(request, asked)
            if "result" in asked:
                answered.put(asked["result"])
            return inner(request)

        old.server.routes["/mcp"] = serve
        host = Host(world, old.url)
        host.hello(capabilities={"elicitation": {}})
        host.send("tools/call", {"name": "t"}, 1)
        question = host.take()
        expect_eq("the question", (question["id"], question["method"]), (77, "elicitation/create"))
        host.write('{"jsonrpc":"2.0","id":77,"result":{"action":"accept","content":{}}}\n')
        expect_eq("the answer", host.answer(1)["result"]["said"], {"action": "accept", "content": {}})
        meta = {**META, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
        host = Host(world, old.url)
        host.ask(0, "server/discover", {"_meta": meta})
        parked = host.ask(1, "tools/call", {"name": "t", "_meta": meta})["result"]
        expect_eq("parked", parked["resultType"], "input_required")
        key = list(parked["inputRequests"])[0]
        done = host.ask(2, "tools/call", {"name": "t", "_meta": meta, "requestState": parked["requestState"],
                                          "inputResponses": {key: {"action": "decline"}}})
        expect_eq("the answer", done["result"]["said"], {"action": "decline"})


def test_two_servers():
    """Two servers in one process: their tools have prefixes."""
    with World() as world:
        config = world.write("servers.json", json.dumps({"mcpServers": {}}))
        tools = lambda name: lambda asked: {"tools": [{"name": name, "inputSchema": {"type": "object"}}]}
        called = lambda name: lambda asked: {"content": [{"type": "text", "text": name + asked["params"]["name"]}]}
        one, two = (Old(world, tools_list=tools(name), tools_call=called(name)) for name in ("a", "b"))
        config = world.write("servers.json", json.dumps(
            {"mcpServers": {"one": {"url": one.url}, "two": {"url": two.url}}}))
        host = Host(world, "one", "two", "--config", config)
        host.hello()
        names = {tool["name"] for tool in host.ask(1, "tools/list")["result"]["tools"]}
        expect_eq("the tools", names, {"one_a", "two_b"})
        text = host.ask(2, "tools/call", {"name": "two_b"})["result"]["content"][0]["text"]
        expect_eq("the call", text, "bb")


def test_by_the_name_of_mcp_remote():
    """A link called mcp-remote takes that program's arguments."""
    with World() as world:
        old = Old(world, tools_list=lambda asked: {"tools": [{"name": "a"}, {"name": "delete_a"}]})
        os.symlink(os.path.abspath(lib.PROGRAM), world.path("mcp-remote"))
        host = Host(world, command=[world.path("mcp-remote"), old.url, "--header", "X-Key:${KEY}", "--ignore-tool",
                                    "delete*", "--transport", "http-only"], env={"KEY": "k"})
        host.hello()
        expect_eq("the tools", host.ask(1, "tools/list")["result"]["tools"], [{"name": "a"}])
        expect_eq("the header", old.server.requests[-1][2].get("X-Key"), "k")


def test_log():
    """--log has what happened, and no secret."""
    with World() as world:
        world.start_both()
        host = Host(world, world.url, "--log", world.path("log"))
        host.hello()
        host.ask(1, "tools/list")
        host.close()
        log = open(world.path("log")).read()
        expect("it says who signed in where", "signed in to" in log, log)
        for secret in ("access_token\":", "Bearer ey", "code_verifier: "):
            expect("no secret", secret not in log, log)
        expect_eq("only for us", os.stat(world.path("log")).st_mode & 0o777, 0o600)


@rows([("0.1", "mcp-remote-0.1.37", {}), ("0.15", "mcp-remote-v1", {"issuer": True})])
def test_import(label, folder, extra):
    """The login of mcp-remote becomes ours: no person signs in, and no client is registered."""
    with World() as world:
        world.start_both()
        expect_eq("a login", world.run("login", world.url).returncode, 0)
        stored = json.loads(dict(world.record()["credentials"])[f"default {world.url}"])
        expect_eq("forgotten here", world.run("logout", world.url, "--help").returncode, 0)
        os.remove(world.path("data/mcpass/credentials.db"))
        client = stored["client"]
        tokens = {"access_token": stored["access_token"], "refresh_token": stored["refresh_token"],
                  "token_type": "Bearer", "scope": stored["scope"]}
        if extra:
            tokens.update(issuer=world.issuer, expires_at=1)
        name = hashlib.md5((world.url + '|{"X-A":"b"}').encode()).hexdigest()
        path = os.path.join(world.folder, ".mcp-auth", folder)
        os.makedirs(path)
        json.dump(tokens, open(os.path.join(path, name + "_tokens.json"), "w"))
        json.dump({"client_id": client["client_id"], "redirect_uris": [client["redirect_uri"]],
                   "token_endpoint_auth_method": "none"}, open(os.path.join(path, name + "_client_info.json"), "w"))
        expect_eq("another header", world.run("import", "mcp-remote", world.url, "-H", "X-A: c").returncode, 1)
        done = world.run("import", "mcp-remote", world.url, "-H", "X-A: b")
        expect_eq("imported", done.returncode, 0, done.stderr)
        expect("it says what was assumed", ("did not note" in done.stderr) == (not extra), done.stderr)
        done = world.call("echo", "message=hi", "--no-login")
        expect_eq("and a call, without a login", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)


@rows([
    ("a database", "postgresql://agents@db.example.com/mcpass", '"postgresql://agents@db.example.com/mcpass"', ""),
    ("one with a password", "postgresql://agents:hunter2@db.example.com/mcpass", None, "~/.pgpass"),
    ("one as a parameter", "postgresql://db/mcpass?password=hunter2", None, "~/.pgpass"),
    ("a file", "/srv/own.db", '"/srv/own.db"', ""),
    ("one of this folder", "own.db", "/own.db\"", ""),
])
def test_install_names_the_store(label, store, written, says):
    """A host hands on no variables of the shell: its bridge would use another store."""
    with World() as world:
        done = world.run("install", "cursor", "https://mcp.example.com/mcp", "--file", world.path("mcp.json"),
                         env={"MCPASS_STORE": store, "MCPASS_STORE_KEY": "/srv/store.key"})
        expect_eq("exit code", done.returncode, 0, done.stderr)
        entry = open(world.path("mcp.json")).read()
        expect_eq("in the entry", '"MCPASS_STORE": "' in entry, written is not None, entry)
        expect("as it is meant", written is None or written in entry and ': "own' not in entry, entry)
        expect("the key", '"MCPASS_STORE_KEY": "/srv/store.key"' in entry, entry)
        expect("says why not", says in done.stderr, done.stderr)
        expect("no password", "hunter2" not in entry + done.stdout + done.stderr, done.stderr)


def test_install_names_files_as_another_folder_has_to():
    """The host starts the bridge in a folder of its own."""
    with World() as world:
        here = os.getcwd()
        done = world.run("install", "cursor", "https://mcp.example.com/mcp", "--file", world.path("mcp.json"),
                         "--store", "./own.db", "--ca-file", "ca.pem", "--config", "/etc/c.json", "--log", "log",
                         "--tool-prefix", "x_", env={"MCPASS_CONFIG": "servers.json"})
        expect_eq("exit code", done.returncode, 0, done.stderr)
        entry = json.load(open(world.path("mcp.json")))["mcpServers"]["example"]
        options = dict(zip(entry["args"][2::2], entry["args"][3::2]))
        expect_eq("options", options, {"--store": here + "/own.db", "--ca-file": here + "/ca.pem",
                                       "--config": "/etc/c.json", "--log": here + "/log", "--tool-prefix": "x_"})
        expect_eq("and variables", entry["env"]["MCPASS_CONFIG"], here + "/servers.json")


def test_install():
    """The entry goes into a host's file, and comes out; the file is as it was."""
    with World() as world:
        path = world.path("mcp.json")
        before = '{\n\t// mine\n\t"mcpServers": {\n\t\t"a": {"command": "x"}, // last\n\t},\n}\n'
        world.write("mcp.json", before)
        args = ["cursor", "https://mcp.example.com/mcp", "--file", path]
        dry = world.run("install", *args, "--dry-run")
        expect("what would change", '+\t\t"example": {' in dry.stdout, dry.stdout)
        expect_eq("nothing is changed", open(path).read(), before)
        expect_eq("install", world.run("install", *args, "--ping", "30").returncode, 0)
        expect("the entry", '"args": ["bridge", "https://mcp.example.com/mcp", "--ping", "30s"]' in open(path).read())
        expect_eq("a backup", open(path + ".mcpass-backup").read(), before)
        expect_eq("uninstall", world.run("uninstall", *args).returncode, 0)
        expect_eq("as it was", open(path).read(), before)
        expect_eq("there is none any more", world.run("uninstall", *args).returncode, 1)
