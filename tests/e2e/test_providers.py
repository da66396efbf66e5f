"""Providers that do things their own way, over HTTP: the embedded issuer misbehaves like one,
and --provider switches the table's row on, for its issuer is on loopback."""

import json
import re
import urllib.request

import lib
from lib import World, expect, expect_eq

# fault, options without the row, its exit code; options with it, what --explain then says.
TABLE = [
    ("like-entra", [], 5, ["--provider", "entra"], "no resource parameter is sent"),
    ("like-auth0", [], 3, ["--provider", "auth0"], "audience=(the resource)"),
    ("like-google", [], 0, ["--provider", "google"], "access_type=offline"),
    ("like-okta", [], 4, ["--provider", "okta"], "initial access token"),
    ("like-cognito", [], 5, ["--provider", "cognito"], "does not mention PKCE"),
]


def register_by_hand(w):
    """As an operator does, where nobody registers himself."""
    body = {"redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"]}
    request = urllib.request.Request(w.issuer + "/register", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=lib.PATIENCE) as answer:
        return json.load(answer)["client_id"]


@lib.rows(TABLE)
def test_with_its_row_and_without(fault, before, code, after, said):
    with World() as w:
        # Entra's scope says whom a token is for; here the configuration does.  The server's
        # URL is known only after its issuer's, so the port is chosen first.
        port = w.port()
        w.start_authserver("--fault", fault, "--default-resource", f"http://127.0.0.1:{port}/mcp")
        w.serve = w.start("serve", "--json", "--port", str(port), "--issuer", w.issuer)
        w.url = w.serve.ready["url"]
        client = (["--initial-access-token-file", w.write("initial", "an initial one\n"),
                   "--client-issuer", w.issuer]
                  if fault == "like-okta" else [] if fault == "like-auth0"
                  else ["--client-id", register_by_hand(w)])
        given = [] if fault == "like-okta" else client
        without = w.call("echo", "message=x", "--login-timeout", "30s", *given, *before)
        expect_eq("without the row", without.returncode, code, without.stderr)
        w.run("logout", w.url)
        done = w.call("echo", "message=hello", "--explain", *client, *after)
        expect_eq("with it", done.returncode, 0, done.stderr)
        expect("the answer", "hello" in done.stdout, done.stdout)
        expect("what was done differently is said", said in done.stderr and "Because the issuer is"
               in done.stderr, done.stderr)


@lib.rows([("like-google", "google", "--client-id ID --client-secret-file FILE --client-issuer", "Desktop app"),
           ("like-entra", "entra", "--client-id ID --callback-host localhost", "api://"),
           ("like-okta", "okta", "--initial-access-token-file FILE", "Native app")])
def test_who_cannot_register_is_told_what_to_run(fault, provider, command, remedy):
    with World() as w:
        w.start_both("--fault", fault)
        done = w.call("echo", "message=x", "--provider", provider)
        expect_eq("exit code", done.returncode, 4, done.stderr)
        expect("the next command", command in done.stderr and w.url in done.stderr, done.stderr)
        expect("what it takes there", remedy in done.stderr, done.stderr)
        told = [line for line in done.stderr.splitlines() if line.startswith("mcpass: ")]
        expect_eq("in one line", len(told), 1, done.stderr)


# fault, what --explain says of the cure, how often is registered, and logged in.
CURES = [
    ("keycloak-unknown-field", "with fewer members", 2),
    ("register-bare", "with nothing that RFC 7591 does not ask for", 3),
    ("keycloak-some-scopes", "for the scopes that are needed now only", 2),
    ("keycloak-no-scopes", "without a word about scopes", 3),
    ("keycloak-offline", "without offline_access", 1),
    ("keycloak-offline-scope", "without offline_access", 1),
]


@lib.rows(CURES)
def test_a_known_cure_is_tried_once_and_said(fault, said, registrations):
    with World() as w:
        w.start_authserver("--fault", fault)
        w.start_serve("--challenge-needed")
        done = w.call("echo", "message=hello", "--explain")
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect("the cure is said", said in done.stderr, done.stderr)
        log = w.authserver.read_log()
        expect_eq("registrations", log.count("POST /register"), registrations, log)


REMEDIES = [
    ("keycloak-trusted-hosts", 4, "'Trusted Hosts' (anonymous access) in Clients"),
    ("keycloak-max-clients", 4, "'Max Clients Limit' (anonymous access) in Clients"),
    ("keycloak-origin", 4, "Registration Web Origins"),
    ("keycloak-no-client-at-all", 4, "'Allowed Client Scopes' (anonymous access) in Clients"),
    ("keycloak-ceiling", 4, "Client scopes: add them as optional scopes"),
    ("keycloak-invalid-target", 4, "attribute resource_url = the resource"),
    ("keycloak-client-not-found", 4, "if the browser showed an error, that is the reason"),
]


@lib.rows(REMEDIES)
def test_a_refusal_names_the_setting(fault, code, remedy):
    with World() as w:
        w.start_both("--fault", fault)
        patience = "2s" if fault == "keycloak-client-not-found" else "30s"
        done = w.call("echo", "message=x", "--login-timeout", patience)
        expect_eq("exit code", done.returncode, code, done.stderr)
        told = [line for line in done.stderr.splitlines() if line.startswith("mcpass: ")]
        expect("one line, with the remedy", len(told) == 1 and remedy in told[0], done.stderr)


def test_another_port_makes_no_other_client():
    with World() as w:
        w.start_both()
        port = str(w.port())
        expect_eq("a login", w.run("login", w.url).returncode, 0)
        again = w.run("login", w.url, "--again", "--callback-port", port, "--explain")
        expect_eq("from another port", again.returncode, 0, again.stderr)
        expect("is said", "The registration now allows more" in again.stderr, again.stderr)
        log = w.authserver.read_log()
        expect_eq("one registration", log.count("POST /register"), 1, log)
        expect_eq("that was changed", len(re.findall(r"PUT /register/", log)), 1, log)


def test_the_table_is_shown():
    with World() as w:
        done = w.run("providers")
        expect_eq("exit", done.returncode, 0, done.stderr)
        table = json.loads(w.run("providers", "--json").stdout)
        expect("every row", all(row["name"] in done.stdout for row in table), done.stdout)
        one = w.run("providers", "https://login.microsoftonline.com/t/v2.0", "--json")
        expect_eq("by issuer", [row["name"] for row in json.loads(one.stdout)], ["entra"])
        for word in ("https://as.example", "entr"):
            none = w.run("providers", word)
            expect_eq(word, none.returncode, 1, none.stderr)
        wrong = w.run("login", "https://mcp.example.com/mcp", "--provider", "entr")
        expect("the nearest is named", wrong.returncode == 1 and "entra" in wrong.stderr, wrong.stderr)


def test_none_switches_the_table_off():
    with World() as w:
        w.start_authserver("--fault", "like-entra")
        w.start_serve()
        done = w.call("echo", "message=x", "--provider", "none", "--client-id", "x", "--explain")
        expect_eq("exit code", done.returncode, 5, done.stderr)
        expect("nothing is different", "Because the issuer" not in done.stderr, done.stderr)
