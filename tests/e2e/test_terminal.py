"""What a person sees on a terminal, and what a peer's text cannot do there."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess

import lib
from lib import JSON, World, expect, expect_eq, hostile
from terminal import at_terminal

CTRL_C = "\x03"


def opener(world, name, script):
    path = world.write(name, "#!/bin/sh\n" + script)
    os.chmod(path, 0o700)
    return path


# --- the browser ------------------------------------------------------------------------

def test_the_url_is_always_shown():
    with World() as w:
        url = w.start_both()
        code, seen = at_terminal(w, ["login", url], [("page's address", CTRL_C)],
                                 {"BROWSER": opener(w, "well", "exit 0\n")})
        expect("a browser", "Opened your browser at 127.0.0.1" in seen, seen)
        expect("and the address all the same", w.issuer + "/authorize?" in seen, seen)


@lib.rows([
    ("it fails", "exit 3\n", "failing ended with status 3"),
    ("it is killed", "kill -9 $$\n", "failing ended with signal 9"),
])
def test_an_opener_that_fails(label, script, why):
    with World() as w:
        url = w.start_both()
        code, seen = at_terminal(w, ["login", url], [("Waiting, for", CTRL_C)],
                                 {"BROWSER": opener(w, "failing", script)})
        expect("what happened", f"open this page in a browser ({why})" in seen, seen)
        expect("the address", w.issuer + "/authorize?" in seen.split(why)[-1], seen)
        done = w.run("login", url, "--login-timeout", "1s", env={"BROWSER": w.path("failing")})
        expect("in a log, too", why in done.stderr and "/authorize?" in done.stderr, done.stderr)


def test_no_browser_is_no_code():
    with World() as w:
        url = w.start_both()        # it offers logins by a code, too
        code, seen = at_terminal(w, ["login", url, "--no-browser"], [("Waiting, for", CTRL_C)])
        expect("the address", w.issuer + "/authorize?" in seen, seen)
        expect("no code", "enter the code" not in seen, seen)


# --- a question that decides where a secret goes ------------------------------------------

@lib.rows([
    ("yes", [], "yes\n", 0, "echo", True),
    ("no", [], "\n", 5, "--client-issuer", True),
    ("Ctrl-C", [], CTRL_C, -signal.SIGINT, "[y/N]", True),
    ("the terminal is closed", [], "\x04", 5, "--client-issuer", True),
    ("too late", ["--login-timeout", "1s"], None, 4, "was not answered in time", True),
    ("not to be asked", ["--no-login"], None, 5, "--client-issuer", False),
])
def test_whose_a_token_of_the_operator_is(label, options, typed, code, words, asked):
    with World() as w:
        url = w.start_both()
        token = w.write("token", "0123456789")
        done, seen = at_terminal(w, ["tools", url, "--initial-access-token-file", token, *options],
                                 [("[y/N] ", typed)] if typed else [])
        expect("what is shown", words in seen, seen)
        expect_eq("exit", done, code, seen)
        expect_eq("a question", "Is it the one" in seen, asked, seen)


# --- text of a peer ---------------------------------------------------------------------

# Each of them in every text that a server can write; none of them reaches a terminal as it is.
UNSEEN = {"ESC": "\x1b[31m", "OSC": "\x1b]0;x\x07", "CSI of C1": "\x9b31m", "DEL": "\x7f",
          "override": "\u202e", "isolate": "\u2066", "letter mark": "\u061c",
          "word joiner": "\u2060", "filler": "\u3164", "tag": "\U000e0041",
          "line separator": "\u2028", "selector": "a\ufe0f", "NUL": "\x00"}
EVIL = " ".join(UNSEEN.values())


def talks(request):
    """A server whose every word is hostile."""
    if not request.body:
        return 404, {}, ""
    asked = json.loads(request.body)
    method, params = asked["method"], asked.get("params") or {}
    named = {"name": EVIL, "title": EVIL, "description": EVIL}
    if method == "tools/call" and params["name"] == "http":
        return 500, {"Content-Type": "text/plain; charset=utf-8"}, EVIL
    if method == "tools/call" and params["name"] == "error" or method == "evil/error":
        error = {"code": -32000, "message": EVIL, "data": {"detail": EVIL}}
        return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error})
    result = {
        "tools/list": {"tools": [
            {**named, "inputSchema": {"type": "object", "required": [EVIL], "properties": {
                EVIL: {"type": EVIL, "title": EVIL, "description": EVIL, "enum": [EVIL], "default": EVIL}}}},
            {**named, "name": "t", "inputSchema": {"type": "object", "required": ["x"], "properties": {
                "x": {"type": "string", "description": EVIL, "enum": [EVIL]}}}}]},
        "prompts/list": {"prompts": [{**named, "arguments": [{**named, "required": True}]}]},
        "prompts/get": {"description": EVIL, "messages": [
            {"role": EVIL, "content": {"type": "text", "text": EVIL}}]},
        "resources/list": {"resources": [{**named, "uri": EVIL, "mimeType": EVIL}]},
        "resources/templates/list": {"resourceTemplates": [{**named, "uriTemplate": EVIL}]},
        "resources/read": {"contents": [{"uri": EVIL, "mimeType": EVIL, "text": EVIL},
                                        {"uri": EVIL, "mimeType": EVIL, "blob": "AAAA"}]},
        "tools/call": {
            "text": {"content": [{"type": "text", "text": EVIL}]},
            "struct": {"content": [], "structuredContent": {EVIL: EVIL, "list": [EVIL]}},
            "failed": {"isError": True, "content": [{"type": "text", "text": EVIL}]},
            "kinds": {"content": [
                {"type": EVIL, "uri": EVIL, "mimeType": EVIL, "data": "AAAA"},
                {"type": "resource_link", **named, "uri": EVIL},
                {"type": "resource", "resource": {"uri": EVIL, "mimeType": EVIL, "blob": "AAAA"}}]},
        }.get(params.get("name"), {"content": [{"type": EVIL}]}),
    }.get(method, {EVIL: [EVIL]})
    result = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private", **result}
    return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result},
                                 ensure_ascii=False)


def walk(value):
    """Every text in it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)
    elif isinstance(value, str):
        yield value


