"""The front door: MCP clients register here, people sign in at an identity provider that
registers no client.  The whole program, over HTTP."""

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
import time
import urllib.parse
import urllib.request

import idp
import lib
from chromium import Chromium
from lib import World, expect, expect_eq, rows
from test_chromium import start_call
from test_consent import Agent

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CALLBACK = "http://127.0.0.1:4711/callback"


def front(w, provider, *args, entry=None):
    """A front door before it, with a file of identity providers where an entry is given."""
    secret = w.write("secret", idp.SECRET + "\n")
    if entry is None:
        args = ("--upstream", provider.url, "--upstream-client-id", idp.CLIENT,
                "--upstream-secret-file", secret, *args)
    else:
        entries = [{"client_id": idp.CLIENT, "client_secret_file": "secret", **one}
                   for one in (entry if isinstance(entry, list) else [entry])]
        args = ("--upstream", w.write("upstreams.json", json.dumps(entries)), *args)
    w.authserver = w.start("authserver", "--json", "--port", "0", *args)
    w.issuer = w.authserver.ready["issuer"]
    return Person(w.issuer)


class Person(Agent):
    """Someone at a browser that has been at the front door."""

    def __init__(self, issuer):
        super().__init__(issuer, urllib.parse.urlsplit(issuer).port)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=lib.PATIENCE)
        headers = dict(headers or {})
        if self.jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        page = response.read().decode()
        self.headers = dict(response.getheaders())
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self.jar.update([value.split(";")[0].split("=", 1)])
        connection.close()
        return response.status, response.getheader("Location") or "", page

    def begin(self, client, **more):
        """Up to the page that asks."""
        status, _, page = self.authorize(client, CALLBACK, **more)
        expect("the question", status == 200 and 'value="deny"' in page, page)
        return page

    def allow(self, page, name="idp"):
        """Allows it; where the browser is sent."""
        status, _, page = self.submit(page, decision="allow " + name)
        expect_eq("allowed", status, 200, page)
        return self.headers["Refresh"].removeprefix("0; url=")

    def sign_in(self, url):
        """There and back; the answer of the front door's callback."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *what):
                return None

        opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
        try:
            opener.open(url, timeout=lib.PATIENCE)
        except urllib.error.HTTPError as answer:
            self.back = answer.headers["Location"]
        return self.come_back(self.back)

    def come_back(self, url):
        parts = urllib.parse.urlsplit(url)
        return self.ask("GET", f"{parts.path}?{parts.query}")

    def post(self, **form):
        status, _, text = self.ask("POST", "/token", urllib.parse.urlencode(form),
                                   {"Content-Type": "application/x-www-form-urlencoded"})
        return status, json.loads(text)

    def code(self, client, name="idp", **more):
        status, location, page = self.sign_in(self.allow(self.begin(client, **more), name))
        expect_eq("back at the client", status, 303, page)
        return location

    def tokens(self, client, **more):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.code(client, **more)).query))
        expect("a code", "code" in query, query)
        status, body = self.post(grant_type="authorization_code", client_id=client,
                                 code=query["code"], code_verifier=VERIFIER)
        expect_eq("a token", status, 200, body)
        return body

    def refresh(self, client, token):
        return self.post(grant_type="refresh_token", client_id=client, refresh_token=token)

    def renew(self, provider, client, token):
        """Refreshes until the provider was asked again: it is asked once a second here."""
        asked = len(provider.asked("token"))
        while True:
            status, body = self.refresh(client, token)
            if status != 200 or len(provider.asked("token")) > asked:
                return status, body
            token = body["refresh_token"]

    def register(self, *redirects):
        body = {"client_name": "A client", "redirect_uris": redirects or [CALLBACK],
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "none"}
        status, _, text = self.ask("POST", "/register", json.dumps(body),
                                   {"Content-Type": "application/json"})
        expect_eq("registered", status, 201, text)
        return json.loads(text)["client_id"]


def test_front_with_the_client():
    """mcpass call, a front door, an identity provider: no client id was typed."""
    with World() as w:
        provider = idp.Idp(w)
        front(w, provider, "--audit", w.path("audit"))
        w.start_serve()
        done = w.call("echo", "message=hello", env={"MCPASS_E2E_ANSWER": "allow idp"})
        expect_eq("exit", done.returncode, 0, done.stderr + w.authserver.read_log())
        expect("the answer", "hello" in done.stdout, done.stdout)
        expect_eq("signed in once", len(provider.asked("authorize")), 1)
        sent = provider.asked("token")[0][1]
        expect("PKCE", len(sent["code_verifier"]) >= 43, sent)
        expect("no resource", "resource" not in sent and "resource" not in provider.asked("authorize")[0][1])
        log = w.authserver.read_log()
        expect("what to register is said", w.issuer + "/authorize/callback/idp" in log, log)
        audit = open(w.path("audit")).read()
        expect_eq("what happened is told", [json.loads(line)["event"] for line in audit.splitlines()],
                  ["registered", "asked", "sent", "returned", "allowed", "issued"])
        for secret in (idp.SECRET, "upstream-access", "upstream-refresh", "code-1"):
            expect("no secret in the log", secret not in log, log)
            expect("nor in the audit log", secret not in audit, audit)


def test_front_groups_by_api():
    """Too many groups for a token: they are asked for, and where they cannot be had nothing is given."""
    with World() as w:
        provider = idp.Idp(w)
        del provider.claims["groups"]
        provider.claims["_claim_names"] = {"groups": "src1"}
        provider.claims["_claim_sources"] = {"src1": {"endpoint": provider.url + "/nowhere"}}
        person = front(w, provider, "--upstream-recheck", "1s", entry={
            "name": "corp", "issuer": provider.url, "groups_by_api": True,
            "groups_endpoint": provider.url + "/me/getMemberObjects",
            "rules": [{"claim": "groups", "value": "staff", "scopes": ["mcp:read"]}]})
        client = person.register()
        body = person.tokens(client, name="corp", scope="mcp:read")
        expect_eq("as one of the staff", body["scope"], "mcp:read")
        asked = provider.asked("groups")[0][1]
        expect("with the person's token", asked["authorization"].startswith("Bearer upstream-access-"), asked)
        expect_eq("what", json.loads(asked["body"]), {"securityEnabledOnly": True})
        expect_eq("page after page", [fields["body"] for _, fields in provider.asked("groups")[1:]], [""])
        provider.answers["groups"] = (403, lib.JSON, "{}")
        token = body["refresh_token"]
        while True:
            status, body = person.refresh(client, token)
            if status != 200:
                break
            token = body["refresh_token"]
        expect_eq("not to be known just now", (status, body["error"]), (503, "temporarily_unavailable"))
        provider.answers["groups"] = (200, lib.JSON, json.dumps({"value": ["other"]}))
        status, body = person.renew(provider, client, token)
        expect_eq("not one of the staff any more", (status, body["error"]), (400, "invalid_grant"), body)


def known_server(w, name):
    """A client of the operator's: the server of the resource "https://files.example/mcp"."""
    w.write("secret." + name, "the secret of " + name + "\n")
    return {"client_id": name, "client_secret_file": "secret." + name,
            "grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"],
            "introspects": ["https://files.example/mcp"]}


