"""What the parts share that try clients of others: our two servers, a client as a child that takes
commands, and the walk that each of them goes: a first login, tools, prompts, a refresh, a restart.

A client's glue program reads lines of JSON ({"do": "call", ...}) and answers each with one
({"result": ...} or {"error": ...}); it holds no rule of OAuth."""

import contextlib
import hashlib
import json
import os
import re
import select
import sqlite3
import subprocess

from lib import PATIENCE, Failure, World, expect, expect_eq

ASKED = re.compile(r"^\S+ (GET|POST|PUT|DELETE|OPTIONS|HEAD) (\S+) (\d+)", re.M)
METADATA = "/.well-known/oauth-protected-resource/mcp"
ISSUER_METADATA = "/.well-known/oauth-authorization-server"

# What a login asks the issuer for, in this order.
WAY = ["POST /register", "GET /authorize", "POST /authorize/login", "POST /authorize/consent", "POST /token"]


def digest(text):
    """What may be shown of a token: enough to compare."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Guest:
    """A client of somebody else's, run as a child."""

    def __init__(self, args, env, log):
        self.log = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=file, env=env)

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()[-1500:]

    def line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        return self.process.stdout.readline() if ready else b""

    def failure(self, what):
        return Failure(f"{what}\n{self.said()}")

    def ask(self, what, **options):
        self.process.stdin.write(json.dumps({"do": what, **options}).encode() + b"\n")
        self.process.stdin.flush()
        line = self.line()
        expect(f"{what}: no answer", line, self.said())
        answer = json.loads(line)
        if "error" in answer:
            raise self.failure(f"{what}: {answer['error']}")
        return answer["result"]

    def end(self):
        """The end of its input ends it."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class House(World):
    """A World whose two servers can be asked what they were asked."""

    def __init__(self, *serve):
        super().__init__()
        self.data = self.path("issuer.db")
        self.start_authserver("--data", self.data)
        self.start_serve(*serve)
        self.marks = {}

    def desktop(self):
        """For programs that choose a browser by themselves: a PATH where xdg-open is our person.
        A program may listen only after its browser is open; then the person tries again."""
        os.makedirs(self.path("bin"), exist_ok=True)
        script = self.write(os.path.join("bin", "xdg-open"), "#!/bin/sh\n"
                            f'for _ in 1 2 3; do "{self.env["BROWSER"]}" "$1" && exit; done\n')
        os.chmod(script, 0o700)
        return {"PATH": self.path("bin") + os.pathsep + self.env["PATH"], "DISPLAY": ":9",
                "BROWSER": "xdg-open"}

    def asked(self):
        """What came in at both servers since this was last asked: ("POST /token", 200), ..."""
        news = {}
        for name, server in (("issuer", self.authserver), ("server", self.serve)):
            log = server.read_log()
            news[name] = [(f"{method} {path}", int(status)) for method, path, status
                          in ASKED.findall(log[self.marks.get(name, 0):])]
            self.marks[name] = len(log)
        return news

    def count(self, kind):
        with contextlib.closing(sqlite3.connect(f"file:{self.data}?mode=ro", uri=True)) as db:
            return db.execute("select count(*) from memory where kind = ?", (kind,)).fetchone()[0]

    def expect_caller(self, said, client="", scope=""):
        """said: by the tool whoami; "": some client, any scope."""
        expect("alice calls", "username: alice\n" in said, said)
        expect("with this client", f"client: {client}" in said, said)
        expect("and this scope", f"scopes: {scope}" in said, said)

    def guest(self, args, name, env=None, store="guest.json"):
        guest = Guest(args, {**self.env, "GLUE_NAME": name, "GLUE_STORE": self.path(store),
                             "PYTHONDONTWRITEBYTECODE": "1",
                             **(env or {})}, self.path("guest.log"))
        self.stack.callback(guest.end)
        return guest


def login_seen(news, version=None):
    """The whole way, once, in its order."""
    issuer = [what for what, status in news["issuer"] if status < 400]
    posts = [status for what, status in news["server"] if what == "POST /mcp"]
    expect_eq("refused once, for want of a token", (posts[0], posts.count(401)), (401, 1), str(news))
    expect("the resource's metadata", (f"GET {METADATA}", 200) in news["server"], str(news))
    expect("the issuer's metadata", f"GET {ISSUER_METADATA}" in issuer, str(news))
    # A program may look at the page before it shows it.
    way = list(dict.fromkeys(what for what in issuer if not what.startswith("GET /.well-known")))
    expect_eq("registration, login, consent, token", way[:5], WAY, str(news))


def quiet(news, *allowed):
    """Nobody registered, nobody was asked anything."""
    for what, status in news["issuer"]:
        expect("no other request", what.startswith(("GET /.well-known", "GET /jwks", *allowed)),
               str(news))


class Walk:
    """One client's way through the house; start() makes a process of it on the same store."""

    def __init__(self, subject, house, start, version, registrations=1):
        self.subject, self.house, self.start, self.version = subject, house, start, version
        self.registrations = registrations      # in the end
        self.guest = start()

    def go(self, *steps):
        """The first one that fails ends the walk: what follows would only repeat it."""
        for step in steps or (self.connect, self.tools, self.call, self.prompts, self.refresh,
                              self.again):
            step()
            if self.subject.failed:
                break
        self.guest.end()

    def granted(self):
        return set(self.guest.ask("tokens")["scope"].split())

    def connect(self):
        with self.subject.step("401, discovery, registration, login, consent, token") as remark:
            said = self.guest.ask("connect", url=self.house.url)
            expect_eq("the server's name", said["server"], "mcpass-echo")
            expect_eq("the revision", said["version"], self.version)
            login_seen(self.house.asked())
            expect_eq("clients that are registered", self.house.count("client"), 1)
            tokens = self.guest.ask("tokens")
            expect("a refresh token, too", tokens["refresh"], str(tokens))
            remark(f"speaks {said['version']}; asks for {tokens['scope']}")

    def tools(self):
        with self.subject.step("list tools"):
            expect_eq("the three", set(self.guest.ask("tools")), {"echo", "get_time", "whoami"})

    def more(self, remark, scope, what, **options):
        """Does what needs a scope that was not asked for yet: one more consent, and all that was
        granted before is kept."""
        before = self.granted()
        self.house.asked()
        answer = self.guest.ask(what, **options)
        news = self.house.asked()
        if scope in before:
            quiet(news)
            return answer
        expect("refused first", ("POST /mcp", 403) in news["server"], str(news))
        agreed = [status for way, status in news["issuer"] if way == "POST /authorize/consent"]
        expect("asked for consent, once", len(agreed) == 1 and agreed[0] < 400, str(news))
        expect_eq("one new token", news["issuer"].count(("POST /token", 200)), 1, str(news))
        expect("no needless registration", self.house.count("client") <= self.registrations,
               str(news))
        expect_eq("granted now", self.granted(), before | {scope})
        remark(f"after a step-up to {scope}")
        return answer

    def call(self):
        with self.subject.step("call a tool, which says who is calling") as remark:
            expect_eq("echo", self.more(remark, "mcp:tools", "call", name="echo",
                                        arguments={"message": "Gr\u00fc\u00dfe"}), "Gr\u00fc\u00dfe")
            said = self.guest.ask("call", name="whoami", arguments={})
            tokens = self.guest.ask("tokens")
            self.house.expect_caller(said, tokens["client_id"], tokens["scope"])

    def prompts(self):
        with self.subject.step("list prompts, get one") as remark:
            expect_eq("the three", set(self.guest.ask("prompts")),
                      {"greeting", "help", "echo_prompt"})
            expect("the prompt", "Bob" in self.more(remark, "mcp:prompts", "prompt",
                                                    name="greeting", arguments={"name": "Bob"}))

    def refresh(self):
        with self.subject.step("a worn out token is refreshed, and the refresh token rotates"):
            before = self.guest.ask("tokens")
            self.guest.ask("spoil")
            self.house.asked()
            expect_eq("echo", self.guest.ask("call", name="echo", arguments={"message": "again"}),
                      "again")
            after, news = self.guest.ask("tokens"), self.house.asked()
            quiet(news, "POST /token")
            expect_eq("one refresh", [s for w, s in news["issuer"] if w == "POST /token"], [200])
            expect("both are new", before["refresh"] != after["refresh"]
                   and before["access"] != after["access"], f"{before} {after}")
            expect_eq("the scope stays", after["scope"], before["scope"])

    def again(self):
        with self.subject.step("a new process needs no login and no registration"):
            self.guest.end()
            self.guest = self.start()
            self.house.asked()
            self.guest.ask("connect", url=self.house.url)
            expect_eq("echo", self.guest.ask("call", name="echo", arguments={"message": "later"}),
                      "later")
            quiet(self.house.asked())
            expect_eq("clients that are registered", self.house.count("client"),
                      self.registrations)
