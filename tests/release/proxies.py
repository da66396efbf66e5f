#!/usr/bin/env python3
"""The program speaks to each kind of proxy, and leaves the name to it: proxies.py PROGRAM"""

import subprocess
import sys
import tempfile

from world import Proxy

URL = "https://mcp.example.com/mcp"
NAME = b"mcp.example.com"
ROWS = [("http", [], [b"CONNECT " + NAME + b":443 HTTP/1.1\r\n"]),
        ("https", [], [b"\x16\x03"]),                       # a ClientHello, to the proxy
        ("socks4a", [], [b"\x04\x01\x01\xbb\x00\x00\x00\x01"]),
        ("socks5h", [b"\x05\x00"], [b"\x05", b"\x05\x01\x00\x03" + bytes([len(NAME)]) + NAME])]


def main():
    for scheme, replies, wanted in ROWS:
        proxy = Proxy(*replies)
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [sys.argv[1], "tools", URL, "--proxy", f"{scheme}://127.0.0.1:{proxy.port}"],
                env={"HOME": home}, capture_output=True, text=True, timeout=60)
        proxy.thread.join(timeout=30)
        for heard, want in zip(proxy.heard, wanted):
            assert heard.startswith(want), (scheme, heard, done.stderr)
        assert len(proxy.heard) >= len(wanted), (scheme, proxy.heard, done.stderr)
        print("a proxy of", scheme)


main()
