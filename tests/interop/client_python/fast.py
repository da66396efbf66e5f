"""FastMCP's client with its own OAuth helper, which opens a browser and listens itself."""

import asyncio
import contextlib
import os
import pathlib

from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.filetree import FileTreeStore, FileTreeV1KeySanitizationStrategy

from glue import Conversation, seen, serve


class Commands(Conversation):
    def __init__(self, stack):
        super().__init__()
        self.stack = stack

    async def connect(self, url):
        folder = os.environ["GLUE_STORE"]
        os.makedirs(folder, exist_ok=True)
        store = FileTreeStore(data_directory=folder, key_sanitization_strategy=
                              FileTreeV1KeySanitizationStrategy(pathlib.Path(folder)))
        self.oauth = OAuth(url, client_name=os.environ["GLUE_NAME"], callback_host="127.0.0.1",
                           token_storage=store)
        self.client = await self.stack.enter_async_context(
            Client(url, auth=self.oauth, mode=os.environ["GLUE_ERA"]))
        return {"server": self.client.server_info.name, "version": self.client.protocol_version}

    async def tokens(self):
        kept = self.oauth.token_storage_adapter
        return seen(await kept.get_tokens(), await kept.get_client_info())

    async def spoil(self):
        """It refreshes what has expired, not what was refused: so this one has expired."""
        self.oauth.context.token_expiry_time = 1


async def main():
    async with contextlib.AsyncExitStack() as stack:
        await serve(Commands(stack))


asyncio.run(main())
