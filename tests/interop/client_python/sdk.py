"""The client of the Python SDK; GLUE_ERA: "legacy", "auto", or a revision."""

import asyncio
import contextlib
import os
import urllib.parse

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (AuthorizationCodeResult, OAuthClientInformationFull,
                             OAuthClientMetadata, OAuthToken)

from glue import Conversation, Store, seen, serve


class Kept(Store):
    """The TokenStorage that the documentation asks for."""

    async def get_tokens(self):
        return OAuthToken.model_validate(self.kept["tokens"]) if "tokens" in self.kept else None

    async def set_tokens(self, tokens):
        self.keep("tokens", tokens.model_dump(mode="json"))

    async def get_client_info(self):
        kept = self.kept.get("client")
        return OAuthClientInformationFull.model_validate(kept) if kept else None

    async def set_client_info(self, client):
        self.keep("client", client.model_dump(mode="json"))


class Listener:
    """Takes the redirect."""

    async def open(self, port):
        self.queries = asyncio.Queue()
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", port)
        return self.server.sockets[0].getsockname()[1]

    async def answer(self, reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nBack")
        await writer.drain()
        writer.close()
        await self.queries.put(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query)))

    async def wait(self):
        query = await self.queries.get()
        if "error" in query:
            raise RuntimeError(f"refused: {query['error']} {query.get('error_description')}")
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"),
                                       iss=query.get("iss"))


async def browse(url):
    await asyncio.create_subprocess_exec(os.environ["BROWSER"], url)


class Commands(Conversation):
    def __init__(self, stack, store, listener, port):
        super().__init__()
        self.stack, self.store, self.listener, self.port = stack, store, listener, port

    async def connect(self, url):
        metadata = OAuthClientMetadata(
            client_name=os.environ["GLUE_NAME"], token_endpoint_auth_method="none",
            redirect_uris=[f"http://127.0.0.1:{self.port}/callback"])
        self.provider = OAuthClientProvider(url, metadata, self.store, browse, self.listener.wait)
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