@lib.rows([
    ("a list of tools", ["tools"]), ("as JSON", ["tools", "--json"]),
    ("a tool", ["tools", "+t"]), ("a tool as JSON", ["tools", "+t", "--json"]),
    ("prompts", ["prompts"]), ("a prompt", ["prompts", "+p"]),
    ("a prompt as JSON", ["prompts", "+p", "--json"]),
    ("resources", ["resources"]), ("a resource", ["resources", "+r://x"]),
    ("a resource as JSON", ["resources", "+r://x", "--json"]),
    ("text", ["call", "+text"]), ("text as JSON", ["call", "+text", "--json"]),
    ("structured content", ["call", "+struct"]), ("of an error", ["call", "+failed"]),
    ("other kinds", ["call", "+kinds"]), ("an unknown kind", ["call", "+other"]),
    ("an error of the protocol", ["call", "+error"]), ("an error of HTTP", ["call", "+http"]),
    ("advice", ["call", "+t", "+y=1"]), ("any request", ["request", "+any/thing"]),
    ("any error", ["request", "+evil/error"]), ("steps", ["tools", "--explain"]),
])
def test_no_text_of_a_server_drives_a_terminal(label, args):
    with World() as w:
        server = hostile(w, {"/mcp": talks})
        words = [args[0], server.url + "/mcp", *[a.lstrip("+") for a in args[1:]]]
        code, seen = at_terminal(w, words)
        # Our own line ends, and what clears the line of a wait, are ours.
        seen = seen.replace("\r\n", "\n").replace("\r\x1b[K", "")
        for name, text in UNSEEN.items():
            expect(f"no {name}", text not in seen, repr(seen))
        expect("no control at all", not [c for c in seen if c < " " and c not in "\n\t"], repr(seen))
        expect("it is readable", "31m" in seen or "HTTP 500" in seen, repr(seen))
        if "--json" in args or args[0] == "request" and code == 0:
            expect("the same JSON", EVIL in walk(json.loads(seen)), seen)