def exchange(person, name, token, audience, **more):
    return person.post(grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
                       subject_token_type="urn:ietf:params:oauth:token-type:access_token",
                       subject_token=token, client_id=name, client_secret="the secret of " + name,
                       audience=audience, **more)


def hands_out(w, provider, *args):
    clients = w.write("clients.json", json.dumps([known_server(w, "files"), known_server(w, "other")]))
    return front(w, provider, "--clients", clients, *args, entry={
        "name": "corp", "issuer": provider.url, "apis": [
            {"audience": "files-api", "clients": ["files"], "scopes": ["files.read", "files.write"]},
            {"audience": "swap", "clients": ["files"], "by": "token_exchange"}]})


def test_front_hands_out_a_token():
    """A server behind it gets the provider's token for the person who called, as configured."""
    with World() as w:
        provider = idp.Idp(w)
        person = hands_out(w, provider, "--audit", w.path("audit"))
        client = person.register()
        body = person.tokens(client, name="corp", resource="https://files.example/mcp")
        token, asked = body["access_token"], len(provider.asked("token"))
        status, mine = exchange(person, "files", token, "files-api", scope="files.read")
        expect_eq("handed out", status, 200, mine)
        expect("the provider's", mine["access_token"] in provider.access_tokens, mine)
        expect_eq("what it is", (mine["token_type"], mine["expires_in"], mine["scope"],
                                 mine["issued_token_type"]),
                  ("Bearer", 300, "files.read", "urn:ietf:params:oauth:token-type:access_token"))
        expect("no more than that", "refresh_token" not in mine and "id_token" not in mine, mine)
        expect_eq("for that scope", provider.asked("token")[-1][1]["scope"], "files.read")
        status, mine = exchange(person, "files", token, "swap")
        expect_eq("exchanged there", status, 200, mine)
        expect("for its audience", mine["access_token"].startswith("swap-for-upstream-access-"), mine)
        expect_eq("three requests", len(provider.asked("token")) - asked, 3)
        asked = len(provider.asked("token"))
        for name, audience, more, code in (
                ("other", "files-api", {}, "invalid_target"),
                ("files", "files-api", {"scope": "openid"}, "invalid_scope")):
            status, refused = exchange(person, name, token, audience, **more)
            expect_eq(f"{name} {more}", (status, refused["error"]), (400, code), refused)
        expect_eq("nothing was asked", len(provider.asked("token")), asked)
        status, body = person.refresh(client, body["refresh_token"])
        expect_eq("the client goes on", status, 200, body)
        audit = [json.loads(line) for line in open(w.path("audit"))]
        told = [(e["client"], e["what"]) for e in audit if e["event"] == "handed_out"]
        expect_eq("told", told, [("files", "corp files-api"), ("files", "corp swap")])
        expect("no secret", "upstream-" not in open(w.path("audit")).read())
        provider.refresh_tokens.clear()
        status, over = exchange(person, "files", body["access_token"], "files-api")
        expect_eq("put out there", (status, over["error"]), (400, "invalid_grant"), over)
        status, over = person.refresh(client, body["refresh_token"])
        expect_eq("out here", (status, over["error"]), (400, "invalid_grant"), over)


