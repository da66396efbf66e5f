"""The guard over HTTP, against issuers that misbehave: key sets that are slow, down, huge,
rotated; floods of unknown kids; one issuer's trouble and another one's tokens."""

import base64
import contextlib
import http.client
import json
import subprocess
import threading
import time

from lib import HTML, JSON, PATIENCE, World, expect, expect_eq, hostile

PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An RSA key of an issuer's, by the openssl of the machine."""

    def __init__(self, world, kid):
        self.kid = kid
        self.path = world.path(f"key-{id(self)}.pem")
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-out", self.path],
                       check=True, capture_output=True, timeout=PATIENCE)

    def jwk(self):
        done = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True,
                              capture_output=True, text=True, timeout=PATIENCE)
        modulus = bytes.fromhex(done.stdout.strip().partition("=")[2])
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "e": "AQAB",
                "n": b64url(modulus)}

    def token(self, issuer, audience, **changes):
        now = int(time.time())
        head = json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": changes.pop("kid", self.kid)})
        claims = {"iss": issuer, "aud": audience, "sub": "alice", "client_id": "test",
                  "scope": "mcp:read", "iat": now, "exp": now + 300, **changes}
        text = b64url(head.encode()) + "." + b64url(json.dumps(claims).encode())
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(),
                              check=True, capture_output=True, timeout=PATIENCE)
        return text + "." + b64url(done.stdout)


class Issuer:
    """Metadata and a key set.  answer: what the key set is, when not keys; held: it is not
    answered before release()."""

    def __init__(self, world, *keys):
        self.keys, self.answer = list(keys), None
        self.open, self.asked = threading.Event(), threading.Event()
        self.open.set()
        self.server = hostile(world, {
            "/.well-known/oauth-authorization-server": self.metadata, "/jwks": self.jwks})
        self.url = self.server.url

    def metadata(self, request):
        return 200, JSON, json.dumps({"issuer": self.url, "jwks_uri": self.url + "/jwks"})

    def jwks(self, request):
        self.asked.set()
        expect("released in time", self.open.wait(PATIENCE))
        if self.answer is not None:
            return self.answer
        return 200, JSON, json.dumps({"keys": [key.jwk() for key in self.keys]})

    def hold(self):
        self.asked.clear()
        self.open.clear()

    def fetches(self):
        return sum(request[1] == "/jwks" for request in self.server.requests)


