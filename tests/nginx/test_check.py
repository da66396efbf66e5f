"""Who is let in, and what reaches the server behind."""

import json

from gateway import RESOURCE, Gateway, expect, expect_eq, message
from lib import rows
from test_guard import Issuer, Key

PRM = "/.well-known/oauth-protected-resource"


def test_the_main_job():
    with Gateway() as g:
        g.start_nginx(g.guarded())
        answer = g.ask()
        expect_eq("no token", answer.status, 401, g.errors())
        challenge = answer.getheader("WWW-Authenticate")
        expect("where to go", f'resource_metadata="https://mcp.example.com{PRM}/mcp"' in challenge,
               challenge)
        expect_eq("for readers of bodies", json.loads(answer.text)["error"], "unauthorized")
        expect_eq("nothing came through", g.came(), [])
        answer = g.ask(g.token())
        expect_eq("a good token", answer.status, 200, g.errors())
        expect_eq("and its body", g.came()[0][3], message().encode())
        headers = {name.lower(): value for name, value in g.came()[0][2].items()}
        expect("but not the token", "authorization" not in headers, headers)
        expect_eq("keys were fetched once", g.issuer.fetches(), 1)
        expect_eq("again", g.ask(g.token()).status, 200)
        expect_eq("and are remembered", g.issuer.fetches(), 1)
        for path in (PRM + "/mcp", PRM):
            answer = g.ask(path=path, method="GET")
            expect_eq(path, answer.status, 200)
            expect_eq("the resource", json.loads(answer.text)["resource"], RESOURCE)
            expect_eq("for pages, too", answer.getheader("Access-Control-Allow-Origin"), "*")


@rows([
    ("another audience", {"aud": "https://other.example"}, 401, "invalid_token"),
    ("expired", {"exp": 1700000000}, 401, "invalid_token"),
    ("another issuer", {"iss": "https://other.example"}, 401, "invalid_token"),
    ("an unknown key", {"kid": "two"}, 401, "invalid_token"),
])
def test_refused(label, changes, status, error):
    with Gateway() as g:
        g.start_nginx(g.guarded())
        answer = g.ask(g.token(**changes))
        expect_eq(label, answer.status, status, g.errors())
        expect(label, error in answer.getheader("WWW-Authenticate"), answer.getheader("WWW-Authenticate"))
        expect_eq("nothing came through", g.came(), [])


RULES = ('mcpass_require tools/call drop scope=mcp:admin; mcpass_require tools/call scope=mcp:tools;'
         'mcpass_require prompts/* role=staff; mcpass_role_claim groups;'
         'mcpass_require * scope=mcp:read;')


@rows([
    ("basic", message(), {}, 200, None),
    ("a tool", message("tools/call", name="echo"), {}, 403, "mcp:tools"),
    ("a tool, and its scope", message("tools/call", name="echo"), {"scope": "mcp:tools"}, 200, None),
    ("the tool with a scope of its own", message("tools/call", name="drop"), {"scope": "mcp:tools"},
     403, "mcp:admin"),
    ("two at once", "[" + message("tools/call", name="echo") + "," + message("tools/call", name="drop")
     + "]", {}, 403, "mcp:tools mcp:admin"),
    ("no role", message("prompts/get", name="x"), {}, 403, None),
    ("a role", message("prompts/get", name="x"), {"groups": ["staff"]}, 200, None),
    ("not JSON", "{", {}, 400, None),
    ("a tool in large letters", '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"drop"}}',
     {}, 400, None),
    ("a name twice", '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', {}, 400, None),
])
def test_rules(label, body, changes, status, scope):
    with Gateway() as g:
        g.start_nginx(g.guarded(RULES))
        answer = g.ask(g.token(**changes), body)
        expect_eq(label, answer.status, status, answer.text + g.errors())
        challenge = answer.getheader("WWW-Authenticate") or ""
        expect(label, (f'scope="{scope}"' in challenge) if scope else "scope=" not in challenge, challenge)
        expect_eq("came through", len(g.came()), 1 if status == 200 else 0)


def test_several_issuers():
    """Each has its own keys, audience and claim of roles; what one says counts for its tokens alone."""
    with Gateway() as g:
        key = Key(g, "two")
        other = Issuer(g, key)
        g.start_nginx(g.guarded(
            f"mcpass_issuer {other.url} jwks={other.url}/jwks audience=gateway role_claim=realm.roles;"
            "mcpass_require prompts/* role=staff; mcpass_role_claim groups; mcpass_require * scope=mcp:read;"))
        prompt = message("prompts/get", name="x")
        for label, token, status in (
                ("the first", g.token(groups=["staff"]), 200),
                ("the other", key.token(other.url, "gateway", realm={"roles": ["staff"]}), 200),
                ("the other's role in the first's claim", key.token(other.url, "gateway", groups=["staff"]), 403),
                ("the first's role in the other's claim", g.token(realm={"roles": ["staff"]}), 403),
                ("the first, for the other's audience", g.token("gateway", groups=["staff"]), 401),
                ("the other, with the first's key", g.key.token(other.url, "gateway", groups=["staff"]), 401),
                ("the first, with the other's key", g.token(key=key, groups=["staff"]), 401)):
            expect_eq(label, g.ask(token, prompt).status, status, g.errors())
        expect_eq("two came through", len(g.came()), 2)


