"""The Python SDK's client and FastMCP's, against our two servers."""

import os

import install
from reverse import House, Walk

TITLE = "Python clients"
ORDER = 62
FOLDER = "client_python"


def walk(report, python, script, package, name, era, version, *serve):
    subject = report.subject(name, install.pip_version(python, package), "MCP client")
    with House(*serve) as house:
        env = {"GLUE_ERA": era, **(house.desktop() if package == "fastmcp" else {})}
        args = [python, os.path.join(install.HERE, FOLDER, script)]
        Walk(subject, house, lambda: house.guest(args, name, env), version).go()
    return subject


def run(report):
    python = install.pip(FOLDER)
    walk(report, python, "sdk.py", "mcp", "Python SDK", "auto", "2026-07-28",
         "--challenge-needed")
    walk(report, python, "sdk.py", "mcp", "Python SDK, initialize", "legacy", "2025-11-25",
         "--challenge-needed")
    one = walk(report, install.pip(FOLDER + "1"), "sdk1.py", "mcp", "Python SDK 1", "", "2025-11-25")
    one.not_offered("step-up", "it asks for the scope of the challenge alone, so that it loses the ones"
                    " that it had: mcpass serve names all at once")
    walk(report, python, "fast.py", "fastmcp", "FastMCP", "auto", "2026-07-28",
         "--challenge-needed")