def post(url, token):
    """One ping; the status and the challenge."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request("POST", "/" + path, PING, {
            "Authorization": "Bearer " + token, "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream"})
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("WWW-Authenticate")
    finally:
        connection.close()


def settle(url, token):
    """Until the next second: a key set that came in this one cannot be newer, for the guard."""
    second = int(time.time())
    while int(time.time()) == second:
        expect_eq("it serves meanwhile", post(url, token)[0], 200)


def start(world, *issuers):
    more = [word for issuer in issuers[1:] for word in ("--issuer", issuer.url)]
    return world.start_serve(*more, issuer=issuers[0].url)


class Crowd:
    """Requests at the same time, each in a thread of its own."""

    def __init__(self, url, tokens):
        self.statuses = []
        self.threads = [threading.Thread(target=self.ask, args=(url, token)) for token in tokens]
        for thread in self.threads:
            thread.start()

    def ask(self, url, token):
        with contextlib.suppress(http.client.HTTPException, OSError):   # the server ended
            self.statuses.append(post(url, token)[0])

    def wait(self):
        for thread in self.threads:
            thread.join(PATIENCE)
        return self.statuses


def test_a_flood_of_unknown_kids_is_one_fetch_and_stops_nobody():
    with World() as w:
        key = Key(w, "one")
        issuer = Issuer(w, key)
        url = start(w, issuer)
        good = key.token(issuer.url, url)
        expect_eq("a good token", post(url, good)[0], 200)
        expect_eq("one fetch", issuer.fetches(), 1)
        settle(url, good)
        issuer.hold()
        crowd = Crowd(url, [key.token(issuer.url, url, kid=f"invented-{i}") for i in range(30)])
        expect("somebody asks", issuer.asked.wait(PATIENCE))
        expect_eq("a good token while the key set does not come", post(url, good)[0], 200)
        expect_eq("without a token, too", post(url, "x")[0], 401)
        issuer.open.set()
        expect_eq("all of them are refused", crowd.wait(), [401] * 30)
        expect_eq("for one fetch", issuer.fetches(), 2)
        expect_eq("one more", post(url, key.token(issuer.url, url, kid="other"))[0], 401)
        expect_eq("and no fetch: it cools down", issuer.fetches(), 2)
        expect_eq("a good token after it", post(url, good)[0], 200)


def test_a_slow_issuer_holds_up_its_own_tokens_only():
    with World() as w:
        one, two = Key(w, "same-kid"), Key(w, "same-kid")
        slow, quick = Issuer(w, one), Issuer(w, two)
        url = start(w, slow, quick)
        slow.hold()
        crowd = Crowd(url, [one.token(slow.url, url)] * 5)
        expect("it was asked", slow.asked.wait(PATIENCE))
        expect_eq("the other one's", post(url, two.token(quick.url, url))[0], 200)
        expect_eq("by the slow one's key of the same name", post(url, one.token(quick.url, url))[0],
                  401)
        slow.open.set()
        expect_eq("then its own", crowd.wait(), [200] * 5)
        expect_eq("for one fetch", slow.fetches(), 1)
        expect_eq("by the other's key", post(url, two.token(slow.url, url))[0], 401)


def test_a_server_ends_while_requests_wait():
    with World() as w:
        key = Key(w, "one")
        issuer = Issuer(w, key)
        url = start(w, issuer)
        issuer.hold()
        crowd = Crowd(url, [key.token(issuer.url, url)] * 3)
        expect("it was asked", issuer.asked.wait(PATIENCE))
        expect_eq("it ends", w.serve.end(), 0)
        issuer.open.set()
        crowd.wait()


def test_known_keys_serve_while_the_issuer_is_down():
    with World() as w:
        key, stranger = Key(w, "one"), Key(w, "two")
        issuer = Issuer(w, key)
        url = start(w, issuer)
        good = key.token(issuer.url, url)
        expect_eq("a good token", post(url, good)[0], 200)
        settle(url, good)
        issuer.answer = (503, HTML, "<html>down</html>")
        status, challenge = post(url, stranger.token(issuer.url, url))
        expect_eq("nobody knows that key", status, 503)
        expect("no challenge: it might be a good token", challenge is None)
        expect_eq("the known one serves", post(url, good)[0], 200)
        expect_eq("for another token, too", post(url, key.token(issuer.url, url, sub="bob"))[0], 200)
        expect("the log says why", "/jwks: answered 503" in w.serve.read_log(), w.serve.read_log())


@lambda function: setattr(function, "rows", [
    ("huge", (200, JSON, '{"keys":[]' + " " * 300_000 + "}"), "larger than"),
    ("a web page", (200, HTML, "<html>"), "JSON"),
    ("no key set", (200, JSON, "{}"), "keys"),
    ("a redirect", (302, {"Location": "http://127.0.0.1:1/jwks"}, ""), "answered 302"),
    ("not there", (404, HTML, ""), "answered 404"),
]) or function
def test_a_key_set_that_is_none(label, answer, words):
    with World() as w:
        key = Key(w, "one")
        issuer = Issuer(w, key)
        url = start(w, issuer)
        issuer.answer = answer
        status, challenge = post(url, key.token(issuer.url, url))
        expect_eq(label, (status, challenge), (503, None))
        log = w.serve.read_log()
        expect("the log says why", words in log and issuer.url in log, log)
        expect("without the token", "eyJ" not in log, log)
        expect_eq("one fetch", issuer.fetches(), 1)


def test_metadata_may_move():
    """The running server and its check read what the client reads."""
    with World() as w:
        key = Key(w, "one")
        issuer = Issuer(w, key)
        issuer.server.routes["/moved"] = issuer.metadata
        issuer.server.routes["/.well-known/oauth-authorization-server"] = (
            302, {"Location": "/moved"}, "")
        url = start(w, issuer)
        expect_eq("the key is found", post(url, key.token(issuer.url, url))[0], 200)
        done = w.run("serve", "--check", "--issuer", issuer.url)
        expect_eq("checked", done.returncode, 0, done.stderr)


def test_a_rotated_key_is_found_at_once_and_the_old_one_goes():
    with World() as w:
        old, new = Key(w, "old"), Key(w, "new")
        issuer = Issuer(w, old)
        url = start(w, issuer)
        before = old.token(issuer.url, url)
        expect_eq("the old key", post(url, before)[0], 200)
        expect_eq("remembered", post(url, before)[0], 200)
        settle(url, before)
        issuer.keys = [new]
        expect_eq("the new key", post(url, new.token(issuer.url, url))[0], 200)
        expect_eq("at one fetch", issuer.fetches(), 2)
        expect_eq("the old one's token, remembered as it was", post(url, before)[0], 401)
        expect_eq("and for no other fetch", issuer.fetches(), 2)
