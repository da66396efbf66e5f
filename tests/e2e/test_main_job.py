"""From a URL to a tool's answer, over HTTP, with every part a process of its own."""

import json
import os
import re
import subprocess

import lib
from lib import World, expect, expect_eq


def test_first_call_logs_in_and_the_second_needs_no_login():
    with World() as w:
        w.start_both()
        first = w.call("echo", "message=hello", "repeat_count:=2")
        expect_eq("first call", first.returncode, 0, first.stderr)
        expect("the answer", first.stdout.count("hello") == 2, first.stdout)
        second = w.call("whoami", "--no-login", env={"BROWSER": "/bin/false"})
        expect_eq("second call", second.returncode, 0, second.stderr)
        expect("who is calling", "alice" in second.stdout, second.stdout)
        log = w.authserver.read_log()
        expect_eq("registered once", log.count("POST /register"), 1, log)


def test_explain_tells_each_step_and_no_secret():
    with World() as w:
        w.start_both()
        done = w.call("echo", "message=hello", "--explain")
        expect_eq("exit", done.returncode, 0, done.stderr)
        for clause in ("RFC 9728", "RFC 8414", "RFC 7591", "RFC 7636", "RFC 8707", "RFC 9207", "RFC 6749"):
            expect(f"{clause} is named", clause in done.stderr, done.stderr)
        secrets = [text for table in w.record().values() for row in table for text in row]
        tokens = json.loads(next(t for t in secrets if isinstance(t, str) and "access_token" in t))
        for name in ("access_token", "refresh_token"):
            expect(f"{name} is not shown", tokens[name] not in done.stderr + done.stdout)


def test_every_listing_and_prompt():
    with World() as w:
        w.start_both()
        tools = w.run("tools", w.url, "--json")
        expect_eq("tools", tools.returncode, 0, tools.stderr)
        names = [tool["name"] for tool in json.loads(tools.stdout)["tools"]]
        expect_eq("their names", sorted(names), ["echo", "get_time", "whoami"])
        prompts = w.run("prompts", w.url)
        expect("prompts", all(p in prompts.stdout for p in ("greeting", "help", "echo_prompt")),
               prompts.stdout + prompts.stderr)
        resources = w.run("resources", w.url)
        expect("resources", "echo://about" in resources.stdout, resources.stdout + resources.stderr)
        prompt = w.run("request", w.url, "prompts/get",
                       '{"name":"echo_prompt","arguments":{"message":"hi"}}')
        expect("a prompt", prompt.returncode == 0 and "hi" in prompt.stdout, prompt.stderr)


@lib.rows([(revision,) for revision in ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")])
def test_every_revision(revision):
    with World() as w:
        w.start_both()
        done = w.call("echo", "message=hello", "--protocol", revision)
        expect_eq("exit", done.returncode, 0, done.stderr)
        expect("the answer", "hello" in done.stdout, done.stdout)


def test_token_for_another_program():
    with World() as w:
        w.start_both()
        login = w.run("login", w.url, "--scope", "mcp:read mcp:tools")
        expect_eq("login", login.returncode, 0, login.stderr)
        token = w.run("token", w.url).stdout.strip()
        expect("a JWT", token.count(".") == 2, token)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "whoami", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}}}})
        curl = subprocess.run(["curl", "-sS", "--noproxy", "*", "-d", body,
                               "-H", f"Authorization: Bearer {token}",
                               "-H", "Content-Type: application/json",
                               "-H", "Accept: application/json, text/event-stream",
                               "-H", "MCP-Protocol-Version: 2026-07-28",
                               "-H", "Mcp-Method: tools/call", "-H", "Mcp-Name: whoami", w.url],
                              capture_output=True, text=True, timeout=lib.PATIENCE)
        expect("curl gets in with it", "alice" in curl.stdout, curl.stdout + curl.stderr)


def test_status_shows_everything_but_secrets():
    with World() as w:
        w.start_both()
        w.run("login", w.url)
        status = w.run("status", "--json")
        expect_eq("exit", status.returncode, 0, status.stderr)
        expect("the issuer and the server", w.issuer in status.stdout and w.url in status.stdout,
               status.stdout)
        for table in w.record().values():
            for row in table:
                for text in row:
                    if isinstance(text, str) and "access_token" in text:
                        tokens = json.loads(text)
                        expect("no token", tokens["access_token"] not in status.stdout)
                        expect("no refresh token", tokens["refresh_token"] not in status.stdout)