@rows([
    ("UTF-8", {"Content_Type": "application/json; charset=utf-8"}, 200),
    # In UTF-7, which the SDK of TypeScript reads when asked to, the text below has a second method.
    ("UTF-7", {"Content_Type": "application/json; charset=utf-7"}, 415),
    ("two types", {"Content_Type": "application/json", "Content-type": "application/json; charset=utf-7"}, 415),
    ("a coding", {"Content_Encoding": "gzip"}, 415),
])
def test_codings(label, headers, status):
    with Gateway() as g:
        g.start_nginx(g.guarded())
        answer = g.ask(g.token(), message("ping", a='+ACIAfQAsACI-method+ACI-:+ACI-tools/call+ACI-,'), **headers)
        expect_eq(label, answer.status, status, answer.text)
        if status != 200:
            expect_eq("which of its errors", json.loads(answer.text)["error"]["code"], -32600)
        expect_eq("came through", len(g.came()), 1 if status == 200 else 0)


@rows([
    ("the same", {"Mcp_Method": "tools/call", "Mcp_Name": "echo"}, 200),
    ("another tool", {"Mcp_Method": "tools/call", "Mcp_Name": "free"}, 400),
    ("another method", {"Mcp_Method": "ping"}, 400),
])
def test_mirrored_headers(label, headers, status):
    with Gateway() as g:
        g.start_nginx(g.guarded())
        answer = g.ask(g.token(), message("tools/call", name="echo"), **headers)
        expect_eq(label, answer.status, status, answer.text)
        if status != 200:
            expect_eq("which of its errors", json.loads(answer.text)["error"]["code"], -32020)
        expect_eq("came through", len(g.came()), 1 if status == 200 else 0)


def test_variables_and_headers():
    with Gateway() as g:
        g.start_nginx(g.guarded(
            "mcpass_header X-User sub; mcpass_header X-Team groups; mcpass_header X-Name name;"
            "mcpass_header X-Nothing nothing; proxy_set_header X-Client $mcpass_client;"
            "proxy_set_header X-Email $mcpass_claim_email; proxy_set_header Connection '';",
            proxy="proxy_pass http://behind; proxy_http_version 1.1;"))
        answer = g.ask(g.token(groups=["a", "b"], name="Bj\u00f6rn\r\nX-Admin: yes", email="a@b.example"),
                       X_User="root", X_Nothing="forged", X_Team="forged")
        expect_eq("let in", answer.status, 200, g.errors())
        got = {name.lower(): value for name, value in g.came()[0][2].items()}
        expect_eq("the subject, not the forged one", got.get("x-user"), "alice", got)
        expect_eq("a list", got.get("x-team"), "a b")
        expect("no header from a claim", "x-admin" not in got, got)
        expect("encoded", got.get("x-name", "").startswith("=?base64?"), got)
        expect("what is not there cannot be forged", "x-nothing" not in got, got)
        expect_eq("a variable", got.get("x-client"), "test")
        expect_eq("any claim", got.get("x-email"), "a@b.example")
        g.ask("nonsense")
        g.end_nginx()
        log = g.read("access.log").splitlines()
        expect("the subject is logged", log[0].startswith('200 "alice" "-"'), log)
        expect("and why not", log[1].startswith('401 "-" "') and '"-" /mcp' not in log[1], log)


def test_the_token_reaches_who_asked_for_it():
    with Gateway() as g:
        g.start_nginx(g.guarded("mcpass_pass_token on;"))
        token = g.token()
        expect_eq("let in", g.ask(token).status, 200)
        got = {name.lower(): value for name, value in g.came()[0][2].items()}
        expect_eq("asked for", got.get("authorization"), "Bearer " + token)


def test_origins():
    with Gateway() as g:
        g.start_nginx(g.guarded("mcpass_origins https://app.example;"))
        expect_eq("a foreign page", g.ask(g.token(), Origin="https://evil.example").status, 403)
        expect_eq("nothing came through", g.came(), [])
        answer = g.ask(method="OPTIONS", Origin="https://app.example",
                       Access_Control_Request_Method="POST")
        expect_eq("may it?", answer.status, 204, answer.text)
        expect_eq("it may", answer.getheader("Access-Control-Allow-Origin"), "https://app.example")
        answer = g.ask(g.token(), Origin="https://app.example")
        expect_eq("let in", answer.status, 200)
        expect_eq("and may read it", answer.getheader("Access-Control-Allow-Origin"), "https://app.example")
        answer = g.ask(Origin="https://app.example")
        expect_eq("a refusal", answer.status, 401)
        expect_eq("it may read that, too", answer.getheader("Access-Control-Allow-Origin"),
                  "https://app.example")
