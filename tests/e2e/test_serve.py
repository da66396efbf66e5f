"""`mcpass serve` as an operator sets it up: by options, by a file, checked before it starts.

Tokens are minted with a key of the test's own: no login, and mostly no authorization server."""

import base64
import json
import os
import re
import stat
import urllib.error
import urllib.parse
import urllib.request

import lib
from lib import JSON, World, expect, expect_eq, hostile

ISSUER = "http://127.0.0.1:8930"        # never contacted: its keys come from a file
MODERN = "2026-07-28"


class Place(World):
    """A world with a key for tokens, and its public half in a file."""

    def __init__(self):
        super().__init__()
        self.key = self.path("dev.key")
        done = self.run("authserver", "key", self.key)
        expect_eq("a key", done.returncode, 0, done.stderr)
        self.jwks = self.write("jwks.json", done.stdout)

    def config(self, **members):
        file = {"port": 0, "issuers": [{"issuer": ISSUER, "jwks_file": "jwks.json"}], **members}
        return self.write("serve.json", json.dumps({k: v for k, v in file.items() if v is not None}))

    def secret(self, name="client.secret", text="s3cret", mode=0o600):
        path = self.write(name, text + "\n")
        os.chmod(path, mode)
        return path

    def begin(self, *args):
        self.server = self.start("serve", "--json", *args)
        self.url = self.server.ready["url"]
        return self.url

    def serve_keys(self, *args):
        return self.begin("--port", "0", "--issuer", ISSUER, "--jwks-file", self.jwks, *args)

    def token(self, scope=None, *args, resource=None, user="alice"):
        more = ["--scope", scope] if scope else []
        done = self.run("authserver", "token", "--key", self.key, "--user", user, "--resource",
                        resource or self.url, *more, *args)
        expect_eq("a token", done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def ask(self, token, method, name=None, arguments=None):
        """One request; its status, its headers, and its answer."""
        params = {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN,
                            "io.modelcontextprotocol/clientCapabilities": {}}}
        headers = {"Content-Type": "application/json", "MCP-Protocol-Version": MODERN,
                   "Accept": "application/json, text/event-stream", "Mcp-Method": method}
        if name is not None:
            params.update(name=name, arguments=arguments or {})
            headers["Mcp-Name"] = name
        if token is not None:
            headers["Authorization"] = token if " " in token else "Bearer " + token
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(self.url, body.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=lib.PATIENCE) as answer:
                return answer.status, answer.headers, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, json.loads(refused.read() or b"null")

    def status(self, token, method, name=None, arguments=None):
        return self.ask(token, method, name, arguments)[0]

    def call(self, token, name, **arguments):
        """The text of a tool's answer, and whether it is an error."""
        status, _, answer = self.ask(token, "tools/call", name, arguments)
        expect_eq(f"{name} is let in", status, 200, self.server.read_log())
        return answer["result"]["content"][0]["text"], answer["result"].get("isError", False)

    def call_it(self, *args):
        """With the program itself, which signs in first."""
        return self.run("call", self.url, *args)

    def metadata(self):
        origin, path = re.match(r"(http://[^/]*)(.*)", self.url).groups()
        url = f"{origin}/.well-known/oauth-protected-resource{path}"
        with urllib.request.urlopen(url, timeout=lib.PATIENCE) as answer:
            return json.loads(answer.read())

    def check(self, *args):
        done = self.run("serve", "--check", "--json", *args)
        expect("an account", done.stdout.strip(), done.stderr)
        return done, json.loads(done.stdout)


def challenge(headers, name):
    found = re.search(rf'{name}="([^"]*)"', headers["WWW-Authenticate"] or "")
    return found.group(1) if found else None


def told(done, code, *words):
    expect_eq("exit code", done.returncode, code, done.stdout + done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.startswith("mcpass: ")]
    expect("one line says what is wrong", len(lines) == 1, done.stderr)
    for word in words:
        expect(f"it says {word!r}", re.search(word, done.stderr), done.stderr)


# --- a key of one's own: no flow, no server -------------------------------------------------

def test_a_development_key():
    with Place() as p:
        expect_eq("private", stat.S_IMODE(os.stat(p.key).st_mode), 0o600)
        again = p.run("authserver", "key", p.key)
        expect_eq("the same once more", again.stdout, open(p.jwks).read())
        expect("no private half is shown", '"d"' not in again.stdout, again.stdout)
        p.serve_keys()
        expect_eq("nobody", p.status(None, "tools/list"), 401)
        token = p.token("mcp:read mcp:tools")
        expect_eq("alice", p.status(token, "tools/list"), 200)
        text, failed = p.call(token, "whoami")
        expect("it is she", "username: alice" in text and not failed, text)
        expect_eq("for another server", p.status(p.token("mcp:tools", resource="http://x/"),
                                                 "tools/call", "echo"), 401)
        expect_eq("expired", p.status(p.token("mcp:read", "--claim", "exp:=1"), "tools/list"), 401)
        expect("no token is logged", token not in p.server.read_log())


