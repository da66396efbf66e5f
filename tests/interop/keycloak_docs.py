"""docs/keycloak.md, followed to the letter: its blocks are taken out and run, in their order, in a
new home, against the Keycloak of this run."""

import os
import re
import select
import subprocess

import lib
from lib import Failure, expect, expect_eq

ROOT = os.path.abspath(os.path.join(lib.HERE, "..", ".."))
BLOCK = re.compile(r"^```sh(?: +([^\n]*))?\n(.*?)^```$", re.M | re.S)


def blocks(text):
    """(kind, options, script): kind is tested, server or untested; each block has a mark."""
    for found in BLOCK.finditer(text):
        mark, script = found.group(1) or "", found.group(2)
        kind, _, rest = mark.partition(" ")
        if kind == "untested:":
            expect("a block that is not tested says why", len(rest) > 10, mark)
            continue
        expect("a block is tested, a server, or says why not", kind in ("tested", "server"), mark)
        words = dict(word.partition("=")[::2] for word in rest.split())
        yield kind, words, script


class Reader:
    """Whoever follows the page: one shell after the other, and what each has exported."""

    def __init__(self, bed):
        self.bed = bed
        self.ports = {"8080": str(bed.keycloak.port), "8931": str(bed.port())}
        self.home = bed.path("reader")
        os.mkdir(self.home)
        self.environment = {
            **bed.keycloak.environment, "HOME": self.home,
            "XDG_DATA_HOME": os.path.join(self.home, "data"), "BROWSER": bed.desk.env["BROWSER"],
            "PATH": os.path.dirname(lib.PROGRAM) + ":" + os.environ["PATH"]}

    def here(self, script):
        """The script with the ports of this run."""
        return re.sub(r"\b(8080|8931)\b", lambda port: self.ports[port.group()], script)

    def run(self, words, script):
        done = self.bed.desk.run_any(words.get("user"), ["sh", "-eu", "-c", self.here(script)],
                                     env=self.environment, cwd=ROOT)
        expect_eq("exit", done.code, int(words.get("exit", 0)), script + done.said)
        if "passwords" in words:
            self.bed.passwords.update(re.findall(r"^  user (\S+), password  (\S+)$", done.out, re.M))
        return done

    def serve(self, script):
        """Runs on until the end of the run; it is ready when it prints a line."""
        server = subprocess.Popen(["sh", "-c", "exec " + self.here(script).strip()], cwd=ROOT,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=self.environment)
        self.bed.stack.callback(server.stdout.close)
        self.bed.stack.callback(server.wait)
        self.bed.stack.callback(server.terminate)
        ready, _, _ = select.select([server.stdout], [], [], lib.PATIENCE)
        if not ready or not server.stdout.readline().strip():
            raise Failure("no server: " + script)


# What the reader has to see; a block that is left out or says something else is noticed.
SEEN = ("the issuer is", "nothing had to be changed", "authorization_servers", "hello",
        "mcp-user", "scope", "greet ada", "did not grant mcp:tools", "asked it to forget")


def follow(bed, subject):
    with open(os.path.join(ROOT, "docs", "keycloak.md")) as page:
        text = page.read()
    reader, told, user = Reader(bed), "", None
    for number, (kind, words, script) in enumerate(blocks(text), 1):
        first = script.strip().split("\n")[0]
        with subject.step(f"{number}. {first}"):
            if kind == "server":
                reader.serve(script)
                continue
            if words.get("user", user) != user:
                user = words["user"]
                bed.fresh()
            done = reader.run(words, script)
            told += done.out + done.err
    with subject.step("all of it was seen"):
        for words in SEEN:
            expect(f"it says {words!r}", words in told.lower(), told)
