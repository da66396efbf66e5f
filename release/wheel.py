#!/usr/bin/env python3
"""Makes the wheel of the static program: wheel.py PROGRAM ARCH VERSION DIST README LICENCE...

`uvx mcpass` and `pipx run mcpass` start the program itself: no Python runs after that.
The same input gives the same bytes: times are SOURCE_DATE_EPOCH."""

import base64
import hashlib
import os
import sys
import time
import zipfile

TAGS = {"x86_64": "manylinux2014_x86_64.musllinux_1_1_x86_64",
        "aarch64": "manylinux2014_aarch64.musllinux_1_1_aarch64"}


def metadata(version, readme):
    with open(readme, encoding="utf-8") as file:
        return ("Metadata-Version: 2.1\nName: mcpass\n"
                f"Version: {version}\n"
                "Summary: A pass into any protected MCP server\n"
                "License: MIT\nRequires-Python: >=3.7\n"
                "Classifier: Environment :: Console\n"
                "Classifier: Operating System :: POSIX :: Linux\n"
                "Keywords: mcp,oauth,cli\n"
                f"Description-Content-Type: text/markdown\n\n{file.read()}").encode()


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def main():
    program, arch, version, dist, readme, *licences = sys.argv[1:]
    info = f"mcpass-{version}.dist-info"
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in TAGS[arch].split("."))
    files = [(f"mcpass-{version}.data/scripts/mcpass", open(program, "rb").read(), 0o755),
             (f"{info}/METADATA", metadata(version, readme), 0o644),
             (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: mcpass release\n"
              f"Root-Is-Purelib: false\n{tags}".encode(), 0o644)]
    for path in licences:
        with open(path, "rb") as file:
            files.append((f"{info}/licenses/{os.path.basename(path)}", file.read(), 0o644))
    record = "".join(record_line(name, data) for name, data, _ in files) + f"{info}/RECORD,,\n"
    files.append((f"{info}/RECORD", record.encode(), 0o644))
    when = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
    with zipfile.ZipFile(f"{dist}/mcpass-{version}-py3-none-{TAGS[arch]}.whl", "w") as wheel:
        for name, data, mode in files:
            entry = zipfile.ZipInfo(name, when)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            wheel.writestr(entry, data, compresslevel=9)


main()
