"""An operator at the authorization server: keys are rotated, clients, sessions and users listed and
revoked, the store copied, all while the server runs."""

import base64
import json
import os
import stat
import time
import urllib.error
import urllib.parse
import urllib.request

import lib
from lib import World, expect, expect_eq, rows


def admin(w, *args):
    return w.run("authserver", *args, "--data", w.path("auth.db"), "--json")


def ask(w, *args):
    done = admin(w, *args)
    expect_eq(f"{args}", done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


def published(url):
    with urllib.request.urlopen(url + "/jwks") as answer:
        return [key["kid"] for key in json.load(answer)["keys"]]


def wait_until(is_so, label):
    """A running server looks at its keys once a second."""
    deadline = time.monotonic() + lib.PATIENCE
    while not is_so():
        expect(label, time.monotonic() < deadline)


def kid(w):
    """A new login's token, and the name of its key."""
    expect_eq("a login", w.run("login", "--again", w.url).returncode, 0)
    token = w.run("token", w.url).stdout.strip()
    head = token.split(".")[0]
    return token, json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]


def call(w, token):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    request = urllib.request.Request(w.url, body, {"Content-Type": "application/json", "Accept":
                                     "application/json, text/event-stream", "Authorization":
                                     "Bearer " + token})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_admin_keys_rotate_while_it_runs():
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        w.start_serve()
        old, first = kid(w)
        expect_eq("one key", published(w.issuer), [first])
        keys = ask(w, "key", "rotate")
        expect_eq("the next waits", [key["state"] for key in keys], ["signing", "next"])
        expect_eq("it is the hour", keys[1]["from"] + 3600, keys[0]["until"])
        expect("no secret", "\"d\"" not in json.dumps(keys), keys)
        wait_until(lambda: published(w.issuer) == [first, keys[1]["kid"]], "both are published")
        expect_eq("the first signs on", kid(w)[1], first)
        expect_eq("not twice", admin(w, "key", "rotate").returncode, 1)
        expect_eq("listed", ask(w, "key", "list"), keys)


def test_admin_keys_rotate_at_once():
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        w.start_serve()
        old, first = kid(w)
        keys = ask(w, "key", "rotate", "--at-once")
        wait_until(lambda: keys[1]["kid"] in published(w.issuer), "it is published")
        new, second = kid(w)
        expect_eq("the new key signs", second, keys[1]["kid"])
        expect_eq("a new token", call(w, new), 200)
        expect_eq("a token of the old key", call(w, old), 200)
        minted = w.run("authserver", "token", "--data", w.path("auth.db"), "--user", "alice",
                       "--scope", "mcp:read mcp:tools", "--resource", w.url)
        expect_eq("a token without a login, too", call(w, minted.stdout.strip()), 200)


def test_admin_a_key_that_leaked_is_gone_at_once():
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        w.start_serve()
        old, first = kid(w)
        keys = ask(w, "key", "rotate", "--leaked")
        expect_eq("one key is left", [(key["state"], key["until"]) for key in keys], [("signing", 0)])
        wait_until(lambda: published(w.issuer) == [keys[0]["kid"]], "no other is published")
        new, second = kid(w)
        expect_eq("the new key signs", second, keys[0]["kid"])
        expect_eq("a new token", call(w, new), 200)
        expect_eq("a token of the old key", call(w, old), 401)
        expect_eq("the key can be rotated again", len(ask(w, "key", "rotate")), 2)


def test_admin_keys_of_two_servers():
    """Two instances on one store agree on their keys, and neither is started again."""
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        port = w.port()
        w.start("authserver", "--json", "--port", str(port), "--users", w.users(), "--issuer",
                w.issuer, "--data", w.path("auth.db"))
        other = f"http://127.0.0.1:{port}"
        expect_eq("the same key", published(other), published(w.issuer))
        keys = ask(w, "key", "rotate")
        for url in (w.issuer, other):
            wait_until(lambda: len(published(url)) == 2, "both publish it")
        expect_eq("the same keys", published(other), [key["kid"] for key in keys])


def refresh(w):
    """What the token endpoint answers to the refresh token of the login."""
    stored = json.loads(dict(w.record()["credentials"])[f"default {w.url}"])
    form = urllib.parse.urlencode({"grant_type": "refresh_token", "client_id":
                                   stored["client"]["client_id"], "refresh_token":
                                   stored["refresh_token"], "resource": w.url})
    try:
        with urllib.request.urlopen(w.issuer + "/token", form.encode()) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]


