"""A login by a code on another device: the program on one side, a person at pages on the
other.  Nothing sleeps: the polls of a second are the program's own."""

import json
import os
import pty
import re
import select
import signal
import subprocess

import browser
import lib
from chromium import Chromium
from lib import JSON, World, expect, expect_eq
from scene import Issuer, Scene, Server

CODE = re.compile(r"enter the code  (?:\x1b\[1m)?([A-Z]{4}-[A-Z]{4})")
PAGE = re.compile(r"(http://\S+/device)\s")
NO_BROWSER = {"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


class Waiting:
    """The program until it has shown a code; at a terminal, or with a pipe for its words."""

    def __init__(self, w, *args, terminal=False, env=None):
        self.said = ""
        self.end, other = pty.openpty() if terminal else os.pipe()
        try:
            self.process = subprocess.Popen(
                [lib.PROGRAM, *args], stdin=other if terminal else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=other, env={**w.env, **(env or {})})
        finally:
            os.close(other)
        w.stack.callback(self.stop)

    def read_until(self, pattern):
        while True:
            found = re.search(pattern, self.said)
            if found:
                return found
            ready, _, _ = select.select([self.end], [], [], lib.PATIENCE)
            expect(f"it says {pattern!r}", ready, self.said)
            self.take()

    def take(self):
        try:
            more = os.read(self.end, 65536)
        except OSError:         # a terminal whose other side is closed
            more = b""
        expect("there is more to come", more, self.said)
        self.said += more.decode()

    def finish(self):
        """The exit code; said is all that it said by then."""
        out, _ = self.process.communicate(timeout=lib.PATIENCE)
        while select.select([self.end], [], [], 0)[0]:
            try:
                self.take()
            except lib.Failure:
                break
        self.out = out.decode()
        return self.process.returncode

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        os.close(self.end)


def sign_in(page, code, answer="allow"):
    return list(browser.walk(page, "alice", lib.PASSWORD, answer, code))


def start(w, *args, **kw):
    w.start_authserver("--device-interval", "1s")
    w.start_serve()
    waiting = Waiting(w, "login", w.url, *args, **kw)
    return waiting, waiting.read_until(CODE).group(1), waiting.read_until(PAGE).group(1)


def test_device_allowed():
    with World() as w:
        waiting, code, page = start(w, "--device", "--scope", "mcp:read mcp:tools")
        pages = sign_in(page, code)
        expect_eq("code, login, consent, the end", len(pages), 4)
        expect("the code is compared", code in pages[2][1], pages[2][1])
        expect("back to the device", "Go back to your device" in pages[3][1], pages[3][1])
        expect_eq("exit", waiting.finish(), 0, waiting.said)
        expect("signed in", "Signed in" in waiting.said, waiting.said)
        done = w.call("whoami", "--no-login")
        expect_eq("a call", done.returncode, 0, done.stderr)
        expect("as her", "alice" in done.stdout, done.stdout)
        log = w.authserver.read_log()
        expect("nobody was redirected", "GET /authorize" not in log, log)


def test_device_longer_link_and_explain():
    with World() as w:
        waiting, code, page = start(w, "--device", "--explain")
        sign_in(f"{page}?user_code={code}", None)
        expect_eq("exit", waiting.finish(), 0, waiting.said)
        expect("the clause", "RFC 8628 3.1" in waiting.said, waiting.said)
        expect("no device code is shown", re.search(r"device_code\s+\(redacted\)", waiting.said),
               waiting.said)


def test_device_denied():
    with World() as w:
        waiting, code, page = start(w, "--device")
        sign_in(page, code, "deny")
        expect_eq("exit", waiting.finish(), 4, waiting.said)
        expect("why", "access_denied" in waiting.said, waiting.said)


def test_device_is_found_out_at_a_terminal():
    """No browser, and a person at a terminal: a code, and the seconds go by."""
    with World() as w:
        waiting, code, page = start(w, terminal=True, env=NO_BROWSER)
        waiting.read_until(r"\r\x1b\[K9:\d\d left")
        sign_in(page, code)
        expect_eq("exit", waiting.finish(), 0, waiting.said)
        expect("the line is wiped off", "left\r\x1b[KSigned in" in waiting.said, repr(waiting.said))


def test_device_over_ssh():
    with World() as w:
        waiting, code, page = start(w, terminal=True, env={
            "BROWSER": "", "DISPLAY": "localhost:10.0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"})
        sign_in(page, code)
        expect_eq("exit", waiting.finish(), 0, waiting.said)


def test_device_not_with_a_port_to_forward():
    with World() as w:
        w.start_both()
        waiting = Waiting(w, "login", w.url, "--callback-port", "0", terminal=True, env=NO_BROWSER)
        waiting.read_until("ssh -L")
        expect("no code", not CODE.search(waiting.said), waiting.said)


def test_device_interrupted():
    """Ctrl-C ends it at once, however long the pause."""
    with World() as w:
        w.start_authserver("--device-interval", "9m")
        w.start_serve()
        waiting = Waiting(w, "login", w.url, "--device")
        waiting.read_until("Ctrl-C to stop")
        waiting.process.send_signal(signal.SIGINT)
        expect_eq("ended by it", waiting.finish(), -signal.SIGINT, waiting.said)


def test_device_patience():
    with World() as w:
        w.start_authserver("--device-interval", "9m")
        w.start_serve()
        done = w.run("login", w.url, "--device", "--login-timeout", "1s")
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("not finished", "the login was not finished in time" in done.stderr, done.stderr)


def test_device_nobody_is_here():
    """Neither a browser nor a terminal: said at once, and nothing is registered."""
    with World() as w:
        w.start_both()
        done = w.call("echo", "message=x", env=NO_BROWSER)
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("why", "neither a browser here nor a terminal" in done.stderr, done.stderr)
        expect("what to do", "--device" in done.stderr, done.stderr)
        expect("no trace of us there", "POST" not in w.authserver.read_log(),
               w.authserver.read_log())
        done = w.call("echo", "message=x", "--device", "--no-login")
        expect_eq("not allowed", done.returncode, 4, done.stderr)
        expect("no code was asked for", "POST" not in w.authserver.read_log(),
               w.authserver.read_log())


def test_device_not_offered():
    with Scene() as s:
        server = Server(s, Issuer(s).url)
        done = s.run("login", server.url, "--device")
        expect_eq("exit", done.returncode, 4, done.stderr)
        expect("why", "offers no login by a code" in done.stderr, done.stderr)


def test_device_usage():
    with World() as w:
        done = w.run("login", "http://127.0.0.1:1/mcp", "--device", "--grant", "client-credentials")
        expect_eq("exit", done.returncode, 1, done.stderr)


def test_device_refuses_a_hostile_page():
    """What the server wrote is neither opened nor shown."""
    with Scene() as s:
        issuer = Issuer(s)
        issuer.metadata["device_authorization_endpoint"] = issuer.url + "/device_authorization"
        for uri, code in (("javascript:alert(1)", 3), ("$(touch pwned)", 3),
                          ("http://far.example/device", 5)):
            issuer.site.routes["/device_authorization"] = (200, JSON, json.dumps({
                "device_code": lib.PASSWORD[:7], "user_code": "BCDF-GHJK", "verification_uri": uri,
                "expires_in": 600, "interval": 1}))
            done = s.run("login", Server(s, issuer.url).url, "--device")
            expect_eq(f"exit for {uri}", done.returncode, code, done.stderr)
            expect("no code is shown", "enter the code" not in done.stderr, done.stderr)
        expect("no browser was opened", not s.visits, str(s.visits))


def test_chromium_enters_a_code():
    with World() as w:
        waiting, code, page = start(w, "--device")
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        chromium.go(page)
        chromium.wait_for("Enter the code")
        chromium.picture("6-device-code.png")
        chromium.type("input[name=user_code]", "bcdf ghjk")
        chromium.click("form button.main")
        chromium.wait_for("No device waits with this code")
        chromium.picture("7-device-wrong-code.png")
        chromium.go(f"{page}?user_code={code}")
        chromium.wait_for("Is this the code?")
        chromium.picture("8-device-code-in-link.png")
        chromium.click("form button.main")
        chromium.wait_for("Sign in")
        chromium.type("input[name=username]", "alice")
        chromium.type("input[name=password]", lib.PASSWORD)
        chromium.click("form button.main")
        consent = chromium.wait_for("Allow")
        expect("the code to compare", code in consent, consent)
        chromium.picture("9-device-consent.png")
        chromium.click("button[value=allow]")
        chromium.wait_for("Go back to your device")
        chromium.picture("10-device-done.png")
        expect_eq("exit", waiting.finish(), 0, waiting.said)
