"""What a program has to bring along for the SDK's OAuthClientProvider, of either major: a store,
a listener for the redirect, a browser."""

import asyncio
import os
import urllib.parse

from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

from glue import Store


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
        return query


async def browse(url):
    await asyncio.create_subprocess_exec(os.environ["BROWSER"], url)
