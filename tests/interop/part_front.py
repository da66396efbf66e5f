"""The front door before real identity providers that register no clients."""

import json
import os
import subprocess
import time
import urllib.parse

import browser
import dex_server
import front_apis
import front_logout
import glewlwyd_server
import idp
import install
import lib
from keycloak_server import Keycloak
from lib import HTML, World, expect, expect_eq, hostile
from test_consent import CHALLENGE
from test_front import VERIFIER, Person

ORDER = 25
TITLE = "Identity providers behind the front door"
ALLOW = {"MCPASS_E2E_ANSWER": "allow corp"}


class Front:
    """A front door on a port that is known before, for the provider has to know its callback."""

    def __init__(self, world):
        self.world, self.port = world, world.port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.callback = self.issuer + "/authorize/callback/corp"

    def start(self, entry, *args, secret=idp.SECRET, recheck="1s"):
        self.world.write("secret", secret)
        entry = {"name": "corp", "client_id": idp.CLIENT, "client_secret_file": "secret", **entry}
        if "private_key_file" in entry:
            del entry["client_secret_file"]
        path = self.world.write("upstreams.json", json.dumps([entry]))
        self.world.authserver = self.world.start("authserver", "--json", "--port", str(self.port),
                                                 "--upstream", path, "--upstream-recheck", recheck, *args)
        self.world.issuer = self.issuer
        self.person = Person(self.issuer)

    def walk(self, user, password, **more):
        """A whole login with pages; what the client is told."""
        catcher = hostile(self.world, {"/callback": (200, HTML, "done")})
        redirect = catcher.url + "/callback"
        self.client = self.person.register(redirect)
        query = {"response_type": "code", "client_id": self.client, "redirect_uri": redirect,
                 "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "s", **more}
        pages = list(browser.walk(f"{self.issuer}/authorize?{urllib.parse.urlencode(query)}", user,
                                  password, "allow corp"))
        expect("it ended at the client", catcher.requests, pages)
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(catcher.requests[-1][1]).query))
        expect_eq("from the front door", back["iss"], self.issuer)
        return back

    def tokens(self, user, password, **more):
        """A whole login, and its tokens."""
        back = self.walk(user, password, **more)
        expect("a code", "code" in back, back)
        status, body = self.person.post(grant_type="authorization_code", client_id=self.client,
                                        code=back["code"], code_verifier=VERIFIER)
        expect_eq("a token", status, 200, body)
        return body

    def until(self, token, wanted):
        """Refreshes until the answer is the wanted one: the provider is asked once a second."""
        end = time.monotonic() + lib.PATIENCE
        while True:
            status, body = self.person.refresh(self.client, token)
            if wanted(status, body):
                return body
            expect("in time", time.monotonic() < end, body)
            token = body.get("refresh_token", token)


def first_calls(world, subject):
    with subject.step("a call of the program, from 401 to the tool's answer"):
        done = world.call("echo", "message=hi", "--explain", env=ALLOW)
        expect_eq("exit", done.returncode, 0, done.stderr + world.authserver.read_log())
        expect("the answer", "hi" in done.stdout, done.stdout)
        expect("it registered here", "Registered as a client" in done.stderr, done.stderr)
    with subject.step("a second call needs no login"):
        done = world.call("echo", "message=again", env={"BROWSER": "false"})
        expect_eq("exit", done.returncode, 0, done.stderr)


def oidc_provider(report):
    with World() as w:
        home = install.npm("oidc_provider")
        subject = report.subject("oidc-provider", install.npm_version(home, "oidc-provider"),
                                 "identity provider, registration off")
        front = Front(w)
        client = {"client_id": idp.CLIENT, "client_secret": idp.SECRET, "application_type": "native",
                  "redirect_uris": [front.callback], "response_types": ["code"],
                  "grant_types": ["authorization_code", "refresh_token"]}
        server = w.spawn(*install.node_script(w, "oidc_provider", "server.mjs"), json.dumps(
            {"lifetime": 3600, "registrableScopes": True, "requirePar": False, "requireNonce": False,
             "clients": [client]}))
        front.start({"issuer": server.ready["issuer"], "scope": "openid offline_access"})
        w.start_serve()
        first_calls(w, subject)
        with subject.step("its refresh token rotates, and the new one is used"):
            body = front.tokens("ann", "any", scope="mcp:read")
            for wanted in range(1, 3):
                body = front.until(body["refresh_token"], lambda status, _: status != 200 or
                                   server.read_log().count("refresh_token.consumed") >= wanted)
                expect("refreshed", "access_token" in body, body)


