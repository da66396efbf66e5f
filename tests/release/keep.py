#!/usr/bin/env python3
"""Upgrade and removal of the package keep credentials: keep.py PROGRAM ROOT DIST

A login by the static program, outside, leaves the store in the home of the system at ROOT;
the package's program there uses it, before an upgrade, after it, and after a new install."""

import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BROWSER = os.path.join(HERE, "..", "e2e", "browser.py")


def start(program, *arguments):
    server = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL)
    return server, json.loads(server.stdout.readline())


def inside(root, line):
    done = subprocess.run(["chroot", root, "sh", "-c", line], capture_output=True, text=True,
                          timeout=300, env={"HOME": "/root", "DEBIAN_FRONTEND": "noninteractive",
                                            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def newer(root, package):
    """The same package, of a later version, for an upgrade."""
    work = os.path.join(root, "newer")
    shutil.rmtree(work, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-R", package, work], check=True)
    control = os.path.join(work, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(text.replace("\nVersion: ", "\nVersion: 1:", 1))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", work, os.path.join(root, "newer.deb")],
                   check=True, capture_output=True)


def main():
    program, root, dist = sys.argv[1:]
    package = glob.glob(os.path.join(dist, "mcpass_*.deb"))[0]
    home = os.path.join(root, "root")
    users = os.path.join(root, "users.json")
    entry = subprocess.run([program, "authserver", "hash", "alice"], input="benchmark\n", text=True,
                           capture_output=True, check=True).stdout
    with open(users, "w", encoding="utf-8") as file:
        file.write(f"[{entry}]")
    issuer, known = start(program, "authserver", "--json", "--port", "0", "--users", users)
    server, url = start(program, "serve", "--json", "--port", "0", "--issuer", known["issuer"])
    try:
        opener = os.path.join(root, "browser")
        with open(opener, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec "{sys.executable}" "{BROWSER}" "$1"\n')
        os.chmod(opener, 0o700)
        subprocess.run([program, "login", url["url"]], check=True, timeout=60, env={
            "HOME": home, "BROWSER": opener, "PATH": os.environ["PATH"],
            "MCPASS_E2E_USER": "alice", "MCPASS_E2E_PASSWORD": "benchmark"})
        call = f"mcpass call {url['url']} echo message=kept --no-login"
        assert inside(root, call) == "kept\n"
        newer(root, package)
        inside(root, "dpkg -i /newer.deb")
        assert inside(root, call) == "kept\n", "after the upgrade"
        inside(root, "dpkg --purge mcpass")
        inside(root, f"dpkg -i /debs/{os.path.basename(package)}")
        assert inside(root, call) == "kept\n", "after removal and a new install"
    finally:
        for process in (server, issuer):
            process.terminate()
            process.wait(timeout=20)


main()
