"""Keys of a store in the Secret Service: a real gnome-keyring-daemon on a D-Bus of its own."""

import json
import os
import shutil
import subprocess

import lib
from lib import expect, expect_eq
from scene import Scene, stored
from test_store import do, signed_in, told

PLACE = "secret-service:"
COLLECTION = "/org/freedesktop/secrets/collection/login"


class Desktop(Scene):
    """A scene in a session with D-Bus and an unlocked keyring."""

    def __init__(self):
        for name in ("dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"):
            if shutil.which(name) is None:
                raise lib.Skip(f"there is no {name}")
        super().__init__()
        os.mkdir(self.path("run"), 0o700)
        self.env["XDG_RUNTIME_DIR"] = self.path("run")
        log = self.stack.enter_context(open(self.path("desktop.log"), "w"))
        bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"], env=self.env,
                               stdout=subprocess.PIPE, stderr=log, text=True)
        self.stack.callback(bus.wait, lib.PATIENCE)
        self.stack.callback(bus.terminate)
        self.stack.callback(bus.stdout.close)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        self.unlock()

    def unlock(self):
        """The first one makes the keyring; what it starts ends with the bus, or with the next one."""
        done = subprocess.run(["gnome-keyring-daemon", "--replace", "--unlock", "--components=secrets"], env=self.env,
                              input="the keyring's password", capture_output=True, text=True,
                              timeout=lib.PATIENCE)
        expect_eq("unlocked", done.returncode, 0, done.stderr)

    def tool(self, *args, **kw):
        return subprocess.run(["secret-tool", *args], env=self.env, capture_output=True, text=True,
                              timeout=lib.PATIENCE, **kw)

    def lock(self):
        done = subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets",
                               "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
                               f"array:objpath:{COLLECTION}"], env=self.env, capture_output=True, text=True,
                              timeout=lib.PATIENCE)
        expect("locked", COLLECTION in done.stdout, done.stdout + done.stderr)


def one_line(done, *words, code=2):
    expect_eq("exit code", done.returncode, code, done.stderr)
    lines = [x for x in done.stderr.splitlines() if x.startswith("mcpass: ")]
    expect_eq("one line", len(lines), 1, done.stderr)
    for word in words:
        expect(f"it says {word}", word in done.stderr, done.stderr)


def test_keyring_seals():
    with Desktop() as w:
        server = signed_in(w)
        expect("there is something to lose", len(stored(w)) >= 2)
        made = do(w, "key", PLACE)
        expect_eq("a key", made.returncode, 0, made.stderr)
        expect("where it is", "the Secret Service (store)" in made.stderr, made.stderr)
        w.env["MCPASS_STORE_KEY"] = PLACE
        first = told(w, "rekey")
        expect_eq("all", first["sealed"], 1)
        expect_eq("nothing to be read", stored(w), set())
        expect("no key in a file", not any("key" in name for name in os.listdir(w.path("data/mcpass"))))
        seen = told(w, "check")
        expect_eq("said", (seen["key"], seen["key_place"], seen["plain"], seen["broken"]),
                  (first["key"], PLACE, 0, 0))
        status = lib.World.run(w, "status")
        expect("and by status", f"sealed with the key {first['key']} of the Secret Service (store)"
               in status.stderr, status.stderr)
        token = lib.World.run(w, "token", server.url)
        expect_eq("in use", token.returncode, 0, token.stderr)
        kept = w.tool("lookup", "service", "mcpass", "keys", "store").stdout
        expect("it is there", kept.startswith("mcpass-key-1."), str(len(kept)))
        for done in w.said:
            expect("never shown", kept.splitlines()[0] not in done.stdout + done.stderr)


def test_keyring_rotates():
    """The new key seals, the old one opens; then the old one goes, by secret-tool alone."""
    with Desktop() as w:
        server = signed_in(w)
        w.env["MCPASS_STORE_KEY"] = PLACE + "work"
        for number in (1, 2):
            made = told(w, "key", PLACE + "work")
            expect_eq("keys", made["keys"], number)
            expect_eq("sealed", told(w, "rekey"), {"sealed": 1, "key": made["key"]})
        item = ("service", "mcpass", "keys", "work")
        lines = w.tool("lookup", *item).stdout.splitlines()
        expect_eq("both are there", len(lines), 2)
        w.tool("store", "--label=x", *item, input=lines[0])
        expect_eq("the first is enough", told(w, "check")["broken"], 0)
        w.tool("store", "--label=x", *item, input=lines[1])
        token = lib.World.run(w, "token", server.url, "--no-login")
        one_line(token, PLACE + "work", "is not among")
        w.tool("store", "--label=x", *item, input="\n".join([lines[0]] + [lines[1][:-4] + f"{n}AAA"
                                                            for n in range(7)]))
        full = do(w, "key", PLACE + "work")
        one_line(full, "has 8 keys already", "man mcpass-store", code=1)
        expect_eq("nothing is lost", told(w, "check")["broken"], 0)


