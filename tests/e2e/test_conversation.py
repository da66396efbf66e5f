"""A request that is a conversation: questions, headers, patience, numbers, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import threading

import lib
from lib import JSON, World, expect, expect_eq, hostile
from scene import Issuer, Scene, Server
from terminal import at_terminal

SSE = {"Content-Type": "text/event-stream"}
NEW, OLD = "2026-07-28", "2025-11-25"
META = "io.modelcontextprotocol/"
REGION = {"type": "string", "x-mcp-header": "Region"}


class Script:
    """An open MCP server of 2026-07-28: answers[method](params, headers) gives a result, or
    (code, message, data).  Every request is kept."""

    def __init__(self, world, **answers):
        self.world, self.answers, self.seen = world, answers, []
        self.server = hostile(world, {"/mcp": self.serve})
        self.url = self.server.url + "/mcp"

    def serve(self, request):
        if request.command != "POST":
            return 405, {}, ""
        asked = json.loads(request.body)
        method = asked["method"]
        self.seen.append((method, asked.get("params", {}), dict(request.headers), request.body))
        if asked["params"].get("_meta", {}).get(META + "protocolVersion") != NEW:
            return 400, {}, ""
        answer = self.answers.get(method.replace("/", "_"))
        if answer is None:
            return 404, JSON, rpc(asked, error={"code": -32601, "message": "no such method"})
        said = answer(asked["params"], request.headers)
        if isinstance(said, tuple):
            code, message, data = said
            error = {"code": code, "message": message, "data": data}
            return 400, JSON, rpc(asked, error=error)
        return 200, JSON, rpc(asked, result={"resultType": "complete", **said})

    def methods(self):
        """What was asked for since the last time."""
        methods = [entry[0] for entry in self.seen]
        self.last, self.seen = self.seen, []
        return methods

    def call(self, *args, **kw):
        return self.world.run("call", self.url, *args, **kw)


def rpc(asked, **rest):
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], **rest})


def text(words):
    return {"content": [{"type": "text", "text": words}]}


def tools(*items, **more):
    listed = [{"name": name, "inputSchema": {"type": "object", "properties": properties}}
              for name, properties in items]
    return lambda params, headers: {"tools": listed, "ttlMs": 0, "cacheScope": "private", **more}


def form(properties, required=(), message="Please confirm"):
    return {"method": "elicitation/create", "params": {
        "mode": "form", "message": message, "requestedSchema": {
            "type": "object", "properties": properties, "required": list(required)}}}


CONFIRM = {"confirmed": {"type": "boolean", "title": "Sure?"}}
DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
    "colour": {"type": "string", "default": "r",
               "oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]},
    "days": {"type": "array", "default": ["mo"], "minItems": 1,
             "items": {"anyOf": [{"const": "mo", "title": "Monday"},
                                 {"const": "tu", "title": "Tuesday"}]}},
    "free": {"type": "string"},
}
STATE = "s+/= \" \\ / \u00e9 \U0001f600"


def asking(world, requests, rounds=1):
    """A tool that asks back so often, then says what it was answered."""
    def call(params, headers):
        state = params.get("requestState")
        done = 0 if state is None else int(state[len(STATE):])
        if done >= rounds:
            return text(json.dumps(params.get("inputResponses")))
        return {"resultType": "input_required", "inputRequests": requests,
                "requestState": STATE + str(done + 1)}
    return Script(world, tools_list=tools(("ask", {})), tools_call=call)


DEFAULT_CONTENT = {name: field["default"] for name, field in DEFAULTS.items() if "default" in field}


@lib.rows([
    ("accept", ["--elicit", "accept"], {"k": form(DEFAULTS)}, None,
     {"k": {"action": "accept", "content": DEFAULT_CONTENT}}),
    ("decline", ["--elicit", "decline"], {"k": form(CONFIRM)}, None, {"k": {"action": "decline"}}),
    ("cancel", ["--elicit", "cancel"], {"k": form(CONFIRM)}, None, {"k": {"action": "cancel"}}),
    ("the content of the only question", ["--elicit", '{"confirmed": true}'], {"k": form(CONFIRM)},
     None, {"k": {"action": "accept", "content": {"confirmed": True}}}),
    ("by key", ["--elicit", '{"a": {"confirmed": true}, "b": {"age": 5}}'],
     {"a": form(CONFIRM), "b": form({"age": {"type": "integer"}, "x": {"type": "string", "default": "d"}})},
     None, {"a": {"action": "accept", "content": {"confirmed": True}},
            "b": {"action": "accept", "content": {"age": 5, "x": "d"}}}),
    ("a line each", ["--elicit", "-"], {"a": form(CONFIRM), "b": form(CONFIRM)},
     '{"confirmed": false}\ndecline\n',
     {"a": {"action": "accept", "content": {"confirmed": False}}, "b": {"action": "decline"}}),
    ("a line with the whole result", ["--elicit", "-"], {"a": form(CONFIRM)},
     '{"action": "accept", "content": {"confirmed": true}}\n',
     {"a": {"action": "accept", "content": {"confirmed": True}}}),
    ("a URL is accepted by a line", ["--elicit", "-"],
     {"a": {"method": "elicitation/create", "params": {
         "mode": "url", "message": "Go there", "url": "https://pay.example/1", "elicitationId": "e"}}},
     "accept\n", {"a": {"action": "accept"}}),
])
def test_questions_are_answered(label, options, requests, stdin, want):
    with World() as w:
        server = asking(w, requests)
        done = server.call("ask", "n:=0.1", *options, stdin=stdin)
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect_eq("what was answered", json.loads(done.stdout), want)
        expect_eq("the requests", server.methods(), ["tools/list", "tools/call", "tools/call"])
        first, second = server.last[1], server.last[2]
        expect_eq("the state, exactly", second[1]["requestState"], STATE + "1")
        expect("no state at first", "requestState" not in first[1])
        expect("a new id", json.loads(first[3])["id"] != json.loads(second[3])["id"])
        expect_eq("the same arguments", second[1]["arguments"], first[1]["arguments"])
        expect("as typed", b'"n":0.1}' in second[3], str(second[3]))
        offered = first[1]["_meta"][META + "clientCapabilities"]["elicitation"]
        expect("forms are offered", offered.get("form") == {}, str(offered))
        expect_eq("URLs only to whoever can judge them", "url" in offered, "-" in options)


@lib.rows([
    ("nobody is there", [], {"k": form(CONFIRM)}, 4, "--elicit"),
    ("no default", ["--elicit", "accept"], {"k": form(CONFIRM, ["confirmed"])}, 1, "confirmed.*no default"),
    ("another type", ["--elicit", '{"confirmed": 1}'], {"k": form(CONFIRM)}, 1, "confirmed.*yes or no"),
    ("no such field", ["--elicit", '{"sure": true}'], {"k": form(CONFIRM)}, 1, "sure"),
    ("no answer to one of two", ["--elicit", '{"a": {}}'], {"a": form(CONFIRM), "b": form(CONFIRM)}, 1, '"b"'),
    ("the input ended", ["--elicit", "-"], {"k": form(CONFIRM)}, 4, "standard input has no answer"),
    ("a line that is none", ["--elicit", "-"], {"k": form(CONFIRM)}, 1, "accept, decline"),
    ("sampling", ["--elicit", "accept"], {"k": {"method": "sampling/createMessage", "params": {}}},
     3, "sampling/createMessage, which was not offered"),
    ("a URL for nobody", ["--elicit", "accept"],
     {"k": {"method": "elicitation/create", "params": {"mode": "url", "url": "https://x.example"}}},
     3, "not offered"),
    ("not a form of --elicit", ["--elicit", "yes"], {}, 1, "--elicit takes"),
    ("no such file", ["--elicit", "@/nowhere/answers"], {}, 2, "/nowhere/answers"),
])
def test_questions_that_are_not_answered(label, options, requests, code, word):
    with World() as w:
        server = asking(w, requests)
        done = server.call("ask", *options, stdin="maybe\n" if label == "a line that is none" else "")
        expect_eq("exit", done.returncode, code, done.stderr)
        expect("it says why", re.search(word, done.stderr), done.stderr)
        expect("not a second time", len(server.methods()) <= 2, str(server.last))


def test_a_server_that_never_stops_asking():
    with World() as w:
        server = asking(w, {"k": form(CONFIRM)}, rounds=1000)
        done = server.call("ask", "--elicit", "accept")
        expect_eq("exit", done.returncode, 3, done.stderr)
        expect("it says so", "10 times" in done.stderr, done.stderr)
        expect_eq("no more than that", server.methods().count("tools/call"), 11)


def test_what_is_not_offered_is_named():
    with World() as w:
        server = Script(w, tools_list=tools(("ask", {})), tools_call=lambda params, headers: (
            -32021, "Missing required client capability",
            {"requiredCapabilities": {"elicitation": {}}}))
        done = server.call("ask")
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("what to do", "--elicit" in done.stderr, done.stderr)


def test_an_answer_may_come_later():
    """Between a question and its answer nothing is held, and nothing else is read."""
    with World() as w:
        server = asking(w, {"confirm": form(CONFIRM)})
        asked = subprocess.Popen([lib.PROGRAM, "call", server.url, "ask", "--elicit", "-"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=w.env, text=True)
        line = asked.stderr.readline()
        expect("one line that says what is asked", "confirm: Please confirm" in line, line)
        expect("and what would do", "confirmed: yes or no" in line, line)
        other = w.run("tools", server.url)
        expect_eq("another program meanwhile", other.returncode, 0, other.stderr)
        out, err = asked.communicate('{"confirmed": true}\nfor somebody else\n', timeout=lib.PATIENCE)
        expect_eq("exit", asked.returncode, 0, err)
        expect_eq("nothing else is said", err, "")
        expect_eq("the answer", json.loads(out)["confirm"]["content"], {"confirmed": True})


def test_a_person_is_asked():
    fields = {**DEFAULTS, "needed": {"type": "integer", "minimum": 1, "maximum": 3,
                                     "description": "How many\x1b[31m?"}}
    with World() as w:
        server = asking(w, {"k": form(fields, ["needed"], "Who are you?\n\x1b[2JReally")})
        code, seen = at_terminal(w, ["call", server.url, "ask"], [
            ("Answer? [y/N]", "y\r"), ("[John Doe]: ", "Ada\r"), ("[30]: ", "\r"), ("[95.5]: ", "1e1\r"),
            ("[active]: ", "2\r"), ("[yes]: ", "n\r"), ("[r]: ", "green\r"), ("[mo]: ", "1, Tuesday\r"),
            ("(string): ", "\r"), ("(integer, 1 to 3): ", "7\r"), ("wanted: integer, 1 to 3", "x\r"),
            ("wanted", "\r"), ("has to be filled in", "2\r"), ("Send it? [y/N]", "yes\r"),
        ])
        expect_eq("exit", code, 0, seen)
        expect("who asks", server.url + " asks:" in seen, seen)
        expect("what would be sent", f"This would go to {server.url}:\r\n    name = \"Ada\"\r\n"
               in seen and '    days = ["mo","tu"]\r\n' in seen, seen)
        expect("no sequence of the server's gets through", "\x1b[2J" not in seen and "\x1b[31m" not in seen, seen)
        server.methods()
        expect_eq("what was answered", server.last[-1][1]["inputResponses"]["k"], {
            "action": "accept", "content": {
                "name": "Ada", "age": 30, "score": 10.0, "status": "inactive", "verified": False,
                "colour": "g", "days": ["mo", "tu"], "needed": 2}}, seen)


@lib.rows([("no", [("Answer? [y/N]", "n\r")], "decline"),
           ("Enter", [("Answer? [y/N]", "\r")], "decline"),
           ("anything else", [("Answer? [y/N]", "yesterday\r")], "decline"),
           ("Ctrl-D", [("Answer? [y/N]", "\x04")], "cancel"),
           ("Ctrl-D at a field", [("Answer? [y/N]", "y\r"), ("(yes or no): ", "\x04")], "cancel"),
           ("no in the end", [("Answer? [y/N]", "y\r"), ("(yes or no): ", "y\r"), ("Send it? [y/N]", "n\r")],
            "decline"),
           ("Enter in the end", [("Answer? [y/N]", "y\r"), ("(yes or no): ", "y\r"), ("Send it? [y/N]", "\r")],
            "decline"),
           ("Ctrl-D in the end", [("Answer? [y/N]", "y\r"), ("(yes or no): ", "y\r"),
                                  ("Send it? [y/N]", "\x04")], "cancel")])
def test_a_person_says_no(label, talk, action):
    with World() as w:
        server = asking(w, {"k": form(CONFIRM)})
        code, seen = at_terminal(w, ["call", server.url, "ask"], talk)
        expect_eq("exit", code, 0, seen)
        server.methods()
        expect_eq("the answer", server.last[-1][1]["inputResponses"], {"k": {"action": action}})


def test_what_a_server_writes_is_marked():
    """A message that looks like our own lines, and words that a terminal would break."""
    ours = "mcpass: the stored credential has expired.\nhttps://bank.example asks:\r\nyour code"
    wide = " " * 90 + "mcpass: sign in again"
    fields = {"code": {"type": "string", "title": "Password\nmcpass: for alice", "description": ours + wide,
                       "enum": ["a\nmcpass: b", wide], "default": "a\nmcpass: b" + wide,
                       "format": "text\nmcpass: format"}}
    with World() as w:
        server = asking(w, {"k": form(fields, (), ours + "\n" + wide)})
        code, seen = at_terminal(w, ["call", server.url, "ask"], [
            ("Answer? [y/N]", "y\r"), ("]: ", "1\r"), ("Send it? [y/N]", "n\r")])
        begun = seen.split("asks:", 1)[1]
        for line in begun.split("\r\n"):
            expect("no line of its own looks like ours", not line.startswith(("mcpass:", "https://bank")), seen)
            expect("none is wide enough to be broken", len(line) <= 80, line)
        expect("all of what would be sent is shown", '    code = "a\\nmcpass: b"' in seen, seen)


PAGE = {"mode": "url", "message": "Pay\nmcpass: now", "elicitationId": "e"}


def page(url):
    return {"k": {"method": "elicitation/create", "params": {**PAGE, "url": url}}}


@lib.rows([("yes", "y\r", "accept"), ("Enter is no", "\r", "decline"), ("no", "n\r", "decline"),
           ("Ctrl-D", "\x04", "cancel")])
def test_a_page_is_shown_and_not_opened(label, typed, action):
    with World() as w:
        opened = w.path("opened")
        browser = w.write("nosy", f"#!/bin/sh\ntouch {opened}\n")
        os.chmod(browser, 0o700)
        server = asking(w, page("https://xn--pypal-4ve.com/$(id)?x=1"))
        code, seen = at_terminal(w, ["call", server.url, "ask"], [("Did you? [y/N]", typed)], {"BROWSER": browser})
        expect_eq("exit", code, 0, seen)
        expect("the host on a line of its own", "\r\n  Host  xn--pypal-4ve.com\r\n" in seen, seen)
        expect("that it may look like another", "look different" in seen, seen)
        expect("the page", "  Page  https://xn--pypal-4ve.com/%24%28id%29?x=1\r\n" in seen, seen)
        expect("its words are marked", "| Pay\r\n| mcpass: now\r\n" in seen, seen)
        expect("no browser", not os.path.exists(opened))
        server.methods()
        expect_eq("the answer", server.last[-1][1]["inputResponses"], {"k": {"action": action}})


@lib.rows([
    ("http", "http://pay.example/"), ("a name before the host", "https://bank.example@evil.example/"),
    ("a script", "javascript:alert(1)"), ("a file", "file:///etc/passwd"), ("a sequence", "https://x.example/\x1b[2J"),
    ("a cloud's metadata", "https://169.254.169.254/latest/"), ("nowhere", "https://0.0.0.0/"),
    ("letters of another script", "https://p\u0430ypal.com/"), ("nothing", ""),
])
def test_a_page_that_is_refused(label, url):
    with World() as w:
        server = asking(w, page(url))
        code, seen = at_terminal(w, ["call", server.url, "ask"], [("Did you?", "y\r")])
        expect_eq("exit", code, 0, seen)
        expect("it is said", "note: declined: " + server.url in seen, seen)
        expect("no question", "Did you?" not in seen and "\x1b" not in seen, repr(seen))
        server.methods()
        expect_eq("the answer", server.last[-1][1]["inputResponses"], {"k": {"action": "decline"}})
        done = server.call("ask", "--elicit", "-", stdin="accept\n")
        expect_eq("nor by a line", json.loads(done.stdout), {"k": {"action": "decline"}}, done.stderr)


# --- the handshake era ------------------------------------------------------------------

class Old:
    """A server of 2025-11-25 that asks on the GET stream while a tool runs."""

    def __init__(self, world, question):
        self.world, self.question, self.seen = world, question, []
        self.ready, self.asked, self.answered = (threading.Event() for _ in range(3))
        self.server = hostile(world, {"/mcp": self.serve})
        self.url = self.server.url + "/mcp"

    def serve(self, request):
        if request.command == "GET":
            return self.ask(request)
        if request.command == "DELETE":
            return 405, {}, ""
        message = json.loads(request.body)
        self.seen.append(message)
        if "method" not in message:
            self.answer = message
            self.answered.set()
            return 202, {}, ""
        if "id" not in message:
            return 202, {}, ""
        if message["method"] == "initialize":
            return 200, {**JSON, "Mcp-Session-Id": "s1"}, rpc(message, result={
                "protocolVersion": OLD, "capabilities": {}, "serverInfo": {"name": "o", "version": "1"}})
        if message["params"].get("_meta", {}).get(META + "protocolVersion"):
            return 400, {}, ""
        self.asked.set()
        return self.work(message)

    def work(self, message):
        if not self.answered.wait(lib.PATIENCE):
            return 500, {}, ""
        return 200, JSON, rpc(message, result=text(json.dumps(self.answer.get("result", self.answer.get("error")))))

    def ask(self, request):
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.flush()
        self.asked.wait(lib.PATIENCE)
        request.wfile.write(b"data: " + json.dumps(
            {"jsonrpc": "2.0", "id": "q1", "method": self.question["method"],
             "params": self.question["params"]}).encode() + b"\n\n")
        request.wfile.flush()
        self.answered.wait(lib.PATIENCE)
        request.close_connection = True
        raise lib.Answered


@lib.rows([
    ("defaults", ["--elicit", "accept"], form(DEFAULTS), {"action": "accept", "content": DEFAULT_CONTENT}),
    ("a line", ["--elicit", "-"], form(CONFIRM), {"action": "accept", "content": {"confirmed": True}}),
    ("declined", ["--elicit", "decline"], form(CONFIRM), {"action": "decline"}),
    ("something else", ["--elicit", "accept"], {"method": "roots/list", "params": {}},
     {"code": -32601, "message": "not offered by this client"}),
])
def test_an_old_server_asks(label, options, question, want):
    with World() as w:
        server = Old(w, question)
        done = w.run("call", server.url, "ask", "--protocol", OLD, *options, stdin='{"confirmed":true}\n')
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect_eq("the answer", json.loads(done.stdout), want)
        expect_eq("to that question", server.answer["id"], "q1")
        offered = next(m for m in server.seen if m.get("method") == "initialize")["params"]["capabilities"]
        expect_eq("what is offered", list(offered), ["elicitation"])


# --- arguments in headers ---------------------------------------------------------------

def mirrored(params, headers):
    return text(headers.get("Mcp-Param-Region", "none"))


def test_a_warm_call_is_one_request():
    with World() as w:
        server = Script(w, tools_list=tools(("t", {"region": REGION}), ("plain", {})), tools_call=mirrored)
        expect_eq("with the header", server.call("t", "region=eu").stdout, "eu\n")
        expect_eq("cold: the list first", server.methods(), ["tools/list", "tools/call"])
        expect_eq("again", server.call("t", "region=us").stdout, "us\n")
        expect_eq("warm", server.methods(), ["tools/call"])
        server.call("plain")
        expect_eq("another tool", server.methods(), ["tools/call"])
        server.call("t", "region=eu", "--profile", "work")
        expect_eq("another account", server.methods(), ["tools/list", "tools/call"])
        request = w.run("request", server.url, "tools/call", '{"name":"t","arguments":{"region":"x"}}')
        expect("any way of calling", '"x"' in request.stdout, request.stdout)
        expect_eq("any way of calling", server.methods(), ["tools/call"])


def test_headers_are_learnt_from_all_pages():
    with World() as w:
        first, second = tools(("other", {}), nextCursor="p2"), tools(("t", {"region": REGION}))
        server = Script(w, tools_call=mirrored, tools_list=lambda params, headers: (
            second if params.get("cursor") == "p2" else first)(params, headers))
        expect_eq("with the header", server.call("t", "region=eu").stdout, "eu\n")
        expect_eq("the requests", server.methods(), ["tools/list", "tools/list", "tools/call"])
        server.call("t", "region=eu")
        expect_eq("warm", server.methods(), ["tools/call"])


def test_what_is_known_grows_old():
    """The server moves an argument into a header: it says so, and is asked again, once."""
    with World() as w:
        def strict(params, headers):
            return (-32020, "HeaderMismatch", None) if "Mcp-Param-Region" not in headers \
                else mirrored(params, headers)
        server = Script(w, tools_list=tools(("t", {"region": {"type": "string"}})), tools_call=mirrored)
        expect_eq("without", server.call("t", "region=eu").stdout, "none\n")
        server.methods()
        server.answers.update(tools_list=tools(("t", {"region": REGION})), tools_call=strict)
        expect_eq("with", server.call("t", "region=eu").stdout, "eu\n")
        expect_eq("found out", server.methods(), ["tools/call", "tools/list", "tools/call"])
        expect_eq("with", server.call("t", "region=eu").stdout, "eu\n")
        expect_eq("and remembered", server.methods(), ["tools/call"])


def test_a_tool_that_breaks_the_rules():
    with World() as w:
        server = Script(w, tools_call=mirrored, tools_list=tools(
            ("bad", {"region": {"type": "number", "x-mcp-header": "Region"}}), ("good", {})))
        for round in ("cold", "warm"):
            done = server.call("bad", "region:=1")
            expect_eq("exit", done.returncode, 3, done.stderr)
            expect("why", "bad must not be called" in done.stderr and "x-mcp-header" in done.stderr,
                   done.stderr)
            expect(round, "tools/call" not in server.methods())
        good = server.call("good")
        expect_eq("the others may", good.returncode, 0, good.stderr)
        expect_eq("and nothing is said of it", good.stderr, "")


def test_a_server_without_a_list():
    with World() as w:
        server = Script(w, tools_call=mirrored)
        expect_eq("called all the same", server.call("t").returncode, 0)


# --- numbers, patience, Ctrl-C ------------------------------------------------------------

@lib.rows([
    ("call", ["t", "a:=0.1", "b:=123456789012345678901234567890", '{"c": 1.0}'],
     b'"arguments":{"a":0.1,"b":123456789012345678901234567890,"c": 1.0}'),
    ("request", ["tools/call", '{"name": "t", "arguments": {"z": 0.1, "a": 1e2}}'],
     b'"arguments": {"z": 0.1, "a": 1e2}'),
])
def test_numbers_go_as_typed(command, words, want):
    with World() as w:
        server = Script(w, tools_list=tools(("t", {})), tools_call=mirrored)
        expect_eq("exit", w.run(command, server.url, *words).returncode, 0)
        server.methods()
        expect("as typed", want in server.last[-1][3], str(server.last[-1][3]))


class Slow:
    """Sends what it has and then nothing; tells when the other side has gone."""

    def __init__(self, world, revision, events):
        self.gone, self.begun, self.seen = threading.Event(), threading.Event(), []
        self.revision, self.events = revision, events
        self.url = hostile(world, {"/mcp": self.serve}).url + "/mcp"

    def serve(self, request):
        if request.command != "POST":
            return 405, {}, ""
        message = json.loads(request.body)
        self.seen.append(message)
        if "id" not in message:
            return 202, {}, ""
        if message["method"] == "initialize":
            return 200, JSON, rpc(message, result={
                "protocolVersion": OLD, "capabilities": {}, "serverInfo": {"name": "o", "version": "1"}})
        if message["method"] != "tools/call":
            return 200, JSON, rpc(message, result={"resultType": "complete", "tools": [], "ttlMs": 0,
                                                   "cacheScope": "private"})
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        for method, params in self.events:
            request.wfile.write(b"data: " + json.dumps(
                {"jsonrpc": "2.0", "method": method, "params": params}).encode() + b"\n\n")
        request.wfile.flush()
        self.begun.set()
        request.connection.settimeout(lib.PATIENCE)
        if request.connection.recv(1) == b"":
            self.gone.set()
        request.close_connection = True
        raise lib.Answered


@lib.rows([(NEW,), (OLD,)])
def test_ctrl_c_gives_the_request_up(revision):
    with World() as w:
        server = Slow(w, revision, [])
        asked = subprocess.Popen([lib.PROGRAM, "call", server.url, "t", "--protocol", revision],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=w.env, text=True)
        expect("it runs", server.begun.wait(lib.PATIENCE))
        asked.send_signal(signal.SIGINT)
        out, err = asked.communicate(timeout=lib.PATIENCE)
        expect_eq("ended by the signal", asked.returncode, -signal.SIGINT, err)
        expect("the stream is closed", server.gone.wait(lib.PATIENCE))
        cancelled = [m for m in server.seen if m.get("method") == "notifications/cancelled"]
        expect_eq("the older revisions are told", len(cancelled), 1 if revision == OLD else 0)
        if cancelled:
            call = next(m for m in server.seen if m.get("method") == "tools/call")
            expect_eq("which request", cancelled[0]["params"]["requestId"], call["id"])


def test_progress_is_shown_to_a_person():
    events = [("notifications/progress", {"progressToken": "mcpass", "progress": 2, "total": 4,
                                          "message": "half\x1b[2J"}),
              ("notifications/message", {"level": "info", "data": "a word"}),
              ("notifications/progress", {"progressToken": "mcpass", "progress": 7})]
    with World() as w:
        server = Slow(w, NEW, events)
        code, seen = at_terminal(w, ["call", server.url, "t"], [("\r\x1b[K7", "\x03")])
        expect_eq("Ctrl-C", code, -signal.SIGINT, seen)
        expect("how far", " 50%  half?[2J" in seen, seen)
        expect("what it says", "server, info: a word" in seen, seen)
        meta = next(m for m in server.seen if m["method"] == "tools/call")["params"]["_meta"]
        expect_eq("it was asked for", meta["progressToken"], "mcpass")
        expect_eq("log messages, too", meta[META + "logLevel"], "info")


def test_a_stream_that_has_begun_may_last():
    with World() as w:
        server = Slow(w, NEW, [])
        asked = subprocess.Popen([lib.PROGRAM, "call", server.url, "t", "--timeout", "1s"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=w.env, text=True)
        expect("it runs", server.begun.wait(lib.PATIENCE))
        try:
            asked.wait(1.5)
            raise lib.Failure("it did not wait: " + asked.stderr.read())
        except subprocess.TimeoutExpired:
            pass
        asked.terminate()
        asked.communicate(timeout=lib.PATIENCE)


def test_a_login_with_chosen_scopes():
    """They need not permit what login asks the server to find out whether it is protected."""
    with World() as w:
        w.start_both()
        done = w.run("login", w.url, "--scope", "mcp:tools")
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect_eq("asked once", done.stderr.count("Waiting for you"), 1, done.stderr)
        expect_eq("a tool", w.call("echo", "message=hi", "--no-login").stdout, "hi\n")
        done = w.run("prompts", w.url, "help", "--scope", "mcp:tools")
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("why", "wants mcp:prompts for this, which the chosen scopes leave out" in done.stderr,
               done.stderr)


def test_the_client_metadata_document():
    with World() as w:
        url = "https://client.example/mcpass.json"
        done = w.run("client-metadata", "--redirect-uri", "http://127.0.0.1:8765/callback",
                     "--scope", "a b", env={"MCPASS_CLIENT_METADATA_URL": url})
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect_eq("the document", json.loads(done.stdout), {
            "client_id": url, "client_name": "mcpass", "application_type": "native",
            "redirect_uris": ["http://127.0.0.1/callback", "http://localhost/callback",
                              "http://127.0.0.1:8765/callback"],
            "grant_types": ["authorization_code", "refresh_token",
                            "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none", "scope": "a b"})
        done = w.run("client-metadata", "--url", url)
        expect("no scope unless it is given", "scope" not in json.loads(done.stdout), done.stdout)


def test_after_a_login_the_tools_are_listed():
    """The first call signs in and asks for no list; the second one learns, the third knows."""
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        calls = []
        for _ in range(3):
            server.site.requests.clear()
            expect_eq("a call", s.run("call", server.url, "x").returncode, 0)
            calls.append([json.loads(r[3])["method"] for r in server.site.requests
                          if r[0] == "POST" and "Authorization" in r[2]])
        expect_eq("what was asked with a token", calls, [
            ["tools/call"], ["tools/list", "tools/call"], ["tools/call"]])
        expect_eq("one login", len(s.visits), 1)


def test_the_issuer_of_a_client():
    """A client that is given goes to the issuer that is named with it, and to no other."""
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        done = s.run("login", server.url, "--client-id", "given", "--client-issuer",
                     "http://127.0.0.1:1")
        expect_eq("another issuer", done.returncode, 5, done.stderr)
        expect_eq("nobody was asked", len(s.visits), 0)
        done = s.run("login", server.url, "--client-id", "given", "--client-issuer", issuer.url)
        expect_eq("the issuer", done.returncode, 0, done.stderr)
