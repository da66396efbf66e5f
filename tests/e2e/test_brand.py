"""The pages of an organisation: its name, style, logo, and the language of the person."""

import json
import os
import urllib.request

import lib
from chromium import Chromium
from lib import World, expect, expect_eq, rows
from test_chromium import start_call

CSS = "main{border-top-width:9px}:root{--accent:rgb(200,0,0)}\r\n"
# Shown as an image it runs nothing; opened as a page neither.
SVG = ('<svg xmlns="http://www.w3.org/2000/svg" width="80" height="44" '
       'onload="document.documentElement.setAttribute(\'fill\',\'ran\');top.ran=1">'
       '<rect width="80" height="44" fill="teal"/></svg>')


def branded(w, *more):
    w.start_authserver("--brand-name", "Example <Corp>", "--brand-css", w.write("b.css", CSS),
                       "--brand-logo", w.write("logo.svg", SVG), *more)
    w.start_serve()


@rows([("German", "de-CH,de;q=0.9,en;q=0.8", "de", "Anmelden", "Zugriff erlauben?", "Seine Werkzeuge verwenden"),
       ("Japanese", "ja,en;q=0.5", "ja", "サインイン", "アクセスを許可しますか？", "ツールの使用")])
def test_chromium_brand_and_language(label, wanted, tag, title, question, scope):
    with World() as w:
        branded(w)
        chromium = Chromium(w, f"--accept-lang={wanted.split(';')[0]}")
        w.stack.callback(chromium.end)
        process, url = start_call(w, "echo", "message=in my language")
        chromium.go(url)
        chromium.wait_for(title)
        chromium.picture(f"brand-{tag}.png")
        expect_eq("the language", chromium.script("return document.documentElement.lang"), tag)
        expect_eq("the title", chromium.script("return document.title"), f"{title} - Example <Corp>")
        expect_eq("the style", chromium.script(
            "return getComputedStyle(document.querySelector('main')).borderTopWidth"), "9px")
        expect_eq("the logo", chromium.script(
            "return document.querySelector('img.logo').naturalWidth"), 80)
        expect_eq("no script of the logo", chromium.script("return window.ran === undefined"), True)
        chromium.type("input[name=username]", "alice")
        chromium.type("input[name=password]", lib.PASSWORD)
        chromium.click("form button.main")
        page = chromium.wait_for(scope)
        expect_eq("the question", chromium.script("return document.title"),
                  f"{question} - Example <Corp>")
        expect("where the answer goes", "127.0.0.1" in page, page)
        chromium.picture(f"brand-{tag}-consent.png")
        chromium.click("button[value=allow]")
        out, err = process.communicate(timeout=lib.PATIENCE)
        expect_eq("exit", process.returncode, 0, err)
        expect("the answer", "in my language" in out, out)


def test_chromium_logo_as_a_page():
    with World() as w:
        branded(w)
        with urllib.request.urlopen(w.issuer + "/device") as answer:
            html = answer.read().decode()
        chromium = Chromium(w)
        w.stack.callback(chromium.end)
        chromium.go(w.issuer + html.split('class="logo" alt="" src="')[1].split('"')[0])
        expect_eq("it is the logo", chromium.script("return document.documentElement.tagName"), "svg")
        expect_eq("and ran nothing", chromium.script(
            "return document.documentElement.getAttribute('fill')"), None)


def test_chromium_right_to_left():
    with World() as w:
        os.mkdir(w.path("texts"))
        w.write("texts/ar.json", json.dumps({"code.title": "أدخل <b>الرمز</b>"}))
        w.write("texts/README", "not a language")
        w.start_authserver("--translations", w.path("texts"))
        chromium = Chromium(w, "--accept-lang=ar")
        w.stack.callback(chromium.end)
        chromium.go(w.issuer + "/device")
        chromium.wait_for("أدخل <b>الرمز</b>")
        expect_eq("the direction", chromium.script(
            "return getComputedStyle(document.body).direction"), "rtl")
        expect_eq("codes keep theirs", chromium.script(
            "return getComputedStyle(document.querySelector('#user_code')).direction"), "ltr")
        chromium.picture("brand-ar.png")


@rows([("a style that loads", ("--brand-css", "x", "@import 'y';"), "@import"),
       ("a logo that is none", ("--brand-logo", "x", "GIF89a"), "no PNG"),
       ("a style that is not there", ("--brand-css", None, None), "No such file"),
       ("a text that is none", ("--translations", "t/fr.json", '{"login.titel":"x"}'), "login.titel"),
       ("a file that is no language", ("--translations", "t/f_r.json", "{}"), "f_r"),
       ("a folder that is not there", ("--translations", None, None), "No such file")])
def test_brand_is_checked_at_start(label, given, said):
    option, name, text = given
    with World() as w:
        os.mkdir(w.path("t"))
        value = w.path("none") if name is None else w.write(name, text)
        if name is not None and "/" in name:
            value = w.path("t")
        done = w.run("authserver", "--port", "0", option, value)
        expect_eq("exit", done.returncode, 2 if name is None else 1, done.stderr)
        expect("which", said in done.stderr, done.stderr)


def test_texts_are_printed():
    with World() as w:
        german = json.loads(w.run("authserver", "texts", "de").stdout)
        other = json.loads(w.run("authserver", "texts", "fr").stdout)
        expect_eq("German", german["login.title"], "Anmelden")
        expect_eq("a new language begins in English", other["login.title"], "Sign in")
        os.mkdir(w.path("texts"))
        w.write("texts/fr.json", json.dumps({**other, "login.title": "Connexion"}))
        done = w.run("authserver", "texts", "fr", "--translations", w.path("texts"))
        expect_eq("what was written is read", json.loads(done.stdout)["login.title"], "Connexion")
        expect_eq("no language", w.run("authserver", "texts", "f_r").returncode, 1)
