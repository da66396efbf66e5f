"""Protected servers of the TypeScript SDK, with its own authorization router and with ours."""

import json

import install
from lib import World, expect, expect_eq
from walk import REVISIONS, Walk

ORDER = 30
TITLE = "Servers of the TypeScript SDK"
SET = "typescript_servers"
SHORT = 20      # seconds: less than what a token must have left to be used
LEGACY = REVISIONS[:-1]
VERSIONS = {"sdk1.mjs": ("@modelcontextprotocol/sdk", LEGACY),
            "sdk2.mjs": ("@modelcontextprotocol/server", REVISIONS)}


def begin(world, report, script, role, **settings):
    package, revisions = VERSIONS[script]
    subject = report.subject(package, install.npm_version(install.npm(SET), package), role)
    server = world.spawn(*install.node_script(world, SET, script), json.dumps(settings))
    log = world.authserver.read_log if world.authserver else server.read_log
    walk = Walk(world, subject, server.ready["url"], log)
    walk.issuer, walk.offered = server.ready["issuer"], revisions
    return walk


def own_router(report, script, role):
    with World() as w:
        walk = begin(w, report, script, role, kind="own", lifetime=3600)
        walk.first_call(walk.issuer, "POST /register 201")
        walk.second_call()
        walk.revisions(walk.offered)
        walk.logout("^revoked$")
    with World() as w:
        again = begin(w, report, script, role, kind="own", lifetime=SHORT)
        report.subjects.remove(again.subject)
        again.subject = walk.subject
        again.call()
        again.refresh()
        again.refresh_at_once("^refreshed")


def remote(report, script, role):
    with World() as w:
        w.start_authserver()
        walk = begin(w, report, script, role, kind="remote", issuer=w.issuer)
        walk.first_call(w.issuer, "POST /register 201")
        walk.second_call()
        walk.revisions(walk.offered)
        walk.denied()
        walk.logout("POST /revoke 200", "DELETE /register/")


def example(report):
    with World() as w:
        walk = begin(w, report, "sdk1.mjs", "its example provider", kind="example")
        walk.first_call(walk.issuer, "POST /register 201")
        walk.second_call()
        walk.subject.not_offered("refresh", "the example gives no refresh tokens")
        walk.logout()


def proxy(report):
    """The proxy lets the browser come back from another issuer than the one it says it is."""
    role = "its proxy provider in front of an authorization server"
    with World() as w:
        w.start_authserver("--fault", "authorize-no-iss")
        walk = begin(w, report, "sdk1.mjs", role, kind="proxy", issuer=w.issuer)
        walk.first_call(walk.issuer, "POST /register 201")
        walk.second_call()
        walk.logout("POST /revoke 200")
    with World() as w:
        w.start_authserver()
        again = begin(w, report, "sdk1.mjs", role, kind="proxy", issuer=w.issuer)
        report.subjects.remove(again.subject)
        with walk.subject.step("the server behind it sends iss: refused") as remark:
            done = w.run("call", again.url, "echo", "message=x")
            expect_eq("exit", done.returncode, 5, done.stderr)
            expect("the clause", "RFC 9207" in done.stderr, done.stderr)
            remark("the redirect carries the iss of the server behind the proxy, not of the proxy that"
                   " the login began with: a mix-up attack looks the same")


def run(report):
    own_router(report, "sdk1.mjs", "authorization router and server with sessions")
    own_router(report, "sdk2.mjs", "authorization router (server-legacy) and server of both eras")
    remote(report, "sdk1.mjs", "server with sessions, tokens of mcpass authserver")
    remote(report, "sdk2.mjs", "server of both eras, tokens of mcpass authserver")
    example(report)
    proxy(report)
