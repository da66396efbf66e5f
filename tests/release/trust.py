#!/usr/bin/env python3
"""The program finds the certificates of each family of systems: trust.py PROGRAM FOLDER

In a root that has nothing but the program and an authority, where that family keeps it."""

import os
import shutil
import subprocess
import sys

from world import Server, make_authority

DEBIAN_HASHED, FEDORA_HASHED = "/etc/ssl/certs/{}.0", "/etc/pki/ca-trust/extracted/pem/directory-hash/{}.0"
ROWS = [("nowhere", None), ("Debian, hashed", DEBIAN_HASHED), ("Fedora, hashed", FEDORA_HASHED),
        ("Debian, Arch, NixOS", "/etc/ssl/certs/ca-certificates.crt"),
        ("Fedora", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
        ("Red Hat, older", "/etc/pki/tls/certs/ca-bundle.crt"),
        ("SUSE", "/etc/ssl/ca-bundle.pem"), ("Alpine", "/etc/ssl/cert.pem")]


def main():
    program, folder = sys.argv[1:]
    os.makedirs(folder)
    name = make_authority(folder)
    server = Server(folder)
    for label, path in ROWS:
        root = os.path.join(folder, "root")
        os.makedirs(os.path.join(root, "tmp"))
        shutil.copy(program, os.path.join(root, "mcpass"))
        if path is not None:
            place = root + path.format(name)
            os.makedirs(os.path.dirname(place))
            shutil.copy(os.path.join(folder, "ca.pem"), place)
        del server.paths[:]
        done = subprocess.run([shutil.which("chroot"), root, "/mcpass", "tools", server.url], env={"HOME": "/tmp"},
                              capture_output=True, text=True, timeout=60)
        got_there = bool(server.paths)
        assert got_there == (path is not None), (label, done.stderr)
        assert got_there or "certificate" in done.stderr, done.stderr
        print("certificates of", label)
        shutil.rmtree(root)


main()
