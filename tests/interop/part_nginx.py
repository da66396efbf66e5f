"""The clients once more, and the server knows nothing of tokens: nginx with the module is before it."""

import importlib
import os
import sys
from unittest import mock

import install
import lib
from lib import expect, expect_eq
from report import Skip
from reverse import House

sys.path.append(os.path.join(os.path.dirname(lib.HERE), "nginx"))
import house                                            # noqa: E402

TITLE = "Clients, to a server behind nginx"
ORDER = 68
EVERYTHING = "everything"
CLIENTS = ["typescript", "python", "go", "mcp_remote", "inspector"]


class NginxHouse(house.Guarded, House):
    def start_serve(self, *serve):
        self.serve = self
        self.guard(*(option for option in serve if option != "--challenge-needed"),
                   challenge_needed="--challenge-needed" in serve)


def everything(report):
    """The official server of every feature, and our client."""
    version = install.npm_version(install.npm(EVERYTHING), "@modelcontextprotocol/server-everything")
    subject = report.subject("server-everything", version, "MCP server")
    with house.Guarded() as world:
        world.start_authserver()
        world.guard_url(world.spawn(*install.node_script(world, EVERYTHING, "server.mjs")).ready["url"])
        with subject.step("401, login, a tool's answer"):
            answer = world.call("echo", "message=hello").stdout
            expect("its answer", "hello" in answer, answer)
            world.expect_caller(answer, scope="mcp:tools")
        with subject.step("a tool that tells how far it is, while it runs"):
            done = world.call("trigger-long-running-operation", "duration:=1", "steps:=4")
            expect_eq("exit", done.returncode, 0, done.stderr)
            expect("its end", "Long running operation completed" in done.stdout, done.stdout + done.stderr)
        with subject.step("its tools, its resources, and a prompt after a step-up"):
            expect("tools", "get-sum" in world.run("tools", world.url).stdout)
            expect("resources", "://" in world.run("resources", world.url).stdout)
            done = world.run("request", world.url, "prompts/get", '{"name":"simple-prompt"}')
            expect_eq("exit", done.returncode, 0, done.stderr)
            expect("a prompt", "messages" in done.stdout, done.stdout)


def run(report):
    if house.module() is None:
        raise Skip("the module is not built: nginx-dev is not installed")
    for name in CLIENTS:
        part = importlib.import_module("part_client_" + name)
        with mock.patch.object(part, "House", NginxHouse):
            part.run(report)
    everything(report)