def confidential(front, **more):
    return {"clientId": idp.CLIENT, "publicClient": False, "standardFlowEnabled": True,
            "secret": idp.SECRET, "redirectUris": [front.callback], "protocolMappers": [
                {"name": "groups", "protocol": "openid-connect",
                 "protocolMapper": "oidc-group-membership-mapper",
                 "config": {"claim.name": "groups", "full.path": "false", "id.token.claim": "true"}}],
            **more}


def make_realm(keycloak, front, **more):
    """A realm with two groups, one person in both, and one client, which did not register itself."""
    keycloak.admin("POST", "", {
        "realm": "corp", "enabled": True, "groups": [{"name": "staff"}, {"name": "dev"}],
        "clients": [confidential(front, **more)],
        "users": [{"username": "ann", "enabled": True, "email": "ann@corp.example",
                   "emailVerified": True, "firstName": "Ann", "lastName": "Corp",
                   "groups": ["staff", "dev"],
                   "credentials": [{"type": "password", "value": lib.PASSWORD}]}]})


def find(keycloak):
    return keycloak.admin("GET", "/corp/users?exact=true&username=ann")[0]["id"]


RULES = [{"claim": "groups", "value": "staff", "scopes": ["mcp:read"]},
         {"claim": "groups", "value": "dev", "scopes": ["mcp:tools"], "roles": ["developer"]}]


def keycloak(report):
    with World() as w:
        front = Front(w)
        server = Keycloak(w)
        subject = report.subject("Keycloak", "26.7.3", "identity provider, a client of the operator")
        make_realm(server, front)
        front.start({"issuer": f"{server.url}/realms/corp", "rules": RULES,
                     "allow": {"email_domains": ["corp.example"]}})
        w.start_serve()
        w.env["MCPASS_E2E_USER"] = "ann"
        first_calls(w, subject)
        with subject.step("a group that is lost there is a scope that is lost here"):
            body = front.tokens("ann", lib.PASSWORD, scope="mcp:read mcp:tools")
            expect_eq("both", body["scope"], "mcp:read mcp:tools")
            group = next(g for g in server.admin("GET", "/corp/groups") if g["name"] == "dev")
            server.admin("DELETE", f"/corp/users/{find(server)}/groups/{group['id']}")
            body = front.until(body["refresh_token"],
                               lambda status, now: status == 200 and now["scope"] == "mcp:read")
        with subject.step("a person who is disabled there is invalid_grant here"):
            server.admin("PUT", f"/corp/users/{find(server)}", {"enabled": False})
            body = front.until(body["refresh_token"], lambda status, _: status != 200)
            expect_eq("why", body["error"], "invalid_grant")
            server.admin("PUT", f"/corp/users/{find(server)}", {"enabled": True})
        front_logout.run(w, server, front, subject)
        front_apis.run(w, server, front, subject)
        with subject.step("private_key_jwt in place of a secret"):
            with_a_key(w, server, front)


def with_a_key(w, server, front):
    key = w.path("key.pem")
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                    "-out", key], check=True, capture_output=True, timeout=lib.PATIENCE)
    os.chmod(key, 0o600)
    said = subprocess.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], check=True, text=True,
                          capture_output=True, timeout=lib.PATIENCE).stdout
    modulus = bytes.fromhex(said.strip().split("=")[1])
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "e": "AQAB",
           "n": idp.text64(modulus)}
    client = server.admin("GET", f"/corp/clients?clientId={idp.CLIENT}")[0]
    client["clientAuthenticatorType"] = "client-jwt"
    client["attributes"] = {**client.get("attributes", {}), "use.jwks.string": "true",
                            "jwks.string": json.dumps({"keys": [jwk]})}
    server.admin("PUT", f"/corp/clients/{client['id']}", client)
    w.authserver.end()
    front.start({"issuer": f"{server.url}/realms/corp", "private_key_file": "key.pem"})
    body = front.tokens("ann", lib.PASSWORD, scope="mcp:read")
    expect_eq("a token", body["scope"], "mcp:read")


