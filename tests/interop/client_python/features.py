"""Uses every feature of a server with the Python SDK 1.x, and prints what came: over stdio through
the bridge, or over HTTP without it.  argv: {"command": [...]} or {"url", "token"}."""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

SETTINGS = json.loads(sys.argv[1])
OWN = {"_meta", "resultType", "ttlMs", "cacheScope", "meta"}


def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in OWN and inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def transport():
    if "command" in SETTINGS:
        program, *args = SETTINGS["command"]
        return stdio_client(StdioServerParameters(command=program, args=args, env=dict(os.environ)))
    return streamablehttp_client(SETTINGS["url"], headers={"Authorization": f"Bearer {SETTINGS['token']}"})


async def main():
    seen = {}

    async def use(name, work):
        try:
            seen[name] = plain((await work).model_dump(mode="json"))
        except Exception as error:
            seen[name] = {"error": str(error)}

    async with transport() as streams, ClientSession(*streams[:2]) as client:
        seen["server"] = (await client.initialize()).serverInfo.name
        await use("tools", client.list_tools())
        await use("prompts", client.list_prompts())
        await use("resources", client.list_resources())
        await use("templates", client.list_resource_templates())
        for tool in (tool["name"] for tool in seen["tools"]["tools"]):
            if tool.startswith(("echo", "whoami", "test_")):
                await use(f"call {tool}", client.call_tool(tool, {"message": "grüße \u2028 \"", "a": 1}))
        for prompt in (prompt["name"] for prompt in seen["prompts"]["prompts"]):
            await use(f"prompt {prompt}", client.get_prompt(prompt, {"arg1": "x", "arg2": "y", "message": "m",
                                                                    "name": "n", "resourceUri": "u:1"}))
        for resource in (resource["uri"] for resource in seen["resources"]["resources"]):
            await use(f"resource {resource}", client.read_resource(resource))
        await use("no such tool", client.call_tool("no_such", {}))
        await use("no such resource", client.read_resource("no:such"))
    print(json.dumps(seen))


asyncio.run(main())