def test_front_hands_out_at_once():
    """Ten ask at once with one sign-in: each has what it asked for, no refresh token came twice."""
    with World() as w:
        provider = idp.Idp(w)
        keys = w.write("keys", "mcpass-key-1." + base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
                       + "\n")
        person = hands_out(w, provider, "--data", w.path("front.db"), "--encryption-key", keys)
        client = person.register()
        token = person.tokens(client, name="corp", resource="https://files.example/mcp")["access_token"]
        scopes = ["files.read", "files.write", "files.read files.write"]
        answers = [None] * 10

        def ask(i):
            answers[i] = exchange(Person(w.issuer), "files", token, "files-api", scope=scopes[i % 3])

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for i, (status, body) in enumerate(answers):
            expect_eq(f"answer {i}", (status, body.get("scope")), (200, scopes[i % 3]), body)
        used = [form["refresh_token"] for _, form in provider.asked("token")
                if form["grant_type"] == "refresh_token"]
        expect_eq("each was used once", len(used), len(set(used)), used)
        expect_eq("each has a token of its own", len({body["access_token"] for _, body in answers}), 10)


def test_front_refuses_at_the_start():
    """What is missing or misspelt is said, and the server does not start."""
    with World() as w:
        secret = w.write("secret", "s\n")
        entry = {"name": "a", "issuer": "https://idp.example", "client_id": "x",
                 "client_secret_file": "secret"}
        bad = w.write("bad.json", json.dumps([{**entry, "allowed": {}}]))
        twice = w.write("twice.json", json.dumps([entry, entry]))
        good = w.write("good.json", json.dumps([entry]))
        open_secret = w.write("open", "s\n")
        os.chmod(open_secret, 0o644)
        base = ("--upstream", "https://idp.example")
        for args, words in ((base, "--upstream-client-id"),
                            ((*base, "--upstream-client-id", "x"), "--upstream-secret-file"),
                            ((*base, "--upstream-client-id", "x", "--upstream-secret-file",
                              open_secret), "read"),
                            (("--upstream", "http://idp.example", "--upstream-client-id", "x",
                              "--upstream-secret-file", secret), "https"),
                            (("--upstream", bad), "allowed"), (("--upstream", twice), "twice"),
                            (("--upstream", good, "--users", w.users()), "--users"),
                            (("--upstream-client-id", "x"), "--upstream"),
                            (("--upstream", w.path("nosuch.json")), "nosuch.json")):
            done = w.run("authserver", "--port", "0", *args)
            expect(f"{args}: exit {done.returncode}", done.returncode in (1, 2, 5), done.stderr)
            expect(f"{args} says {words}", words in done.stderr, done.stderr)


def test_front_browser_is_bound():
    """A sign-in that another browser brings back is none, and its owner finishes it."""
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider)
        client = person.register()
        url = person.allow(person.begin(client))
        stranger = Person(w.issuer)
        status, location, page = stranger.sign_in(url)
        expect_eq("another browser", (status, location), (403, ""), page)
        expect_eq("nothing was exchanged", provider.asked("token"), [])
        status, location, _ = person.come_back(stranger.back)
        expect("its owner", status == 303 and "code=" in location, location)
        status, _, page = person.come_back(stranger.back)
        expect_eq("once", status, 403, page)


def test_front_two_tabs():
    with World() as w:
        person = front(w, idp.Idp(w))
        client = person.register()
        first, second = person.begin(client), person.begin(client)
        urls = [person.allow(page) for page in (first, second)]
        for url in reversed(urls):
            status, location, _ = person.sign_in(url)
            expect("a code", status == 303 and "code=" in location, location)


SPOILT = [
    ("another-audience", {"aud": "other"}, None, "server_error"),
    ("another-issuer", {"iss": "https://evil.example"}, None, "server_error"),
    ("another-nonce", {"nonce": "x"}, None, "server_error"),
    ("no-nonce", {"nonce": None}, None, "server_error"),
    ("expired", {"exp": 1}, None, "server_error"),
    ("another-key", {}, "two", "server_error"),
]


