"""oidc-provider, as strict as it can be set, protects the echo server."""

import json

import install
from lib import World, expect, expect_eq
from walk import Walk, delete_registration

ORDER = 20
TITLE = "Authorization servers of npm"
NAME = "oidc-provider"

STRICT = {"lifetime": 3600, "registrableScopes": True, "requirePar": False, "requireNonce": False}
SHORT = 20      # seconds: less than what a token must have left to be used


def begin(world, report, what, options=(), serve=(), **settings):
    """One oidc-provider, and mcpass serve for it."""
    home = install.npm("oidc_provider")
    subject = report.subject(NAME, install.npm_version(home, NAME), what)
    server = world.spawn(*install.node_script(world, "oidc_provider", "server.mjs"),
                         json.dumps({**STRICT, **settings}))
    world.start_serve(*serve, "--challenge-needed", issuer=server.ready["issuer"])
    walk = Walk(world, subject, world.url, server.read_log, options=options)
    walk.issuer = server.ready["issuer"]
    return walk


def plain(report):
    with World() as w:
        walk = begin(w, report, "authorization server")
        told = walk.first_call(walk.issuer, "^POST /reg 201")
        with walk.subject.step("resource indicator: the token is for this server only"):
            expect_eq("sent", told.count(f"resource                {w.url}\n"), 1, told)
        walk.second_call()
        walk.step_up("mcp:read", "--protocol", "2025-11-25")
        walk.revisions()
        with walk.subject.step("the registration is good for a second login"):
            told = walk.call("--profile", "second")
            expect("asked", "The user agreed" in told, told)
        walk.denied()
        walk.client_deleted(delete_registration, "^POST /reg 201")
        walk.logout("^POST /token/revocation 200", "^DELETE /reg/")


def rotation(report):
    with World() as w:
        walk = begin(w, report, "authorization server, short-lived tokens", lifetime=SHORT)
        walk.first_call(walk.issuer, "^POST /reg 201")
        walk.refresh()
        walk.refresh_at_once("^event refresh_token.consumed")
        walk.logout("^event grant.revoked", "^event registration_delete.success")


def narrow(report):
    """Its scopes are those of the resource, and none that a client may register for."""
    with World() as w:
        walk = begin(w, report, "authorization server that registers no scopes",
                     registrableScopes=False)
        told = walk.first_call(walk.issuer, "^POST /reg 201", "refused with the scopes, taken without")
        with walk.subject.step("each refusal is told, and what is left out then"):
            expect("there was one", walk.count("^event registration_create.error"), walk.log())
            expect_eq("as many", told.count("Trying once more to register"),
                      walk.count("^event registration_create.error"), told)
        walk.logout("^event registration_delete.success")


def pushed(report):
    with World() as w:
        walk = begin(w, report, "authorization server, PAR required", requirePar=True)
        walk.first_call(walk.issuer, "^POST /reg 201")
        with walk.subject.step("the authorization request was pushed"):
            expect_eq("once", walk.count("^POST /request 201"), 1, walk.log())
        walk.logout("^event registration_delete.success")


def bound(report):
    with World() as w:
        walk = begin(w, report, "authorization server, DPoP with nonces", lifetime=SHORT,
                     requireNonce=True, options=["--dpop"], serve=["--dpop", "required"])
        told = walk.first_call(walk.issuer, "^POST /reg 201")
        with walk.subject.step("the token is bound to a key"):
            expect("its type", "token_type      DPoP" in told, told)
            expect("a nonce was asked for", "use_dpop_nonce" in walk.log() + told, walk.log() + told)
        walk.refresh()
        walk.logout("^event registration_delete.success")


def run(report):
    for scene in (plain, rotation, narrow, pushed, bound):
        scene(report)
