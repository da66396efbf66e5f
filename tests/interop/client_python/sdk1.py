"""The client of the Python SDK 1.x."""

import asyncio
import contextlib
import os

from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata

from glue import Conversation, seen, serve
from kept import Kept, Listener, browse


class Commands(Conversation):
    def __init__(self, stack, store, listener, port):
        super().__init__()
        self.stack, self.store, self.listener, self.port = stack, store, listener, port

    async def redirect(self):
        query = await self.listener.wait()
        return query["code"], query.get("state")

    async def connect(self, url):
        metadata = OAuthClientMetadata(
            client_name=os.environ["GLUE_NAME"], token_endpoint_auth_method="none",
            redirect_uris=[f"http://127.0.0.1:{self.port}/callback"],
            grant_types=["authorization_code", "refresh_token"])
        self.provider = OAuthClientProvider(url, metadata, self.store, browse, self.redirect)
        read, write, _ = await self.stack.enter_async_context(
            streamablehttp_client(url, auth=self.provider))
        self.client = await self.stack.enter_async_context(ClientSession(read, write))
        said = await self.client.initialize()
        return {"server": said.serverInfo.name, "version": said.protocolVersion}

    async def tokens(self):
        return seen(await self.store.get_tokens(), await self.store.get_client_info())

    async def spoil(self):
        """It refreshes what has expired, not what was refused: so this one has expired."""
        self.provider.context.token_expiry_time = 1


async def main():
    async with contextlib.AsyncExitStack() as stack:
        store, listener = Kept(), Listener()
        port = await listener.open(store.kept.get("port", 0))
        store.keep("port", port)
        await serve(Commands(stack, store, listener, port))


asyncio.run(main())