@rows(SPOILT)
def test_front_spoilt_id_token(label, claims, kid, error):
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider)
        client = person.register()
        if kid:
            made = idp.Key.jwk
            provider.answers["keys"] = (200, lib.JSON, json.dumps({"keys": [made(provider.key)]}))
            provider.key = idp.key(kid)
        tokens = provider.id_token

        def spoil(nonce):
            provider.claims = {**provider.claims, "nonce": nonce, **claims}
            return tokens(None)
        provider.id_token = spoil
        location = person.code(client)
        expect("the client is told", f"error={error}" in location and "code=" not in location, location)
        expect("by us", urllib.parse.quote(w.issuer, safe="") in location, location)


ANSWERS = [
    ("code-refused", (400, lib.JSON, '{"error":"invalid_grant","error_description":"<b>theirs"}'),
     "server_error"),
    ("busy", (503, {}, "theirs"), "temporarily_unavailable"),
    ("a-page", (200, lib.HTML, "<html>theirs"), "server_error"),
    ("redirected", (302, {"Location": "http://127.0.0.1:1/"}, ""), "server_error"),
    ("too-long", (200, lib.JSON, '{"access_token":"' + "x" * 200000 + '"}'), "server_error"),
]


def test_front_answer_that_drips():
    """An answer of which a byte comes now and then is none after ten seconds."""
    with World() as w:
        provider, over = idp.Idp(w), threading.Event()
        w.stack.callback(over.set)

        def drip(request):
            request.send_response(200)
            request.send_header("Content-Length", "100000")
            request.end_headers()
            with contextlib.suppress(OSError):
                while not over.wait(0.2):
                    request.wfile.write(b" ")
            raise lib.Answered
        person = front(w, provider)
        client = person.register()
        url = person.allow(person.begin(client))
        provider.server.routes["/token"] = drip
        status, location, page = person.sign_in(url)
        expect("come again later", status == 303 and "error=temporarily_unavailable" in location,
               location + page)


@rows(ANSWERS)
def test_front_bad_answers(label, answer, error):
    """What the provider writes stays here."""
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider)
        client = person.register()
        provider.answers["token"] = answer
        location = person.code(client)
        expect("the client is told one of three things", "error=" in location, location)
        if label != "too-long":
            expect(f"{error} is told", f"error={error}" in location, location)
        expect("nothing of theirs", "theirs" not in location, location)


def test_front_slow_provider_holds_no_one_up():
    """While one sign-in waits for its answer, all else is served."""
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider)
        client = person.register()
        url = person.allow(person.begin(client))
        provider.gate.clear()
        found = []
        waiting = threading.Thread(target=lambda: found.append(person.sign_in(url)))
        waiting.start()
        other = Person(w.issuer)
        while not provider.asked("token"):
            other.begin(client)
        other.begin(client)
        expect_eq("it waits", found, [])
        provider.gate.set()
        waiting.join(lib.PATIENCE)
        expect("and is answered", found and found[0][0] == 303, found)
        expect_eq("sent once", len(provider.asked("token")), 1)


def test_front_gone_while_it_waits():
    """A browser that leaves and comes again: whatever it is told, the code was sent once."""
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider)
        client = person.register()
        url = person.allow(person.begin(client))
        provider.gate.clear()
        stay = Person(w.issuer)
        stay.sign_in(url)               # another browser: only to learn where it leads
        parts = urllib.parse.urlsplit(stay.back)
        cookie = "; ".join(f"{name}={value}" for name, value in person.jar.items())
        with socket.create_connection(("127.0.0.1", person.port)) as gone:
            gone.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: 127.0.0.1:{person.port}\r\n"
                         f"Cookie: {cookie}\r\n\r\n".encode())
            while not provider.asked("token"):
                stay.begin(client)
        provider.gate.set()
        status, _, page = person.come_back(stay.back)
        expect("it is over, or goes on", status in (303, 403), page)
        expect_eq("sent once", len(provider.asked("token")), 1)


def test_front_rules():
    """Groups give scopes and roles; who is in none of them gets nothing."""
    with World() as w:
        provider = idp.Idp(w)
        entry = {"name": "corp", "label": "Corp <login>", "issuer": provider.url,
                 "token_claims": {"mail": "email"},
                 "rules": [{"claim": "groups", "value": "staff", "scopes": ["mcp:read"],
                            "roles": ["reader"]}]}
        person = front(w, provider, "--default-resource", "http://127.0.0.1:1/mcp", entry=entry)
        client = person.register()
        page = person.begin(client)
        expect("the label is text", "Corp &lt;login&gt;" in page, page)
        body = person.tokens(client, name="corp", scope="mcp:read mcp:tools")
        expect_eq("as far as the rules go", body["scope"], "mcp:read")
        claims = json.loads(base64.urlsafe_b64decode(body["access_token"].split(".")[1] + "=="))
        expect_eq("a role", claims["roles"], ["reader"])
        expect_eq("a claim", claims["mail"], "ann@corp.example")
        expect("no name of theirs", "ann" not in claims["sub"] and len(claims["sub"]) == 22, claims)
        provider.claims["groups"] = ["others"]
        other = Person(w.issuer)
        location = other.code(client, "corp")
        expect("no scope, no code", "error=access_denied" in location, location)


