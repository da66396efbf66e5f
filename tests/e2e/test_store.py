"""mcpass store: how a store is kept, under which key, and where.  (Databases: tests/postgres.)"""

import json
import os
import stat

import lib
from lib import expect, expect_eq
from scene import Issuer, Scene, Server, expect_login, stored


def signed_in(scene):
    issuer = Issuer(scene)
    server = Server(scene, issuer.url)
    expect_login(scene, server.url)
    return server


def do(scene, *args, **kw):
    done = lib.World.run(scene, "store", *args, **kw)
    scene.said.append(done)
    return done


def told(scene, *args, code=0):
    done = do(scene, *args, "--json")
    expect_eq("exit code", done.returncode, code, done.stderr)
    return json.loads(done.stdout)


def test_sealed_and_sealed_again():
    with Scene() as w:
        server = signed_in(w)
        path = w.path("data/mcpass/credentials.db")
        plain = told(w, "where")
        expect_eq("as they are", (plain["kind"], plain["place"], plain["key"], plain["records"]),
                  ("SQLite", path, None, 1))
        expect("there is something to lose", len(stored(w)) >= 2)
        done = do(w, "rekey")
        expect_eq("sealed", done.returncode, 0, done.stderr)
        expect("where the key is", path + ".key" in done.stderr, done.stderr)
        expect_eq("for its owner", stat.S_IMODE(os.stat(path + ".key").st_mode), 0o600)
        expect_eq("nothing to be read", stored(w), set())
        first = told(w, "check")
        expect_eq("all", (first["records"], first["plain"], first["old_key"], first["broken"]), (1, 0, 0, 0))
        token = lib.World.run(w, "token", server.url)
        expect_eq("in use", token.returncode, 0, token.stderr)
        status = lib.World.run(w, "status")
        expect("status says so", f"sealed with the key {first['key']}" in status.stderr, status.stderr)
        expect_eq("a new key", do(w, "key", path + ".key").returncode, 0)
        expect_eq("one to be sealed again", told(w, "check")["old_key"], 1)
        second = told(w, "rekey")
        expect("another key", second["key"] != first["key"] and second["sealed"] == 1, str(second))
        expect_eq("none", told(w, "check")["old_key"], 0)
        lines = open(path + ".key").read().splitlines()
        expect_eq("both are in the file", len(lines), 2)
        w.write("data/mcpass/credentials.db.key", lines[1] + "\n")
        expect_eq("the old one does not open it", do(w, "check").returncode, 2)
        os.unlink(path + ".key")
        done = lib.World.run(w, "token", server.url, "--no-login")
        expect_eq("nor does none", done.returncode, 2, done.stderr)
        expect("what to do", "MCPASS_STORE_KEY" in done.stderr, done.stderr)


def test_moved():
    with Scene() as w:
        server = signed_in(w)
        old, new = w.path("data/mcpass/credentials.db"), w.path("new/credentials.db")
        key = w.path("new.key")
        expect_eq("a key", do(w, "key", key).returncode, 0)
        expect_eq("moved", told(w, "move", old, new, "--to-key", key), {"moved": 1, "key": None})
        expect_eq("nothing is left", told(w, "where")["records"], 0)
        w.env.update(MCPASS_STORE=new, MCPASS_STORE_KEY=key)
        expect_eq("all of it", told(w, "check")["records"], 1)
        token = lib.World.run(w, "token", server.url)
        expect_eq("in use", token.returncode, 0, token.stderr)
        expect_eq("again: nothing", told(w, "move", old, new)["moved"], 0)


@lib.rows([
    ("no verb", ("what",), 1, "is no command"),
    ("an operand too many", ("where", "x"), 1, "is no command"),
    ("no place to move to", ("move", "x"), 1, "is no command"),
    ("nothing to move", ("move", "/nowhere/a.db", "/tmp/b.db"), 1, "there is no store"),
    ("where it is", ("move", "/bin/sh", "/bin/sh"), 1, "there already"),
    ("an issuer without a place", ("check", "--issuer"), 1, "--store"),
    ("a password", ("move", "/bin/sh", "postgres://u:hunter2hunter2@h/d"), 5, ".pgpass"),
    ("a password with a ?", ("where", "--store", "postgres://u:x?hunter2@h/d"), 5, ".pgpass"),
    ("another database", ("where", "--store", "mysql://u:hunter2@h/d"), 1, "mysql:... names no store"),
    ("a move to one", ("move", "/bin/sh", "mysql://u:hunter2@h/d"), 1, "postgresql://USER"),
    ("an issuer's", ("check", "--issuer", "--store", "host=h password=hunter2"), 1, "postgresql://USER"),
    ("no key for a database", ("rekey", "--store", "postgres://h/d"), 1, "store key FILE"),
    ("a folder", ("check", "--store", "/usr/"), 2, "'/usr/' is no file name"),
    ("a device", ("check", "--store", "/dev/null"), 5, "is a device or a pipe, not a file"),
    ("nor for memory", ("rekey", "--store", ":memory:"), 1, "store key FILE"),
    ("a key in no file", ("key", "-"), 1, "name one"),
    ("a key in a device", ("key", "/dev/tty"), 1, "no file"),
    ("a key in a file of something else", ("key", "/bin/sh"), None, "others may read it"),
])
def test_refused(label, args, code, says):
    with Scene() as w:
        done = do(w, *args)
        expect("exit code", done.returncode == code if code is not None else done.returncode != 0,
               f"{done.returncode} {done.stderr}")
        expect("says why", says in done.stderr, done.stderr)
        expect("no password", "hunter2" not in done.stderr, done.stderr)


def test_a_new_users_first_command():
    with Scene() as w:
        done = do(w, "rekey")
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("a key", os.path.exists(w.path("data/mcpass/credentials.db.key")))


def test_keys_behind_a_link():
    """The file that others read gets the key, and the link stays one."""
    with Scene() as w:
        expect_eq("a key", do(w, "key", w.path("real.key")).returncode, 0)
        os.symlink("real.key", w.path("link.key"))
        done = do(w, "key", w.path("link.key"))
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("a link", os.path.islink(w.path("link.key")))
        expect_eq("both", len(open(w.path("real.key")).read().splitlines()), 2)
        open(w.path("real.key.new"), "w").close()
        done = do(w, "key", w.path("link.key"))
        expect_eq("another one is at work", done.returncode, 1, done.stderr)
        expect("what to do", "rm '" + w.path("real.key.new") in done.stderr, done.stderr)


def test_moved_onto_itself_by_another_name():
    with Scene() as w:
        signed_in(w)
        old = w.path("data/mcpass/credentials.db")
        os.symlink("mcpass", w.path("data/other"))
        for new in (w.path("data/./mcpass/credentials.db"), w.path("data/other/credentials.db")):
            done = do(w, "move", old, new)
            expect_eq("exit code", done.returncode, 1, done.stderr)
            expect("says why", "there already" in done.stderr, done.stderr)
        expect_eq("nothing is lost", told(w, "check")["records"], 1)
