#!/usr/bin/env python3
"""Checks an OCI layout by its digests, and lays its files out: image.py TAR FOLDER ARCH"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
layout = tarfile.open(sys.argv[1])


def blob(descriptor):
    data = layout.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"], descriptor
    assert len(data) == descriptor["size"], descriptor
    return data


assert json.load(layout.extractfile("oci-layout"))["imageLayoutVersion"] == "1.0.0"
index = json.loads(blob(json.load(layout.extractfile("index.json"))["manifests"][0]))
ours = None
for described in index["manifests"]:
    manifest = json.loads(blob(described))
    config = json.loads(blob(manifest["config"]))
    assert config["architecture"] == described["platform"]["architecture"]
    assert config["config"]["User"] == "65532:65532", config
    plain = gzip.decompress(blob(manifest["layers"][0]))
    assert "sha256:" + hashlib.sha256(plain).hexdigest() == config["rootfs"]["diff_ids"][0]
    if config["architecture"] == NAMES[sys.argv[3]]:
        ours = plain
os.makedirs(sys.argv[2])
with tarfile.open(fileobj=io.BytesIO(ours)) as files:
    names = files.getnames()
    files.extractall(sys.argv[2])
assert "etc/ssl/certs/ca-certificates.crt" in names
assert not [name for name in names if name.startswith(("bin/", "usr/bin/sh"))], "a shell?"
