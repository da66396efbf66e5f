"""Protected servers of the Python SDK and of FastMCP, each with its own authorization server and
with mcpass authserver."""

import os

import install
from lib import World
from walk import REVISIONS, Walk

ORDER = 40
TITLE = "Servers in Python"
SHORT, LONG = "20", "3600"      # seconds; SHORT is less than what a token must have left
KINDS = (("python_sdk1", "mcp", "sdk.py", REVISIONS[:-1]),
         ("python_sdk2", "mcp", "sdk.py", REVISIONS),
         ("fastmcp", "fastmcp", "fast.py", REVISIONS))


def begin(world, subject, python, script, *arguments):
    path = os.path.join(install.HERE, "python_servers", script)
    server = world.spawn(python, "-B", path, *arguments)
    log = world.authserver.read_log if world.authserver else server.read_log
    walk = Walk(world, subject, server.ready["url"], log)
    walk.issuer = server.ready["issuer"]
    return walk


def own(report, python, package, script, revisions):
    subject = report.subject(package, install.pip_version(python, package),
                             "MCP server and its own authorization server")
    with World() as w:
        walk = begin(w, subject, python, script, "own", LONG)
        walk.first_call(walk.issuer, "POST /register 201", "with client_secret_post: client_secret_basic"
                        " works there only with a client_id in the form as well")
        walk.second_call()
        walk.revisions(revisions)
        walk.logout("POST /revoke 200")
    with World() as w:
        walk = begin(w, subject, python, script, "own", SHORT)
        walk.call()
        walk.refresh()
        walk.refresh_at_once("^POST /token 200")


def remote(report, python, package, script, revisions):
    subject = report.subject(package, install.pip_version(python, package),
                             "MCP server, tokens of mcpass authserver")
    with World() as w:
        w.start_authserver()
        walk = begin(w, subject, python, script, w.issuer)
        walk.first_call(w.issuer, "POST /register 201")
        walk.second_call()
        walk.revisions(revisions)
        walk.denied()
        walk.logout("POST /revoke 200", "DELETE /register/")


def run(report):
    for folder, package, script, revisions in KINDS:
        python = install.pip(folder)
        own(report, python, package, script, revisions)
        remote(report, python, package, script, revisions)
