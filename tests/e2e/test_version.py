"""What mcpass says about how it was built."""

import json
import re
import subprocess

import lib
from lib import expect, expect_eq


def version(*arguments):
    done = subprocess.run([lib.PROGRAM, *arguments], capture_output=True, text=True, timeout=30)
    expect_eq("exit", done.returncode, 0, done.stderr)
    return done.stdout


def test_text():
    first, second = version("--version").splitlines()
    expect("the version", re.fullmatch(r"mcpass \d+\.\d+\.\d+", first), first)
    expect("the libraries", re.search(r"libcurl \d.*, OpenSSL \d.*, SQLite \d.*, jansson \d", second),
           second)


def test_json():
    built = json.loads(version("--version", "--json"))
    expect_eq("the version", "mcpass " + built["version"], version("-V").splitlines()[0])
    expect("static or not", isinstance(built["static"], bool), built)
    for library in ("libcurl", "openssl", "sqlite", "jansson"):
        expect(library, re.match(r"\d+\.", built[library]), built)
    expect_eq("HTTP/2", built["features"]["http2"], built["nghttp2"] is not None)
