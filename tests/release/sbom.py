#!/usr/bin/env python3
"""Whether a bill of materials is whole: sbom.py FILE DIST"""

import hashlib
import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
names = {package["name"]: package for package in document["packages"]}
for library in ("OpenSSL", "curl", "nghttp2", "SQLite", "jansson"):
    assert names[library]["versionInfo"][0].isdigit(), names[library]
    assert names[library]["externalRefs"][0]["referenceType"] == "cpe23Type", names[library]
known = [item["SPDXID"] for item in document["packages"] + document["files"]] + ["SPDXRef-DOCUMENT"]
assert len(known) == len(set(known)), "an identifier stands twice"
for relation in document["relationships"]:
    assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= set(known), relation
listed = {item["fileName"][2:]: item for item in document["files"]}
for name in os.listdir(sys.argv[2]):
    if name.endswith(".spdx.json") or name.startswith("SHA256SUMS"):
        continue
    with open(os.path.join(sys.argv[2], name), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    sums = {item["algorithm"]: item["checksumValue"] for item in listed[name]["checksums"]}
    assert sums["SHA256"] == digest, name
