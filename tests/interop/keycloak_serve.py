"""The server side with Keycloak behind it: its configuration checked, tokens looked up (RFC 7662),
a tool that calls on as the user (RFC 8693)."""

import json
import os

from keycloak_person import ok
from lib import expect, expect_eq


def secret_file(bed):
    """Of the server's own client; the script has made it, or an earlier run of it."""
    inside = bed.realm.client("echo-mcp-server")["id"]
    secret = bed.realm.admin("GET", f"/clients/{inside}/client-secret")["value"]
    path = bed.write("echo.secret", secret + "\n")
    os.chmod(path, 0o600)
    return path


def check(bed, subject, secret):
    with subject.step("serve --check asks Keycloak for its metadata and keys"):
        done = bed.run("serve", "--check", "--issuer", bed.realm.issuer, "--introspect",
                       "echo-mcp-server", "--introspect-secret", secret)
        expect_eq("exit", done.returncode, 0, done.stdout + done.stderr)
        expect("it names the issuer", bed.realm.issuer in done.stdout + done.stderr, done.stdout)
        wrong = bed.run("serve", "--check", "--issuer", bed.realm.issuer + "x")
        expect_eq("a realm that is not there", wrong.returncode, 3, wrong.stdout + wrong.stderr)


def introspection(bed, subject, secret):
    with subject.step("introspection: a session that an administrator ended, though its JWT lives on"):
        config = bed.write("introspect.json", json.dumps({
            "port": 0, "audiences": [bed.url], "issuers": [{
                "issuer": bed.realm.issuer, "introspection": {
                    "client_id": "echo-mcp-server", "client_secret_file": secret, "jwts": True}}]}))
        url = bed.start("serve", "--json", "--config", config).ready["url"]
        ok(bed.go("mcp-user", "login", "--again", profile="watched"))
        alive = bed.token("mcp-user", profile="watched")
        expect_eq("while it lives", bed.post(alive, url)[0], 200)
        ok(bed.go("mcp-user", "login", "--again", profile="watched"))
        ended = bed.token("mcp-user", profile="watched")
        client = bed.realm.client(bed.kept("watched")["client"]["client_id"])["id"]
        user = bed.realm.user("mcp-user")["id"]
        for session in bed.realm.admin("GET", f"/users/{user}/offline-sessions/{client}"):
            bed.realm.admin("DELETE", f"/sessions/{session['id']}?isOffline=true")
        expect_eq("whoever looks only at the token takes it", bed.post(ended)[0], 200)
        status, challenge = bed.post(ended, url)
        expect_eq("whoever asks does not", status, 401, challenge)


def exchange(bed, subject, secret):
    with subject.step("token exchange: a tool calls on as the user"):
        url = bed.serve_for(bed.realm.issuer, "--audience", bed.url, "--exchange", "echo-mcp-server",
                            "--exchange-secret", secret, "--exchange-scope", "mcp:tools",
                            "--call-on", bed.url)
        done = ok(bed.go("mcp-user", "call", "call_on", url=url))
        expect("as the user", "mcp-user" in done.out, done.said)
        expect("by the server's client", "echo-mcp-server" in done.out, done.said)


def all_of_it(bed, subject):
    secret = secret_file(bed)
    check(bed, subject, secret)
    introspection(bed, subject, secret)
    exchange(bed, subject, secret)
