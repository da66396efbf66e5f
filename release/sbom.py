#!/usr/bin/env python3
"""Writes the bill of materials (SPDX 2.3): sbom.py VERSION COMMIT SOURCES DIST

What a static program has in it, from sources.txt, and the digest of each file of DIST."""

import hashlib
import json
import os
import re
import sys
import time

# The crate or wheel of sources.txt: what it is called, its licence, its supplier's name of it.
PARTS = {"openssl-src": ("OpenSSL", "Apache-2.0", "openssl:openssl"),
         "curl-sys": ("curl", "curl", "haxx:libcurl"),
         "libnghttp2-sys": ("nghttp2", "MIT", "nghttp2:nghttp2"),
         "libsqlite3-sys": ("SQLite", "blessing", "sqlite:sqlite"),
         "libz-sys": ("zlib", "Zlib", "zlib:zlib"),
         "jansson": ("jansson", "MIT", "jansson_project:jansson"),
         "ziglang": ("musl and compiler-rt, as zig has them", "MIT", None),
         "certifi": ("certifi (in the image alone)", "MPL-2.0", None)}


def package(name, real, digest, file):
    title, licence, cpe = PARTS[name]
    result = {"SPDXID": f"SPDXRef-{name}", "name": title, "versionInfo": real,
              "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "packageFileName": file,
              "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
              "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION"}
    if cpe is not None:
        result["externalRefs"] = [{
            "referenceCategory": "SECURITY", "referenceType": "cpe23Type",
            "referenceLocator": f"cpe:2.3:a:{cpe}:{real}:*:*:*:*:*:*:*"}]
    return result


def artefact(dist, name):
    with open(os.path.join(dist, name), "rb") as file:
        data = file.read()
    return {"SPDXID": "SPDXRef-File-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "fileName": f"./{name}",
            "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                          {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"}


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def main():
    version, built_json, sources, dist = sys.argv[1:]
    built = json.loads(built_json)
    with open(sources, encoding="utf-8") as file:
        pins = [line.split() for line in file if line.strip() and not line.startswith("#")]
    packages = [package(name, real, digest, path) for _, name, _, real, digest, path in pins]
    files = [artefact(dist, name) for name in sorted(os.listdir(dist))
             if not name.endswith(".spdx.json") and not name.startswith("SHA256SUMS")]
    root = {"SPDXID": "SPDXRef-mcpass", "name": "mcpass", "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "sourceInfo": f"commit {built['commit']}", "licenseConcluded": "MIT",
            "licenseDeclared": "MIT", "copyrightText": "NOASSERTION"}
    digest = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"mcpass-{version}", "documentNamespace": f"urn:mcpass:{version}:{digest}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            int(os.environ["SOURCE_DATE_EPOCH"]))), "creators": ["Tool: mcpass-release"]},
        "packages": [root] + packages, "files": files,
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-mcpass")]
        + [relation("SPDXRef-mcpass", "STATIC_LINK" if p["SPDXID"] != "SPDXRef-certifi"
                    else "OTHER", p["SPDXID"]) for p in packages]
        + [relation(f["SPDXID"], "GENERATED_FROM", "SPDXRef-mcpass") for f in files]}
    with open(f"{dist}/mcpass-{version}.spdx.json", "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1, sort_keys=True)
        out.write("\n")


main()
