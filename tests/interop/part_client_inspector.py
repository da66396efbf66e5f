"""MCP Inspector's command line against our two servers: with a token that it is given, and with a
login of its own.  Each command is a process."""

import json
import os
import re
import subprocess

import install
from lib import PATIENCE, expect, expect_eq
from reverse import House, login_seen, quiet

TITLE = "MCP Inspector"
ORDER = 65
FOLDER = "client_inspector"
PACKAGE = "@modelcontextprotocol/inspector"
PROGRAM = os.path.join("node_modules", *PACKAGE.split("/"), "clients", "launcher", "build", "index.js")


class Inspector:
    def __init__(self, house, home):
        port = house.port()
        self.house = house
        self.args = [install.node(), os.path.join(home, PROGRAM), "--cli", "--format", "json",
                     "--callback-url", f"http://127.0.0.1:{port}/oauth/callback"]
        self.secrets = os.path.join(house.folder, ".mcp-inspector", "secrets.json")
        self.env = {**house.env, **house.desktop(), "BROWSER": house.path("bin/xdg-open"),
                    "DISPLAY": "", "MCP_AUTO_OPEN_ENABLED": "true",
                    "MCP_INSPECTOR_SECRET_STORE": "file"}

    def run(self, method, *more, server=None):
        server = server or ("--server-url", self.house.url, "--transport", "http")
        done = subprocess.run([*self.args, *server, "--method", method, *more], env=self.env,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=PATIENCE)
        expect_eq(f"{method} {more}", done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["result"]

    def tools(self, **options):
        return {tool["name"] for tool in self.run("tools/list", **options)["tools"]}

    def call(self, name, *more):
        return self.run("tools/call", "--tool-name", name, *more)["content"][0]["text"]

    def spoil(self):
        """The token that it keeps becomes another one."""
        with open(self.secrets) as file:
            text = file.read()
        worn, count = re.subn(r'(access_token\\*"\s*:\s*\\*")[^"\\]+', r"\1worn-out", text)
        expect_eq("the one token", count, 1, re.sub(r"[\w.-]{16,}", "...", text))
        with open(self.secrets, "w") as file:
            file.write(worn)


def given_token(subject, inspector, house):
    with subject.step("a token that was made without a login, in a header of its configuration"):
        token = house.run("authserver", "token", "--data", house.data, "--users",
                          house.path("users.json"), "--user", "alice", "--scope", "mcp:read",
                          "--resource", house.url).stdout.strip()
        path = house.write("mcp.json", json.dumps({"mcpServers": {"echo": {
            "type": "streamable-http", "url": house.url,
            "headers": {"Authorization": f"Bearer {token}"}}}}))
        os.chmod(path, 0o600)
        expect("the tools", "whoami" in inspector.tools(server=("--config", path, "--server", "echo")))
        quiet(house.asked())


def own_login(subject, inspector, house):
    with subject.step("401, discovery, registration, login, consent, token, list tools") as remark:
        expect_eq("the three", inspector.tools(), {"echo", "get_time", "whoami"})
        login_seen(house.asked())
        expect_eq("clients that are registered", house.count("client"), 1)
        remark("asks for every scope there is")
    with subject.step("a new process calls a tool without a login; which says who is calling"):
        said = inspector.call("whoami")
        quiet(house.asked())
        house.expect_caller(said)
    with subject.step("the same on 2026-07-28"):
        expect_eq("echo", inspector.call("echo", "--tool-arg", "message=hello", "--protocol-era",
                                         "modern"), "hello")
        quiet(house.asked())
    with subject.step("get a prompt"):
        said = inspector.run("prompts/get", "--prompt-name", "greeting", "--prompt-args", "name=Bob")
        expect("Bob", "Bob" in said["messages"][0]["content"]["text"], str(said))
    with subject.step("a worn out token is refreshed"):
        inspector.spoil()
        house.asked()
        expect_eq("echo", inspector.call("echo", "--tool-arg", "message=again"), "again")
        news = house.asked()
        quiet(news, "POST /token")
        expect_eq("one refresh", news["issuer"].count(("POST /token", 200)), 1, str(news))


def run(report):
    home = install.npm(FOLDER)
    subject = report.subject("MCP Inspector", install.npm_version(home, PACKAGE), "command line")
    with House() as house:
        inspector = Inspector(house, home)
        given_token(subject, inspector, house)
        own_login(subject, inspector, house)
        subject.not_offered("step-up", "it asks for all scopes at once")
