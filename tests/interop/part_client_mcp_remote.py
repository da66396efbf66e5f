"""npm's mcp-remote, the bridge for hosts that speak stdio only, against our two servers.  We play
the host; its tokens are read from where it keeps them."""

import glob
import json
import os

import install
from reverse import Guest, House, Walk, digest

TITLE = "mcp-remote"
ORDER = 64
FOLDER = "client_mcp_remote"
PROGRAM = os.path.join("node_modules", "mcp-remote", "dist", "proxy.js")


class Bridge(Guest):
    """Commands become JSON-RPC on its standard input."""

    def __init__(self, args, env, log, folder, era):
        super().__init__(args, env, log)
        self.folder, self.era, self.id = folder, era, 0

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method, **params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        answer = json.loads(self.line() or "{}")
        if "result" not in answer:
            raise self.failure(f"{method}: {answer}")
        return answer["result"]

    def kept(self, what):
        path, = glob.glob(os.path.join(self.folder, "*", f"*_{what}.json"))
        with open(path) as file:
            return path, json.load(file)

    def ask(self, what, **options):
        return getattr(self, what)(**options)

    def connect(self, url):
        said = self.request("initialize", protocolVersion=self.era, capabilities={},
                            clientInfo={"name": "host", "version": "1"})
        self.send({"method": "notifications/initialized"})
        return {"server": said["serverInfo"]["name"], "version": said["protocolVersion"]}

    def tools(self):
        return [tool["name"] for tool in self.request("tools/list")["tools"]]

    def call(self, **options):
        return self.request("tools/call", **options)["content"][0]["text"]

    def prompts(self):
        return [prompt["name"] for prompt in self.request("prompts/list")["prompts"]]

    def prompt(self, **options):
        return self.request("prompts/get", **options)["messages"][0]["content"]["text"]

    def tokens(self):
        tokens, client = self.kept("tokens")[1], self.kept("client_info")[1]
        return {"scope": tokens["scope"], "access": digest(tokens["access_token"]),
                "refresh": digest(tokens["refresh_token"]), "client_id": client["client_id"]}

    def spoil(self):
        path, tokens = self.kept("tokens")
        with open(path, "w") as file:
            json.dump({**tokens, "access_token": "worn-out"}, file)


def run(report):
    home = install.npm(FOLDER)
    subject = report.subject("mcp-remote", install.npm_version(home, "mcp-remote"), "stdio bridge")
    with House() as house:
        folder = house.path("auth")
        env = {**house.env, **house.desktop(), "BROWSER": house.path("bin/xdg-open"), "DISPLAY": "",
               "MCP_REMOTE_CONFIG_DIR": folder}
        args = [install.node(), os.path.join(home, PROGRAM), house.url]

        def start():
            bridge = Bridge(args, env, house.path("guest.log"), folder, "2025-11-25")
            house.stack.callback(bridge.end)
            return bridge

        Walk(subject, house, start, "2025-11-25").go()