def test_a_key_that_others_may_read():
    with Place() as p:
        os.chmod(p.key, 0o644)
        told(p.run("authserver", "key", p.key), 5, "chmod 600")
        told(p.run("authserver", "token", "--key", p.key, "--user", "a", "--resource", "http://x/"),
             5, "chmod 600")


def test_a_key_file_that_is_something_else():
    with Place() as p:
        file = p.write("notes", "remember the milk")
        os.chmod(file, 0o600)
        told(p.run("authserver", "key", file), 1, "key")
        expect_eq("it is left alone", open(file).read(), "remember the milk")


# --- each option, and each member of the file, does what it says ----------------------------

def scopes_of(p):
    return p.metadata()["scopes_supported"]


def needs(p, scope, *operation):
    """Exactly this scope opens it."""
    status, headers, _ = p.ask(p.token("x:other"), *operation)
    expect_eq("refused without", (status, challenge(headers, "scope")), (403, scope), str(headers))
    expect_eq("let in with", p.status(p.token(scope), *operation), 200)


def see_rule(p):
    needs(p, "mcp:echo", "tools/call", "echo", {"message": "x"})
    needs(p, "mcp:tools", "tools/call", "get_time")
    expect_eq("published", scopes_of(p), ["mcp:read", "mcp:tools", "mcp:prompts", "mcp:echo"])


def see_open_rule(p):
    expect_eq("any token", p.status(p.token(), "tools/call", "get_time"), 200)
    expect_eq("but one", p.status(None, "tools/call", "get_time"), 401)
    expect_eq("nothing else", p.status(p.token(), "tools/call", "whoami"), 403)


def see_role(p):
    staff = ["--claim", 'groups:=["staff"]']
    token = p.token("mcp:tools")
    status, headers, _ = p.ask(token, "tools/call", "get_time")
    expect_eq("no role", status, 403)
    expect("no scope would help", challenge(headers, "scope") is None, str(headers))
    expect_eq("the role", p.status(p.token("mcp:tools", *staff), "tools/call", "get_time"), 200)
    expect_eq("the role alone", p.status(p.token(None, *staff), "tools/call", "get_time"), 403)
    expect_eq("elsewhere none", p.status(p.token("mcp:read"), "tools/list"), 200)


def see_implies(p):
    expect_eq("the whole", p.status(p.token("mcp:admin"), "tools/call", "get_time"), 200)
    expect_eq("of it", p.status(p.token("mcp:admin"), "tools/list"), 200)
    expect_eq("not more", p.status(p.token("mcp:admin"), "prompts/list"), 200)


def see_scopes(p):
    expect_eq("published", scopes_of(p), ["a", "b"])


def see_audience(p):
    expect_eq("by that name", p.status(p.token("mcp:read", resource="echo"), "tools/list"), 200)
    expect_eq("no more by the URL", p.status(p.token("mcp:read"), "tools/list"), 401)


def see_name(p):
    expect_eq("for people", p.metadata()["resource_name"], "Example")


def see_documentation(p):
    expect_eq("for developers", p.metadata()["resource_documentation"], "https://example.com/doc")


def see_dpop(p):
    status, headers, _ = p.ask(p.token("mcp:read"), "tools/list")
    expect_eq("a bearer token", status, 401)
    expect("is told", headers["WWW-Authenticate"].startswith("DPoP "), str(headers))
    expect("it is published", p.metadata()["dpop_bound_access_tokens_required"], "")


def see_nonce(p):
    see_dpop(p)
    _, headers, _ = p.ask(None, "tools/list")
    expect("a nonce is given", headers["DPoP-Nonce"], str(headers))


def see_fixtures(p):
    _, _, answer = p.ask(p.token("mcp:read"), "tools/list")
    expect("theirs are there", any(t["name"] == "test_simple_text" for t in answer["result"]["tools"]),
           str(answer))


def see_bind(p):
    expect("there", p.url.startswith("http://[::1]:"), p.url)


def see_nothing(p):
    expect_eq("as ever", p.status(p.token("mcp:read"), "tools/list"), 200)


def see_challenge_needed(p):
    _, headers, _ = p.ask(None, "tools/list")
    expect_eq("what it needs, and no more", challenge(headers, "scope"), "mcp:read")


