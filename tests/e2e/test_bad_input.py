"""Whatever goes wrong: one clear line, the right exit code, nothing lost."""

import json
import os
import re
import socket

import lib
from lib import HTML, JSON, World, expect, expect_eq, hostile
from scene import Issuer, Scene, Server


def check(done, code, *words):
    expect_eq("exit code", done.returncode, code, done.stdout + done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("mcpass: ")]
    expect("one line says what is wrong", len(told) == 1, done.stderr)
    expect("and little else is said", len(lines) <= 3, done.stderr)
    for word in words:
        expect(f"it says {word!r}", re.search(word, done.stderr, re.I), done.stderr)


HERE = ["tools", "http://127.0.0.1:1/mcp"]      # where nothing listens


# --- what a person may type -------------------------------------------------------------

@lib.rows([
    ("no command", [], 1, ""),
    ("an unknown command", ["cal"], 1, "call"),
    ("an unknown option", ["call", "http://127.0.0.1:1/mcp", "x", "--explian"], 1, "--explain"),
    ("an option without its value", ["tools", "http://127.0.0.1:1/mcp", "--scope"], 1, "--scope"),
    ("no URL", ["call", "not a url", "echo"], 1, "URL"),
    ("a relative URL", ["tools", "/mcp"], 1, "URL"),
    ("another scheme", ["tools", "ftp://example.com/mcp"], 1, "https"),
    ("http to a far host", ["tools", "http://example.com/mcp"], 1, "https"),
    ("a port that is too large", ["tools", "https://example.com:99999/mcp"], 1, "99999"),
    ("a fragment", ["tools", "https://example.com/mcp#tools"], 1, "leave out"),
    ("a space", ["tools", "https://example.com/my mcp"], 1, "%20"),
    ("a letter of another alphabet in the path", ["tools", "https://example.com/\u00fc"], 1, "%C3"),
    ("a host that is no name", ["tools", "https://\u00fc..example/mcp"], 1, "\u00fc|host"),
    ("a URL without its scheme", ["tools", "localhost:8080/mcp"], 1, "http://localhost:8080/mcp"),
    ("a host and no scheme", ["tools", "mcp.example.com"], 1, "https://mcp.example.com"),
    ("a name and no configuration", ["tools", "nobody"], 1, "nobody"),
    ("an argument without a value", ["call", "http://127.0.0.1:1/mcp", "echo", "message"], 1, "="),
    ("an argument that is no JSON", ["call", "http://127.0.0.1:1/mcp", "echo", "n:={"], 1, "JSON"),
    ("params that are no JSON", ["request", "http://127.0.0.1:1/mcp", "tools/list", "{"], 1, "JSON"),
    ("an unknown revision", ["tools", "http://127.0.0.1:1/mcp", "--protocol", "1999"], 1, "2026-07-28"),
    ("a redirect that is not here", HERE + ["--callback-host", "evil.example"], 1, "--callback-host"),
    ("a redirect host with a port", HERE + ["--callback-host", "localhost:80"], 1, "--callback-host"),
    ("a path without its slash", HERE + ["--callback-path", "cb"], 1, "--callback-path"),
    ("a path with a query", HERE + ["--callback-path", "/cb?a"], 1, "--callback-path"),
    ("a path with a fragment", HERE + ["--callback-path", "/cb#a"], 1, "--callback-path"),
    ("the login's own parameter", HERE + ["--auth-param", "state=x"], 1, "state"),
    ("one with an option of its own", HERE + ["--auth-param", "scope=x"], 1, "--scope"),
    ("a resource that is none", HERE + ["--resource", "api"], 1, "absolute URI"),
    ("a scope that is none", HERE + ["--scope", 'a"b'], 1, "scope"),
    ("an address for no port", HERE + ["--resolve", "a:99999:127.0.0.1"], 1, "--resolve"),
    ("a port that is none", ["serve", "--port", "70000"], 1, "70000"),
    ("a server without an issuer", ["serve", "--port", "0"], 1, "--issuer|--open"),
    ("a page's address, not its origin", ["authserver", "--port", "0", "--cors-origin",
                                          "https://app.example/"], 1, "origin"),
    ("every page", ["serve", "--open", "--port", "0", "--cors-origin", "*"], 1, "origin"),
    ("a proxy by its name", ["authserver", "--port", "0", "--trusted-proxy", "proxy.example"], 1,
     "by its address"),
    ("an unknown fault", ["authserver", "--port", "0", "--fault", "nonsense"], 1, "nonsense"),
    ("a users file that is not there", ["authserver", "--port", "0", "--users", "/nowhere/u"], 2, "/nowhere/u"),
    ("a CA file that is not there",
     ["tools", "https://127.0.0.1:1/mcp", "--ca-file", "/nowhere/ca.pem"], 2, "ca.pem"),
    ("a secret file that is not there",
     ["tools", "http://127.0.0.1:1/mcp", "--client-id", "x", "--client-secret-file", "/nowhere/s"],
     2, "/nowhere/s"),
])
def test_typed(label, args, code, word):
    with World() as w:
        done = w.run(*args)
        if args:
            check(done, code, word)
        else:
            expect_eq("exit", done.returncode, 1)
            expect("usage", "usage" in (done.stdout + done.stderr).lower(), done.stderr)


