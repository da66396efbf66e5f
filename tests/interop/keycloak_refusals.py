"""What Keycloak refuses, and what mcpass makes of it: the policy and its remedy by name."""

import contextlib
import re

from keycloak_person import ok, refused
from keycloak_server import Realm
from lib import expect


def call(bed, profile, *more, user="mcp-user", **kw):
    return bed.go(user, "call", "echo", "message=hi", *more, profile=profile, **kw)


def policies(bed, subject):
    rows = (
        ("a host that is not trusted", "trusted-hosts", {"trusted_hosts": ["mcp.example.com"]},
         ("'Trusted Hosts' rejected", "policy 'Trusted Hosts' (anonymous access)", "127.0.0.1")),
        ("too many clients", "max-clients", {"max_clients": ["1"]},
         ("'Max Clients Limit' rejected", "policy 'Max Clients Limit'")),
    )
    for label, provider, config, words in rows:
        with subject.step(f"registration refused: {label}"):
            with bed.realm.with_policy(provider, **config):
                done = refused(call(bed, provider), 4, "registering as a client", *words)
            expect("nobody is asked", not done.pages, done.said)
    with subject.step("with the policies as they were it goes through"):
        bed.fresh()
        ok(call(bed, provider), "hi")


NOT_ALLOWED = {"allowed_client_scopes": ["mcp:read"], "allow_default_scopes": ["false"]}


def scopes(bed, subject):
    with subject.step("a scope that the policy does not allow: the realm's own, and the policy told"):
        with bed.realm.with_policy("allowed-client-templates", **NOT_ALLOWED):
            done = ok(call(bed, "less", "--explain"), "hi")
        expect("the policy", "Policy 'Allowed Client Scopes' rejected" in done.err, done.said)
    with subject.step("nor among the realm's own: the remedy is told"):
        scope = next(s for s in bed.realm.admin("GET", "/client-scopes") if s["name"] == "mcp:tools")
        path = "/default-optional-client-scopes/" + scope["id"]
        bed.realm.admin("DELETE", path)
        try:
            with bed.realm.with_policy("allowed-client-templates", **NOT_ALLOWED):
                done = call(bed, "none", visits=2)
        finally:
            bed.realm.admin("PUT", path)
        refused(done, 4, "Invalid scopes: mcp:tools", "add them as optional scopes")


def fresh_realm(bed, subject):
    with subject.step("a realm whose registration is closed"):
        realm = Realm(bed.keycloak, "closed")
        said = bed.script("--realm", "closed", "--initial-token")
        url = bed.serve_for(realm.issuer, "--audience", bed.url)
        done = refused(call(bed, "closed", url=url), 4, "registering as a client", "rejected",
                       "(anonymous access)")
        expect("nobody is asked", not done.pages, done.said)
    with subject.step("an initial access token opens it"):
        token = re.search(r"initial access token.*  (\S+)", said).group(1)
        path = bed.write("initial", token + "\n")
        done = ok(call(bed, "closed", "--initial-access-token-file", path, "--client-issuer",
                       realm.issuer, url=url), "hi")
        expect("it is not shown", token not in done.out + done.err, done.said)


@contextlib.contextmanager
def without_offline(realm):
    """The role that a realm gives to everybody."""
    role = realm.admin("GET", "/roles/offline_access")
    path = f"/roles/default-roles-{realm.name}/composites"
    realm.admin("DELETE", path, [role])
    try:
        yield
    finally:
        realm.admin("POST", path, [role])


def offline(bed, subject):
    with subject.step("offline tokens are not allowed to this user: a token without"):
        with without_offline(bed.realm):
            done = ok(call(bed, "offline", "--explain", visits=2), "hi")
        expect("it was told", "Asking once more, without offline_access" in done.err, done.said)
        granted = bed.kept("offline")["scope"]
        expect("and is not in the token", "offline_access" not in granted, granted)
