"""Round one: Keycloak as it comes out of the box, and a realm as examples/keycloak makes it."""

import json
import time
import urllib.error
import urllib.request

import lib
from keycloak_bed import COOLDOWN, SKEW
from keycloak_person import claims, ok, refused, wait_until
from keycloak_server import DIRECT
from lib import expect, expect_eq

RENEWED = "The authorization server gave a new access token"
REGISTERED = "Registered as a client"


def prepare(bed, subject):
    with subject.step("the realm is prepared; a second run changes nothing"):
        first = bed.prepare()
        expect("the audience is set", "scope mcp:tools, audience: the MCP server: " in first, first)
        expect("no password is told that was given",
               all(p not in first for p in bed.passwords.values()), first)
        second = bed.script()
        expect("nothing is left to do", "Nothing had to be changed." in second, second)


def first_call(bed, subject):
    with subject.step("discovery, registration, login, consent, a tool's answer"):
        before = bed.realm.registered()
        done = ok(bed.go("mcp-admin", "call", "echo", "message=hi", "--explain", pictures="first"),
                  "hi", ["login", "consent", "end"])
        for words in ("/.well-known/oauth-authorization-server/realms/mcp-realm", REGISTERED,
                      "the right issuer"):
            expect(f"it says {words!r}", words in done.err, done.said)
        expect("in plain words", "Run tools on the MCP server in your name" in done.pages["consent"],
               done.said)
        expect_eq("one client more", len(bed.realm.registered() - before), 1)
        bed.keys_fetched = time.time()
    with subject.step("the token is for this server, and carries what was granted"):
        header, body = claims(bed.token("mcp-admin"))
        expect_eq("iss", body["iss"], bed.realm.issuer)
        expect("aud", bed.url in body["aud"], str(body))
        expect_eq("azp", body["azp"], bed.kept("mcp-admin")["client"]["client_id"])
        expect_eq("scope", set(body["scope"].split()), {"mcp:tools", "offline_access"})
        expect_eq("alg", header["alg"], "RS256")
    with subject.step("a second call needs no login"):
        ok(bed.go("mcp-admin", "call", "echo", "message=again"), "again", [])
    with subject.step("the tool knows who is calling"):
        expect("the user's name", "mcp-admin" in ok(bed.go("mcp-admin", "call", "whoami")).out)


def step_up(bed, subject):
    with subject.step("step-up within the registered scope: a prompt"):
        done = ok(bed.go("mcp-admin", "prompts", "greeting", "name=Ada", "--explain",
                         pictures="step-up"))
        expect("the prompt", "greet Ada" in done.out, done.said)
        expect("consent for the new scope",
               "Use the prompts of the MCP server" in done.pages["consent"], done.said)
        expect("the same client", REGISTERED not in done.err, done.said)
        expect("a request of MCP by its name", "greet Bob" in ok(bed.go(
            "mcp-admin", "request", "prompts/get",
            '{"name": "greeting", "arguments": {"name": "Bob"}}'), pages=[]).out)


