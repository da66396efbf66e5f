"""Protected servers of the Go SDK and of mcp-go, with tokens of mcpass authserver."""

import install
from lib import World
from walk import REVISIONS, Walk

ORDER = 60
TITLE = "Servers in Go"
SET = "go_servers"
GO_SDK, MCP_GO = "github.com/modelcontextprotocol/go-sdk", "github.com/mark3labs/mcp-go"
KINDS = (("sessions", GO_SDK, "MCP server with sessions", REVISIONS[:-1]),
         ("stateless", GO_SDK, "MCP server without state", REVISIONS),
         ("mcp-go", MCP_GO, "MCP server", REVISIONS))


def whole(report, program, kind, module, role, revisions):
    subject = report.subject(module, install.go_version(SET, module), role)
    with World() as w:
        w.start_authserver()
        server = w.spawn(program, kind, w.issuer)
        walk = Walk(w, subject, server.ready["url"], w.authserver.read_log)
        walk.first_call(w.issuer, "POST /register 201")
        walk.second_call()
        walk.revisions(revisions)
        walk.denied()
        walk.logout("POST /revoke 200", "DELETE /register/")
    with World() as w:
        w.start_authserver("--fault", "token-expired-at-once")
        server = w.spawn(program, kind, w.issuer)
        walk = Walk(w, subject, server.ready["url"], w.authserver.read_log)
        walk.call()
        walk.refresh()


def run(report):
    program = install.go(SET)
    for kind in KINDS:
        whole(report, program, *kind)
