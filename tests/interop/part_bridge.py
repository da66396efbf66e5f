"""Clients of the SDKs over stdio, through the bridge: each feature of a server answers as it does without
it, in each of the four pairs of eras, and at a server of 2024-11-05 (HTTP with SSE)."""

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
SERVERS = (("old server", ["--protocol", OLD]), ("new server", []))


def use(world, args, **settings):
    done = subprocess.run([*args, json.dumps(settings)], capture_output=True, text=True, env=world.env,
                          timeout=lib.PATIENCE)
    expect_eq("the client ends well", done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
    return json.loads(done.stdout)


def features(world, python=None, **settings):
    return use(world, [python, os.path.join(install.HERE, "client_python", "features.py")] if python
               else install.node_script(world, FOLDER, "features.mjs"), **settings)


# This tool answers by the era in which the server is asked.
BY_ERA = {"call test_missing_capability"}


def is_error(answer):
    return answer == "error" or isinstance(answer, dict) and "error" in answer


def compare(direct, bridged, left_out=frozenset()):
    """An error is one in either era, whatever its number."""
    expect_eq("the same features", sorted(set(bridged) - left_out), sorted(set(direct) - left_out))
    for name in set(direct) - left_out:
        if is_error(direct[name]) and is_error(bridged[name]):
            continue
        expect_eq(name, bridged[name], direct[name])


def fixtures(report):
    """Our own server, with a login."""
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
                is_same_era = (sdk == 1 or era == "legacy") == bool(protocol)
                compare(direct, bridged, set() if is_same_era else BY_ERA)
                remark(f"{len(direct)} answers compared")
        for name, protocol in (("old host, old server", ["--protocol", OLD]), ("old host, new server", [])):
            with other.step(name) as remark:
                direct = features(world, python=python, url=world.url, token=token)
                bridged = features(world, python=python, command=[lib.PROGRAM, "bridge", world.url, *protocol])
                compare(direct, bridged, set() if protocol else BY_ERA)
                remark(f"{len(direct)} answers compared")


# The SDK's server says nothing of changes in the old era, and says so; nor does it take a level there.
NOT_TOLD = {"events", "told of changes", "changed"}


def everything(report, world, url, sse, name, version, args, era_name, eras, left_out):
    """Questions, progress, logs, cancellation, changes: a server of the Python SDK has one of each."""
    subject = report.subject(f"{name} over stdio, everything", version, "MCP host")
    for label, era in eras:
        direct = use(world, args, **{era_name: era, "url": url})
        for server, place, options in [(server, url, options) for server, options in SERVERS] \
                + [("server of 2024-11-05", sse, [])]:
            with subject.step(f"{label}, {server}") as remark:
                bridged = use(world, args, **{era_name: era, "command": [lib.PROGRAM, "bridge", place, *options]})
                skipped = left_out(era, server)
                compare(direct, bridged, skipped)
                remark(f"{len(set(direct) - skipped)} answers compared")


def python_leaves_out(era, server):
    if era == "legacy":
        return {"level"} if server == "new server" else set()
    return NOT_TOLD if server != "new server" else set()


def go_leaves_out(era, server):
    """The SDK cannot be asked for its roots in the new era."""
    return (NOT_TOLD | {"call folders"}) if era == NEW and server != "new server" else set()


def run(report):
    fixtures(report)
    python = install.pip("client_python")
    client = os.path.join(install.HERE, "client_python", "everything.py")
    server = [install.pip("python_sdk2"), os.path.join(install.HERE, "python_servers", "everything.py")]
    with World() as world:
        url, sse = (world.spawn(*server, *kind).ready["url"] for kind in ([], ["sse"]))
        everything(report, world, url, sse, "Python SDK", install.pip_version(python, "mcp"), [python, client],
                   "mode", (("old host", "legacy"), ("new host", NEW), ("a host of either era", "auto")),
                   python_leaves_out)
        everything(report, world, url, sse, "TypeScript SDK",
                   install.npm_version(install.npm(FOLDER), "@modelcontextprotocol/client"),
                   install.node_script(world, FOLDER, "everything.mjs"), "era",
                   (("old host of SDK 1", "sdk1"), ("old host", "legacy"), ("new host", NEW)), lambda era, server: set())
        everything(report, world, url, sse, "Go SDK",
                   install.go_version("client_go", "github.com/modelcontextprotocol/go-sdk"),
                   [install.go("client_go")], "era", (("old host", OLD), ("new host", NEW)), go_leaves_out)
