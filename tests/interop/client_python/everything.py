"""Uses each feature of python_servers/everything.py with the Python SDK 2.x, and prints what came: over
stdio through the bridge, or over HTTP without it.  argv: {"mode", "command": [...]} or {"mode", "url"}."""

import json
import os
import sys

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

SETTINGS = json.loads(sys.argv[1])
OWN = {"_meta", "resultType", "ttlMs", "cacheScope", "meta", "result_type", "ttl_ms", "cache_scope"}
PATIENCE = 10
heard, changed = [], anyio.Event()


def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in OWN and inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def transport():
    if "command" in SETTINGS:
        program, *args = SETTINGS["command"]
        return stdio_client(StdioServerParameters(command=program, args=args, env=dict(os.environ)))
    return streamable_http_client(SETTINGS["url"])


async def elicited(context, params):
    schema = {name: value for name, value in params.requested_schema.items() if name != "title"}
    heard.append(["asked", params.message, plain(schema)])          # the SDK's new era has no title
    return types.ElicitResult(action="accept", content={"name": "grüße \u2028", "age": 8})


async def sampled(context, params):
    heard.append(["sampled", plain(params.model_dump(mode="json"))])
    return types.CreateMessageResult(role="assistant", model="m", content=types.TextContent(type="text", text="x"))


async def roots(context):
    heard.append(["roots"])
    return types.ListRootsResult(roots=[types.Root(uri="file:///a")])


async def logged(params):
    heard.append(["log", params.level, params.data])


async def any_message(message):
    if isinstance(message, types.ToolListChangedNotification):
        changed.set()


async def stepped(progress, total, message):
    heard.append(["progress", progress, total, message])


async def use(seen, name, work):
    heard.clear()
    try:
        with anyio.fail_after(PATIENCE):
            seen[name] = plain((await work).model_dump(mode="json"))
    except Exception as error:
        seen[name] = {"error": type(error).__name__}
    if heard:
        seen[name]["heard"] = list(heard)


async def lists(client, seen):
    await use(seen, "tools", client.list_tools())
    await use(seen, "prompts", client.list_prompts())
    await use(seen, "resources", client.list_resources())
    await use(seen, "templates", client.list_resource_templates())


async def calls(client, seen):
    await use(seen, "add", client.call_tool("add", {"a": 1, "b": 2}))
    await use(seen, "steps", client.call_tool("steps", {"count": 3}, progress_callback=stepped))
    await use(seen, "tell", client.call_tool("tell"))
    await use(seen, "ask", client.call_tool("ask", {"of": "it"}))
    await use(seen, "model", client.call_tool("model"))
    await use(seen, "folders", client.call_tool("folders"))
    await use(seen, "fails", client.call_tool("fails"))
    await use(seen, "no such tool", client.call_tool("no_such"))
    await use(seen, "wrong arguments", client.call_tool("add", {"a": "x"}))


async def rest(client, seen):
    await use(seen, "prompt", client.get_prompt("greet", {"name": "Ü"}))
    await use(seen, "no such prompt", client.get_prompt("no_such"))
    for uri in ("note://one", "blob://one", "note://by/x", "no:such"):
        await use(seen, uri, client.read_resource(uri))
    await use(seen, "complete", client.complete(types.PromptReference(name="greet"), {"name": "name", "value": "v"}))


async def cancelled(client, seen):
    started = anyio.Event()

    async def begun(progress, total, message):
        started.set()

    with anyio.move_on_after(PATIENCE) as scope:
        async with anyio.create_task_group() as group:
            async def go():
                await client.call_tool("stays", progress_callback=begun)

            group.start_soon(go)
            await started.wait()
            group.cancel_scope.cancel()
    seen["cancelled"] = not scope.cancelled_caught
    await use(seen, "and then", client.call_tool("add", {"a": 3, "b": 4}))


async def changes(client, seen):
    """The new era has a stream for it; what the old era says comes by itself."""
    with anyio.move_on_after(PATIENCE) as scope:
        if client.protocol_version >= "2026":
            async with client.listen(tools_list_changed=True, resource_subscriptions=["note://one"]) as events:
                await client.call_tool("changes")
                seen["events"] = sorted([type(await anext(events)).__name__ for _ in range(2)])
        else:
            await client.call_tool("changes")
            await changed.wait()
    seen["told of changes"] = not scope.cancelled_caught


async def many(client, seen):
    answers = {}

    async def one(i):
        answers[i] = (await client.call_tool("add", {"a": i, "b": i})).structured_content

    async with anyio.create_task_group() as group:
        for i in range(20):
            group.start_soon(one, i)
    seen["many at once"] = [answers[i] for i in range(20)]


async def main():
    seen = {}
    async with Client(transport(), mode=SETTINGS["mode"], elicitation_callback=elicited, sampling_callback=sampled,
                      list_roots_callback=roots, logging_callback=logged, message_handler=any_message,
                      log_level="info", cache=None) as client:
        seen["version"] = client.protocol_version
        seen["server"] = client.server_info and client.server_info.name
        if SETTINGS["mode"] == "legacy":
            await use(seen, "level", client.set_logging_level("info"))
        for part in (lists, calls, rest, cancelled, changes, many):
            await part(client, seen)
    print(json.dumps(seen))


anyio.run(main)