def test_a_pipe_gets_the_bytes():
    with World() as w:
        server = hostile(w, {"/mcp": talks})
        for args in (["call", "+struct"], ["call", "+text"], ["tools", "--json"], ["request", "+any/thing"]):
            done = w.run(args[0], server.url + "/mcp", *[a.lstrip("+") for a in args[1:]])
            expect_eq("exit", done.returncode, 0, done.stderr)
            for name in ("CSI of C1", "DEL", "override", "isolate", "tag"):
                expect(f"{name} as it is", UNSEEN[name] in done.stdout, repr(done.stdout))


# --- closed descriptors -----------------------------------------------------------------

@lib.rows([("".join(str(fd) for fd in closed), closed) for n in (1, 2, 3)
           for closed in itertools.combinations((0, 1, 2), n)])
def test_closed_descriptors(label, closed):
    """What is opened later is not taken for standard output: a result would end in it."""
    with World() as w:
        url = w.start_both()
        expect_eq("signed in", w.run("login", url).returncode, 0)
        before = w.record()

        def close():
            for fd in closed:
                os.close(fd)
        for args in (["call", url, "echo", "message=SENTINEL"], ["token", url, "--no-login"], ["status"]):
            done = subprocess.run([lib.PROGRAM, *args], env=w.env, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, preexec_fn=close, timeout=lib.PATIENCE)
            if 1 in closed:
                expect_eq("nothing could be written", done.returncode, 2, done.stderr)
                expect("and that is said", 2 in closed or "writing the output" in done.stderr, done.stderr)
            else:
                expect_eq("exit", done.returncode, 0, done.stderr)
                expect("a result", done.stdout)
        expect_eq("the store is whole", list(w.record()), list(before))


# --- errors for programs ----------------------------------------------------------------

@lib.rows([
    ("a missing argument", ["call", "--json"], 1, "USAGE"),
    ("an unknown option", ["status", "--json", "--frob"], 1, "USAGE"),
    ("no connection", ["call", "http://127.0.0.1:1/mcp", "x", "--json"], 2, "IO"),
    ("plain http", ["tools", "http://mcp.example.com/mcp", "--json"], 1, "USAGE"),
])
def test_errors_are_json_where_json_is_asked_for(label, args, code, rc):
    with World() as w:
        done = w.run(*args)
        expect_eq("exit", done.returncode, code, done.stderr)
        error = json.loads(done.stderr)["error"]
        expect_eq("its class", (error["rc"], error["exit"]), ("MCPASS_E_" + rc, code))
        expect("its words", error["detail"] and error["hint"], done.stderr)
        expect_eq("nothing on standard output", done.stdout, "")
        expect("text without --json", not w.run(*[a for a in args if a != "--json"]).stderr.startswith("{"))


def test_hints_say_what_was_given():
    with World() as w:
        url = w.start_both()
        config = w.write("servers.json", json.dumps({"mcpServers": {"team": {"url": url}}}))
        done = w.run("call", "team", "echo", "--config", config, "--profile", "work", "--no-login")
        expect("the same credential", f"mcpass login --config {config} --profile work team" in done.stderr,
               done.stderr)
        done = w.run("status", "--store", "/etc/passwd")
        expect("no file of the system is touched", "chmod" not in done.stderr, done.stderr)


# --- names of servers, completed --------------------------------------------------------

