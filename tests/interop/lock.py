#!/usr/bin/env python3
"""Writes the lock files of a set anew: lock.py FOLDER.

package.json  ->  package-lock.json, without the addresses of packages
requirements.in  ->  requirements.txt, with the digest of each package for each Python and
                     machine below
go.mod  ->  go.sum"""

import json
import os
import subprocess
import sys
import tempfile

import install

PYTHONS = ("3.11", "3.13")
MACHINES = ("x86_64", "aarch64")


def lock_npm(folder):
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit",
                    "--no-fund", "--omit-lockfile-registry-resolved"], cwd=folder, check=True)


def resolve(python, wanted, version, machine):
    platforms = [f"--platform=manylinux_2_{n}_{machine}" for n in (17, 26, 27, 28, 34)]
    platforms += [f"--platform=manylinux2014_{machine}"]
    done = subprocess.run([python, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-",
                           "--ignore-installed", "--only-binary=:all:", "--target=unused",
                           f"--python-version={version}", *platforms, *wanted],
                          check=True, capture_output=True, text=True)
    for item in json.loads(done.stdout)["install"]:
        meta = item["metadata"]
        yield meta["name"], meta["version"], item["download_info"]["archive_info"]["hashes"]["sha256"]


def lock_pip(folder):
    """The first resolution decides the versions; the others add what only they need."""
    wanted = ["-r", os.path.join(folder, "requirements.in")]
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        python = os.path.join(home, "bin", "python")
        locked = {}
        for version in PYTHONS:
            for machine in MACHINES:
                fixed = [f"{name}=={number}" for name, number in locked]
                for name, number, digest in resolve(python, wanted + fixed, version, machine):
                    locked.setdefault((name.lower(), number), set()).add(digest)
    with open(os.path.join(folder, "requirements.txt"), "w") as file:
        for (name, number), digests in sorted(locked.items()):
            hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(digests))
            file.write(f"{name}=={number}{hashes}\n")


def main():
    folder = os.path.join(install.HERE, sys.argv[1])
    if os.path.exists(os.path.join(folder, "package.json")):
        lock_npm(folder)
    if os.path.exists(os.path.join(folder, "requirements.in")):
        lock_pip(folder)
    if os.path.exists(os.path.join(folder, "go.mod")):
        subprocess.run([install.go_tool(), "mod", "tidy"], cwd=folder, check=True,
                       env={**os.environ, "GOMODCACHE": install.GO_ENV["GOMODCACHE"]})


if __name__ == "__main__":
    main()
