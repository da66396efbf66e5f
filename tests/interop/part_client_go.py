"""The Go SDK's client, against our two servers."""

import install
from reverse import House, Walk

TITLE = "Go clients"
ORDER = 63
FOLDER = "client_go"


def walk(report, program, name, era, version):
    subject = report.subject(name, install.go_version(FOLDER, "github.com/modelcontextprotocol/go-sdk"),
                             "MCP client")
    with House("--challenge-needed") as house:
        # It registers a client anew for each authorization, step-ups included.
        Walk(subject, house, lambda: house.guest([program], name, {"GLUE_ERA": era}), version,
             registrations=3).go()


def run(report):
    program = install.go(FOLDER)
    walk(report, program, "Go SDK", "", "2026-07-28")
    walk(report, program, "Go SDK, initialize", "2025-11-25", "2025-11-25")
