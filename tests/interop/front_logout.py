"""What ends at an identity provider ends at the front door, when the provider says so.
spec: OpenID Connect Back-Channel Logout 1.0"""

import json

import idp
import lib
from lib import expect, expect_eq
from test_known import hashed, post

RESOURCE = "https://mcp.example.com/mcp"


class SignIn:
    """A person's client, and its tokens."""

    def __init__(self, front, user):
        self.front = front
        self.body = front.tokens(user, lib.PASSWORD, resource=RESOURCE)
        self.client = front.client

    def goes_on(self, label):
        self.is_active(label, True)
        status, self.body = self.front.person.refresh(self.client, self.body["refresh_token"])
        expect_eq(label, status, 200, self.body)

    def has_ended(self, label):
        self.is_active(label, False)
        status, body = self.front.person.refresh(self.client, self.body["refresh_token"])
        expect_eq(label, (status, body.get("error")), (400, "invalid_grant"), body)

    def is_active(self, label, wanted):
        status, said = post(self.front.issuer + "/introspect", {"token": self.body["access_token"]}, "echo")
        expect_eq(label, (status, said["active"]), (200, wanted), said)


def prepare(w, server, front):
    """The client there names our address, and our tokens say nothing to a reader.  Nothing is asked
    there at a refresh: what ends has been told."""
    client = server.admin("GET", f"/corp/clients?clientId={idp.CLIENT}")[0]
    client["attributes"] = {**client.get("attributes", {}),
                            "backchannel.logout.url": front.issuer + "/backchannel_logout/corp",
                            "backchannel.logout.session.required": "true"}
    server.admin("PUT", f"/corp/clients/{client['id']}", client)
    server.admin("POST", "/corp/users", {
        "username": "bob", "enabled": True, "email": "bob@corp.example", "emailVerified": True,
        "firstName": "Bob", "lastName": "Corp",
        "credentials": [{"type": "password", "value": lib.PASSWORD}]})
    clients = w.write("clients.json", json.dumps([{**hashed(w, "echo"), "introspects": [RESOURCE]}]))
    w.authserver.end()
    front.start({"issuer": f"{server.url}/realms/corp"}, "--opaque-tokens", "--clients", clients,
                recheck="1h")


def run(w, server, front, subject):
    prepare(w, server, front)
    ann = server.admin("GET", "/corp/users?exact=true&username=ann")[0]["id"]
    server.admin("POST", f"/corp/users/{ann}/logout")
    first = SignIn(front, "ann")
    session = server.admin("GET", f"/corp/users/{ann}/sessions")[0]["id"]
    second, bob = SignIn(front, "ann"), SignIn(front, "bob")
    with subject.step("a session that is ended there is ended here, and that one alone"):
        first.goes_on("before")
        server.admin("DELETE", f"/corp/sessions/{session}")
        first.has_ended("the session")
        second.goes_on("her other one")
        bob.goes_on("another person's")
    with subject.step("a person who is signed out there is signed out here, and no other"):
        server.admin("POST", f"/corp/users/{ann}/logout")
        second.has_ended("her other one")
        bob.goes_on("another person's")
    expect("told by the provider", w.authserver.read_log().count("POST /backchannel_logout/corp 200") >= 2,
           w.authserver.read_log())