def test_front_renewal():
    """A refresh here asks there, by the same rules; a person who was put out there is out here."""
    with World() as w:
        provider = idp.Idp(w)
        entry = {"name": "corp", "issuer": provider.url,
                 "rules": [{"claim": "groups", "value": "staff", "scopes": ["mcp:read"]},
                           {"claim": "groups", "value": "dev", "scopes": ["mcp:tools"]}]}
        provider.claims["groups"] = ["staff", "dev"]
        person = front(w, provider, "--upstream-recheck", "1s", entry=entry)
        client = person.register()
        body = person.tokens(client, name="corp", scope="mcp:read mcp:tools")
        expect_eq("both", body["scope"], "mcp:read mcp:tools")
        provider.claims["groups"] = ["staff"]
        status, body = person.renew(provider, client, body["refresh_token"])
        expect_eq("refreshed", status, 200, body)
        expect_eq("one group less, one scope less", body["scope"], "mcp:read")
        provider.answers["token"] = (503, {}, "theirs")
        asked = len(provider.asked("token"))
        token = body["refresh_token"]
        while True:
            status, wait = person.refresh(client, token)
            if status != 200:
                break
            token = wait["refresh_token"]
        expect_eq("it does not answer", (status, wait["error"]), (503, "temporarily_unavailable"), wait)
        expect("it was asked", len(provider.asked("token")) > asked)
        expect("when to come again", int(person.headers["Retry-After"]) > 0)
        del provider.answers["token"]
        status, body = person.refresh(client, token)
        expect_eq("ours was not used up", status, 200, body)
        provider.refresh_tokens.clear()
        status, ended = person.renew(provider, client, body["refresh_token"])
        expect_eq("put out", (status, ended["error"]), (400, "invalid_grant"), ended)
        expect("nothing of theirs", "their words" not in json.dumps(ended), ended)
        status, ended = person.refresh(client, body["refresh_token"])
        expect_eq("for good", (status, ended["error"]), (400, "invalid_grant"), ended)


def test_front_two_instances():
    """Two servers on one store, asked at once by one person's two clients: one request is sent."""
    with World() as w:
        provider = idp.Idp(w)
        keys = w.write("keys", "mcpass-key-1." + base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
                       + "\n")
        port = w.port()
        issuer = f"http://127.0.0.1:{port}"
        kept = ("--data", w.path("front.db"), "--encryption-key", keys, "--upstream-recheck", "1s",
                "--issuer", issuer)
        person = front(w, provider, *kept, "--port", str(port))
        other = w.port()
        front(w, provider, *kept, "--port", str(other))
        client = person.register()
        body = person.tokens(client)
        asked = len(provider.asked("token"))
        twin = Person(f"http://127.0.0.1:{other}")
        provider.gate.clear()
        answers, token = [], body["refresh_token"]
        while len(provider.asked("token")) == asked:    # a second has to pass since the sign-in
            one = threading.Thread(target=lambda: answers.append(person.refresh(client, token)))
            one.start()
            while one.is_alive() and len(provider.asked("token")) == asked:
                one.join(0.01)
            if not one.is_alive():
                token = answers.pop()[1]["refresh_token"]
        two = threading.Thread(target=lambda: answers.append(twin.refresh(client, token)))
        two.start()
        twin.begin(client)              # it is served meanwhile
        opened = time.monotonic()
        provider.gate.set()
        for thread in (one, two):
            thread.join(lib.PATIENCE)
        expect_eq("both are answered", [status for status, _ in answers], [200, 200], answers)
        expect_eq("with the same successor", answers[0][1]["refresh_token"],
                  answers[1][1]["refresh_token"])
        recheck_is_due = time.monotonic() - opened > 1
        expect("one request was sent", len(provider.asked("token")) == asked + 1 or recheck_is_due)


def test_front_another_login_ends_nothing():
    with World() as w:
        provider = idp.Idp(w)
        person = front(w, provider, "--upstream-recheck", "1s")
        client = person.register()
        first = person.tokens(client)
        second = Person(w.issuer).tokens(client)
        for body in (first, second):
            status, again = person.renew(provider, client, body["refresh_token"])
            expect_eq("it lives", status, 200, again)


def new_key(letter):
    return "mcpass-key-1." + base64.urlsafe_b64encode(letter * 32).decode().rstrip("=") + "\n"