@lib.rows([
    ("two arguments", ["a=@-", "b=@-"]),
    ("a text and JSON", ["a=@-", "b:=@-"]),
    ("an argument and answers", ["a=@-", "--elicit", "@-"]),
    ("an argument and lines of answers", ["a=@-", "--elicit", "-"]),
    ("an argument and headers", ["a=@-", "-H", "@-"]),
    ("an argument and a secret", ["a=@-", "--client-id", "x", "--client-issuer", "https://as.example", "--client-secret-file", "-"]),
])
def test_standard_input_twice(label, args):
    """Its second reader would have nothing, and send that."""
    with World() as w:
        check(w.run("call", "http://127.0.0.1:1/mcp", "t", *args, stdin="{}"), 1, "standard input")


def test_headers_that_are_our_own():
    """What frames the message, or names the revision, is not sent twice."""
    with World() as w:
        site = hostile(w, {})
        done = w.run("tools", site.url + "/mcp", "-H", "Content-Length: 5", "-H", "X-Team: a",
                     "-H", "content-type: text/plain", "-H", "MCP-Protocol-Version: 1")
        expect_eq("notes", done.stderr.count("is written by mcpass itself"), 3, done.stderr)
        _, _, headers, body = site.requests[0]
        expect_eq("the body is whole", int(headers["Content-Length"]), len(body))
        expect_eq("the type", headers["Content-Type"], "application/json")
        expect_eq("the person's own", headers["X-Team"], "a")
        expect("one revision", headers["MCP-Protocol-Version"] != "1", str(headers))


def test_empty_is_absent():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        options = ["--resource", "", "--scope", "", "--client-id", "", "--client-issuer", "",
                   "--callback-host", "", "--callback-path", "", "--callback-bind", ""]
        done = s.run("login", server.url, *options, env={"MCPASS_CONFIG": "",
                     "MCPASS_CLIENT_SECRET": "", "MCPASS_CLIENT_METADATA_URL": ""})
        expect_eq("signed in", done.returncode, 0, done.stderr)
        asked = s.visits[0]["arguments"][0]
        expect("what the server names", "resource=http" in asked and "scope=" not in asked, asked)


@lib.rows([("::1",), ("127.0.0.2",)])
def test_a_redirect_to_another_loopback(host):
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        try:
            socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host
                                 else socket.AF_INET).close()
        except OSError:
            raise lib.Skip(f"no {host} here")
        done = s.run("login", server.url, "--callback-host", host)
        expect_eq("the browser comes back", done.returncode, 0, done.stderr)


def test_a_broken_file_of_servers():
    with World() as w:
        path = w.write("servers.json", "{")
        done = w.run("tools", "work", "--config", path)
        check(done, 1, "JSON")
        expect("it says which", path in done.stderr, done.stderr)


def test_a_name_of_another_alphabet():
    """A libcurl without IDN cannot convert it, and the message says what to write instead."""
    with World() as w:
        built = json.loads(w.run("--version", "--json").stdout)
        done = w.run("tools", "https://b\u00fccher.invalid/mcp")
        if built["features"]["idn"]:
            check(done, 2, "xn--bcher-kva.invalid")
        else:
            check(done, 1, "xn--")


# --- servers that are not there, or not MCP ----------------------------------------------

def test_host_that_does_not_exist():
    with World() as w:
        check(w.run("tools", "https://no-such-host.invalid/mcp"), 2, "no-such-host.invalid", "resolve|find")


def test_connection_refused():
    with World() as w:
        port = w.port()
        check(w.run("tools", f"http://127.0.0.1:{port}/mcp"), 2, "refused", str(port))


def test_a_host_that_never_answers():
    with World() as w, socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        check(w.run("tools", f"http://127.0.0.1:{port}/mcp", "--timeout", "1s"), 2, "answer|time")


@lib.rows([
    ("a web page", (200, HTML, "<h1>Welcome</h1>"), 3, "MCP"),
    ("a web page with 404", (404, HTML, "<h1>Not here</h1>"), 3, "404|MCP"),
    ("JSON that is no JSON-RPC", (200, JSON, '{"hello":1}'), 3, "JSON-RPC|MCP"),
    ("broken JSON", (200, JSON, '{"jsonrpc":'), 3, "JSON"),
    ("nothing at all", (200, JSON, ""), 3, "JSON|empty|MCP"),
    ("500", (500, HTML, "<h1>Oops</h1>"), 2, "500"),
    ("503 with an escape sequence", (503, JSON, "\x1b[31m"), 2, "503"),
    ("a redirect elsewhere", (307, {"Location": "https://evil.example/mcp"}, ""), 5, "evil.example"),
    ("403 without a reason", (403, {}, ""), 4, "forbid|403"),
])
def test_not_mcp(label, answer, code, word):
    with World() as w:
        server = hostile(w, {"/mcp": answer})
        done = w.run("tools", server.url + "/mcp")
        check(done, code, word)
        expect("no escape sequence comes through", "\x1b" not in done.stderr)


