"""A real Chromium clicks through login and consent; its pictures are kept beside the build."""

import os
import subprocess

import lib
from chromium import Chromium
from lib import World, expect, expect_eq


def start_call(w, *args):
    """The program, with a $BROWSER that hands its URL to us through a FIFO."""
    fifo = w.path("url")
    os.mkfifo(fifo)
    browser = w.write("browser.sh", f'#!/bin/sh\nprintf "%s\\n" "$1" >"{fifo}"\n')
    os.chmod(browser, 0o700)
    process = subprocess.Popen([lib.PROGRAM, "call", w.url, *args], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**w.env, "BROWSER": browser})
    with open(fifo) as file:
        return process, file.readline().strip()


def sign_in(chromium, url, password):
    chromium.go(url)
    chromium.picture("1-login.png")
    chromium.type("input[name=username]", "alice")
    chromium.type("input[name=password]", password)
    chromium.click("form button.main")


def test_chromium_allows():
    with World() as w:
        w.start_both()
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        process, url = start_call(w, "echo", "message=from a real browser")
        sign_in(chromium, url, "not the password")
        chromium.wait_for("not right")
        chromium.picture("2-wrong-password.png")
        chromium.type("input[name=password]", lib.PASSWORD)
        chromium.click("form button.main")
        consent = chromium.wait_for("Allow")
        for words in ("mcpass", "127.0.0.1", "alice"):
            expect(f"the consent page says {words}", words in consent, consent)
        chromium.picture("3-consent.png")
        chromium.click("button[value=allow]")
        chromium.wait_for("You are signed in")
        chromium.picture("4-signed-in.png")
        out, err = process.communicate(timeout=lib.PATIENCE)
        expect_eq("exit", process.returncode, 0, err)
        expect("the answer", "from a real browser" in out, out)


def test_chromium_denies():
    with World() as w:
        w.start_both()
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        process, url = start_call(w, "echo", "message=x")
        sign_in(chromium, url, lib.PASSWORD)
        chromium.wait_for("Deny")
        chromium.click("button[value=deny]")
        chromium.picture("5-denied.png")
        out, err = process.communicate(timeout=lib.PATIENCE)
        expect_eq("exit", process.returncode, 4, err)
        expect("why", "access_denied" in err, err)
