"""What stands at the well-known places of real servers: a page that is larger than a document may
be, metadata that names no authorization server."""

import json

import lib
from lib import HTML, JSON, expect, expect_eq
from scene import WELL_KNOWN, Issuer, Scene, Server, expect_login, expect_refused

OAUTH, OIDC = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
LARGE = (200, HTML, "<html>" + 300000 * "x")


def test_a_large_page_is_no_document():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        issuer.site.routes[OAUTH], issuer.site.routes[OIDC] = LARGE, issuer.site.routes[OAUTH]
        server.site.routes[WELL_KNOWN] = server.site.routes[WELL_KNOWN + "/mcp"]
        server.site.routes[WELL_KNOWN + "/mcp"] = LARGE
        server.prm["resource"] = server.site.url
        server.twist = lambda r, m: None if "Authorization" in r.headers else (401, {}, "")
        expect_login(s, server.url)


def test_a_large_page_where_more_was_looked_for():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        issuer.site.routes[OIDC] = LARGE
        del issuer.metadata["registration_endpoint"]
        expect_refused(s.run("tools", server.url), "lets no client register itself", code=4)


def test_a_large_page_at_the_place_that_is_named():
    with Scene() as s:
        server = Server(s, "http://127.0.0.1:1")
        server.site.routes[WELL_KNOWN + "/mcp"] = LARGE
        expect_refused(s.run("tools", server.url), "reading the resource metadata",
                       server.metadata_url, "larger than 262144 bytes", code=3)


def test_a_large_page_that_says_revoked():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        expect_login(s, server.url)
        issuer.site.routes["/revoke"] = LARGE
        done = s.run("logout", server.url)
        expect_eq("logout", done.returncode, 0, done.stderr)
        expect("what came is not shown", "xxx" not in done.stderr, done.stderr)


@lib.rows([
    ("not at all", {}),
    ("an empty list", {"authorization_servers": []}),
    ("null", {"authorization_servers": None}),
    ("none of them is a string", {"authorization_servers": [7, None, {}]}),
])
def test_no_authorization_server_is_named(label, members):
    """Then it may be the server itself, as the revision 2025-03-26 had it."""
    with Scene() as s:
        site = lib.hostile(s, {})
        Issuer(s, site=site)
        server = Server(s, "", site=site)
        del server.prm["authorization_servers"]
        server.prm.update(members, scopes_supported=["a"])
        expect_login(s, server.url)
        expect("what else the document says counts", "scope=a&" in s.visits[0]["arguments"][0],
               str(s.visits))


def test_one_authorization_server_is_no_string():
    """The others count, and --explain says what was left out."""
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        server.prm["authorization_servers"] = [{"issuer": issuer.url}, issuer.url, 7]
        done = s.run("login", server.url, "--explain")
        expect_eq("a login", done.returncode, 0, done.stderr)
        expect("it is said", "authorization_servers is not a list of strings" in done.stderr, done.stderr)


def test_no_authorization_server_is_named_or_found():
    with Scene() as s:
        server = Server(s, "")
        del server.prm["authorization_servers"]
        expect_refused(s.run("tools", server.url), "lists no authorization_servers",
                       server.site.url, code=3)
        expect("no endpoint is guessed", all(r[1].startswith(("/mcp", "/.well-known/"))
                                             for r in server.site.requests), str(server.site.requests))


def test_nothing_is_published():
    """A server that wants a key of its operator's, say."""
    with Scene() as s:
        site = lib.hostile(s, {"/mcp": (401, {}, '{"error":"missing api key"}')})
        expect_refused(s.run("tools", site.url + "/mcp"), "publishes nothing about how",
                       "HTTP 404 at", "-H 'Authorization: Bearer", code=4)


def test_registration_takes_no_member_that_it_does_not_know():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)

        def register(request):
            if b"application_type" in request.body:
                return 422, JSON, json.dumps({"detail": [{"type": "extra_forbidden",
                    "loc": ["body", "application_type"], "msg": "Extra inputs are not permitted"}]})
            return issuer.register(request)

        issuer.site.routes["/register"] = register
        expect_login(s, server.url)
        expect_eq("asked twice", len(issuer.got("/register")), 2)