def test_front_operator():
    """Who signed in, by name, and put out: no token of that person's is good any more."""
    with World() as w:
        provider = idp.Idp(w)
        clients = w.write("clients.json", json.dumps([known_server(w, "files")]))
        keys = w.write("keys", new_key(b"k"))
        person = front(w, provider, "--data", w.path("front.db"), "--encryption-key", keys, "--clients",
                       clients, "--opaque-tokens")

        def admin(*args):
            done = w.run("authserver", *args, "--data", w.path("front.db"), "--encryption-key", keys)
            expect_eq(f"{args}", done.returncode, 0, done.stderr)
            return done.stdout

        def is_active(token):
            status, _, text = person.ask("POST", "/introspect", urllib.parse.urlencode(
                {"token": token, "client_id": "files", "client_secret": "the secret of files"}),
                {"Content-Type": "application/x-www-form-urlencoded"})
            expect_eq("asked about", status, 200, text)
            return json.loads(text)["active"]

        client = person.register()
        body = person.tokens(client, resource="https://files.example/mcp")
        provider.claims.update(sub="bob", name="Bob")
        other = Person(w.issuer).tokens(client, resource="https://files.example/mcp")
        expect("both are good", is_active(body["access_token"]) and is_active(other["access_token"]))
        users = json.loads(admin("users", "--json"))
        names = {user["name"]: user["user"] for user in users}
        expect_eq("who they are", sorted(names), ["Ann", "Bob"], users)
        expect_eq("and where", {user["upstream"] for user in users}, {"idp"})
        expect("in a table", "Ann" in admin("users") and "PROVIDER" in admin("users"))
        admin("users", "revoke", names["Ann"])
        expect("her token is over", not is_active(body["access_token"]))
        status, refused = person.refresh(client, body["refresh_token"])
        expect_eq("it cannot be renewed", (status, refused["error"]), (400, "invalid_grant"), refused)
        expect("his is not", is_active(other["access_token"]))
        expect_eq("and can", person.refresh(client, other["refresh_token"])[0], 200)


def test_front_other_keys():
    """A new key before the old one: sign-ins live on.  Without the old one the server says so, and
    leaves them as they are."""
    with World() as w:
        provider = idp.Idp(w)
        keys = w.write("keys", new_key(b"k"))
        args = ("--data", w.path("front.db"), "--port", str(w.port()), "--encryption-key", keys,
                "--upstream-recheck", "1s")
        person = front(w, provider, *args)
        client = person.register()
        token = person.tokens(client)["refresh_token"]
        w.authserver.end()
        w.write("keys", new_key(b"n") + new_key(b"k"))
        status, body = front(w, provider, *args).renew(provider, client, token)
        expect_eq("both keys", status, 200, body)
        w.authserver.end()
        w.write("keys", new_key(b"n"))
        done = w.run("authserver", *args, "--upstream", provider.url, "--upstream-client-id", idp.CLIENT,
                     "--upstream-secret-file", w.path("secret"))
        expect_eq("not without the old one", done.returncode, 2, done.stderr)
        expect("it says what is missing", "key" in done.stderr and w.path("keys") in done.stderr, done.stderr)
        w.write("keys", new_key(b"n") + new_key(b"k"))
        done = w.run("store", "rekey", "--issuer", "--store", w.path("front.db"), "--store-key", keys)
        expect_eq("sealed with the new one", done.returncode, 0, done.stderr)
        w.write("keys", new_key(b"n"))
        status, body = front(w, provider, *args).renew(provider, client, body["refresh_token"])
        expect_eq("which is enough then, and nothing was lost", status, 200, body)


def test_front_restarted():
    """Sign-ins outlive the server, sealed: the file alone has no token of anyone."""
    with World() as w:
        provider = idp.Idp(w)
        keys = w.write("keys", "mcpass-key-1." + base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
                       + "\n")
        kept = ("--data", w.path("front.db"), "--port", str(w.port()))
        done = w.run("authserver", *kept, "--upstream", provider.url, "--upstream-client-id", "x",
                     "--upstream-secret-file", w.write("secret", "s"))
        expect("not in the clear", done.returncode == 1 and "--encryption-key" in done.stderr,
               done.stderr)
        args = (*kept, "--encryption-key", keys, "--upstream-recheck", "1s")
        person = front(w, provider, *args)
        client = person.register()
        body = person.tokens(client)
        waits = person.allow(person.begin(client))
        w.authserver.end()
        for name in os.listdir(w.folder):
            if name.startswith("front.db"):
                with open(w.path(name), "rb") as file:
                    expect(f"no token in {name}", b"upstream-refresh" not in file.read())
        again = front(w, provider, *args)
        again.jar = person.jar
        status, location, page = again.sign_in(waits)
        expect("a sign-in that was under way goes on", status == 303 and "code=" in location, page)
        status, body = again.renew(provider, client, body["refresh_token"])
        expect_eq("and one that was done", status, 200, body)