def glewlwyd(report):
    """Its pages are scripts, so its person uses what they use."""
    home = glewlwyd_server.unpack()
    subject = report.subject("glewlwyd", glewlwyd_server.version(home),
                             "identity provider, a client of the operator")
    with World() as w:
        front = Front(w)
        server = glewlwyd_server.Glewlwyd(w, "https://unused.example/", 3600)
        server.manage("/client/", {
            "client_id": idp.CLIENT, "name": "front", "confidential": True, "password": "plain",
            "client_secret": "plain", "redirect_uri": [front.callback], "enabled": True,
            "authorization_type": ["code", "refresh_token"], "scope": [],
            "token_endpoint_auth_method": ["client_secret_basic"]})
        # It takes what Basic has as it is, and does not decode it (RFC 6749 2.3.1).
        front.start({"issuer": server.issuer, "scope": "openid"}, secret="plain")
        with subject.step("a sign-in there, and a token of the front door"):
            client = front.person.register()
            url = front.person.allow(front.person.begin(client), "corp")
            status, location, page = front.person.come_back(sign_in(server, url))
            expect("a code", status == 303 and "code=" in location, page + w.authserver.read_log())
            code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"]
            status, body = front.person.post(grant_type="authorization_code", client_id=client,
                                             code=code, code_verifier=VERIFIER)
            expect_eq("a token", status, 200, body)
        with subject.step("a refresh asks there, where refresh tokens are used once"):
            front.client = client
            for _ in range(2):
                asked = server.read_log().count("efresh")
                body = front.until(body["refresh_token"], lambda status, _: status != 200
                                   or server.read_log().count("efresh") > asked)
                expect("refreshed", "access_token" in body, body)


def sign_in(server, url):
    """Alice, whose browser is sent to url; where it is sent back to."""
    session = glewlwyd_server.Session(f"http://localhost:{server.port}")
    _, login = session.ask("GET", url)
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(login).query))
    session.ask("POST", "/api/auth/", {"username": "alice", "password": lib.PASSWORD})
    session.ask("PUT", f"/api/auth/grant/{asked['client_id']}/", {"scope": asked["scope"]})
    return session.ask("GET", asked["callback_url"] + "&g_continue")[1]


def dex(report):
    """It refuses a refresh token that it does not know as an invalid_request."""
    subject = report.subject("Dex", dex_server.VERSION, "identity provider, a client of the operator")
    with World() as w:
        front = Front(w)
        server = dex_server.Dex(w, front.callback, dex_server.person("ann@corp.example", "staff", "dev"),
                                dex_server.person("eve@elsewhere.example", "staff"))
        entry = {"issuer": server.issuer, "scope": "openid email groups offline_access", "rules": RULES,
                 "allow": {"email_domains": ["corp.example"]}, "authorize_params": {"connector_id": "local"}}
        audit = w.path("audit.log")
        front.start(entry, "--audit", audit)
        w.start_serve()
        w.env["MCPASS_E2E_USER"] = "ann@corp.example"
        first_calls(w, subject)
        with subject.step("a person of another mail domain signs in there, and not here"):
            expect_eq("why", front.walk("eve@elsewhere.example", lib.PASSWORD).get("error"), "access_denied")
        with subject.step("its groups are scopes"):
            body = front.tokens("ann@corp.example", lib.PASSWORD, scope="mcp:read mcp:tools")
            expect_eq("both", body["scope"], "mcp:read mcp:tools")
        with subject.step("its refresh token is good once, and the new one is used"):
            for _ in range(2):
                asked = rechecks(audit)
                body = front.until(body["refresh_token"], lambda status, _: status != 200
                                   or rechecks(audit) > asked)
                expect_eq("refreshed", body.get("scope"), "mcp:read mcp:tools", body)
        with subject.step("a sign-in that it has forgotten is invalid_grant here"):
            server.end()
            server.start()
            gone = front.until(body["refresh_token"], lambda status, _: status != 200)
            expect_eq("why", gone["error"], "invalid_grant")
        with subject.step("people of a connector, with their groups, from userinfo"):
            w.authserver.end()
            front.start({**entry, "userinfo": True, "authorize_params": {"connector_id": "mock"},
                         "allow": {"groups": ["authors"]},
                         "rules": [{"claim": "groups", "value": "authors", "scopes": ["mcp:prompts"]}]})
            body = front.tokens("any", "any", scope="mcp:read mcp:prompts")
            expect_eq("what authors have", body["scope"], "mcp:prompts")


def rechecks(audit):
    """How often the provider was asked about a person."""
    with open(audit) as file:
        return file.read().count('"rechecked"')


def run(report):
    for scene in (oidc_provider, glewlwyd, keycloak, dex):
        scene(report)
