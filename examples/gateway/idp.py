#!/usr/bin/env python3
"""An identity provider to try the gateway with, where there is no other: OpenID Connect for one client
and one person.  idp.py CLIENT SECRET_FILE USER PASSWORD; prints its issuer as JSON when it is ready."""

import base64
import hashlib
import html
import http.server
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.parse

PAGE = """<!doctype html><title>Sign in</title><h1>{title}</h1>
<form method="post" action="?{query}"><label>Name <input type="text" name="username"></label>
<label>Password <input type="password" name="password"></label><button>Sign in</button></form>"""


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """RS256, by the program openssl."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        said = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True,
                              capture_output=True, text=True).stdout
        modulus = bytes.fromhex(said.strip().split("=")[1])
        self.jwk = {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "e": "AQAB", "n": b64url(modulus)}

    def sign(self, claims):
        head = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        text = ".".join(b64url(json.dumps(part).encode()) for part in (head, claims))
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(),
                              check=True, capture_output=True)
        return text + "." + b64url(done.stdout)


class Provider:
    def __init__(self, key, client, secret, user, password):
        self.key, self.client, self.secret = key, client, secret
        self.user, self.password = user, password
        self.issuer, self.codes = None, {}      # code -> the authorization request

    def metadata(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True}

    def sign_in(self, asked, form):
        """Where the browser goes; None: not that person."""
        if (form.get("username"), form.get("password")) != (self.user, self.password):
            return None
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked
        back = {"code": code, "state": asked.get("state", ""), "iss": self.issuer}
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode(back)

    def tokens(self, form, basic):
        asked = self.codes.pop(form.get("code"), None)
        who = base64.b64encode(f"{urllib.parse.quote(self.client)}:{urllib.parse.quote(self.secret)}".encode())
        if basic != "Basic " + who.decode():
            return 401, {"error": "invalid_client"}
        challenge = b64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked.get("code_challenge") != challenge \
                or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        return 200, {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer", "expires_in": 300,
                     "id_token": self.key.sign({
                         "iss": self.issuer, "aud": self.client, "sub": "u-" + self.user, "iat": now,
                         "exp": now + 300, "nonce": asked.get("nonce"), "name": self.user.capitalize(), "preferred_username": self.user,
                         "email": self.user + "@corp.example", "email_verified": True})}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="application/json", **headers):
        data = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        provider = self.server.provider
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            self.answer(200, json.dumps(provider.metadata()))
        elif url.path == "/keys":
            self.answer(200, json.dumps({"keys": [provider.key.jwk]}))
        elif url.path == "/authorize":
            self.answer(200, PAGE.format(title="Sign in", query=html.escape(url.query)), "text/html")
        else:
            self.answer(404, "{}")

    def do_POST(self):
        provider = self.server.provider
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = dict(urllib.parse.parse_qsl(body))
        if url.path == "/authorize":
            where = provider.sign_in(dict(urllib.parse.parse_qsl(url.query)), form)
            if where is None:
                self.answer(200, PAGE.format(title="That is wrong", query=html.escape(url.query)), "text/html")
            else:
                self.answer(303, "", "text/plain", Location=where)
        elif url.path == "/token":
            status, answer = provider.tokens(form, self.headers.get("Authorization"))
            self.answer(status, json.dumps(answer))
        else:
            self.answer(404, "{}")

    def log_message(self, *args):
        pass


def main():
    client, secret_file, user, password = sys.argv[1:]
    with open(secret_file) as file:
        secret = file.readline().strip()
    with tempfile.TemporaryDirectory() as folder, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.provider = Provider(Key(folder), client, secret, user, password)
        server.provider.issuer = f"http://127.0.0.1:{server.server_port}"
        print(json.dumps({"issuer": server.provider.issuer}), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
