"""A server behind the front door calls an API of Keycloak's, as the person who called it.
spec: RFC 8693"""

import base64
import json

import idp
import lib
from lib import expect, expect_eq
from test_front import exchange, known_server

RESOURCE = "https://files.example/mcp"
APIS = [{"audience": "mail", "clients": ["files"], "scopes": ["openid", "email", "profile"]},
        {"audience": "files-api", "clients": ["files"], "by": "token_exchange", "needs": ["mcp:read"]},
        {"audience": "nowhere", "clients": ["files"], "by": "token_exchange"}]


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def prepare(w, server, front):
    """Our client there may exchange, for the API, which is a client of its own."""
    server.admin("POST", "/corp/clients", {"clientId": "files-api", "publicClient": False,
                                           "standardFlowEnabled": False})
    client = server.admin("GET", f"/corp/clients?clientId={idp.CLIENT}")[0]
    client["attributes"] = {**client.get("attributes", {}), "standard.token.exchange.enabled": "true"}
    server.admin("PUT", f"/corp/clients/{client['id']}", client)
    server.admin("POST", f"/corp/clients/{client['id']}/protocol-mappers/models", {
        "name": "files-api", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
        "config": {"included.client.audience": "files-api", "access.token.claim": "true"}})
    clients = w.write("servers.json", json.dumps([known_server(w, "files"), known_server(w, "other")]))
    w.authserver.end()
    front.start({"issuer": f"{server.url}/realms/corp", "apis": APIS}, "--clients", clients)


def run(w, server, front, subject):
    prepare(w, server, front)
    body = front.tokens("ann", lib.PASSWORD, scope="mcp:read", resource=RESOURCE)
    token = body["access_token"]
    with subject.step("a server behind gets a token of Keycloak's by the sign-in's refresh token"):
        status, mine = exchange(front.person, "files", token, "mail", scope="openid email")
        expect_eq("handed out", status, 200, str(mine) + w.authserver.read_log())
        expect_eq("Keycloak's, about her", claims(mine["access_token"])["email"], "ann@corp.example")
        expect("and no more", "refresh_token" not in mine and "id_token" not in mine, mine)
    with subject.step("one that is for another audience by Keycloak's own token exchange"):
        status, mine = exchange(front.person, "files", token, "files-api")
        expect_eq("handed out", status, 200, str(mine) + w.authserver.read_log())
        audience = claims(mine["access_token"])["aud"]
        expect("for the API alone", audience in ("files-api", ["files-api"]), audience)
    with subject.step("what Keycloak or the configuration does not allow is refused, and ends nothing"):
        for name, audience in (("other", "files-api"), ("files", "nowhere")):
            status, refused = exchange(front.person, name, token, audience)
            expect_eq(f"{name} for {audience}", (status, refused.get("error")), (400, "invalid_target"),
                      refused)
        status, body = front.person.refresh(front.client, body["refresh_token"])
        expect_eq("the client goes on", status, 200, body)
    with subject.step("a person who is disabled there gets a server nothing"):
        server.admin("PUT", f"/corp/users/{find(server)}", {"enabled": False})
        status, refused = exchange(front.person, "files", body["access_token"], "mail")
        expect_eq("over", (status, refused.get("error")), (400, "invalid_grant"), refused)
        server.admin("PUT", f"/corp/users/{find(server)}", {"enabled": True})


def find(server):
    return server.admin("GET", "/corp/users?exact=true&username=ann")[0]["id"]
