"""Clients of the SDKs over stdio, through the bridge: each feature of a server answers as it does without
it, in each of the four pairs of eras."""

import json
import os
import subprocess

import install
import lib
from lib import World, expect, expect_eq

TITLE = "Through the bridge"
ORDER = 70
FOLDER = "client_typescript"
OLD, NEW = "2025-11-25", "2026-07-28"
PAIRS = [("old host, old server", 1, "", ["--protocol", OLD]), ("old host, new server", 1, "", []),
         ("new host, old server", 2, NEW, ["--protocol", OLD]), ("new host, new server", 2, NEW, []),
         ("a host of either era, old server", 2, "auto", ["--protocol", OLD]),
         ("a host of either era, new server", 2, "auto", [])]


def features(world, python=None, **settings):
    args = [python, os.path.join(install.HERE, "client_python", "features.py")] if python \
        else install.node_script(world, FOLDER, "features.mjs")
    done = subprocess.run([*args, json.dumps(settings)], capture_output=True, text=True, env=world.env,
                          timeout=lib.PATIENCE)
    expect_eq("the client ends well", done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
    return json.loads(done.stdout)


# This tool answers by the era in which the server is asked.
BY_ERA = "call test_missing_capability"


def compare(direct, bridged, is_same_era):
    """An error is one in either era, whatever its number."""
    expect_eq("the same features", sorted(bridged), sorted(direct))
    for name in direct:
        if name == BY_ERA and not is_same_era:
            continue
        if "error" in direct[name] and "error" in bridged[name]:
            continue
        expect_eq(name, bridged[name], direct[name])


def run(report):
    package = "@modelcontextprotocol/client"
    subject = report.subject("TypeScript SDK over stdio", install.npm_version(install.npm(FOLDER), package), "MCP host")
    python = install.pip("client_python1")
    other = report.subject("Python SDK 1 over stdio", install.pip_version(python, "mcp"), "MCP host")
    with World() as world:
        world.start_authserver()
        world.start_serve("--fixtures")
        token = world.run("token", world.url).stdout.strip()
        for name, sdk, era, protocol in PAIRS:
            with subject.step(name) as remark:
                direct = features(world, sdk=sdk, era=era, url=world.url, token=token)
                bridged = features(world, sdk=sdk, era=era, command=[lib.PROGRAM, "bridge", world.url, *protocol])
                compare(direct, bridged, (sdk == 1 or era == "legacy") == bool(protocol))
                remark(f"{len(direct)} answers compared")
        for name, protocol in (("old host, old server", ["--protocol", OLD]), ("old host, new server", [])):
            with other.step(name) as remark:
                direct = features(world, python=python, url=world.url, token=token)
                bridged = features(world, python=python, command=[lib.PROGRAM, "bridge", world.url, *protocol])
                compare(direct, bridged, bool(protocol))
                remark(f"{len(direct)} answers compared")