# --- metadata ----------------------------------------------------------------------------

def protected(prm, more=None):
    """Routes of a server that asks for authorization and serves this metadata."""
    def mcp(request):
        return 401, {"WWW-Authenticate": "Bearer resource_metadata=\"http://%s/prm\""
                     % request.headers["Host"]}, ""
    return {"/mcp": mcp, "/prm": prm, **(more or {})}


@lib.rows([
    ("HTML", lambda r: (200, HTML, "<html>"), 3, "resource metadata.*JSON|JSON.*resource metadata"),
    ("of another resource", lambda r: (200, JSON, json.dumps({
        "resource": "https://other.example/mcp",
        "authorization_servers": ["http://" + r.headers["Host"]]})), 5, "other.example.*9728"),
    ("without a resource", lambda r: (200, JSON, "{}"), 3, "resource"),
    ("without an authorization server", lambda r: (200, JSON, json.dumps({
        "resource": "http://" + r.headers["Host"] + "/mcp"})), 3, "authorization_servers"),
    ("with a name twice", lambda r: (200, JSON, '{"resource":"a","resource":"b"}'), 3, "JSON|duplicate|twice"),
    ("naming a far http server", lambda r: (200, JSON, json.dumps({
        "resource": "http://" + r.headers["Host"] + "/mcp",
        "authorization_servers": ["http://evil.example"]})), 5, "evil.example"),
    ("500", lambda r: (500, {}, ""), 2, "500"),
    ("that redirects for ever", lambda r: (302, {"Location": "/prm"}, ""), 3, "redirect"),
])
def test_resource_metadata(label, prm, code, word):
    with World() as w:
        server = hostile(w, protected(prm))
        check(w.run("tools", server.url + "/mcp"), code, word)
        expect("no browser was needed", not any("/authorize" in r[1] for r in server.requests))


def test_a_challenge_that_points_inside():
    """SSRF: the challenge names the metadata service of a cloud."""
    with World() as w:
        server = hostile(w, {"/mcp": (401, {
            "WWW-Authenticate": 'Bearer resource_metadata="http://169.254.169.254/latest"'}, "")})
        check(w.run("tools", server.url + "/mcp"), 5, "169.254.169.254")


# --- people ------------------------------------------------------------------------------

def test_the_user_says_no():
    with World() as w:
        w.start_both()
        check(w.call("echo", "message=x", env={"MCPASS_E2E_ANSWER": "deny"}), 4, "access_denied")


def test_the_browser_is_closed():
    with World() as w:
        w.start_both()
        done = w.call("echo", "message=x", "--login-timeout", "1s", env={"MCPASS_E2E_ANSWER": "away"})
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("nobody came", re.search("nobody|in time", done.stderr), done.stderr)


def test_nobody_can_be_asked():
    with World() as w:
        w.start_both()
        check(w.call("echo", "message=x", "--no-login"), 4, "mcpass login")


# --- ports and files ---------------------------------------------------------------------

def test_the_callback_port_is_taken():
    with World() as w, socket.create_server(("127.0.0.1", 0)) as holder:
        w.start_both()
        port = str(holder.getsockname()[1])
        check(w.call("echo", "message=x", "--callback-port", port), 2, port, "use")


def test_a_server_port_is_taken():
    with World() as w, socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        check(w.run("serve", "--open", "--port", port), 2, port, "use")
        check(w.run("authserver", "--port", port), 2, port, "use")


def test_a_store_that_others_may_read():
    with World() as w:
        w.start_both()
        w.run("login", w.url)
        path = w.path("data/mcpass/credentials.db")
        expect_eq("private from creation", os.stat(path).st_mode & 0o777, 0o600)
        os.chmod(path, 0o644)
        check(w.call("echo", "message=x"), 5, "chmod")


def test_a_store_that_is_none():
    with World() as w:
        w.start_both()
        os.makedirs(w.path("data/mcpass"), 0o700)
        with open(w.path("data/mcpass/credentials.db"), "wb",
                  opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(b"this is no database, but long enough to be taken for one" * 20)
        check(w.call("echo", "message=x"), 2, "credentials.db")


# --- tools -------------------------------------------------------------------------------

@lib.rows([
    ("a tool that does not exist", ["ecko", "message=x"], 1, "echo"),
    ("an argument of the wrong type", ["echo", "message:=5"], 1, "message"),
    ("an argument out of range", ["echo", "message=x", "repeat_count:=11"], 1, "repeat_count"),
    ("an argument too few", ["echo"], 1, "message"),
    ("an argument too many", ["echo", "message=x", "colour=red"], 1, "colour"),
])
def test_tools(label, args, code, word):
    with World() as w:
        w.start_both()
        w.run("login", w.url)
        done = w.call(*args)
        expect_eq("exit", done.returncode, code, done.stdout + done.stderr)
        expect(f"it says {word}", word in done.stderr, done.stderr)


def test_a_method_that_does_not_exist():
    with World() as w:
        w.start_both()
        check(w.run("request", w.url, "no/such"), 1, "no/such|method")
