"""People at a real Chromium who walk Keycloak's own pages, and the program that sent them there."""

import base64
import json
import os
import select
import subprocess
import time

import lib
from chromium import Chromium
from lib import Failure, expect

# What may be on the page that comes next.  A page that was seen is marked, so that it is not taken
# for its successor.
FRESH = "html:not([data-seen]) "
PAGES = {
    "login": "#kc-form-login #username", "consent": "#kc-oauth button, #kc-oauth input[name=accept]",
    "code": "input[name=device_user_code]", "error": "#kc-error-message", "info": "#kc-info-message",
    "end": "body > main h1",
}


class Person:
    """One browser; forget() makes it another person's."""

    def __init__(self, world):
        self.world = world
        self.chromium = Chromium(world)
        world.stack.callback(self.chromium.end)
        # The driver waits for an element to appear, so that nobody has to ask it again and again.
        self.chromium.ask("POST", self.chromium.session + "/timeouts",
                          {"implicit": lib.PATIENCE * 1000})
        self.pictures = 0

    def script(self, text, *arguments):
        return self.chromium.ask("POST", self.chromium.session + "/execute/sync",
                                 {"script": text, "args": list(arguments)})

    def forget(self, *urls):
        for url in urls:
            self.chromium.go(url)
            self.chromium.ask("DELETE", self.chromium.session + "/cookie")

    def next_page(self):
        """(kind, text) of a page that was not there before."""
        self.chromium.find(", ".join(FRESH + part for css in PAGES.values() for part in css.split(", ")))
        kind = self.script("document.documentElement.dataset.seen = 'yes';"
                           "const pages = arguments[0];"
                           "return Object.keys(pages).find(k => document.querySelector(pages[k]))", PAGES)
        return kind, self.chromium.text()

    def picture(self, name):
        self.pictures += 1
        self.chromium.picture(f"keycloak-{self.pictures:02}-{name}.png")

    def walk(self, url, user, password, answer="accept", code=None, pictures=None):
        """Goes through all pages to the last; {kind: text} of each, in order."""
        seen = {}
        self.chromium.go(url)
        for _ in range(8):
            kind, text = self.next_page()
            if kind in seen and kind != "info":
                raise Failure(f"the {kind} page came twice: {text}")
            seen[kind] = text
            if pictures:
                self.picture(f"{pictures}-{kind}")
            if kind == "login":
                self.chromium.type("#username", user)
                self.chromium.type("#password", password)
                self.chromium.click("#kc-login")
            elif kind == "consent":
                self.chromium.click(f"#kc-{'login' if answer == 'accept' else 'cancel'}")
            elif kind == "code":
                self.chromium.type(PAGES["code"], code)
                self.chromium.click("[type=submit]")
            else:
                return seen
        raise Failure(f"there is no end of pages: {list(seen)}")


class Done:
    def __init__(self, process, out, err, pages):
        self.code, self.out, self.err, self.pages = process.returncode, out, err, pages
        self.said = f"exit {self.code}\n--- out ---\n{out}\n--- err ---\n{err}\n--- pages ---\n" \
            + "\n".join(f"[{kind}] {text}" for kind, text in pages.items())


class Desk:
    """The program, with a $BROWSER that hands its URL to the person through a FIFO."""

    def __init__(self, world, passwords):
        self.world, self.passwords = world, passwords
        self.person = Person(world)
        self.fifo = world.path("url")
        os.mkfifo(self.fifo)
        # Both ends are ours, so that nothing blocks when nobody opens a browser.
        self.urls = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        world.stack.callback(os.close, self.urls)
        browser = world.write("browser.sh", f'#!/bin/sh\nprintf "%s\\n" "$1" >"{self.fifo}"\n')
        os.chmod(browser, 0o700)
        self.env = {**world.env, "BROWSER": browser}

    def wait(self, process, watched):
        """The next URL, or None when the program has ended."""
        ended = os.pidfd_open(process.pid)
        try:
            ready, _, _ = select.select([ended, *watched], [], [], 2 * lib.PATIENCE)
        finally:
            os.close(ended)
        if self.urls in ready:
            return os.read(self.urls, 1 << 16).decode().strip()
        if not ready:
            process.kill()
            raise Failure("the program neither opened a browser nor ended")
        return None

    def run(self, user, *args, **kw):
        """Runs mcpass to its end, and walks the pages it opens as that user."""
        done = self.run_any(user, [lib.PROGRAM, *args], **kw)
        expect("no token is shown", args[0] == "token" or "eyJ" not in done.out + done.err, done.said)
        return done

    def run_any(self, user, argv, answer="accept", visits=1, pictures=None, env=None, cwd=None):
        """Any program that comes to run mcpass; a person is asked that often at most."""
        pages, asked = {}, 0
        with open(self.world.path("out"), "w+") as out, open(self.world.path("err"), "w+") as err:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env={**self.env, **(env or {})}, cwd=cwd)
            try:
                while url := self.wait(process, [self.urls]):
                    asked += 1
                    expect("the person is asked too often", asked <= visits, str(pages))
                    pages.update(self.person.walk(url, user, self.passwords[user], answer,
                                                  pictures=pictures))
                    if "error" in pages:        # Keycloak does not send such a person back
                        process.kill()
                process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            out.seek(0), err.seek(0)
            done = Done(process, out.read(), err.read(), pages)
        both = done.out + done.err
        expect("no crash", "Sanitizer" not in both and done.code not in (-6, -11), done.said)
        expect("no password is shown", all(p not in both for p in self.passwords.values()), done.said)
        return done


def ok(done, out=None, pages=None):
    """It worked, said that, and these pages were shown for it."""
    lib.expect_eq("exit", done.code, 0, done.said)
    if out is not None:
        lib.expect_eq("the answer", done.out.strip(), out, done.said)
    if pages is not None:
        lib.expect_eq("the pages", list(done.pages), pages, done.said)
    return done


def refused(done, code, *words):
    """It failed with that exit code, in these words."""
    lib.expect_eq("exit", done.code, code, done.said)
    for word in words:
        expect(f"it says {word!r}", word in done.err, done.said)
    return done


def claims(token):
    """(header, payload) of a JWT, unchecked."""
    return tuple(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
                 for part in token.split(".")[:2])


def wait_until(moment):
    """For what is bound to a date, such as the end of a token's life."""
    while (left := moment - time.time()) > 0:
        select.select([], [], [], left)
