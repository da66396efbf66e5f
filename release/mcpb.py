#!/usr/bin/env python3
"""Makes the desktop extension of the bridge: mcpb.py PROGRAM ARCH VERSION DIST LICENCES

A host that takes .mcpb files asks for the server's URL and starts `mcpass bridge URL`.
The same input gives the same bytes."""

import json
import os
import sys
import time
import zipfile


def manifest(version):
    return json.dumps({
        "manifest_version": "0.2", "name": "mcpass", "display_name": "mcpass", "version": version,
        "description": "Reaches a remote MCP server, and signs in to it",
        "author": {"name": "The mcpass authors"}, "license": "MIT",
        "server": {"type": "binary", "entry_point": "server/mcpass", "mcp_config": {
            "command": "${__dirname}/server/mcpass", "args": ["bridge", "${user_config.url}"], "env": {}}},
        "user_config": {"url": {"type": "string", "title": "URL of the MCP server", "required": True,
                                "description": "https://mcp.example.com/mcp"}},
        "compatibility": {"platforms": ["linux"]},
    }, indent=1).encode()


def main():
    program, arch, version, dist, licences = sys.argv[1:]
    when = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
    files = [("manifest.json", manifest(version), 0o644)]
    for name, path, mode in (("server/mcpass", program, 0o755), ("LICENCES", licences, 0o644)):
        with open(path, "rb") as file:
            files.append((name, file.read(), mode))
    with zipfile.ZipFile(f"{dist}/mcpass-{version}-linux-{arch}.mcpb", "w") as bundle:
        for name, data, mode in files:
            entry = zipfile.ZipInfo(name, when)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            bundle.writestr(entry, data, compresslevel=9)


main()
