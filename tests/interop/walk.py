"""The whole flow with one implementation, step by step, each with something to show for it."""

import concurrent.futures
import json
import re
import urllib.request

from lib import expect, expect_eq

NEWEST = "2026-07-28"
REVISIONS = ("2025-03-26", "2025-06-18", "2025-11-25", NEWEST)


class Walk:
    """world: where the servers run; subject: the row of the report; url: the MCP server's;
    text: gives the words of a tool call from a message, [tool, key=value ...]; log: gives what
    the authorization server has written so far, a line for each request."""

    def __init__(self, world, subject, url, log, call=None, options=()):
        self.world, self.subject, self.url, self.log = world, subject, url, log
        self.words = call or (lambda message: ["echo", f"message={message}"])
        self.options = list(options)
        self.calls = 0

    def call(self, *more):
        """Calls the tool with a message of its own, and wants to read it in the answer."""
        self.calls += 1
        message = f"message {self.calls}"
        done = self.world.run("call", self.url, *self.words(message), "--explain", *self.options,
                              *more)
        expect_eq("exit", done.returncode, 0, done.stderr + self.log())
        expect("the tool's answer", message in done.stdout, done.stdout + done.stderr)
        return done.stderr

    def record(self):
        """The stored credential of the default account."""
        rows = [row for row in self.world.record()["credentials"] if f"default {self.url}" in row]
        expect_eq("one credential", len(rows), 1, str(self.world.record()))
        return json.loads(next(text for text in rows[0] if str(text).startswith("{")))

    def count(self, pattern):
        return len(re.findall(pattern, self.log(), re.MULTILINE))

    def first_call(self, issuer, registration, remark=None):
        """From a refused request to a tool's answer; registration: what the log of the
        authorization server says of one; remark: what is odd about it there."""
        step, told = self.subject.step, ""
        with step("a call, from 401 to the tool's answer"):
            told = self.call()
        with step("401 and protected resource metadata"):
            expect("challenge", "The server asks for authorization" in told, told)
            expect("its metadata", "protected resource metadata names" in told, told)
        with step("authorization server metadata"):
            expect("the issuer", re.search(rf"issuer +{re.escape(issuer)}\n", told), told)
        with step("dynamic registration, once") as note:
            expect("told", "Registered as a client" in told, told)
            expect_eq("at the server", self.count(registration), 1, self.log())
            if remark:
                note(remark)
        with step("consent, and a code for a token"):
            expect("the redirect", "The user agreed" in told, told)
            expect("a token", "gave an access token" in told, told)
        return told

    def second_call(self):
        with self.subject.step("a second call needs no login"):
            before = self.record()["access_token"]
            told = self.call("--no-login")
            expect("no login", "gave an access token" not in told, told)
            expect_eq("the same token", self.record()["access_token"], before)

    def step_up(self, lacking, *more):
        """A call that needs a scope besides those that the token has."""
        with self.subject.step(f"step-up to {lacking}"):
            before = set(self.record()["scope"].split())
            expect("not granted yet", lacking not in before, str(before))
            told = self.call(*more)
            expect("refused for it", re.search(r"^ +error +insufficient_scope$", told, re.MULTILINE), told)
            expect("asked for", re.search(rf"^ +scope +{lacking}$", told, re.MULTILINE), told)
            expect_eq("granted besides", set(self.record()["scope"].split()), before | {lacking})

    def revisions(self, offered=REVISIONS):
        for revision in offered:
            with self.subject.step(f"MCP {revision}"):
                told = self.call("--no-login", "--protocol", revision)
                stateless = "every request stands alone" in told
                expect_eq("its era", stateless, revision == NEWEST, told)
                if revision not in ("2025-03-26", NEWEST):
                    expect("its header", f"MCP-Protocol-Version  {revision}" in told, told)
        with self.subject.step("the revision is found out"):
            told = self.call("--no-login")
            stateless = "every request stands alone" in told
            expect_eq("the newest one", stateless, NEWEST in offered, told)

    def refresh(self):
        """The server's tokens live so shortly that each call needs a new one."""
        with self.subject.step("refresh, and the refresh token rotates"):
            before = self.record()
            told = self.call("--no-login")
            expect("told", "gave a new access token" in told, told)
            after = self.record()
            expect("another access token", before["access_token"] != after["access_token"], told)
            expect("another refresh token", before["refresh_token"] != after["refresh_token"], told)

    def refresh_at_once(self, refreshed, processes=4):
        """refreshed: what the log says of a refresh.  A second one would be taken for theft."""
        with self.subject.step(f"{processes} processes at once, one refresh at a time"):
            before = self.count(refreshed)
            with concurrent.futures.ThreadPoolExecutor(processes) as pool:
                told = list(pool.map(lambda n: self.call("--no-login"), range(processes)))
            renewed = sum("gave a new access token" in text for text in told)
            expect_eq("as many as were told of", self.count(refreshed) - before, renewed)
            self.call("--no-login")

    def denied(self):
        """A person who says no, with an account that has no token yet."""
        with self.subject.step("consent refused"):
            done = self.world.run("login", self.url, "--profile", "denied", *self.options,
                                  env={"MCPASS_E2E_ANSWER": "deny"})
            expect_eq("exit", done.returncode, 4, done.stderr)
            expect("the reason", "access_denied" in done.stderr, done.stderr)

    def client_deleted(self, delete, registration):
        """Another login, after our client was deleted behind our back by delete(record)."""
        with self.subject.step("the client was deleted at the server: registered anew"):
            before = self.count(registration)
            delete(self.record())
            done = self.world.run("login", self.url, "--again", *self.options)
            expect_eq("exit", done.returncode, 0, done.stderr)
            expect_eq("once", self.count(registration) - before, 1, self.log())
            self.call("--no-login")

    def logout(self, *traces):
        """traces: what the log says of the revocation, of the deregistration."""
        with self.subject.step("logout"):
            done = self.world.run("logout", self.url, *self.options)
            expect_eq("exit", done.returncode, 0, done.stderr)
            for trace in traces:
                expect(f"{trace} at the server", self.count(trace), self.log())
            again = self.world.run("call", self.url, *self.words("nobody"), "--no-login",
                                   *self.options)
            expect_eq("nobody is signed in", again.returncode, 4, again.stderr)


def delete_registration(record):
    """As its owner may, from elsewhere.  spec: RFC 7592 2.3"""
    client = record["client"]
    request = urllib.request.Request(client["configuration_url"], method="DELETE", headers={
        "Authorization": f"Bearer {client['configuration_token']}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        expect_eq("deleted", response.status, 204)
