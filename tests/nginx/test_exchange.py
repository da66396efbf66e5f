"""The token for the server behind, in place of the caller's own."""

import json
import threading
import urllib.parse

from gateway import JSON, RESOURCE, Gateway, expect, expect_eq, message
from lib import rows
from test_life import Holder

TYPE = "urn:ietf:params:oauth:token-type:access_token"


def granted(**changes):
    return {"access_token": "for-behind", "issued_token_type": TYPE, "token_type": "Bearer",
            "expires_in": 300, **changes}


class Exchange(Gateway):
    """An issuer that exchanges, by a route that is told what was asked."""

    def __init__(self, answer=None):
        super().__init__()
        self.asked = []
        self.answer = answer or (lambda form: (200, JSON, json.dumps(granted())))
        self.issuer.server.routes["/.well-known/oauth-authorization-server"] = (200, JSON, json.dumps({
            "issuer": self.issuer.url, "jwks_uri": self.issuer.url + "/jwks",
            "token_endpoint": self.issuer.url + "/token"}))
        self.issuer.server.routes["/token"] = self.token_endpoint
        self.secret = self.write("secret", "s3cret")

    def token_endpoint(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        self.asked.append((request.headers, form))
        return self.answer(form)

    def exchanging(self, more="audience=behind", directives="", **kw):
        return self.guarded(f'mcpass_exchange id=gateway secret_file={self.secret} {more}; {directives}',
                            **kw)

    def bearers(self):
        """What the server behind was shown."""
        return [{name.lower(): value for name, value in r[2].items()}.get("authorization")
                for r in self.came()]


def test_the_token_is_exchanged():
    with Exchange() as g:
        g.start_nginx(g.exchanging('audience=behind "scope=files:read files:use"',
                                   "mcpass_header X-User sub;"))
        token = g.token()
        for _ in range(3):
            expect_eq("let in", g.ask(token).status, 200, g.errors())
        expect_eq("the new one, and no other", g.bearers(), ["Bearer for-behind"] * 3)
        expect_eq("who it is", {k.lower(): v for k, v in g.came()[0][2].items()}["x-user"], "alice")
        expect_eq("asked once", len(g.asked), 1)
        headers, form = g.asked[0]
        expect_eq("for whom", (form["subject_token"], form["audience"], form["scope"]),
                  (token, "behind", "files:read files:use"))
        expect_eq("by ourselves", headers["Authorization"], "Basic Z2F0ZXdheTpzM2NyZXQ=")
        expect_eq("another caller", g.ask(g.token(sub="bob")).status, 200)
        expect_eq("has one of its own", len(g.asked), 2)
        expect_eq("a stranger", g.ask(g.token(exp=1700000000)).status, 401)
        expect_eq("is not asked for", len(g.asked), 2)


@rows([
    ("another issued_token_type", lambda g: granted(issued_token_type="urn:x"), 502),
    ("no token", lambda g: {"issued_token_type": TYPE, "token_type": "Bearer"}, 502),
    ("a header of its own", lambda g: granted(access_token="a\r\nX-Admin: yes"), 502),
    ("it has ended", lambda g: granted(expires_in=0), 502),
    ("huge", lambda g: granted(more="x" * 1000000), 502),
    ("a redirect", lambda g: (302, {"Location": g.behind.url + "/mcp"}, ""), 502),
    ("broken", lambda g: (500, JSON, "{}"), 502),
    ("our secret is wrong", lambda g: (401, JSON, '{"error":"invalid_client"}'), 502),
    ("the caller may not", lambda g: (403, JSON, '{"error":"access_denied"}'), 403),
])
def test_no_token_for_it(label, answer, status):
    with Exchange() as g:
        def route(form):
            made = answer(g)
            return made if isinstance(made, tuple) else (200, JSON, json.dumps(made))
        g.answer = route
        g.start_nginx(g.exchanging())
        for _ in range(2):
            got = g.ask(g.token(jti="the same"))
            expect_eq(label, got.status, status, got.text + g.errors())
            expect("a body", json.loads(got.text)["error"] in ("access_denied", "temporarily_unavailable"),
                   got.text)
            expect("no challenge: another token would not help",
                   got.getheader("WWW-Authenticate") is None, got.headers)
        expect_eq("nothing came through", g.came(), [])
        g.end_nginx()
        expect("it is logged", f'{status} "-" "the exchange at ' in g.read("access.log"),
               g.read("access.log"))


def test_the_caller_s_own_never_comes_back():
    with Exchange(lambda form: (200, JSON, json.dumps(granted(access_token=form["subject_token"])))) as g:
        g.start_nginx(g.exchanging())
        expect_eq("refused", g.ask(g.token()).status, 502, g.errors())
        expect_eq("nothing came through", g.came(), [])


def test_a_slow_exchange_holds_up_its_own():
    with Exchange() as g:
        go, begun = threading.Event(), threading.Event()

        def slowly(form):
            if form["audience"] == "slow":
                begun.set()
                go.wait(20)
            return 200, JSON, json.dumps(granted())
        g.answer, g.behind.routes["/fast"] = slowly, (200, JSON, "{}")
        g.start_nginx(g.exchanging("audience=slow")
                      + g.exchanging("audience=fast", path="/fast", resource="https://mcp.example.com/fast"))
        token, answers = g.token(), []
        threads = [threading.Thread(target=lambda: answers.append(g.ask(token).status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        expect("it is asked", begun.wait(20), g.errors())
        expect_eq("others go on", g.ask(g.token("https://mcp.example.com/fast"), path="/fast").status, 200)
        go.set()
        for thread in threads:
            thread.join()
        expect_eq("all are answered", answers, [200] * 8)
        expect_eq("one exchange for all", len([form for _, form in g.asked if form["audience"] == "slow"]), 1)


def test_a_proof_is_judged_once():
    with Exchange() as g:
        g.start_nginx(g.exchanging(directives="mcpass_dpop required;"))
        holder = Holder(g)
        token = g.token(cnf={"jkt": holder.thumbprint})
        answer = g.ask(token, scheme="DPoP", DPoP=holder.proof(token))
        expect_eq("let in", answer.status, 200, answer.text + g.errors())
        expect_eq("by the new one", g.bearers(), ["Bearer for-behind"])
        expect("and no proof", "dpop" not in {name.lower() for name in g.came()[0][2]}, g.came())


def test_another_place_gets_its_own():
    with Exchange(lambda form: (200, JSON, json.dumps(granted(access_token=form["audience"])))) as g:
        proxy = "error_page 404 = /other; proxy_intercept_errors on; proxy_pass http://behind;"
        g.behind.routes["/mcp"] = (404, JSON, "{}")
        g.behind.routes["/other"] = (200, JSON, "{}")
        g.start_nginx(g.exchanging("audience=one", proxy=proxy)
                      + g.exchanging("audience=two", "mcpass_audience " + RESOURCE + ";", path="/other",
                                     resource="https://mcp.example.com/other"))
        expect_eq("let in", g.ask(g.token()).status, 200, g.errors())
        expect_eq("each its own", g.bearers(), ["Bearer one", "Bearer two"])


def test_a_claim_of_an_opaque_token():
    with Gateway() as g:
        word = {"active": True, "aud": RESOURCE, "sub": "bob", "exp": 4000000000, "email": "b@x.example",
                "level": 3, "vip": True, "groups": ["a", "b"], "name": "B\u00f6b\r\nX-Admin: yes"}
        g.issuer.server.routes["/introspect"] = lambda request: (200, JSON, json.dumps(word))
        secret = g.write("secret", "s3cret")
        names = ("email", "level", "vip", "groups", "name", "nothing")
        g.start_nginx(g.guarded(
            f"mcpass_introspection id=us secret_file={secret} endpoint={g.issuer.url}/introspect;"
            + "".join(f"mcpass_header X-{name} {name};" for name in names)))
        for token in ("opaque", "with.two.dots"):
            expect_eq(token, g.ask(token, message(), X_Nothing="forged").status, 200, g.errors())
            got = {name.lower(): value for name, value in g.came()[-1][2].items()}
            expect_eq("its claims", [got.get("x-" + name) for name in names],
                      ["b@x.example", "3", "true", "a b", "=?base64?QsO2Yg0KWC1BZG1pbjogeWVz?=", None])


@rows([
    ("without a secret", "id=x audience=y", "mcpass_exchange needs id= and secret_file="),
    ("for whom?", "id=x secret_file={secret}", "for whom is the new token"),
    ("an issuer of no tokens", "id=x secret_file={secret} audience=y issuer=https://o.example",
     "is none of the issuers"),
    ("a word", "id=x secret_file={secret} audience=y target=z", 'knows no such word: "target=z"'),
    ("nothing", "audience=y", "needs id= and secret_file="),
    ("two tokens", "id=x secret_file={secret} audience=y; mcpass_pass_token on", "say mcpass_pass_token off"),
])
def test_configuration_of_it(label, more, part):
    with Exchange() as g:
        g.configure(g.guarded("mcpass_exchange " + more.format(secret=g.secret) + ";"))
        done = g.nginx("-t")
        expect(label, done.returncode != 0 and part in done.stderr, done.stderr)


def test_an_exchange_that_is_off():
    with Exchange() as g:
        g.start_nginx(f"mcpass_exchange id=x secret_file={g.secret} audience=y;"
                      + g.guarded("mcpass_exchange off;"))
        expect_eq("let in", g.ask(g.token()).status, 200, g.errors())
        expect_eq("without a token", g.bearers(), [None])
