#!/usr/bin/env python3
"""Makes the container image: image.py VERSION DIST CERTIFICATES LICENCES ARCH=PROGRAM...

From scratch: the program, the certificates of the public authorities, a user who is not
root, and no shell.  One OCI layout in a tar, for all architectures; podman load, docker load
(25 and later) and skopeo read it.  The same input gives the same bytes."""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
OCI = "application/vnd.oci.image"
NAMES = {"x86_64": "amd64", "aarch64": "arm64"}


def add(tar, name, data=None, mode=0o644, owner=0):
    entry = tarfile.TarInfo(name)
    entry.mtime, entry.mode, entry.uid, entry.gid = EPOCH, mode, owner, owner
    if data is None:
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    else:
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def layer(program, certificates, licences):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in ("etc", "etc/ssl", "etc/ssl/certs", "usr", "usr/bin", "usr/share",
                       "usr/share/doc", "usr/share/doc/mcpass"):
            add(tar, folder, mode=0o755)
        add(tar, "tmp", mode=0o1777)
        add(tar, "data", mode=0o700, owner=65532)
        add(tar, "etc/passwd", b"root:x:0:0:root:/:/sbin/nologin\n"
            b"mcpass:x:65532:65532:mcpass:/data:/sbin/nologin\n")
        add(tar, "etc/group", b"root:x:0:\nmcpass:x:65532:\n")
        add(tar, "etc/ssl/certs/ca-certificates.crt", read(certificates))
        add(tar, "usr/share/doc/mcpass/LICENCES", read(licences))
        add(tar, "usr/bin/mcpass", read(program), mode=0o755)
    return out.getvalue()


class Layout:
    def __init__(self):
        self.blobs = {}

    def put(self, kind, data, **more):
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"{OCI}.{kind}", "digest": f"sha256:{digest}", "size": len(data), **more}

    def put_json(self, kind, value, **more):
        return self.put(kind, json.dumps(value, sort_keys=True).encode(), **more)


def image(layout, arch, program, version, certificates, licences):
    plain = layer(program, certificates, licences)
    packed = layout.put("layer.v1.tar+gzip", gzip.compress(plain, 9, mtime=0))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))
    labels = {"org.opencontainers.image.title": "mcpass", "org.opencontainers.image.version": version,
              "org.opencontainers.image.licenses": "MIT"}
    config = layout.put_json("config.v1+json", {
        "architecture": NAMES[arch], "os": "linux", "created": created,
        "config": {"User": "65532:65532", "Entrypoint": ["/usr/bin/mcpass"], "Cmd": ["help"],
                   "Env": ["PATH=/usr/bin", "HOME=/data", "XDG_DATA_HOME=/data", "XDG_STATE_HOME=/data"],
                   "WorkingDir": "/data", "Volumes": {"/data": {}}, "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
        "history": [{"created": created, "created_by": "mcpass release"}]})
    return layout.put_json("manifest.v1+json", {
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config,
        "layers": [packed]}, platform={"architecture": NAMES[arch], "os": "linux"})


def main():
    version, dist, certificates, licences, *pairs = sys.argv[1:]
    layout = Layout()
    manifests = [image(layout, *pair.split("=", 1), version, certificates, licences) for pair in pairs]
    index = layout.put_json("index.v1+json", {
        "schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": manifests},
        annotations={"org.opencontainers.image.ref.name": version,
                     "io.containerd.image.name": f"mcpass:{version}"})
    files = dict(sorted(layout.blobs.items()))
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [index]}, sort_keys=True).encode()
    files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    with tarfile.open(f"{dist}/mcpass-{version}-oci.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in ("blobs", "blobs/sha256"):
            add(tar, folder, mode=0o755)
        for name, data in files.items():
            add(tar, name, data)


main()