def test_keyring_of_an_authorization_server():
    with Desktop() as w:
        expect_eq("a key", do(w, "key", PLACE + "front").returncode, 0)
        w.start_authserver("--data", w.path("auth.db"), "--encryption-key", PLACE + "front")
        seen = told(w, "where", "--issuer", "--store", w.path("auth.db"), "--store-key", PLACE + "front")
        expect_eq("sealed", seen["key_place"], PLACE + "front")
        expect("with something in it", seen["records"] > 0)
        with open(w.path("auth.db"), "rb") as file:
            expect("its signing key is not to be read", b'"d":"' not in file.read())
        keys = ("authserver", "key", "list", "--data", w.path("auth.db"), "--encryption-key")
        done = lib.World.run(w, *keys, PLACE + "front", "--json")
        expect_eq("an operator's", len(json.loads(done.stdout)), 1, done.stderr)
        expect_eq("another", do(w, "key", PLACE + "other").returncode, 0)
        one_line(lib.World.run(w, *keys, PLACE + "other"), PLACE + "other", "is not among")


def sealed(w):
    server = signed_in(w)
    w.env["MCPASS_STORE_KEY"] = PLACE
    told(w, "key", PLACE)
    told(w, "rekey")
    return server


def no_session(w):
    w.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={w.path('nothing')}"


def no_tool(w):
    os.mkdir(w.path("bin"))
    w.env["PATH"] = w.path("bin")


def no_item(w):
    w.tool("clear", "service", "mcpass", "keys", "store")


def no_key(w):
    w.tool("store", "--label=x", "service", "mcpass", "keys", "store", input="something else")


@lib.rows([
    ("locked", Desktop.lock, 2, ("locked", "unlock")),
    ("no D-Bus session", no_session, 2, ("DBUS_SESSION_BUS_ADDRESS",)),
    ("no secret-tool", no_tool, 2, ("secret-tool", "libsecret-tools")),
    ("no such item", no_item, 2, ("no keys of that name", "mcpass store key secret-service:")),
    ("something else in it", no_key, 1, ("line 1",)),
])
def test_keyring_cannot_be_read(label, happens, code, words):
    """Nothing is lost, and nothing is kept in the clear instead."""
    with Desktop() as w:
        server = sealed(w)
        before = open(w.path("data/mcpass/credentials.db"), "rb").read()
        happens(w)
        for args in (("token", server.url, "--no-login"), ("status",), ("store", "check"),
                     ("store", "rekey"), ("login", server.url)):
            one_line(lib.World.run(w, *args), *words, code=code)
        if happens in (Desktop.lock, no_session, no_tool):
            one_line(do(w, "key", PLACE), *words[:1], code=code)
        expect("as it was", open(w.path("data/mcpass/credentials.db"), "rb").read() == before)
        expect_eq("nothing in the clear", stored(w), set())


def test_keyring_is_unlocked_again():
    with Desktop() as w:
        server = sealed(w)
        w.lock()
        one_line(lib.World.run(w, "token", server.url, "--no-login"), "locked")
        w.unlock()
        token = lib.World.run(w, "token", server.url)
        expect_eq("nothing was lost", token.returncode, 0, token.stderr)


@lib.rows([("an option", "--unlock"), ("a blank", "a b"), ("too long", "x" * 65), ("a path", "a/b")])
def test_keyring_names(label, name):
    with Scene() as w:
        one_line(do(w, "key", PLACE + name), "no name", code=1)
        w.env["MCPASS_STORE_KEY"] = PLACE + name
        one_line(lib.World.run(w, "status"), "no name", code=1)


def test_keyring_of_a_host():
    """The entry in a host's file names it as it is."""
    with Scene() as w:
        w.env["MCPASS_STORE_KEY"] = PLACE
        done = lib.World.run(w, "install", "cursor", "https://mcp.example/mcp", "--dry-run")
        expect("as it is", f'"MCPASS_STORE_KEY": "{PLACE}"' in done.stdout, done.stdout + done.stderr)