def test_names_of_servers():
    with World() as w:
        os.makedirs(w.path("config/mcpass"))
        w.write("config/mcpass/servers.json", json.dumps({"mcpServers": {
            "team": {"url": "https://own.example/${TEAM}"}, "local": {"command": "x"}}}))
        w.write(".mcp.json", json.dumps({"servers": {
            "team": {"url": "https://evil.example/mcp"}, "found": {"url": "https://x.example/${SECRET}"},
            "a;reboot": {"url": "https://x.example/"}, "-o": {"url": "https://x.example/"}}}))
        env = {**w.env, "XDG_CONFIG_HOME": w.path("config"), "SECRET": "s3cret", "TEAM": "blue"}

        def run(*args):
            return subprocess.run([lib.PROGRAM, *args], cwd=w.folder, env=env, capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL, timeout=lib.PATIENCE)
        listed = json.loads(run("servers", "--json").stdout)
        expect_eq("the person's own first", [item["name"] for item in listed],
                  ["team", "local", "team", "found", "a;reboot", "-o"])
        expect("as they are written", "${TEAM}" in run("servers").stdout)
        expect_eq("for a shell", run("completion", "servers").stdout, "team\nlocal\nteam\nfound\n")
        done = run("status", "found")
        expect("what was only found gets no variable", "--config .mcp.json" in done.stderr
               and "s3cret" not in done.stderr, done.stderr)
        done = run("status", "team")
        expect("the person's own name leads where they say", "own.example/blue" in done.stderr + done.stdout
               and "evil" not in done.stderr, done.stderr + done.stdout)
        expect("where they are", "mcpass servers" in run("tools", "unknown").stderr)


def complete(w, words):
    """What bash would offer for the last of these words."""
    quoted = " ".join("'" + word + "'" for word in words)
    script = (f"source <('{lib.PROGRAM}' completion bash); COMP_WORDS=({quoted}); "
              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mcpass; printf '%s\\n' \"${COMPREPLY[@]}\"")
    os.makedirs(w.path("bin"), exist_ok=True)
    if not os.path.exists(w.path("bin/mcpass")):
        os.symlink(lib.PROGRAM, w.path("bin/mcpass"))
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=w.folder, capture_output=True, text=True,
                          env={**w.env, "PATH": w.path("bin") + ":" + w.env["PATH"],
                               "MCPASS_CONFIG": w.path("servers.json")}, timeout=lib.PATIENCE)
    expect_eq("bash", done.stderr, "")
    return done.stdout.split()


def test_completion():
    with World() as w:
        canary = w.path("canary")
        evil = [f"$(touch {canary})", f"`touch {canary}`", "a;b", "a b", "-x", "a\\nb", "*", "caf\u00e9"]

        def tools(request):
            asked = json.loads(request.body)
            names = [{"name": name, "inputSchema": {"type": "object"}} for name in ["echo", "ec.ho", *evil]]
            return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {
                "resultType": "complete", "tools": names, "ttlMs": 0, "cacheScope": "private"}})
        server = hostile(w, {"/mcp": tools})
        w.write("servers.json", json.dumps({"mcpServers": {"team": {"url": server.url + "/mcp"},
                                                           f"$(touch {canary})": {"url": "https://x.example"}}}))
        expect_eq("commands", complete(w, ["mcpass", "sta"]), ["status"])
        expect_eq("options", complete(w, ["mcpass", "call", "--verb"]), ["--verbose"])
        expect_eq("values", complete(w, ["mcpass", "login", "--grant", "client"]), ["client-credentials"])
        expect("providers", "keycloak" in complete(w, ["mcpass", "login", "--provider", ""]))
        expect_eq("names", complete(w, ["mcpass", "call", ""]), ["team"])
        expect_eq("tools, those that mean nothing to a shell", complete(w, ["mcpass", "call", "team", ""]),
                  ["echo", "ec.ho"])
        expect_eq("begun", complete(w, ["mcpass", "tools", "team", "ec."]), ["ec.ho"])
        expect("nothing was run", not os.path.exists(canary))


