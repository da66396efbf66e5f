"""A server of the Python SDK with one of each feature, open to all: streamable HTTP in both eras
at /mcp, and HTTP with SSE (2024-11-05) at /sse.  everything.py sse: the latter only."""

import json
import socket
import sys
from typing import Annotated

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.server.mcpserver.resolve import Elicit, ListRoots, Resolve, Sample
from mcp_types import Completion, CreateMessageResult, ListRootsResult, SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("everything", version="1")


class Sum(BaseModel):
    sum: int


class Name(BaseModel):
    name: str
    age: int = 7


def ask_name(of: str) -> Elicit[Name]:
    return Elicit(f"What is the name of {of}?", Name)


def ask_model() -> Sample:
    return Sample([SamplingMessage(role="user", content=TextContent(type="text", text="say x"))], max_tokens=7)


def ask_roots() -> ListRoots:
    return ListRoots()


@server.tool()
def add(a: int, b: int) -> Sum:
    """Adds"""
    return Sum(sum=a + b)


@server.tool()
async def steps(count: int, ctx: Context) -> str:
    """Reports its progress"""
    for i in range(count):
        await ctx.report_progress(i + 1, count, f"step {i + 1}")
    return f"{count} steps"


@server.tool()
async def tell(ctx: Context) -> str:
    """Logs"""
    await ctx.info("told")
    await ctx.error({"why": "nothing"})
    return "told"


@server.tool()
def ask(of: str, name: Annotated[Name, Resolve(ask_name)]) -> str:
    """Asks the person"""
    return f"{of} is {name.name}, {name.age}"


@server.tool()
def model(said: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    """Asks the model"""
    return said.content.text


@server.tool()
def folders(roots: Annotated[ListRootsResult, Resolve(ask_roots)]) -> str:
    """Asks for the roots"""
    return " ".join(str(root.uri) for root in roots.roots)


@server.tool()
def fails() -> str:
    """Fails"""
    raise ValueError("it failed")


@server.tool()
async def changes(ctx: Context) -> str:
    """Says that its tools and a resource have changed"""
    await ctx.notify_tools_changed()        # to the streams of the new era
    if ctx.protocol_version < "2026":
        await ctx.session.send_tool_list_changed()
    await ctx.notify_resource_updated("note://one")
    return "changed"


@server.tool()
async def stays(ctx: Context) -> str:
    """Goes on until it is cancelled"""
    await ctx.report_progress(1, 2)
    await anyio.sleep(60)
    return "never"


@server.resource("note://one", mime_type="text/plain")
def one() -> str:
    """A note"""
    return "eins"


@server.resource("blob://one", mime_type="application/octet-stream")
def blob() -> bytes:
    """Bytes"""
    return bytes(range(16))


@server.resource("note://by/{name}")
def by_name(name: str) -> str:
    """A note by its name"""
    return f"note {name}"


@server.prompt()
def greet(name: str) -> list[UserMessage]:
    """Greets"""
    return [UserMessage(content=f"Greet {name}.")]


@server.completion()
async def complete(ref, argument, context):
    return Completion(values=[argument.value + end for end in ("a", "b")], total=2, has_more=False)


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    is_sse = sys.argv[1:] == ["sse"]
    app = server.sse_app() if is_sse else server.streamable_http_app()
    print(json.dumps({"url": origin + ("/sse" if is_sse else "/mcp")}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


main()
