"""The client of the Python SDK; GLUE_ERA: "legacy", "auto", or a revision."""

import asyncio
import contextlib
import os

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from glue import Conversation, seen, serve
from kept import Kept, Listener, browse


class Commands(Conversation):
    def __init__(self, stack, store, listener, port):
        super().__init__()
        self.stack, self.store, self.listener, self.port = stack, store, listener, port

    async def redirect(self):
        query = await self.listener.wait()
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"),
                                       iss=query.get("iss"))

    async def connect(self, url):
        metadata = OAuthClientMetadata(
            client_name=os.environ["GLUE_NAME"], token_endpoint_auth_method="none",
            redirect_uris=[f"http://127.0.0.1:{self.port}/callback"])
        self.provider = OAuthClientProvider(url, metadata, self.store, browse, self.redirect)
        http = await self.stack.enter_async_context(httpx2.AsyncClient(auth=self.provider))
        self.client = await self.stack.enter_async_context(
            Client(streamable_http_client(url, http_client=http), mode=os.environ["GLUE_ERA"]))
        return {"server": self.client.server_info.name, "version": self.client.protocol_version}

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