def see_cors(p):
    request = urllib.request.Request(p.url, method="OPTIONS", headers={
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST"})
    with urllib.request.urlopen(request, timeout=lib.PATIENCE) as answer:
        expect_eq("that page may", answer.headers["Access-Control-Allow-Origin"], "https://app.example")


TOOL_RULE = [{"method": "tools/call", "name": "echo", "scope": "mcp:echo"}]
SETTINGS = [
    # label, options, members of the file, what is seen
    ("a rule for one tool", ["--rule", "tools/call:echo=mcp:echo"], {"rules": TOOL_RULE}, see_rule),
    ("a rule that asks for no scope", ["--rule", "tools/call:get_time="],
     {"rules": [{"method": "tools/call", "name": "get_time", "scope": ""}]}, see_open_rule),
    ("a role", ["--role", "tools/call=boss staff", "--role-claim", "groups"],
     {"rules": [{"method": "tools/call", "roles": ["boss", "staff"]}], "role_claims": ["groups"]}, see_role),
    ("a scope that implies others", ["--implies", "mcp:admin=mcp:tools mcp:read"],
     {"implies": {"mcp:admin": "mcp:tools mcp:read"}}, see_implies),
    ("what is published", ["--scopes", "a b"], {"scopes_supported": ["a", "b"]}, see_scopes),
    ("an audience", ["--audience", "echo"], {"audiences": ["echo"]}, see_audience),
    ("a name", ["--resource-name", "Example"], {"resource_name": "Example"}, see_name),
    ("a page", None, {"resource_documentation": "https://example.com/doc"}, see_documentation),
    ("proof of possession", ["--dpop", "required"], {"dpop": {"mode": "required"}}, see_dpop),
    ("with nonces", ["--dpop", "required", "--dpop-nonce-secret", "NONCE"],
     {"dpop": {"mode": "required", "nonce_secret_file": "nonce.secret"}}, see_nonce),
    ("fixtures", ["--fixtures"], {"fixtures": True}, see_fixtures),
    ("an address", ["--bind", "::1"], {"bind": "::1"}, see_bind),
    ("the needed scopes in the challenge", ["--challenge-needed"], {"challenge_needed": True},
     see_challenge_needed),
    ("pages of an origin", ["--cors-origin", "https://app.example"],
     {"cors_origins": ["https://app.example"]}, see_cors),
    ("a proxy that is not needed", ["--proxy", "http://127.0.0.1:1"], {"proxy": "http://127.0.0.1:1"},
     see_nothing),
]


@lib.rows([row for row in SETTINGS if row[1] is not None])
def test_options(label, options, members, see):
    with Place() as p:
        nonce = p.secret("nonce.secret", "n" * 32)
        p.serve_keys(*[nonce if word == "NONCE" else word for word in options])
        see(p)


@lib.rows(SETTINGS)
def test_members(label, options, members, see):
    with Place() as p:
        p.secret("nonce.secret", "n" * 32)
        p.begin("--config", p.config(**members))
        see(p)


def test_keys_at_a_url():
    with Place() as p:
        web = hostile(p, {"/k": (200, JSON, open(p.jwks).read())})
        p.begin("--port", "0", "--issuer", ISSUER, "--jwks-uri", web.url + "/k")
        see_nothing(p)
        p.begin("--config", p.config(issuers=[{"issuer": ISSUER, "jwks_uri": web.url + "/k"}]))
        see_nothing(p)
        expect_eq("asked by each", len(web.requests), 2)


def test_options_go_before_the_file():
    with Place() as p:
        file = p.config(rules=TOOL_RULE, audiences=["nobody"], resource_name="File",
                        dpop={"mode": "required"})
        p.begin("--config", file, "--rule", "tools/call:echo=mcp:other", "--audience", "echo",
                "--resource-name", "Option", "--dpop", "off")
        expect_eq("a text", p.metadata()["resource_name"], "Option")
        token = p.token("mcp:other", resource="echo")
        expect_eq("a list, and a rule", p.status(token, "tools/call", "echo", {"message": "x"}), 200)


def test_the_public_url():
    with Place() as p:
        server = p.start("serve", "--json", "--config", p.config(resource="https://mcp.example/x/mcp"))
        expect_eq("it is told", server.ready["url"], "https://mcp.example/x/mcp")


# --- what is refused, and how ----------------------------------------------------------------

def test_the_first_challenge_names_every_scope():
    """Many clients ask once, and cannot step up afterwards."""
    with Place() as p:
        p.serve_keys("--rule", "tools/call:echo=mcp:echo")
        _, headers, _ = p.ask(None, "tools/list")
        expect_eq("all of them", challenge(headers, "scope"),
                  "mcp:read mcp:tools mcp:prompts mcp:echo")


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=lib.PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def test_a_session_is_no_identity():
    """Who calls is who the token is for, whosever the session's id is."""
    with Place() as p:
        p.serve_keys()
        tokens = {user: p.token("mcp:read mcp:tools", user=user) for user in ("alice", "bob")}

        def post(token, session, method, **params):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                       "MCP-Protocol-Version": "2025-11-25"}
            if token:
                headers["Authorization"] = "Bearer " + token
            if session:
                headers["Mcp-Session-Id"] = session
            return get(urllib.request.Request(p.url, json.dumps(body).encode(), headers))

        _, headers, _ = post(tokens["alice"], None, "initialize", protocolVersion="2025-11-25",
                             capabilities={}, clientInfo={"name": "t", "version": "1"})
        session = headers["Mcp-Session-Id"]
        expect("a session", session, str(headers))
        for user in ("alice", "bob"):
            _, _, text = post(tokens[user], session, "tools/call", name="whoami", arguments={})
            expect("the token says who", f"username: {user}" in text, text)
        expect_eq("a session alone", post(None, session, "tools/call", name="whoami", arguments={})[0], 401)


def test_the_page_for_developers():
    with Place() as p:
        p.serve_keys("--rule", "tools/call:echo=mcp:echo", "--resource-name", "<b>Example</b>",
                     "--role", "tools/call=secret-role", "--role-claim", "groups")
        url = p.metadata()["resource_documentation"]
        status, headers, page = get(url)
        expect_eq("it is there", (status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for part in (p.url, ISSUER, "mcp:echo", "mcpass tools", "curl", "TypeScript", "Python"):
            expect("it says", part in page, part)
        expect("a name is text", "<b>Example" not in page, page)
        expect("no role is named", "secret-role" not in page, page)
        expect("no script", "default-src 'none'" in headers["Content-Security-Policy"], str(headers))


def test_a_proxy_that_strips_a_prefix():
    with Place() as p:
        server = p.start("serve", "--json", "--config", p.config(
            port=p.port(), resource="https://mcp.example/team/mcp", path="/mcp"))
        port = json.load(open(p.path("serve.json")))["port"]
        p.url = f"http://127.0.0.1:{port}/mcp"
        expect_eq("the public URL", server.ready["url"], "https://mcp.example/team/mcp")
        token = p.token("mcp:read", resource="https://mcp.example/team/mcp")
        expect_eq("here it is served at another path", p.status(token, "tools/list"), 200)
        p.url = f"http://127.0.0.1:{port}/team/mcp"
        expect_eq("and at that alone", p.status(token, "tools/list"), 404)


def test_a_copy_of_the_issuers_metadata():
    """For clients that look for it on the MCP server's origin."""
    with World() as w:
        w.start_authserver()
        here = "/.well-known/oauth-authorization-server"
        w.start_serve()
        expect_eq("not by itself", get(w.url.removesuffix("/mcp") + here)[0], 404)
        w.start_serve("--issuer-metadata")
        for place in (here, here + "/mcp", "/.well-known/openid-configuration"):
            status, headers, text = get(w.url.removesuffix("/mcp") + place)
            expect_eq(place, status, 200)
            copy = json.loads(text)
            expect_eq("the issuer is named", copy["issuer"], w.issuer)
            expect_eq("its endpoint", copy["token_endpoint"], w.issuer + "/token")
            expect_eq("it is marked", copy["copy_of"], w.issuer + here)
            expect_eq("for any page", headers["Access-Control-Allow-Origin"], "*")


def test_health_tells_of_the_issuer():
    with World() as w:
        w.start_authserver()
        w.start_serve()
        health = w.url.removesuffix("/mcp") + "/health"
        status, _, text = get(health)
        expect_eq("asked before anyone came", (status, json.loads(text)), (200, {
            "status": "ok", "issuers": [{"issuer": w.issuer, "state": "ok"}]}))
        w.start_serve(issuer="http://127.0.0.1:9")
        status, _, text = get(w.url.removesuffix("/mcp") + "/health")
        expect_eq("an issuer that is not there", (status, json.loads(text)["status"]), (503, "degraded"))


def test_the_token_comes_before_the_method():
    """Some clients GET the endpoint first, and take a 405 for a server that needs no login."""
    with Place() as p:
        p.serve_keys()
        token = p.token("mcp:read")
        for method in ("GET", "DELETE", "PUT"):
            for value, want in ((None, 401), (token, 405)):
                request = urllib.request.Request(p.url, method=method)
                if value:
                    request.add_header("Authorization", "Bearer " + value)
                try:
                    urllib.request.urlopen(request, timeout=lib.PATIENCE)
                    raise lib.Failure(f"{method} was answered")
                except urllib.error.HTTPError as error:
                    expect_eq(method, error.code, want)
                    expect_eq("a challenge", "resource_metadata" in str(
                        error.headers["WWW-Authenticate"]), want == 401)


def test_only_what_is_missing():
    with Place() as p:
        p.serve_keys("--rule", "tools/call:echo=mcp:tools mcp:echo mcp:more")
        _, headers, _ = p.ask(p.token("mcp:tools mcp:read"), "tools/call", "echo", {"message": "x"})
        expect_eq("all of that, and no more", challenge(headers, "scope"), "mcp:echo mcp:more")
        expect_eq("its name", challenge(headers, "error"), "insufficient_scope")


def test_two_issuers():
    with Place() as p:
        other = p.path("other.key")
        jwks = p.write("other.json", p.run("authserver", "key", other).stdout)
        p.begin("--config", p.config(issuers=[
            {"issuer": ISSUER, "jwks_file": "jwks.json"},
            {"issuer": "http://127.0.0.1:8940", "jwks_file": jwks}]))
        second = ["--issuer", "http://127.0.0.1:8940"]
        expect_eq("both are published", p.metadata()["authorization_servers"],
                  [ISSUER, "http://127.0.0.1:8940"])
        expect_eq("the first", p.status(p.token("mcp:read"), "tools/list"), 200)
        expect_eq("the first's key, the second's name",
                  p.status(p.token("mcp:read", *second), "tools/list"), 401)
        p.key = other
        expect_eq("the second", p.status(p.token("mcp:read", *second), "tools/list"), 200)
        expect_eq("the second's key, the first's name", p.status(p.token("mcp:read"), "tools/list"), 401)


def test_terms_of_one_issuer():
    """A CI system's tokens are judged by its own audience, rules and roles, and no one else's are."""
    with Place() as p:
        ci, key = "http://127.0.0.1:8940", p.path("other.key")
        jwks = p.write("other.json", p.run("authserver", "key", key).stdout)
        p.begin("--config", p.config(role_claims=["groups"], rules=[
            {"method": "tools/call", "roles": ["staff"]}], issuers=[
                {"issuer": ISSUER, "jwks_file": "jwks.json"},
                {"issuer": ci, "jwks_file": jwks, "audiences": ["ci"], "role_claims": ["project"],
                 "rules": [{"method": "tools/call", "name": "get_time", "scope": "", "roles": ["deploy"]},
                           {"method": "*", "scope": "ci:never"}]}]))
        told = p.run("serve", "--check", "--config", p.path("serve.json")).stdout
        for part in ("its tokens are for ci", "their roles are in project", "ci:never"):
            expect("--check tells it", part in told, told)
        staff = ["--claim", 'groups:=["staff"]']
        expect_eq("a person", p.status(p.token("mcp:tools", *staff), "tools/call", "get_time"), 200)
        people, p.key = p.key, key
        program = p.token("mcp:tools", "--issuer", ci, *staff, resource="ci")
        expect_eq("a program that says it is staff", p.status(program, "tools/call", "get_time"), 403)
        program = p.token(None, "--issuer", ci, "--claim", "project=deploy", resource="ci")
        expect_eq("a program that deploys", p.status(program, "tools/call", "get_time"), 200)
        expect_eq("and nothing else", p.status(program, "tools/list"), 403)
        p.key = people
        expect_eq("a person for the programs' audience",
                  p.status(p.token("mcp:tools", *staff, resource="ci"), "tools/call", "get_time"), 401)


def test_dpop_with_the_client():
    """A client that is told to prove possession does so by itself."""
    with World() as w:
        w.start_authserver()
        nonce = w.write("nonce", "n" * 40)
        os.chmod(nonce, 0o600)
        w.start_serve("--dpop", "required", "--dpop-nonce-secret", nonce)
        done = w.call("echo", "message=proven")
        expect_eq("let in", (done.returncode, done.stdout.strip()), (0, "proven"), done.stderr)


BAD = [
    ("an unknown member", '{"isuers": []}', 1, "isuers", "did you mean issuers"),
    ("one within", '{"issuers": [{"issuer": "https://a", "jwks": 1}]}', 1, r"issuers\[0\].jwks: ", ""),
    ("a wrong type", '{"port": "8931"}', 1, "port is not a number", ""),
    ("no JSON", "port: 8931", 1, "JSON", ""),
    ("twice the same", '{"port": 1, "port": 2}', 1, "port|duplicate|twice", ""),
    ("an issuer twice", '{"issuers": [{"issuer": "https://a"}, {"issuer": "https://a"}]}', 1, "twice", ""),
    ("a rule for no method", '{"rules": [{"method": "tool/call", "scope": "a"}]}', 1,
     "no method that there is", "did you mean tools/call"),
    ("a rule for no tool", '{"rules": [{"method": "tools/call", "name": "ecko", "scope": "a"}]}', 1,
     "a tool that is not there", "did you mean echo"),
    ("a rule for nothing", '{"rules": [{"method": "tools/call"}]}', 1, "asks for nothing", ""),
    ("a rule that is never reached",
     '{"rules": [{"method": "*", "scope": "a"}, {"method": "tools/call", "scope": "b"}]}', 1,
     "never reached", ""),
    ("a secret in the file", '{"exchange": {"client_id": "a", "client_secret": "hush"}}', 1,
     "client_secret: ", "client_secret_file"),
    ("keys that are not there", '{"issuers": [{"issuer": "https://a", "jwks_file": "none.json"}]}', 2,
     "none.json", ""),
    ("keys that are none", '{"issuers": [{"issuer": "https://a", "jwks_file": "serve.json"}]}', 1,
     "keys", ""),
]


@lib.rows(BAD)
def test_bad_files(label, text, code, *words):
    with World() as w:
        done = w.run("serve", "--config", w.write("serve.json", text))
        told(done, code, *words)
        expect("what might be a secret is not shown", "hush" not in done.stderr, done.stderr)


@lib.rows([
    ("a file that is not there", ["--config", "/nowhere/serve.json"], 2, "/nowhere/serve.json"),
    ("a rule without an equals sign", ["--rule", "tools/call"], 1, "METHOD"),
    ("a rule for no tool", ["--rule", "tools/call:ecko=a"], 1, "did you mean echo"),
    ("a role and no claim", ["--issuer", "https://a", "--role", "*=x"], 1, "claim"),
    ("keys of two issuers", ["--issuer", "https://a", "--issuer", "https://b", "--jwks-uri", "https://a/k"],
     1, "about one issuer"),
    ("an issuer twice", ["--issuer", "https://a", "--issuer", "https://a"], 1, "twice"),
    ("introspection without a secret", ["--issuer", "https://a", "--introspect", "me"], 1, "the file is missing"),
    ("an exchange without a secret", ["--issuer", "https://a", "--exchange", "me"], 1, "the file is missing"),
    ("nonces without DPoP", ["--issuer", "https://a", "--dpop-nonce-secret", "x"], 1, "DPoP is off"),
    ("an unknown mode", ["--issuer", "https://a", "--dpop", "maybe"], 1, "accepted"),
    ("open to everybody, far away", ["--open", "--bind", "0.0.0.0"], 5, "everybody"),
    ("open and not", ["--open", "--issuer", "https://a"], 1, "only one"),
    ("a proxy that is no URL", ["--issuer", "https://a", "--proxy", "nonsense"], 1, "the proxy's URL"),
    ("a proxy of another kind", ["--issuer", "https://a", "--proxy", "ftp://h"], 1, "the proxy's URL"),
    ("a password for the proxy", ["--issuer", "https://a", "--proxy", "http://u:p@h"], 1, "https_proxy of the environment"),
    ("a CA file without certificates", ["--issuer", "https://a", "--ca-file", "/etc/hostname"], 1,
     "no certificate is in /etc/hostname"),
    ("a CA file that is not there", ["--issuer", "https://a", "--check", "--ca-file", "/nowhere/ca"], 2,
     "/nowhere/ca"),
    ("a host with a scheme", ["--issuer", "https://a", "--check", "--allow-host", "https://mcp.internal"], 1,
     "name alone"),
])
def test_bad_options(label, args, code, word):
    with World() as w:
        told(w.run("serve", *args), code, word)


@lib.rows([
    ("that others may read", "s3cret", 0o644, 5, "chmod 600"),
    ("that is empty", "", 0o600, 1, "first line is empty"),
    ("for nonces that is short", "short", 0o600, 1, "fewer than 32"),
])
def test_bad_secrets(label, text, mode, code, word):
    with Place() as p:
        path = p.secret("a.secret", text, mode)
        which = ["--dpop", "accepted", "--dpop-nonce-secret", path] if "nonces" in label \
            else ["--introspect", "me", "--introspect-secret", path]
        told(p.run("serve", "--issuer", ISSUER, *which), code, word)


def test_a_secret_that_is_not_there():
    with Place() as p:
        told(p.run("serve", "--issuer", ISSUER, "--introspect", "me", "--introspect-secret", "/nowhere/s"),
             2, "/nowhere/s")


# --- --check ---------------------------------------------------------------------------------

def test_check_says_what_would_be():
    with Place() as p:
        file = p.config(port=8931, rules=TOOL_RULE + [{"method": "tools/call", "roles": ["staff"]}],
                        role_claims=["groups"], implies={"mcp:admin": "mcp:tools"},
                        scopes_supported=["mcp:read"])
        done, account = p.check("--config", file)
        expect_eq("it could start", (done.returncode, account["ok"]), (0, True), done.stderr)
        expect_eq("where", account["url"], "http://127.0.0.1:8931/mcp")
        expect_eq("its keys", account["issuers"][0]["keys"], 1)
        expect_eq("what it asks for", account["rules"][:2], [
            {"method": "tools/call", "name": "echo", "scope": "mcp:echo"},
            {"method": "tools/call", "scope": "mcp:tools", "roles": ["staff"]}])
        expect_eq("published", account["publishes"]["scopes_supported"], ["mcp:read"])
        expect("what may not be meant", any("mcp:echo" in w for w in account["warnings"]), str(account))
        done = p.run("serve", "--check", "--config", file)
        for word in ("tools/call:echo", "mcp:echo", "and the role staff", "mcp:admin stands for mcp:tools",
                     "1 key in", "warning: "):
            expect(f"in words: {word}", word in done.stdout, done.stdout)


def test_check_asks_the_issuers():
    with World() as w:
        issuer = w.start_authserver()
        done = w.run("serve", "--check", "--issuer", issuer)
        expect_eq("well", done.returncode, 0, done.stdout + done.stderr)
        expect("keys were had", f"1 key in {issuer}/jwks" in done.stdout, done.stdout)


@lib.rows([
    ("that is not there", None, None, 2, "refused"),
    ("without metadata", (404, {}, ""), None, 3, "no metadata"),
    ("that is another", (200, JSON, '{"issuer": "https://evil.example"}'), None, 5, "evil.example"),
    ("that is ill", (503, {}, ""), None, 2, "503"),
    ("without keys", "META", (404, {}, ""), 3, "404"),
    ("with keys that are none", "META", (200, JSON, "{}"), 3, "keys"),
    ("with a key set that is empty", "META", (200, JSON, '{"keys": []}'), 3, "no key that signs"),
])
def test_check_finds_an_issuer(label, meta, keys, code, word):
    with World() as w:
        if meta is None:
            done = w.run("serve", "--check", "--issuer", f"http://127.0.0.1:{w.port()}")
        else:
            site = hostile(w, {})
            if meta == "META":
                meta = (200, JSON, json.dumps({"issuer": site.url, "jwks_uri": site.url + "/k"}))
            site.routes.update({"/.well-known/oauth-authorization-server": meta, "/k": keys or (404, {}, "")})
            done = w.run("serve", "--check", "--issuer", site.url)
        told(done, code, word)
        expect("and the account says so", "problem" in done.stdout, done.stdout)


def test_check_repeats_no_secret():
    with Place() as p:
        site = hostile(p, {})
        site.routes.update({
            "/.well-known/oauth-authorization-server": (200, JSON, json.dumps({
                "issuer": site.url, "jwks_uri": site.url + "/k", "introspection_endpoint": site.url + "/i"})),
            "/k": (200, JSON, open(p.jwks).read()),
            "/i": lambda request: (401, JSON, json.dumps({
                "error": "invalid_client", "error_description": "what is " + request.headers["Authorization"]}))})
        secret = p.secret("long.secret", "opensesame-opensesame")
        done = p.run("serve", "--check", "--issuer", site.url, "--introspect", "echo",
                     "--introspect-secret", secret)
        told(done, 4, "invalid_client", "what is")
        part = base64.b64encode(b"echo:opensesame")[:12].decode()
        expect("nothing of it", part not in done.stdout + done.stderr, done.stdout + done.stderr)


# --- asking the issuer, and calling on -------------------------------------------------------

A, B = "https://a.example/mcp", "https://b.example/mcp"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def start_issuer(place, *args, introspects=A):
    """The authorization server with the place's key, and the servers as its clients."""
    clients = [{"client_id": "echo", "client_secret_file": "client.secret", "grant_types": [EXCHANGE],
                "introspects": [introspects], "audiences": [B]}]
    place.client_secret = place.secret()
    place.start_authserver("--key", place.key, "--clients",
                           place.write("clients.json", json.dumps(clients)), *args)


def start_other(place, *args):
    """Server B: somebody else's."""
    other = place.start("serve", "--json", "--port", "0", "--issuer", place.issuer, "--audience", B, *args)
    return other.ready["url"]


def exchanging(place, *args):
    return place.begin("--port", "0", "--issuer", place.issuer, "--audience", A, "--exchange", "echo",
                       "--exchange-secret", place.client_secret, *args)


def test_calling_on():
    with Place() as p:
        start_issuer(p)
        other = start_other(p)
        exchanging(p, "--exchange-resource", B, "--exchange-scope", "mcp:tools", "--call-on", other)
        token = p.token("mcp:read mcp:tools", "--issuer", p.issuer, resource=A)
        _, _, answer = p.ask(token, "tools/list")
        expect("it is offered", any(t["name"] == "call_on" for t in answer["result"]["tools"]), str(answer))
        text, failed = p.call(token, "call_on")
        expect("it worked", not failed, text)
        mine, theirs = text.split(f"{other} sees:")
        for line in ("username: alice", "client: echo", f"audience: {B}", "scopes: mcp:tools"):
            expect(f"the new token says {line}", line in mine, text)
        for line in ("username: alice", "client: echo", "scopes: mcp:tools"):
            expect(f"the other server sees {line}", line in theirs, text)
        expect("no token is shown", "eyJ" not in text, text)
        for log in (p.server.read_log(), p.authserver.read_log()):
            expect("nor logged", "eyJ" not in log and "s3cret" not in log, log)
        expect_eq("the caller's own is worth nothing there", ask_at(p, other, token), 401)
        expect_eq("it takes the scope for tools", p.status(p.token(
            "mcp:read", "--issuer", p.issuer, resource=A), "tools/call", "call_on"), 403)


def ask_at(place, url, token):
    here, place.url = place.url, url
    try:
        return place.status(token, "tools/list")
    finally:
        place.url = here


def test_calling_on_from_a_file():
    """And to nobody: the exchange alone."""
    with Place() as p:
        start_issuer(p)
        p.begin("--config", p.config(issuers=[{"issuer": p.issuer}], audiences=[A], exchange={
            "issuer": p.issuer, "client_id": "echo", "client_secret_file": "client.secret",
            "audience": B, "scope": "mcp:tools"}))
        token = p.token("mcp:tools", "--issuer", p.issuer, resource=A)
        text, failed = p.call(token, "call_on")
        expect("it worked", not failed and f"audience: {B}" in text and "sees" not in text, text)


@lib.rows([
    ("for an audience that it may not have", ["--exchange-audience", "https://c.example"], "invalid_target"),
    ("with more than the caller has", ["--exchange-audience", B, "--exchange-scope", "mcp:prompts"],
     "invalid_scope"),
    ("for a server that is not there", ["--exchange-audience", B, "--call-on", "http://127.0.0.1:1/mcp"],
     "refused the connection"),
])
def test_calling_on_in_vain(label, args, word):
    """The tool says what went wrong; the server goes on."""
    with Place() as p:
        start_issuer(p)
        exchanging(p, *args)
        token = p.token("mcp:tools", "--issuer", p.issuer, resource=A)
        text, failed = p.call(token, "call_on")
        expect("the tool's own error", failed and word in text, text)
        expect("without a token", "eyJ" not in text, text)
        expect_eq("and on it goes", p.call(token, "echo", message="x"), ("x", False))


@lib.rows([
    ("our secret", lambda r: r.headers["Authorization"]),
    ("the caller's token", lambda r: urllib.parse.parse_qs(r.body.decode())["subject_token"][0]),
])
def test_calling_on_repeats_no_secret(label, repeat):
    """An issuer that says what it was sent: the caller, and the log, are not told."""
    with Place() as p:
        start_issuer(p)
        site = hostile(p, {})
        site.routes.update({
            "/.well-known/oauth-authorization-server": (200, JSON, json.dumps({
                "issuer": site.url, "token_endpoint": site.url + "/token"})),
            "/token": lambda request: (400, JSON, json.dumps({
                "error": "invalid_request", "error_description": "what is " + repeat(request)}))})
        secret = p.secret("long.secret", "opensesame-opensesame")
        p.begin("--config", p.config(audiences=[A], issuers=[
            {"issuer": p.issuer}, {"issuer": site.url, "jwks_file": "jwks.json"}], exchange={
                "issuer": site.url, "client_id": "echo", "client_secret_file": secret, "audience": B}))
        text, failed = p.call(p.token("mcp:tools", "--issuer", p.issuer, resource=A), "call_on")
        expect("it is refused", failed and "invalid_request" in text and "what is" in text, text)
        for told in (text, p.server.read_log()):
            expect("nothing of it", "eyJ" not in told and "opensesame" not in told
                   and base64.b64encode(b"echo:opensesame")[:12].decode() not in told, told)


def test_calling_on_where_it_may_not():
    with Place() as p:
        start_issuer(p)
        other = start_other(p, "--rule", "tools/call=other:scope")
        exchanging(p, "--exchange-resource", B, "--call-on", other)
        text, failed = p.call(p.token("mcp:tools", "--issuer", p.issuer, resource=A), "call_on")
        expect("refused there", failed and "403" in text, text)


def test_no_calling_on():
    with Place() as p:
        p.serve_keys()
        _, _, answer = p.ask(p.token("mcp:tools mcp:read"), "tools/call", "call_on")
        expect("there is no such tool", "Unknown tool" in json.dumps(answer), str(answer))


@lib.rows([("by options", False), ("by a file", True)])
def test_introspection(label, by_file):
    with Place() as p:
        port = p.port()                 # the address that the client is entered with
        start_issuer(p, "--opaque-tokens", introspects=f"http://127.0.0.1:{port}/mcp")
        if by_file:
            p.begin("--config", p.config(port=port, issuers=[{"issuer": p.issuer, "introspection": {
                "client_id": "echo", "client_secret_file": "client.secret", "lifetime": 5,
                "auth_method": "client_secret_basic"}}]))
        else:
            p.begin("--port", str(port), "--issuer", p.issuer, "--introspect", "echo",
                    "--introspect-secret", p.client_secret)
        done = p.call_it("whoami")
        expect_eq("let in", done.returncode, 0, done.stderr)
        expect("and known", "username: alice" in done.stdout, done.stdout)
        expect("the issuer was asked", "POST /introspect 200" in p.authserver.read_log(),
               p.authserver.read_log())
        expect_eq("nonsense", p.status("nonsense", "tools/list"), 401)


def test_check_finds_who_we_are():
    with Place() as p:
        start_issuer(p)
        secret, wrong = p.client_secret, p.secret("wrong.secret", "guess")
        given = ["--issuer", p.issuer, "--introspect", "echo", "--introspect-secret"]
        done, account = p.check(*given, secret, "--exchange", "echo", "--exchange-secret", secret,
                                "--exchange-audience", B)
        expect_eq("well", (done.returncode, account["ok"]), (0, True), done.stderr + done.stdout)
        expect_eq("who we are", account["issuers"][0]["introspects_as"], "echo")
        expect_eq("and for whom", account["exchange"]["audience"], B)
        told(p.run("serve", "--check", *given, wrong), 4, "client")
        plain = p.start("authserver", "--json", "--port", "0").ready["issuer"]
        told(p.run("serve", "--check", "--issuer", plain, "--exchange", "echo", "--exchange-secret", secret,
                   "--exchange-audience", B), 3, "token exchange")
