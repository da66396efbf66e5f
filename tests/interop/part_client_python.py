"""The Python SDK's client and FastMCP's, against our two servers."""

import os

import install
from reverse import House, Walk

TITLE = "Python clients"
ORDER = 62
FOLDER = "client_python"


def walk(report, python, script, package, name, era, version):
    subject = report.subject(name, install.pip_version(python, package), "MCP client")
    with House() as house:
        env = {"GLUE_ERA": era, **(house.desktop() if package == "fastmcp" else {})}
        args = [python, os.path.join(install.HERE, FOLDER, script)]
        Walk(subject, house, lambda: house.guest(args, name, env), version).go()


def run(report):
    python = install.pip(FOLDER)
    walk(report, python, "sdk.py", "mcp", "Python SDK", "auto", "2026-07-28")
    walk(report, python, "sdk.py", "mcp", "Python SDK, initialize", "legacy", "2025-11-25")
    walk(report, python, "fast.py", "fastmcp", "FastMCP", "auto", "2026-07-28")
