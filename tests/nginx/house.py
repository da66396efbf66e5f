"""A server that knows nothing of tokens, behind nginx, which has the rules of the echo server: for the
programs of others, and for the referee.  Mixed into a World that has an authorization server."""

import json
import os

import gateway
import lib
from lib import expect, expect_eq

RULES = [{"method": "tools/call", "scope": "mcp:tools"}, {"method": "prompts/get", "scope": "mcp:prompts"},
         {"method": "*", "scope": "mcp:read"}]
LOG = ("log_format asked '$remote_addr $request_method $request_uri $status \"$mcpass_username\""
       " \"$mcpass_client\" \"$mcpass_scope\"';")
HOSTS = "proxy_set_header Host $http_host; "


def module():
    """Where the build left it, or None."""
    path = os.path.join(os.path.dirname(lib.PROGRAM), "ngx_http_mcpass_module.so")
    return path if os.path.exists(path) else None


class Guarded(gateway.Nginx):
    def guard(self, *serve, challenge_needed=False):
        """Our server, open to all, and nginx before it."""
        unaware = self.start("serve", "--json", "--port", "0", "--open", *serve)
        return self.guard_url(unaware.ready["url"], challenge_needed)

    def issuers(self):
        return [self.issuer]

    def guard_url(self, url, challenge_needed=False):
        gateway.MODULE = module()
        self.url = f"http://127.0.0.1:{self.port1}/mcp"
        config = self.write("guard.json", json.dumps({
            "resource": self.url, "issuers": [{"issuer": url} for url in self.issuers()], "rules": RULES,
            "challenge_needed": challenge_needed}))
        self.start_nginx(
            f"access_log {self.folder}/asked.log asked; location /synchronous {{ return 204; }}"
            f"location / {{ mcpass on; mcpass_config {config}; {gateway.PROXY} {HOSTS} }}",
            behind=url.removesuffix("/mcp"), http=LOG)
        return self.url

    def read_log(self):
        """nginx's one worker writes a line before it looks at what came later."""
        expect_eq("a later one", self.answered("/synchronous"), 204)
        return self.read("asked.log")

    def answered(self, path):
        connection = gateway.http.client.HTTPConnection("127.0.0.1", self.port1, timeout=lib.PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def expect_caller(self, said, client="", scope=""):
        """said: by a tool, which cannot know; nginx does."""
        calls = [line.split('"')[1::2] for line in self.read_log().splitlines() if " POST /mcp 200 " in line]
        expect("nginx knows who calls", calls[-1][0] == "alice" and client in calls[-1][1]
               and scope in calls[-1][2], calls[-1])
