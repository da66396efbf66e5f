"""An identity provider that registers no client, for the tests of the front door: signs people in
without a page, and misbehaves as it is told.  Its keys are RSA in plain Python."""

import base64
import hashlib
import itertools
import json
import random
import threading
import time
import urllib.parse

import lib
from lib import hostile

CLIENT, SECRET = "front-door", "the secret of the front door"


def is_prime(number):
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))


def make_prime(bits, dice):
    while True:
        candidate = dice.getrandbits(bits) | 1 | 3 << (bits - 2)
        if candidate % 65537 != 1 and is_prime(candidate):
            return candidate


class Key:
    """RS256.  spec: RFC 8017 8.2"""

    def __init__(self, kid, seed):
        dice = random.Random(seed)
        p, q = make_prime(1024, dice), make_prime(1024, dice)
        self.kid, self.n = kid, p * q
        self.d = pow(65537, -1, (p - 1) * (q - 1))

    def sign(self, data):
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(data).digest()
        padded = b"\0\1" + b"\xff" * (256 - 3 - len(digest)) + b"\0" + digest
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(256, "big")

    def jwk(self):
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "e": "AQAB",
                "n": text64(self.n.to_bytes(256, "big"))}


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


made, making = {}, threading.Lock()


def key(kid):
    """Each key is made once, the same in every run."""
    with making:
        if kid not in made:
            made[kid] = Key(kid, kid)
        return made[kid]


class Idp:
    def __init__(self, world):
        self.server = hostile(world, {})
        self.url = self.server.url
        self.server.routes.update({
            "/.well-known/openid-configuration": self.metadata, "/authorize": self.authorize,
            "/token": self.token, "/keys": self.keys, "/userinfo": self.userinfo, "/user": self.user,
            "/user/emails": self.emails, "/user/orgs": self.orgs,
            "/me/getMemberObjects": self.member_objects})
        self.key = key("one")
        self.claims = {"sub": "ann", "name": "Ann", "email": "ann@corp.example",
                       "email_verified": True, "groups": ["staff"]}
        self.more = {}                  # of the metadata
        self.answers = {}               # path -> (status, headers, body), in place of its own
        self.gate = threading.Event()   # the token endpoint answers while it is set
        self.gate.set()
        self.codes, self.numbers, self.log = {}, itertools.count(1), []
        self.refresh_tokens, self.rotates = set(), True
        self.access_tokens = set()

    # --- what the requests are ---
    def asked(self, path):
        return [entry for entry in self.log if entry[0] == path]

    def note(self, path, fields):
        self.log.append((path, fields))
        return self.answers.get(path)

    def metadata(self, request):
        return self.note("metadata", {}) or (200, lib.JSON, json.dumps({
            "issuer": self.url, "authorization_endpoint": self.url + "/authorize",
            "token_endpoint": self.url + "/token", "jwks_uri": self.url + "/keys",
            "userinfo_endpoint": self.url + "/userinfo", "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True, **self.more}))

    def keys(self, request):
        return self.note("keys", {}) or (200, lib.JSON, json.dumps({"keys": [self.key.jwk()]}))

    def authorize(self, request):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
        answer = self.note("authorize", query)
        if answer:
            return answer
        code = f"code-{next(self.numbers)}"
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.url}
        return 302, {"Location": query["redirect_uri"] + "?" + urllib.parse.urlencode(back)}, ""

    def token(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        answer = self.note("token", {**form, "authorization": request.headers.get("Authorization")})
        self.gate.wait(lib.PATIENCE)
        if answer:
            return answer
        if form["grant_type"] == "authorization_code":
            query = self.codes.pop(form.get("code"), None)
            challenge = text64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            if query is None or query["code_challenge"] != challenge:
                return refused("invalid_grant")
            return self.tokens(query.get("nonce"))
        if form["grant_type"].endswith(":token-exchange"):
            return self.exchange(form)
        if form.get("refresh_token") not in self.refresh_tokens:
            return refused("invalid_grant")
        if self.rotates:
            self.refresh_tokens.discard(form["refresh_token"])
        return self.tokens(None, form.get("scope"))

    def exchange(self, form):
        if form["subject_token"] not in self.access_tokens:
            return refused("invalid_request")
        return 200, lib.JSON, json.dumps({
            "access_token": f"{form['audience']}-for-{form['subject_token']}", "token_type": "Bearer",
            "issued_token_type": form["subject_token_type"], "expires_in": 60})

    def tokens(self, nonce, scope=None):
        number = next(self.numbers)     # once, whatever other threads do meanwhile
        body = {"access_token": f"upstream-access-{number}", "token_type": "Bearer",
                "expires_in": 300, "id_token": self.id_token(nonce)}
        self.access_tokens.add(body["access_token"])
        if scope is not None:
            body["scope"] = scope
        if self.rotates or nonce is not None:
            body["refresh_token"] = f"upstream-refresh-{number}"
            self.refresh_tokens.add(body["refresh_token"])
        return 200, lib.JSON, json.dumps(body)

    def id_token(self, nonce):
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **self.claims}
        if nonce is not None:
            claims["nonce"] = nonce
        head = {"alg": "RS256", "kid": self.key.kid, "typ": "JWT"}
        signed = ".".join(text64(json.dumps(part).encode()) for part in (head, claims))
        return signed + "." + text64(self.key.sign(signed.encode()))

    def userinfo(self, request):
        return self.note("userinfo", {}) or (200, lib.JSON, json.dumps(self.claims))

    # --- as Microsoft Graph ---
    def member_objects(self, request):
        asked = {"authorization": request.headers.get("Authorization"), "body": request.body.decode()}
        page = {"value": ["staff"]} if "?" in request.path else {
            "value": ["other"], "@odata.nextLink": self.url + "/me/getMemberObjects?$skiptoken=2"}
        return self.note("groups", asked) or (200, lib.JSON, json.dumps(page))

    # --- as GitHub's API ---
    def user(self, request):
        return self.note("user", {"authorization": request.headers.get("Authorization")}) or (
            200, lib.JSON, json.dumps({"id": 4711, "login": "ann", "name": "Ann"}))

    def emails(self, request):
        return self.note("emails", {}) or (200, lib.JSON, json.dumps([
            {"email": "old@corp.example", "primary": False, "verified": True},
            {"email": "ann@corp.example", "primary": True, "verified": True}]))

    def orgs(self, request):
        return self.note("orgs", {}) or (200, lib.JSON, json.dumps([{"login": "acme"}]))


def refused(code):
    return 400, lib.JSON, json.dumps({"error": code, "error_description": "<b>their words</b>"})
