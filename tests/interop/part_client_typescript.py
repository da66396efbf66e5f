"""The TypeScript SDK's clients, both majors, against our two servers."""

import install
from reverse import House, Walk

TITLE = "TypeScript clients"
ORDER = 61
FOLDER = "client_typescript"


def walk(report, script, package, name, era, version, *serve):
    subject = report.subject(name, install.npm_version(install.npm(FOLDER), package), "MCP client")
    with House(*serve) as house:
        args = install.node_script(house, FOLDER, script)
        Walk(subject, house, lambda: house.guest(args, name, {"GLUE_ERA": era}), version).go()
    return subject


def run(report):
    two = "@modelcontextprotocol/client"
    walk(report, "two.mjs", two, "TypeScript SDK 2", "auto", "2026-07-28",
         "--challenge-needed")
    walk(report, "two.mjs", two, "TypeScript SDK 2, initialize", "legacy", "2025-11-25",
         "--challenge-needed")
    one = walk(report, "one.mjs", "@modelcontextprotocol/sdk", "TypeScript SDK 1", "", "2025-11-25")
    one.not_offered("step-up", "upon 403 insufficient_scope it refreshes (POST /token, the same scope),"
                    " meets 403 again and gives up: mcpass serve names all at once")
