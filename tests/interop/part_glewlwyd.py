"""Debian's glewlwyd as the OpenID provider of the echo server."""

import os
import sys

import glewlwyd_server
import install
from glewlwyd_server import Glewlwyd
from lib import World
from walk import Walk

ORDER = 70
TITLE = "Identity providers of Debian"
SHORT, LONG = 20, 3600      # seconds; SHORT is less than what a token must have left


def begin(world, subject, lifetime):
    """It knows https resources and those at localhost only, so the echo server is called that."""
    port = world.port()
    url = f"http://localhost:{port}/mcp"
    server = Glewlwyd(world, url, lifetime)
    person = os.path.join(install.HERE, "glewlwyd", "person.py")
    script = world.write("alice", f'#!/bin/sh\nexec "{sys.executable}" -B "{person}" "$1" '
                         f'2>>"{world.path("browser.log")}"\n')
    os.chmod(script, 0o700)
    world.env["BROWSER"] = script
    world.start("serve", "--json", "--port", str(port), "--resource", url, "--issuer", server.issuer,
                "--challenge-needed")
    return server, Walk(world, subject, url, server.read_log)


def run(report):
    home = glewlwyd_server.unpack()
    subject = report.subject("glewlwyd", glewlwyd_server.version(home), "OpenID provider")
    with World() as w:
        server, walk = begin(w, subject, LONG)
        walk.first_call(server.issuer, "registered with redirect_uri", "its metadata lists no refresh_token"
                        " grant, and a client must have registered for it all the same")
        walk.second_call()
        walk.step_up("mcp:read", "--protocol", "2025-11-25")
        walk.revisions()
        walk.logout("Refresh token .* revoked", "client '.*' deleted")
    with World() as w:
        server, walk = begin(w, subject, SHORT)
        walk.call()
        walk.refresh()
