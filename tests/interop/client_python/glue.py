"""What the Python clients share: one line of JSON on standard input is a command, one line on
standard output its answer.  No rule of OAuth is in here."""

import asyncio
import hashlib
import json
import os
import sys


class Store:
    """A file of JSON: what a restart needs."""

    def __init__(self):
        self.path = os.environ["GLUE_STORE"]
        self.kept = {}
        if os.path.exists(self.path):
            with open(self.path) as file:
                self.kept = json.load(file)

    def keep(self, name, value):
        self.kept[name] = value
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self.kept, file)


def digest(text):
    """Never a token: what a test may compare."""
    return text and hashlib.sha256(text.encode()).hexdigest()[:16]


def seen(tokens, client):
    return {"scope": tokens.scope, "access": digest(tokens.access_token),
            "refresh": digest(tokens.refresh_token), "client_id": client.client_id}


class Conversation:
    """The commands that go to a client's session; both clients name their methods alike."""

    def __init__(self):
        self.client = None

    async def tools(self):
        tools = await self.client.list_tools()
        return [tool.name for tool in getattr(tools, "tools", tools)]

    async def call(self, name, arguments):
        return (await self.client.call_tool(name, arguments)).content[0].text

    async def prompts(self):
        prompts = await self.client.list_prompts()
        return [prompt.name for prompt in getattr(prompts, "prompts", prompts)]

    async def prompt(self, name, arguments):
        return (await self.client.get_prompt(name, arguments)).messages[0].content.text


async def serve(commands):
    """Until the input ends; what was opened is closed by the caller, in this task."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        options = json.loads(line)
        name = options.pop("do")
        try:
            answer = {"result": await getattr(commands, name)(**options)}
        except Exception as error:
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