def test_front_github_like():
    """OAuth without OpenID Connect: errors with 200, a user's API, a numeric id."""
    with World() as w:
        provider = idp.Idp(w)
        entry = {"name": "hub", "authorization_endpoint": provider.url + "/authorize",
                 "token_endpoint": provider.url + "/token", "user_endpoint": provider.url + "/user",
                 "emails_endpoint": provider.url + "/user/emails",
                 "organizations_endpoint": provider.url + "/user/orgs",
                 "allow": {"organizations": ["acme"], "email_domains": ["corp.example"]}}
        person = front(w, provider, entry=entry)
        client = person.register()
        person.tokens(client, name="hub")
        expect("the secret is in the form", provider.asked("token")[0][1]["client_secret"] == idp.SECRET)
        expect("no nonce", "nonce" not in provider.asked("authorize")[0][1])
        expect("with their token", provider.asked("user")[0][1]["authorization"].startswith("Bearer "))
        provider.answers["orgs"] = (200, lib.JSON, '[{"login":"evil"}]')
        location = Person(w.issuer).code(client, "hub")
        expect("left the organization", "error=access_denied" in location, location)
        log = w.authserver.read_log()
        expect("the operator is told why", "the person is in none of allow.organizations" in log, log)
        provider.answers["orgs"] = (403, lib.JSON, '{"message":"theirs"}')
        location = Person(w.issuer).code(client, "hub")
        expect("gave fewer scopes", "error=access_denied" in location, location)
        provider.answers["token"] = (200, lib.JSON, '{"error":"bad_verification_code"}')
        location = Person(w.issuer).code(client, "hub")
        expect("an error with 200", "error=server_error" in location, location)


def test_front_chooser():
    """Two providers: the person chooses; what comes from one is nothing at the other's callback."""
    with World() as w:
        one, two = idp.Idp(w), idp.Idp(w)
        person = front(w, one, entry=[{"name": "one", "issuer": one.url, "label": "First"},
                                      {"name": "two", "issuer": two.url, "label": "Second"}])
        client = person.register()
        page = person.begin(client)
        expect("both are there", "First" in page and "Second" in page, page)
        subs = []
        for name in ("one", "two"):
            body = Person(w.issuer).tokens(client, name=name)
            payload = body["access_token"].split(".")[1] + "=="
            subs.append(json.loads(base64.urlsafe_b64decode(payload))["sub"])
        expect("the same sub there is two people here", subs[0] != subs[1], subs)
        url = person.allow(page, "one")
        stranger = Person(w.issuer)
        stranger.sign_in(url)
        status, _, page = person.come_back(stranger.back.replace("/callback/one", "/callback/two"))
        expect_eq("a mix-up", status, 403, page)
        status, location, _ = person.come_back(stranger.back)
        expect("the right one", status == 303 and "code=" in location, location)
        status, _, _ = person.come_back(stranger.back.replace("/callback/one", "/callback/nosuch"))
        expect_eq("an unknown one", status, 404)


def test_front_before_an_authorization_server():
    """An issuer with all that a provider has but id tokens, as mcpass authserver is: the log says so."""
    with World() as w:
        port = w.port()
        issuer = f"http://127.0.0.1:{port}"
        secret = w.write("secret", "the secret\n")
        clients = w.write("clients.json", json.dumps([{
            "client_id": "front-door", "client_secret_file": "secret", "grant_types": ["authorization_code"],
            "redirect_uris": [issuer + "/authorize/callback/idp"]}]))
        upstream = w.start("authserver", "--json", "--port", "0", "--users", w.users(), "--clients", clients,
                           "--default-resource", issuer)
        w.authserver = w.start("authserver", "--json", "--port", str(port), "--upstream",
                               upstream.ready["issuer"], "--upstream-client-id", "front-door",
                               "--upstream-secret-file", secret)
        w.issuer = w.authserver.ready["issuer"]
        person = Person(w.issuer)
        status, location, page = person.sign_in(person.allow(person.begin(person.register())))
        expect("the client is told nothing of it", status == 303 and "error=server_error" in location, page)
        log = w.authserver.read_log()
        expect("what was answered", "answered invalid_scope: there is no scope openid" in log, log)
        expect("and what that means", "is it an OpenID provider? (mcpass authserver is none)" in log, log)


def test_front_down_at_the_start():
    with World() as w:
        provider = idp.Idp(w)
        provider.answers["metadata"] = (503, {}, "")
        person = front(w, provider)
        client = person.register()
        page = person.begin(client)
        status, _, text = person.submit(page, decision="allow idp")
        expect_eq("it waits", status, 503, text)
        expect("when to come again", int(person.headers["Retry-After"]) > 0)


METADATA = [
    ("another-issuer", {"issuer": "https://other.example"}, "is that of https://other.example", False),
    ("in-a-database", {"issuer": "https://other.example"}, "is that of https://other.example", True),
    ("a-private-address", {"jwks_uri": "http://10.0.0.1/keys"}, "jwks_uri", False),
    ("no-token-endpoint", {"token_endpoint": None}, "token_endpoint", False),
]


