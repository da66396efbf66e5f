"""A stdio host in front of the bridge, with the commands of the client under test: `client --bridge ERA
URL`.  It speaks the revision of ERA, whatever the referee's server speaks."""

import json
import subprocess
import sys

OLD, NEW = "2025-11-25", "2026-07-28"
KEY = "io.modelcontextprotocol/"
INFO = {"name": "host", "version": "1"}
CAPABILITIES = {"elicitation": {"form": {"applyDefaults": True}, "url": {}}}
METHODS = {"tools": "tools/list", "resources": "resources/list", "prompts": "prompts/list"}
READS = {"resources": ("resources/read", "uri"), "prompts": ("prompts/get", "name")}
DONE = 0


class Unexpected(Exception):
    pass


class Host:
    """The bridge starts with the first command; the end of its input ends it."""

    def __init__(self, client, revision):
        self.client, self.revision = client, revision
        self.process, self.last_id, self.answers = None, 0, {}

    def __getattr__(self, name):
        return getattr(self.client, name)

    # --- messages ---

    def write(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def accept(self, params):
        """What a person who changes nothing sends."""
        fields = params.get("requestedSchema", {}).get("properties", {})
        content = {name: field["default"] for name, field in fields.items() if "default" in field}
        return {"action": "accept", "content": content}

    def answer(self, id):
        """The answer to that request, or the question in its stead; what else comes is served meanwhile."""
        while id not in self.answers:
            line = self.process.stdout.readline()
            if not line:
                raise Unexpected(f"the bridge ended with {self.process.wait()}")
            message = json.loads(line)
            if "method" not in message:
                self.answers[message.get("id")] = message
            elif message["method"] == "elicitation/create":
                self.write({"id": message["id"], "result": self.accept(message["params"])})
            elif "id" in message:
                self.write({"id": message["id"], "error": {"code": -32601, "message": "none"}})
        return self.answers.pop(id)

    def send(self, method, params):
        self.last_id += 1
        if self.revision == NEW:
            params = {**params, "_meta": {KEY + "protocolVersion": NEW, KEY + "clientInfo": INFO,
                                          KEY + "clientCapabilities": CAPABILITIES}}
        self.write({"id": self.last_id, "method": method, "params": params})
        return self.last_id

    def ask(self, method, params):
        """A result; a question of 2026-07-28 is answered, and the request goes again."""
        said = self.answer(self.send(method, params))
        result = said.get("result", {})
        if "error" in said:
            raise Unexpected(f"{method}: {json.dumps(said['error'])}")
        if result.get("resultType") != "input_required":
            return result
        more = {"inputResponses": {key: self.accept(question["params"])
                                   for key, question in result["inputRequests"].items()}}
        if "requestState" in result:
            more["requestState"] = result["requestState"]
        return self.ask(method, {**params, **more})

    # --- commands ---

    def open(self):
        if self.process is not None:
            return
        options = [word for word in self.options if word != "--elicit"]
        line = [self.program, "bridge", self.url, *options]
        print("+", *line[1:], file=sys.stderr, flush=True)
        self.process = subprocess.Popen(line, env=self.env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        if self.revision == NEW:
            self.ask("server/discover", {})
        else:
            self.ask("initialize", {"protocolVersion": OLD, "capabilities": CAPABILITIES, "clientInfo": INFO})
            self.write({"method": "notifications/initialized"})

    def run(self, kind, *words, want=DONE):
        try:
            self.open()
            if words and kind in READS:
                method, name = READS[kind]
                return self.ask(method, {name: words[0]})
            return self.ask(METHODS[kind], {})
        except Unexpected as problem:
            if want == DONE:
                raise
            print(f"refused, as wanted: {problem}", file=sys.stderr)
            return None

    def list(self, kind):
        return self.run(kind)[kind]

    def call(self, tool, arguments=None):
        self.open()
        return self.ask("tools/call", {"name": tool, "arguments": arguments or {}})

    def close(self):
        if self.process is None:
            return
        self.process.stdin.close()
        code = self.process.wait()
        if code != DONE:
            raise Unexpected(f"the bridge ended with {code}")
