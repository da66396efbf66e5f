"""The clients once more: they register at a front door, the person signs in at an identity provider that
knows no client but the front door, and nginx with the module is before the server."""

import importlib
import json
import os
import secrets
import sys
from unittest import mock

import house as nginx
import lib
import reverse
from part_nginx import NginxHouse
from report import Skip

TITLE = "Clients, through the gateway"
ORDER = 69
CLIENTS = ["typescript", "python", "go", "mcp_remote"]
IDP = os.path.join(os.path.dirname(lib.HERE), "..", "examples", "gateway", "idp.py")
WAY = ["POST /register", "GET /authorize", "POST /authorize/consent", "GET /authorize/callback/corp", "POST /token"]


class GatewayHouse(NginxHouse):
    def start_authserver(self, *args):
        secret = self.write("front.secret", secrets.token_urlsafe(24))
        keys = self.write("front.keys", f"mcpass-key-1.{secrets.token_urlsafe(32)}\n")
        provider = self.spawn(sys.executable, "-B", IDP, "front-door", secret, "alice", lib.PASSWORD)
        upstreams = self.write("upstreams.json", json.dumps([{
            "name": "corp", "issuer": provider.ready["issuer"], "client_id": "front-door",
            "client_secret_file": secret, "token_claims": {"preferred_username": "preferred_username"}}]))
        self.env["MCPASS_E2E_ANSWER"] = "allow corp"
        self.authserver = self.start("authserver", "--json", "--port", "0", "--upstream", upstreams,
                                     "--encryption-key", keys, *args)
        self.issuer = self.authserver.ready["issuer"]
        return self.issuer


def run(report):
    if nginx.module() is None:
        raise Skip("the module is not built: nginx-dev is not installed")
    for name in CLIENTS:
        part = importlib.import_module("part_client_" + name)
        with mock.patch.object(part, "House", GatewayHouse), mock.patch.object(reverse, "WAY", WAY):
            part.run(report)