@rows(METADATA)
def test_front_says_what_is_wrong(label, more, said, in_database):
    """A person is told to come again; the operator, what is wrong with the metadata."""
    with World() as w:
        provider = idp.Idp(w)
        keys = w.write("keys", "mcpass-key-1." + base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
                       + "\n")
        kept = ("--data", w.path("front.db"), "--encryption-key", keys) if in_database else ()
        person = front(w, provider, *kept)
        page = person.begin(person.register())
        provider.more = more
        status, _, text = person.submit(page, decision="allow idp")
        expect_eq("not now", status, 503, text)
        expect("nothing of it in the page", said not in text, text)
        log = w.authserver.read_log()
        expect("the log says it", said in log, log)


def test_front_device():
    """A device's code: the page always, and the sign-in, before the device has its token."""
    with World() as w:
        person = front(w, idp.Idp(w))
        body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]}
        client = json.loads(person.ask("POST", "/register", json.dumps(body),
                                       {"Content-Type": "application/json"})[2])["client_id"]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        device = json.loads(person.ask("POST", "/device_authorization", urllib.parse.urlencode(
            {"client_id": client, "scope": "mcp:read"}), form)[2])
        _, _, page = person.ask("POST", "/device", urllib.parse.urlencode(
            {"user_code": device["user_code"]}), {**form, "Origin": w.issuer})
        expect("the code is shown", device["user_code"] in page, page)
        status, _, page = person.sign_in(person.allow(page))
        expect("back to the device", status == 200 and "your device" in page, page)
        status, body = person.post(grant_type="urn:ietf:params:oauth:grant-type:device_code",
                                   client_id=client, device_code=device["device_code"])
        expect_eq("a token", status, 200, body)


def test_front_chromium():
    """A real browser: allow, the identity provider, back at the client's loopback address."""
    with World() as w:
        front(w, idp.Idp(w))
        w.start_serve()
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        process, url = start_call(w, "echo", "message=through the front door")
        chromium.go(url)
        page = chromium.wait_for("Allow")
        expect("the page says where the answer goes", "127.0.0.1" in page, page)
        chromium.picture("front-1-ask.png")
        chromium.click("button.main")
        chromium.wait_for("You are signed in")
        out, err = process.communicate(timeout=lib.PATIENCE)
        expect_eq("exit", process.returncode, 0, err)
        expect("the answer", "through the front door" in out, out)


def test_front_chromium_opens_a_host():
    """A host with a scheme of its own is opened at the end: no policy of a page stops the way there."""
    with World() as w:
        person = front(w, idp.Idp(w))
        callback = "cursor://anysphere.cursor-mcp/oauth/callback"
        query = {"response_type": "code", "client_id": person.register(callback), "state": "s",
                 "redirect_uri": callback, "code_challenge_method": "S256",
                 "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                 "resource": "http://127.0.0.1:1/mcp"}
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        chromium.go(f"{w.issuer}/authorize?{urllib.parse.urlencode(query)}")
        page = chromium.wait_for("Allow")
        expect("the page says where the answer goes", "cursor" in page, page)
        list(chromium.navigations())
        chromium.click("button.main")
        went, deadline = [], time.monotonic() + lib.PATIENCE
        while not any(url.startswith(callback) for url in went):
            expect("it is opened", time.monotonic() < deadline, went)
            went += chromium.navigations()
        opened = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(went[-1]).query))
        expect("with a code", opened.get("code") and opened["state"] == "s", went)
        expect_eq("of this issuer", opened["iss"], w.issuer)


def test_front_chromium_pages():
    """The other pages, in a real browser: two providers to choose from, a device, a browser that is another."""
    with World() as w:
        one, two = idp.Idp(w), idp.Idp(w)
        person = front(w, one, entry=[{"name": "one", "issuer": one.url, "label": "First"},
                                      {"name": "two", "issuer": two.url, "label": "Second"}])
        body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]}
        client = json.loads(person.ask("POST", "/register", json.dumps(body),
                                       {"Content-Type": "application/json"})[2])["client_id"]
        device = json.loads(person.ask("POST", "/device_authorization", urllib.parse.urlencode(
            {"client_id": client, "scope": "mcp:read"}), {"Content-Type": "application/x-www-form-urlencoded"})[2])
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        chromium.go(device["verification_uri"])
        chromium.type("input[name=user_code]", device["user_code"])
        chromium.click("form button.main")
        page = chromium.wait_for("First")
        expect("both are there, and the code", "Second" in page and device["user_code"] in page, page)
        chromium.picture("front-2-choose.png")
        chromium.click("button[value='allow two']")
        chromium.wait_for("your device")
        expect_eq("at the second alone", (len(one.asked("authorize")), len(two.asked("authorize"))), (0, 1))
        url = person.allow(person.begin(client), "one")
        chromium.go(url)        # of another browser's sign-in
        chromium.wait_for("opened in another browser")
        chromium.picture("front-3-another-browser.png")
        expect_eq("nothing was exchanged", one.asked("token"), [])