@rows([("a session", "sessions"), ("a user", "users"), ("a client", "clients")])
def test_admin_revoke(label, what):
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        w.start_serve()
        kid(w)
        listed = ask(w, what)
        expect_eq("one", len(listed), 1, listed)
        name = listed[0]["user" if what == "users" else "id"]
        shown = ask(w, what, "show", name)
        expect("it is that", shown.items() >= listed[0].items(), shown)
        table = w.run("authserver", what, "--data", w.path("auth.db")).stdout
        expect("in a table", name in table and "\n" in table, table)
        expect_eq("it can be renewed until then", refresh(w), 200)
        report = ask(w, what, "revoke", name)
        expect_eq("its session", report["sessions"], 1)
        expect_eq("it cannot be renewed", refresh(w),
                  "invalid_client" if what == "clients" else "invalid_grant")
        expect_eq("none is left", ask(w, "sessions"), [])
        expect_eq("and not twice", admin(w, what, "revoke", name).returncode, 1)


def test_admin_sealed():
    """What is sealed is opened with its key, and for no one without."""
    with World() as w:
        key = w.write("keys", "mcpass-key-1." + base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
                      + "\n")
        w.start_authserver("--data", w.path("auth.db"), "--encryption-key", key)
        w.start_serve()
        kid(w)
        expect("not without", admin(w, "sessions").returncode != 0)
        expect_eq("with it", len(ask(w, "sessions", "--encryption-key", key)), 1)
        expect_eq("rotated", len(ask(w, "key", "rotate", "--encryption-key", key)), 2)
        expect_eq("revoked", ask(w, "users", "revoke", "alice", "--encryption-key", key)["sessions"], 1)
        expect_eq("it cannot be renewed", refresh(w), "invalid_grant")


def test_admin_backup():
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        w.start_serve()
        kid(w)
        expect_eq("copied", admin(w, "backup", w.path("copy.db")).returncode, 0)
        expect_eq("for us alone", stat.S_IMODE(os.stat(w.path("copy.db")).st_mode), 0o600)
        both = [w.run("authserver", "sessions", "--json", "--data", w.path(name)).stdout
                for name in ("auth.db", "copy.db")]
        expect_eq("it holds the same", both[0], both[1])
        expect("something", len(json.loads(both[0])) == 1, both)
        expect_eq("nothing is overwritten", admin(w, "backup", w.path("copy.db")).returncode, 1)


@rows([("no store", ("sessions",), "--data"),
       ("a store that is not there", ("sessions", "--data", "/nowhere/x.db"), "No such file"),
       ("a verb that is none", ("users", "drop", "alice", "--data", "DB"), "is no command"),
       ("a copy of a database server's", ("backup", "x", "--data", "postgresql://u@h/d"), "pg_dump"),
       ("keys of no server", ("key", "rotate", "--data", "EMPTY"), "no signing key")])
def test_admin_refuses(label, args, said):
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        args = [w.path("auth.db") if arg == "DB" else arg for arg in args]
        if "EMPTY" in args:
            open(w.path("empty.db"), "w", opener=lambda *what: os.open(*what, 0o600)).close()
            args[args.index("EMPTY")] = w.path("empty.db")
        done = w.run("authserver", *args)
        expect_eq("exit", done.returncode, 1, done.stderr)
        expect("what to do", said in done.stderr, done.stderr)


def test_admin_tables_stand_in_columns():
    """A name has as many columns as characters, not as bytes."""
    with World() as w:
        w.start_authserver("--data", w.path("auth.db"))
        for name in ("Größe und Länge", "plain"):
            body = json.dumps({"redirect_uris": ["http://127.0.0.1/callback"], "client_name": name,
                               "token_endpoint_auth_method": "none"}).encode()
            urllib.request.urlopen(urllib.request.Request(w.issuer + "/register", body,
                                                          {"Content-Type": "application/json"})).close()
        done = w.run("authserver", "clients", "--data", w.path("auth.db"))
        head, *lines = done.stdout.splitlines()
        expect_eq("two clients", len(lines), 2, done.stdout + done.stderr)
        for line in lines:
            expect_eq("its kind stands below its title", line[head.index("KIND") - 2:head.index("KIND")], "  ",
                      done.stdout)
            expect("and begins there", line[head.index("KIND")] != " ", done.stdout)
