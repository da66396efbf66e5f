"""What every Keycloak step stands on: the server, its realm, our echo server, people."""

import base64
import contextlib
import json
import os
import secrets
import socket
import sqlite3
import urllib.error
import urllib.parse
import urllib.request

import lib
from keycloak_person import Desk
from keycloak_server import DIRECT, Keycloak, Realm
from lib import World, expect_eq

USERS = {"mcp-admin": "MCP_ADMIN_PASSWORD", "mcp-user": "MCP_USER_PASSWORD",
         "mcp-readonly": "MCP_READONLY_PASSWORD"}
COOLDOWN = 31           # seconds between two looks at an issuer's keys, and one
SKEW = 61               # seconds that the guard grants a clock, and one


class Bed(World):
    def __init__(self):
        super().__init__()
        self.passwords = {user: secrets.token_urlsafe(12) for user in USERS}
        self.client_secret = secrets.token_urlsafe(18)

    def bring_up(self):
        self.keycloak = Keycloak(self)
        self.desk = Desk(self, self.passwords)
        return self

    def prepare(self, *options):
        """Our realm, by the script that a person uses; tokens of it are for the echo server."""
        self.realm = Realm(self.keycloak, "mcp-realm")
        self.url = self.serve_for(self.realm.issuer)
        return self.script(*options)

    def script(self, *options):
        given = {variable: self.passwords[user] for user, variable in USERS.items()}
        return self.keycloak.prepare("--mcp", self.url, *options,
                                     env={**given, "ECHO_MCP_SERVER_SECRET": self.client_secret})

    def choose_passwords(self):
        """The users are of an earlier run of the script, which has invented their passwords."""
        self.passwords = self.desk.passwords = {user: secrets.token_urlsafe(12) for user in USERS}
        for name, password in self.passwords.items():
            self.realm.admin("PUT", f"/users/{self.realm.user(name)['id']}/reset-password",
                             {"type": "password", "value": password, "temporary": False})

    def serve_for(self, issuer, *options):
        """An echo server's URL; it takes tokens of that issuer."""
        return self.start("serve", "--json", "--port", "0", "--issuer", issuer, "--dpop", "accepted",
                          "--challenge-needed",
                          *options).ready["url"]

    def go(self, user, command, *args, profile=None, url=None, **kw):
        """The program as that user, who has a profile of that name unless another is given."""
        return self.desk.run(user, command, url or self.url, *args,
                             "--profile", profile or user, **kw)

    def fresh(self):
        """Whoever sits at the browser now was not there before."""
        self.desk.person.forget(f"{self.keycloak.url}/realms/mcp-realm/account/")

    def token(self, user, profile=None, **kw):
        done = self.go(user, "token", profile=profile, **kw)
        expect_eq("a token", done.code, 0, done.said)
        return done.out.strip()

    def kept(self, profile, url=None):
        """The credential in the store."""
        key = f"{profile} {url or self.url}"
        return next(json.loads(row[1]) for row in self.record()["credentials"] if row[0] == key)

    def refresh_by_hand(self, credential):
        """What whoever has stolen a refresh token, and the client's secret, would do."""
        client = credential["client"]
        proof = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        return self.keycloak.form("/realms/mcp-realm/protocol/openid-connect/token", {
            "grant_type": "refresh_token", "refresh_token": credential["refresh_token"]},
            {"Authorization": "Basic " + proof})

    def short_lives(self):
        """Tokens that are as good as expired when they come."""
        return self.realm.having(accessTokenLifespan=20)

    def expire(self, profile, url=None):
        """The stored access token ran out: the clock is the only thing that is not waited for."""
        credential = {**self.kept(profile, url), "expires_at": 1}
        path = os.path.join(self.folder, "data", "mcpass", "credentials.db")
        with contextlib.closing(sqlite3.connect(path)) as store:
            store.execute("update credentials set record = ? where key = ?",
                          (json.dumps(credential), f"{profile} {url or self.url}"))
            store.commit()

    @contextlib.contextmanager
    def occupied(self, redirect_uri):
        """Somebody else has that port."""
        port = urllib.parse.urlsplit(redirect_uri).port
        with contextlib.closing(socket.socket()) as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
            holder.listen()
            yield

    def post(self, token, url=None):
        """(status, challenge) for a tool call with that token."""
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}}}
        request = urllib.request.Request(url or self.url, json.dumps(body).encode(), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list",
            "Authorization": "Bearer " + token})
        try:
            with DIRECT.open(request, timeout=lib.PATIENCE) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("WWW-Authenticate", "")