def test_logout_gives_everything_back():
    with World() as w:
        w.start_both()
        w.run("login", w.url)
        out = w.run("logout", w.url)
        expect_eq("exit", out.returncode, 0, out.stderr)
        log = w.authserver.read_log()
        expect("revoked", "POST /revoke" in log, log)
        expect("deregistered", "DELETE /register/" in log, log)
        expect_eq("nothing is known of the server any more", notes(w), [])
        again = w.call("echo", "message=x", "--no-login")
        expect_eq("nobody is logged in", again.returncode, 4, again.stderr)


def notes(world):
    return [name for name in os.listdir(world.path("data/mcpass")) if name.endswith(".note")]


def test_logout_leaves_what_another_account_needs():
    with World() as w:
        w.start_both()
        for extra in ((), ("--profile", "work")):
            w.run("login", w.url, *extra)
            expect_eq("a call", w.call("echo", "message=x", *extra).returncode, 0)
        expect_eq("revision, reach, and tools of each", len(notes(w)), 4)
        w.run("logout", w.url)
        expect_eq("the tools that this one saw", len(notes(w)), 3)
        expect_eq("in use", w.call("echo", "message=x", "--profile", "work").returncode, 0)
        w.run("logout", w.url, "--profile", "work")
        expect_eq("nothing", notes(w), [])


def test_profiles_are_kept_apart():
    with World() as w:
        w.start_both()
        w.run("login", w.url)
        w.run("login", w.url, "--profile", "work", env={"MCPASS_E2E_USER": "carol"})
        mine = w.run("request", w.url, "resources/list", "--no-login")
        theirs = w.call("whoami", "--profile", "work", "--no-login")
        expect_eq("mine", mine.returncode, 0, mine.stderr)
        expect("carol may not use tools", theirs.returncode == 4, theirs.stdout + theirs.stderr)


def test_a_missing_permission_is_said_and_asked_for_once():
    with World() as w:
        w.start_both()
        carol = {"MCPASS_E2E_USER": "carol"}
        expect_eq("reading", w.run("resources", w.url, env=carol).returncode, 0)
        done = w.call("echo", "message=x", env=carol)
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("which permission", "mcp:tools" in done.stderr, done.stderr)
        again = w.call("echo", "message=x", "--no-login", env=carol)
        expect_eq("it is remembered", again.returncode, 4, again.stderr)
        expect("and nobody is asked", "mcp:tools" in again.stderr, again.stderr)


def test_the_authorization_server_keeps_its_data():
    with World() as w:
        port = str(w.port())
        w.start_authserver("--data", w.path("as.db"), "--port", port)
        w.start_serve()
        expect_eq("a call", w.call("echo", "message=x").returncode, 0)
        w.authserver.end()
        w.authserver = w.start("authserver", "--json", "--port", port, "--users",
                               w.path("users.json"), "--data", w.path("as.db"))
        done = w.call("echo", "message=still", "--no-login")
        expect_eq("the token is good after a restart", done.returncode, 0, done.stderr)
        mode = os.stat(w.path("as.db")).st_mode & 0o777
        expect_eq("private", mode, 0o600)


def test_demo_walks_by_itself():
    with World() as w:
        done = w.run("demo", "--auto")
        expect_eq("exit", done.returncode, 0, done.stdout + done.stderr)
        last = done.stdout.strip().splitlines()[-1]
        steps = re.findall(r"^ +\d+\. (.*?)(?: \[|$)", done.stderr, re.M)
        expect_eq("the story begins with the refusal", steps[:4], [
            "Sent the request", "The server answered", "The server asks for authorization",
            "The protected resource metadata names the authorization server"], done.stderr)
        expect("and asks for nothing else", "tools/list" not in done.stderr, done.stderr)
        expect("one summary line", last.startswith("demo: ") and last.endswith("ok"), last)
        expect("nothing is left behind", os.listdir(w.folder) == ["browser"], str(os.listdir(w.folder)))