def narrow_front(bed):
    """The same server, but it publishes fewer scopes, so that clients register for less."""
    site = lib.hostile(bed, {})
    port = bed.port()
    url = site.url + "/mcp"
    bed.serve_for(bed.realm.issuer, "--resource", url, "--audience", bed.url, "--port", str(port))

    def forward(request):
        headers = {k: v for k, v in request.headers.items()
                   if k.lower() not in ("host", "content-length", "connection")}
        inner = urllib.request.Request(f"http://127.0.0.1:{port}/mcp", request.body, headers)
        try:
            answer = DIRECT.open(inner, timeout=lib.PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            kept = {name: answer.headers[name] for name in ("Content-Type", "WWW-Authenticate")
                    if name in answer.headers}
            return answer.status, kept, answer.read()

    site.routes["/mcp"] = forward
    site.routes["/.well-known/oauth-protected-resource/mcp"] = (200, lib.JSON, json.dumps({
        "resource": url, "authorization_servers": [bed.realm.issuer],
        "scopes_supported": ["mcp:read", "mcp:tools"]}))
    return url


def widen(bed, subject):
    with subject.step("step-up beyond the registered scope: the registration is widened (RFC 7592)"):
        url = narrow_front(bed)
        ok(bed.go("mcp-admin", "call", "echo", "message=hi", url=url), "hi")
        client = bed.kept("mcp-admin", url)["client"]
        expect("registered for less", "mcp:prompts" not in client["scope"], client["scope"])
        done = ok(bed.go("mcp-admin", "prompts", "greeting", "name=Ada", "--explain", url=url))
        expect("widened", "The registration now allows more" in done.err, done.said)
        after = bed.kept("mcp-admin", url)["client"]
        expect_eq("the same client", after["client_id"], client["client_id"])
        granted = bed.realm.admin("GET", f"/clients/{bed.realm.client(client['client_id'])['id']}"
                                  "/optional-client-scopes")
        expect("Keycloak says so, too", "mcp:prompts" in [s["name"] for s in granted], str(granted))


def users(bed, subject):
    bed.fresh()
    with subject.step("mcp-user: no role for prompts, said at once and not asked twice"):
        prompt = ("request", "prompts/get", '{"name": "help"}')
        why = ("did not grant mcp:prompts", "this user may not have it", bed.realm.issuer)
        done = refused(bed.go("mcp-user", *prompt), 4, *why)
        expect_eq("the person was asked", list(done.pages), ["login", "consent", "end"], done.said)
        expect_eq("but once", refused(bed.go("mcp-user", *prompt), 4, *why).pages, {})
    with subject.step("mcp-user: tools, all the same"):
        expect("whoami", "mcp-user" in ok(bed.go("mcp-user", "call", "whoami")).out)
        ok(bed.go("mcp-user", "call", "echo", "message=hi"), "hi", [])
        refused(bed.go("mcp-user", "prompts", "help"), 4, "did not grant mcp:prompts")
    with subject.step("mcp-readonly: the list, and no tool"):
        bed.fresh()
        expect("the list", "echo" in ok(bed.go("mcp-readonly", "tools")).out)
        done = refused(bed.go("mcp-readonly", "call", "echo", "message=x"), 4,
                       "did not grant mcp:tools", "this user may not have it")
        expect_eq("and no answer", done.out, "")
        expect_eq("the list is still there", bed.post(bed.token("mcp-readonly"))[0], 200)
    with subject.step("who says no at the consent page"):
        bed.fresh()
        done = refused(bed.go("mcp-user", "call", "whoami", profile="no", answer="cancel"), 4,
                       "access_denied")
        expect("the page says so, too", "Access was not granted" in done.pages["end"], done.said)


def refresh(bed, subject):
    with subject.step("refresh: a token that ran out is renewed, no login is needed"):
        with bed.short_lives():
            ok(bed.go("mcp-user", "login", "--again"))
            old = bed.kept("mcp-user")
            done = ok(bed.go("mcp-user", "call", "echo", "message=hi", "--explain"), "hi", [])
        expect("refreshed", RENEWED in done.err, done.said)
        new = bed.kept("mcp-user")
        expect("rotated", new["refresh_token"] != old["refresh_token"])
    with subject.step("a refresh token used twice ends the session; the next call signs in anew"):
        status, answer = bed.refresh_by_hand(old)
        expect_eq("reuse", (status, answer["error"]), (400, "invalid_grant"), str(answer))
        expect_eq("so the newer one is dead", bed.refresh_by_hand(new)[0], 400)
        bed.expire("mcp-user")
        done = ok(bed.go("mcp-user", "call", "echo", "message=hi", "--explain"), "hi")
        expect("it was tried", "no longer accepts the refresh token" in done.err, done.said)
        expect("and a person asked", "end" in done.pages, done.said)


def another_port(bed, subject):
    with subject.step("a second login from another port: the same client"):
        before = bed.kept("mcp-user")["client"]
        with bed.occupied(before["redirect_uri"]):
            done = ok(bed.go("mcp-user", "login", "--again", "--explain"))
        expect("the same client", REGISTERED not in done.err and before["client_id"] in done.err,
               done.said)
        expect("another redirect URI", before["redirect_uri"] not in done.err, done.said)
        expect("which it has learned", "The registration now allows more" in done.err, done.said)


def deleted(bed, subject):
    with subject.step("the client deleted behind our back: a login registers another, once"):
        before = bed.kept("mcp-user")["client"]["client_id"]
        bed.realm.delete_client(before)
        done = ok(bed.go("mcp-user", "login", "--again", "--explain"))
        expect_eq("registered once", done.err.count(REGISTERED), 1, done.said)
        expect("another client", bed.kept("mcp-user")["client"]["client_id"] != before)
    with subject.step("deleted while the token is good, and then it runs out"):
        bed.realm.delete_client(bed.kept("mcp-user")["client"]["client_id"])
        bed.expire("mcp-user")
        done = ok(bed.go("mcp-user", "call", "echo", "message=hi", "--explain"), "hi")
        expect_eq("registered once", done.err.count(REGISTERED), 1, done.said)


def tokens(bed, subject):
    with subject.step("a token for another audience is refused, and the reason told"):
        other = bed.serve_for(bed.realm.issuer)
        status, challenge = bed.post(bed.token("mcp-user"), other)
        expect_eq("by the server", status, 401)
        expect("with its reason", "invalid_token" in challenge and "aud" in challenge, challenge)
        refused(bed.go("mcp-user", "call", "whoami", url=other), 3, "a moment ago", "aud")
    with subject.step("a realm key rotated while all runs: old and new tokens are good"):
        old = bed.token("mcp-readonly")
        # The guard asks for keys that it does not know once in a while only.
        wait_until(bed.keys_fetched + COOLDOWN)
        bed.realm.rotate_keys()
        done = ok(bed.go("mcp-readonly", "login", "--again"))
        new = bed.token("mcp-readonly")
        expect("another key", claims(old)[0]["kid"] != claims(new)[0]["kid"])
        ok(bed.go("mcp-readonly", "tools"), pages=[])
        expect_eq("the old one, too", bed.post(old)[0], 200)
        expect_eq("and the new", bed.post(new)[0], 200, done.said)


def dpop(bed, subject):
    with subject.step("DPoP: a token bound to our key"):
        ok(bed.go("mcp-user", "login", "--dpop", profile="bound"))
        token = bed.token("mcp-user", profile="bound")
        expect("it names the key", "jkt" in claims(token)[1].get("cnf", {}), str(claims(token)))
        ok(bed.go("mcp-user", "call", "echo", "message=bound", profile="bound"), "bound")
        expect_eq("without the key it is worth nothing", bed.post(token)[0], 401)
    with subject.step("DPoP: refreshed with the same key"):
        bed.expire("bound")
        done = ok(bed.go("mcp-user", "call", "echo", "message=again", "--explain", profile="bound"),
                  "again", [])
        expect("refreshed", RENEWED in done.err, done.said)


def short_token(bed, subject):
    """A token that lives for a moment; whoever checks it late finds it expired."""
    with subject.step("a token is let run out"):
        with bed.realm.having(accessTokenLifespan=10):
            ok(bed.go("mcp-admin", "login", "--again"))
        bed.short = bed.kept("mcp-admin")["access_token"]
        expect_eq("good while it lasts", bed.post(bed.short)[0], 200)
        bed.short_end = claims(bed.short)[1]["exp"]


def expired(bed, subject):
    with subject.step("an expired token is refused, and the reason told"):
        wait_until(bed.short_end + SKEW)
        status, challenge = bed.post(bed.short)
        expect_eq("by the server", status, 401)
        expect("with its reason", "expired" in challenge, challenge)


def logout(bed, subject):
    with subject.step("logout: revoked and deregistered, and Keycloak has forgotten it"):
        ok(bed.go("mcp-user", "call", "echo", "message=hi"), "hi")
        credential = bed.kept("mcp-user")
        client_id = credential["client"]["client_id"]
        inside = bed.realm.client(client_id)["id"]
        done = ok(bed.go("mcp-user", "logout"))
        expect("revoked", "revoke the tokens: 200" in done.err, done.said)
        expect("deregistered", "registered client: 204" in done.err, done.said)
        expect("the client is gone", bed.realm.client(client_id) is None)
        expect("no session of it is left", all(inside not in s["clients"]
                                               for s in bed.realm.sessions("mcp-user")))
        expect("the refresh token is dead", bed.refresh_by_hand(credential)[0] in (400, 401))
        expect("nothing is kept", bed.url not in bed.go("mcp-user", "status").out)


def restart(bed, subject, *options):
    with subject.step("Keycloak is down: an error that says so, and nothing is dropped"):
        bed.expire("mcp-admin")
        before = bed.kept("mcp-admin")
        bed.keycloak.stop()
        refused(bed.go("mcp-admin", "call", "echo", "message=x"), 2, "refreshing the access token")
        expect_eq("the credential", bed.kept("mcp-admin"), before)
    with subject.step("Keycloak is up again: the data is kept, no login is needed"):
        bed.keycloak.start(*options)
        done = ok(bed.go("mcp-admin", "call", "echo", "message=back", "--explain"), "back", [])
        expect("refreshed", RENEWED in done.err, done.said)
