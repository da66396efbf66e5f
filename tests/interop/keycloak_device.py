"""Signing in by a code on another device, at Keycloak's own verification page (RFC 8628)."""

from keycloak_person import ok
from lib import expect, expect_eq
from test_device import CODE, PAGE, Waiting


def start(bed, *args):
    waiting = Waiting(bed, "login", bed.url, "--device", "--profile", "device", *args)
    return waiting, waiting.read_until(CODE).group(1), waiting.read_until(PAGE).group(1)


def device(bed, subject):
    with subject.step("device authorization: the code entered at Keycloak's page"):
        bed.fresh()
        waiting, code, page = start(bed, "--scope", "mcp:tools")
        pages = bed.desk.person.walk(page, "mcp-user", bed.passwords["mcp-user"], code=code,
                                     pictures="device")
        expect_eq("the pages", list(pages), ["code", "login", "consent", "info"], str(pages))
        expect_eq("exit", waiting.finish(), 0, waiting.said)
        ok(bed.go("mcp-user", "call", "echo", "message=by code", profile="device"), "by code", [])
    with subject.step("device authorization: refreshed, and logged out"):
        bed.expire("device")
        ok(bed.go("mcp-user", "call", "echo", "message=again", profile="device"), "again", [])
        ok(bed.go("mcp-user", "logout", profile="device"))
    with subject.step("device authorization: the person says no"):
        bed.fresh()
        waiting, code, page = start(bed)
        bed.desk.person.walk(page, "mcp-user", bed.passwords["mcp-user"], "cancel", code=code)
        expect_eq("exit", waiting.finish(), 4, waiting.said)
        expect("why", "access_denied" in waiting.said, waiting.said)
