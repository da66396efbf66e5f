"""A client that is a page in a real browser: what --cors-origin lets it do, and nobody else."""

import os

import lib
from chromium import Chromium
from lib import HERE, HTML, World, expect, hostile, rows

with open(os.path.join(HERE, "page.js")) as file:
    PAGE = f'<!doctype html><meta charset="utf-8"><body><script>{file.read()}</script>'


def visit(w, *listed):
    """Opens the page, with servers that list it if told so; returns the browser."""
    page = hostile(w, {"/": (200, HTML, PAGE), "/favicon.ico": (404, {}, "")})
    origins = [option for at in listed for option in
               ("--cors-origin", page.url if at == "page" else at)]
    w.start_authserver(*origins)
    w.start_serve(*origins)
    chromium = Chromium(w)
    w.stack.callback(chromium.end)
    chromium.go(f"{page.url}/#{w.url}")
    return chromium


def test_chromium_page_logs_in():
    with World() as w:
        chromium = visit(w, "https://other.example", "page")
        chromium.wait_for("Sign in")
        chromium.type("input[name=username]", "alice")
        chromium.type("input[name=password]", lib.PASSWORD)
        chromium.click("form button.main")
        chromium.wait_for("A page")
        chromium.click("button[value=allow]")
        said = chromium.wait_for("done")
        expect("the tools", "tools echo,get_time,whoami;" in said, said)
        expect("and its token is revoked", "revoked 200;" in said, said)


@rows([("no page is listed",), ("another one is", "https://other.example")])
def test_chromium_page_is_refused(label, *listed):
    with World() as w:
        said = visit(w, *listed).wait_for("done")
        expect(label, "failed TypeError;" in said and "challenge" not in said, said)
        expect("it registered nothing", "POST /register" not in w.authserver.read_log(),
               w.authserver.read_log())
