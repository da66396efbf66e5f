"""The clients once more: they register at a front door, the person signs in at an identity provider that
knows no client but the front door, and nginx with the module is before the server.  Then docs/gateway.md with
a Keycloak, and the demo with one."""

import importlib
import json
import os
import re
import secrets
import subprocess
import sys
from unittest import mock

import house as nginx
import keycloak_server
import lib
import part_client_inspector
import reverse
from lib import expect
from part_nginx import NginxHouse
from report import Skip

sys.path.append(os.path.join(os.path.dirname(lib.HERE), "gateway"))
import page                                             # noqa: E402

TITLE = "Clients, through the gateway"
ORDER = 69
CLIENTS = ["typescript", "python", "go", "mcp_remote", "inspector"]
IDP = os.path.join(page.EXAMPLES, "idp.py")
PATIENCE = 1200         # seconds for a Keycloak that starts, and all that is done with it
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


def no_token(subject, *_):
    subject.not_offered("a token that was made without a login", "the front door makes none")


def the_page(report):
    subject = report.subject("docs/gateway.md", keycloak_server.VERSION, "with Keycloak")
    reader, told = page.ReaderAtKeycloak(lib.PROGRAM, nginx.module()), ""
    with reader.stack:
        reader.begin_at(keycloak_server.Keycloak(reader))
        for number, (kind, script) in enumerate(page.blocks(), 1):
            if kind == "untested:":
                continue
            with subject.step(f"{number}. {script.strip().splitlines()[0]}"):
                told += reader.read(kind, script)
            if subject.failed:
                return
    with subject.step("all of it was seen"):
        page.all_seen(told)


def the_demo(report):
    """As make demo GATEWAY=1 KEYCLOAK=1 runs it."""
    subject = report.subject("make demo GATEWAY=1 KEYCLOAK=1", keycloak_server.VERSION, "with Keycloak")
    with subject.step("a client registers itself, a person signs in at Keycloak, a tool answers"):
        done = subprocess.run([sys.executable, "-B", os.path.join(page.EXAMPLES, "demo.py"), lib.PROGRAM,
                               nginx.module(), "--keycloak"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE)
        expect("it ends well", done.returncode == 0, done.stdout + done.stderr)
        expect("Keycloak", "/realms/corp: Keycloak, which" in done.stdout, done.stdout)
        expect("one line for all", re.search(r"\ngateway: client \S+ called echo for subject \S+;", done.stdout),
               done.stdout)


def run(report):
    if nginx.module() is None:
        raise Skip("the module is not built: nginx-dev is not installed")
    for name in CLIENTS:
        part = importlib.import_module("part_client_" + name)
        with mock.patch.object(part, "House", GatewayHouse), mock.patch.object(reverse, "WAY", WAY), \
                mock.patch.object(part_client_inspector, "given_token", no_token):
            part.run(report)
    the_page(report)
    the_demo(report)
