"""What a person sees on a terminal, and what a peer's text cannot do there."""

import os

import lib
from lib import World, expect, expect_eq
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
