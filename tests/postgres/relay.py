"""Carries connections between this network's loopback and sockets in a folder that several
networks see: relay.py in|out FOLDER PORT...

in: what connects to 127.0.0.1:PORT goes to FOLDER/PORT; out: the other way round.  It says "ready"
when all listen, and ends with its standard input."""

import asyncio
import contextlib
import os
import sys


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


def carry(connect):
    async def one(reader, writer):
        with contextlib.suppress(OSError):
            there = await connect()
            await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
            there[1].close()
        writer.close()
    return one


async def main(way, folder, *ports):
    for port in ports:
        path = os.path.join(folder, port)
        if way == "in":
            await asyncio.start_server(carry(lambda p=path: asyncio.open_unix_connection(p)),
                                       "127.0.0.1", int(port))
        else:
            await asyncio.start_unix_server(
                carry(lambda p=port: asyncio.open_connection("127.0.0.1", int(p))), path)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
