"""Clients and issuers that the operator of the embedded authorization server wrote down,
and what it says of a token to whom it concerns."""

import base64
import json
import subprocess
import time
import urllib.parse
import urllib.request

import lib
from lib import World, expect, expect_eq

SECRET = "a secret of forty characters, or nearly 40"


def hashed(world, client_id):
    done = world.run("authserver", "hash", "--client", client_id, stdin=SECRET + "\n")
    expect_eq("a client's entry", done.returncode, 0, done.stderr)
    expect("the secret is not in it", SECRET not in done.stdout, done.stdout)
    return json.loads(done.stdout)


def start(world, *args):
    """A machine, a desk app that a person uses, and the server that asks about tokens."""
    port = world.port()                 # the server's address is known before it runs
    world.resource = f"http://127.0.0.1:{port}/mcp"
    world.write("secret", SECRET + "\n")
    clients = [
        {**hashed(world, "machine"), "grant_types": ["client_credentials"],
         "scope": "mcp:read mcp:tools", "audiences": [world.resource]},
        {"client_id": "desk", "client_name": "The desk", "client_secret_file": "secret",
         "grant_types": ["authorization_code", "refresh_token"],
         "redirect_uris": ["http://127.0.0.1/callback"]},
        {**hashed(world, "echo"), "introspects": [world.resource]},
    ]
    world.start_authserver("--clients", world.write("clients.json", json.dumps(clients)), *args)
    world.port = str(port)


def post(url, form, client=None):
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    if client:
        pair = ":".join(urllib.parse.quote_plus(part) for part in (client, SECRET))
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def metadata(world):
    url = world.issuer + "/.well-known/oauth-authorization-server"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        return json.load(answer)


def test_clients_call():
    with World() as world:
        start(world)
        world.url = world.start("serve", "--json", "--challenge-needed", "--port", world.port, "--issuer",
                                world.issuer).ready["url"]
        expect_eq("where it was meant to be", world.url, world.resource)
        secret = ("--client-secret-file", world.path("secret"), "--client-issuer", world.issuer)
        done = world.call("echo", "message=hi", "--client-id", "machine", *secret,
                          "--grant", "client-credentials")
        expect_eq("a machine calls", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)
        done = world.call("echo", "message=ho", "--profile", "me", "--client-id", "desk", *secret)
        expect_eq("a person calls", (done.returncode, done.stdout), (0, "ho\n"), done.stderr)
        expect("nobody registered", "/register" not in world.authserver.read_log())


@lib.rows([("JWTs", ()), ("opaque tokens", ("--opaque-tokens",))])
def test_introspection(label, options):
    with World() as world:
        start(world, *options)
        ask = metadata(world)["introspection_endpoint"]
        status, got = post(world.issuer + "/token", {"grant_type": "client_credentials",
                                                     "resource": world.resource}, "machine")
        expect_eq("a token", status, 200, str(got))
        token = got["access_token"]
        expect_eq("its form", "." not in token, bool(options))
        status, said = post(ask, {"token": token}, "echo")
        expect_eq("the server may know", (status, said["active"], said["aud"], said["client_id"]),
                  (200, True, world.resource, "machine"))
        expect_eq("another client may not", post(ask, {"token": token}, "desk"),
                  (200, {"active": False}))
        expect_eq("nobody may not", post(ask, {"token": token})[0], 401)
        expect_eq("another audience", post(world.issuer + "/token", {
            "grant_type": "client_credentials", "resource": "https://other.example"},
            "machine")[1]["error"], "invalid_target")


def test_opaque_token_made_by_hand():
    with World() as world:
        world.users()
        data = ("--data", world.path("auth.db"), "--users", world.path("users.json"))
        start(world, "--opaque-tokens", *data)
        done = world.run("authserver", "token", "--user", "alice", "--resource", world.resource,
                         "--opaque-tokens", *data)
        expect_eq("made", done.returncode, 0, done.stderr)
        token = done.stdout.strip()
        expect("it says nothing", "." not in token, token)
        status, said = post(world.issuer + "/introspect", {"token": token}, "echo")
        expect_eq("the server knows it", (status, said.get("username")), (200, "alice"), str(said))


def test_trusted_issuer():
    """A workload with its platform's JWT, as a file of trusted issuers permits."""
    with World() as world:
        key = world.path("platform.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True,
                       capture_output=True, timeout=lib.PATIENCE)
        spki = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                              check=True, capture_output=True, timeout=lib.PATIENCE).stdout

        def b64(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        jwks = {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": b64(spki[-32:])}]}
        trusted = [{"issuer": "https://platform.example", "kind": "workload", "jwks": jwks,
                    "scope": "mcp:read mcp:tools", "reusable": True}]
        world.start_authserver("--trusted-issuers",
                               world.write("trusted.json", json.dumps(trusted)))
        world.start_serve("--challenge-needed")
        now = int(time.time())
        claims = {"iss": "https://platform.example", "sub": "build-1", "aud": world.issuer,
                  "iat": now, "exp": now + 300, "jti": "1"}
        signed = ".".join(b64(json.dumps(part).encode())
                          for part in ({"alg": "EdDSA", "typ": "JWT"}, claims))
        world.write("signed", signed)
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in",
                                    world.path("signed")], check=True, capture_output=True,
                                   timeout=lib.PATIENCE).stdout
        assertion = world.write("assertion", f"{signed}.{b64(signature)}\n")
        done = world.call("echo", "message=hi", "--grant", "jwt-bearer", "--assertion-file",
                          assertion, "--client-issuer", world.issuer)
        expect_eq("a workload calls", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)
        expect_eq("offered", "urn:ietf:params:oauth:grant-type:jwt-bearer"
                  in metadata(world)["grant_types_supported"], True)


@lib.rows([
    ("misspelt", "--clients", [{"client_id": "a", "redirect_uri": []}],
     "entry 1: redirect_uri is not a member"),
    ("no such grant", "--clients", [{"client_id": "a", "grant_types": ["password"]}],
     "client a: there is no such grant type: password"),
    ("no such kind", "--trusted-issuers", [{"issuer": "https://i.example", "kind": "x"}],
     "entry 1: kind is workload or id-jag"),
    ("no keys", "--trusted-issuers", [{"issuer": "https://i.example", "kind": "workload"}],
     "needs jwks or jwks_uri"),
])
def test_mistakes(label, option, entries, words):
    with World() as world:
        done = world.run("authserver", "--port", "0", option,
                         world.write("list.json", json.dumps(entries)))
        expect_eq("exit code", done.returncode, 1, done.stderr)
        expect("it says what", words in done.stderr, done.stderr)