VERBS = [
    ("store", ["store"], ["where", "check", "key", "rekey", "move"]),
    ("a store's key", ["store", "key"], ["secret-service:"]),
    ("authserver", ["authserver"], ["hash", "key", "texts", "token", "clients", "sessions", "users", "backup"]),
    ("its keys", ["authserver", "key"], ["rotate", "list"]),
    ("its clients", ["authserver", "clients"], ["list", "show", "revoke"]),
    ("its sessions", ["authserver", "sessions"], ["list", "show", "revoke"]),
    ("its users", ["authserver", "users"], ["list", "show", "revoke"]),
    ("its texts", ["authserver", "texts"], ["de", "en", "es", "ja"]),
    ("completion", ["completion"], ["bash", "zsh", "fish", "servers", "tools"]),
    ("nothing that is known", ["store", "rekey"], []),
]


@lib.rows(VERBS)
def test_verbs_in_bash(label, words, want):
    with World() as w:
        expect_eq(label, complete(w, ["mcpass", *words, ""]), want)
        for word in want[1:]:
            expect("begun", word in complete(w, ["mcpass", *words, word[:-1]]))


@lib.rows(VERBS)
def test_verbs_in_fish(label, words, want):
    if shutil.which("fish") is None:
        raise lib.Skip("there is no fish")
    with World() as w:
        done = subprocess.run(["fish", "--no-config", "-c", f"'{lib.PROGRAM}' completion fish | source;"
                               f" complete -C 'mcpass {' '.join(words)} '"], cwd=w.folder,
                              env=w.env, capture_output=True, text=True, timeout=lib.PATIENCE)
        expect_eq("fish", done.stderr, "")
        offered = {line.split("\t")[0] for line in done.stdout.splitlines()}
        expect_eq(label, {name for name in offered if not os.path.exists(w.path(name))}, set(want))


@lib.rows(VERBS)
def test_verbs_in_zsh(label, words, want):
    """The functions of the script, with a zsh that tells what it is to offer."""
    if shutil.which("zsh") is None:
        raise lib.Skip("there is no zsh")
    number = len(words)
    script = ("compdef() { }; compadd() { [ $1 != -- ] || shift; print -l -- $@; }; _files() { };"
              "_arguments() { for spec in $@; do case $spec in ($number:*:\\(*\\)) print -l ${=${spec##*\\(}%\\)};;"
              " ($number:*:_mcpass_next) _mcpass_next;; esac; done; };"
              f"words=(mcpass {' '.join(words)} ''); CURRENT=$#words; number={number};"
              f"source <('{lib.PROGRAM}' completion zsh)")
    with World() as w:
        done = subprocess.run(["zsh", "-f", "-c", script], cwd=w.folder, env=w.env, capture_output=True, text=True,
                              timeout=lib.PATIENCE)
        expect_eq("zsh", done.stderr, "")
        expect_eq(label, done.stdout.split(), want)


def test_verbs_are_commands():
    """What is offered is taken: none is refused for its name."""
    with World() as w:
        for command, verb in [(words[0], verb) for _, words, want in VERBS if len(words) == 1 for verb in want]:
            done = w.run(command, verb, "x", "y", "z", "z")
            expect("too many operands", done.returncode == 1, done.stderr)
            shown = w.run("help", command).stdout
            expect(f"{command} {verb} is in the help", re.search(rf"\b{verb}\b", shown), shown)


@lib.rows([("a secret", ["--client-id", "c", "--client-secret-file"], ""), ("a config", ["--config"], ""),
           ("an assertion", ["--grant", "jwt-bearer", "--assertion-file"], ""),
           ("headers", ["-H"], "@"), ("answers", ["--elicit"], "@")])
def test_a_file_of_ours_that_is_too_long(label, option, at):
    """No server broke anything."""
    with World() as w:
        big = w.write("big", "x" * (5 << 20))
        os.chmod(big, 0o600)
        server = "http://127.0.0.1:1/mcp" if label != "a config" else "name"
        done = w.run("call", server, "t", *option, at + big)
        expect_eq("exit", done.returncode, 1, done.stderr)
        expect("which file, and why", big in done.stderr and "larger" in done.stderr, done.stderr)
