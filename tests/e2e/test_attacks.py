"""What was done to programs like this one, done to it: whom it believes, and whom it gives
what.  test_attacks_reach.py has the rest of the table's rows about the client.

Every far host would be seen by the scene's proxy, every secret in the output by the
scene's end."""

import json
import os
import urllib.parse

import lib
from lib import JSON, expect, expect_eq
from scene import (MARK, REFUSED, Issuer, Scene, Server, expect_login, expect_none_at,
                   expect_refused, mint, seen, stored)


# --- CVE-2025-6514, CVE-2025-10619, CVE-2025-58747: what reaches the opener -----------------

@lib.rows([
    ("a command", "$(touch {canary})", 3),
    ("a command in backticks", "`touch {canary}`", 3),
    ("a command behind a semicolon", "http://127.0.0.1:1/;touch {canary}", 3),
    ("a file", "file:///etc/passwd", 3),
    ("a UNC path", "\\\\127.0.0.1\\share\\x.exe", 3),
    ("an option", "--renderer-cmd-prefix=touch", 3),
    ("a variable of cmd.exe", "http://127.0.0.1:1/%PATH%", 3),
    ("a line end", "http://127.0.0.1:1/\r\n--x", 3),
    ("javascript:", "javascript:alert(1)", 3),
    ("javascript: that looks like http", "javascript://127.0.0.1/%0aalert(1)", 3),
    ("data:", "data:text/html,<script>alert(1)</script>", 3),
    ("another program's scheme", "vscode://127.0.0.1/x", 3),
    ("somebody's name before the host", "http://127.0.0.1:1@evil.example/", 3),
    ("http to a far host", "http://evil.example/authorize", REFUSED),
])
def test_authorization_endpoint(label, endpoint, code):
    with Scene() as s:
        canary = s.path("canary")
        s.answer = lambda visit: []
        issuer = Issuer(s, authorization_endpoint=endpoint.format(canary=canary))
        done = s.run("login", Server(s, issuer.url).url, "--login-timeout", "1s")
        expect_refused(done, "authorization_endpoint", code=code)
        expect("no browser", not s.visits, str(s.visits))
        expect("nothing was run", not os.path.exists(canary))
        expect("nobody registered for it", not issuer.got("/register"))


# Well-formed URLs, each with commands for some shell.  CVE-2025-6514's kind: what an opener is
# given may be read again, by PowerShell (wslview), cmd.exe or sh.
COMMANDS = [
    ("a substitution", "/$(touch$IFS*canary)"),
    ("PowerShell's", "/$(iex('calc.exe'))"),
    ("a conjunction", "/a&&touch&canary"),
    ("a pattern and quotes", "/*'*'*"),
    ("an option behind the path", "/;--version"),
    ("in the query", "/authorize?x=$(id)&y=;id"),
    ("quotes in the query", "/authorize?x='$(id)'!!"),
]
# As openers of every kind read them: the URL once more, by sh, in double quotes and bare.
OPENERS = {
    "xdg-open": {"DISPLAY": ":0"},
    "x-www-browser": {"DISPLAY": ":0"},
    "wslview": {"WSL_DISTRO_NAME": "Debian"},
    "open": {"BROWSER": "open"},        # the one of macOS
    "BROWSER": {"BROWSER": "opener"},
    "BROWSER with arguments": {"BROWSER": "nobody:opener --app=%s"},
}


@lib.rows([(f"{label}, {opener}", path, opener) for label, path in COMMANDS for opener in OPENERS])
def test_a_url_is_no_command(label, path, opener):
    with Scene() as s:
        issuer = Issuer(s)
        issuer.metadata["authorization_endpoint"] = issuer.url + path
        os.mkdir(s.path("bin"))
        name = opener if opener in ("xdg-open", "x-www-browser", "wslview", "open") else "opener"
        script = s.write("bin/" + name, f"""#!/bin/sh
cd '{s.folder}'
url=${{1#--app=}}
eval "echo \\"$url\\" >again"
eval "echo \\$(echo $url | tr '&' '+') >bare"
exec '{s.env["BROWSER"]}' "$url"
""")
        os.chmod(script, 0o700)
        # Of the machine's own openers none is found before ours.
        path_dirs = s.path("bin") + ":" + ":".join(
            d for d in os.environ["PATH"].split(":")
            if not any(os.path.exists(os.path.join(d, o)) for o in ("xdg-open", "wslview")))
        expect_login(s, Server(s, issuer.url).url, env={"BROWSER": "", "PATH": path_dirs, **OPENERS[opener]})
        visit = s.visits[0]
        expect_eq("one argument", len(visit["arguments"]), 1)
        url = visit["arguments"][0]
        expect("nothing in it is a command", not set("$`'\"\\;()*!<>|^{} ,") & set(url), url)
        expect_eq("who reads it again reads the same", open(s.path("again")).read().strip(), url)
        expect_eq("it is the same URL", urllib.parse.unquote(url).startswith(issuer.url + path), True, url)
        expect("nothing was run", not os.path.exists(s.path("canary")))


def test_a_pushed_request_opens_the_checked_endpoint_only():
    with Scene() as s:
        issuer = Issuer(s, require_pushed_authorization_requests=True)
        issuer.metadata["pushed_authorization_request_endpoint"] = issuer.url + "/par"
        issuer.site.routes["/par"] = (201, JSON, json.dumps({
            "request_uri": "x&redirect_uri=javascript:alert(1)#", "expires_in": 60}))
        s.answer = lambda visit: []
        s.run("login", Server(s, issuer.url).url, "--login-timeout", "1s")
        for visit in s.visits:
            query = urllib.parse.urlsplit(visit["arguments"][0]).query
            expect("nothing was added", "redirect_uri" not in urllib.parse.parse_qs(query), query)


def test_the_browser_inherits_nothing():
    with Scene() as s:
        secret = s.write("secret", mint("file"))
        issuer = Issuer(s)
        expect_login(s, Server(s, issuer.url).url, "--client-id", "c", "--client-issuer", issuer.url,
                     env={"MCPASS_CLIENT_SECRET": mint("environment")})
        expect_login(s, Server(s, issuer.url).url, "--client-id", "c", "--client-secret-file", secret,
                     "--client-issuer", issuer.url)
        for visit in s.visits:
            for what in ("environment", "command line"):
                expect(f"no secret in its {what}", MARK not in visit[what], visit[what])
            expect("BROWSER is there, so it is the environment", "BROWSER=" in visit["environment"])
            expect_eq("no descriptor of ours", [d for d in visit["descriptors"]
                                                if not d.endswith("/dev/null")], [])


# --- CVE-2025-62800, CVE-2026-77272: the page that the listener serves ----------------------

EVIL_TEXT = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m"


@lib.rows([
    ("error_description", {"code": None, "error": "access_denied", "error_description": EVIL_TEXT}, 4),
    ("error", {"code": None, "error": EVIL_TEXT}, 4),
    ("error_uri", {"code": None, "error": "x", "error_uri": "javascript:alert(1)"}, 4),
    ("iss", {"iss": EVIL_TEXT}, REFUSED),
    ("state", {"state": EVIL_TEXT}, REFUSED),
])
def test_script_in_the_callback(label, changes, code):
    with Scene() as s:
        s.answer = lambda visit: s.redirect(visit, **changes)
        done = s.run("login", Server(s, Issuer(s).url).url, "--login-timeout", "6s")
        expect_refused(done, code=code)
        expect("no escape sequence", "\x1b" not in done.stderr + done.stdout)
        reply = s.wait_replies()[0]
        for part in ("<script", "onerror", "alert(1)", "javascript:"):
            expect(f"no {part}", part not in reply["body"], reply["body"])
        policy = reply["headers"]["Content-Security-Policy"]
        expect("no script would run", "default-src 'none'" in policy and "script-src" not in policy)


def test_dns_rebinding_at_the_listener():
    """A page of another name that now resolves to us sends that name as Host."""
    with Scene() as s:
        def answer(visit):
            (forged, _), = s.redirect(visit)
            return [(forged, {"Host": "evil.example"}), *s.redirect(visit)]
        s.answer = answer
        issuer = Issuer(s)
        expect_login(s, Server(s, issuer.url).url)
        statuses = [reply["status"] for reply in s.wait_replies()]
        expect_eq("the first was not taken", statuses, [400, 200])
        expect_eq("one code was redeemed", len(issuer.got("/token")), 1)


# --- CVE-2026-104850, CVE-2026-115563: the server names the attacker's AS -------------------

@lib.rows([
    ("other metadata", "prm"),
    ("other metadata, and the token has expired", "expired"),
    ("other metadata, and a new login", "again"),
    ("the honest one listed second", "second"),
    ("no metadata, so that its own origin is the AS", "none"),
    ("a challenge that points to the attacker's metadata", "challenge"),
])
def test_a_new_issuer_gets_nothing_of_the_old_one(label, how):
    with Scene() as s:
        honest, evil = Issuer(s), Issuer(s)
        server = Server(s, honest.url)
        honest.lifetime = 1 if how == "expired" else 3600
        expect_login(s, server.url)
        secrets = stored(s)
        expect("tokens, client and registration", len(secrets) >= 4, str(secrets))
        server.refuses = True
        if how == "none":
            evil = Issuer(s, server.site)
            server.site.routes["/.well-known/oauth-protected-resource/mcp"] = (404, {}, "")
        elif how == "challenge":
            evil.site.routes["/prm"] = (200, JSON, json.dumps(
                {**server.prm, "authorization_servers": [evil.url]}))
            server.metadata_url = evil.url + "/prm"
        else:
            server.prm["authorization_servers"] = [evil.url] + [honest.url] * (how == "second")
        secrets = {x for x in secrets if how != "none" or "-access-" not in x}
        before = len(honest.site.requests)
        done = s.run("login", server.url, "--again") if how == "again" else s.run("tools", server.url)
        expect_none_at(evil.site, secrets)
        if how == "second":
            expect_eq("the known one is asked", evil.site.requests, [])
            expect("by its own refresh token", len(honest.site.requests) > before)
        elif how == "expired":
            expect_refused(done, "a moment ago", code=3)
            expect_eq("the attacker was not even asked", evil.site.requests, [])
        else:
            expect("the attacker got a login of its own", evil.got("/token"), done.stderr)


GIVEN = [
    ("a client's secret", ["--client-id", "c"], {}),
    ("a client's secret that comes from the environment", ["--client-id", "c"],
     {"MCPASS_CLIENT_SECRET": "s3cret-environment-00"}),
    ("client credentials", ["--client-id", "c", "--grant", "client-credentials"], {}),
    ("a workload's assertion", ["--grant", "jwt-bearer"], {}),
    ("an initial access token", [], {}),
]


def give(scene, label, args, env):
    """The options that give it, and the secret."""
    given = mint("given")
    file = scene.write("given", given)
    if "assertion" in label:
        return [*args, "--assertion-file", file], given
    if "initial" in label:
        return ["--initial-access-token-file", file], given
    if env:
        return args, env["MCPASS_CLIENT_SECRET"]
    return [*args, "--client-secret-file", file], given


@lib.rows(GIVEN)
def test_what_was_given_stays_with_its_issuer(label, args, env):
    """SEP-2352, vercel/ai#15963: what a person gave is not moved by a server's word."""
    with Scene() as s:
        honest, evil = Issuer(s), Issuer(s)
        server = Server(s, honest.url)
        args, given = give(s, label, args, env)
        expect_login(s, server.url, *args, "--client-issuer", honest.url, env=env)
        expect("it was used", given in seen(honest.site), seen(honest.site))
        server.refuses = True
        server.prm["authorization_servers"] = [evil.url]
        done = s.run("tools", server.url, *args, env=env)
        expect_none_at(evil.site, {given})
        expect_refused(done, evil.url, honest.url)
        expect("nobody was asked for it", len(s.visits) <= 1)
        s.run("logout", server.url)
        done = s.run("tools", server.url, *args, env=env)
        expect_none_at(evil.site, {given})
        expect_refused(done, evil.url, honest.url)
        server.refuses = False
        server.prm["authorization_servers"] = [honest.url]
        expect_login(s, server.url, *args, env=env)


@lib.rows(GIVEN)
def test_what_was_given_goes_to_no_issuer_that_the_server_chose(label, args, env):
    """At first use, and after a login that gave nothing, and when somebody else's is known."""
    with Scene() as s:
        evil = Issuer(s)
        server = Server(s, evil.url)
        args, given = give(s, label, args, env)
        expect_refused(s.run("login", server.url, *args, env=env), "it is not known", evil.url,
                       f"--client-issuer {evil.url}")
        expect_eq("the issuer is not asked anything", evil.site.requests, [])
        expect_login(s, server.url)
        expect_refused(s.run("login", server.url, "--again", *args, env=env), "it is not known")
        expect_none_at(evil.site, {given})


@lib.rows([
    ("the honest one's name", lambda honest, evil: honest),
    ("its name, with another port's digits", lambda honest, evil: evil + "0"),
    ("its own name in capitals", lambda honest, evil: evil.replace("http", "HTTP")),
    ("its own name under localhost", lambda honest, evil: evil.replace("127.0.0.1", "localhost")),
    ("its own name and a path", lambda honest, evil: evil + "/x"),
])
def test_metadata_under_a_false_name(label, name):
    """The real issuer's name, and a token endpoint of the attacker's."""
    with Scene() as s:
        honest, evil = Issuer(s), Issuer(s)
        evil.metadata["issuer"] = name(honest.url, evil.url)
        server = Server(s, honest.url)
        expect_login(s, server.url)
        secrets = stored(s)
        server.refuses = True
        server.prm["authorization_servers"] = [evil.url]
        done = s.run("tools", server.url)
        expect_refused(done, "issuer", "RFC 8414 3.3")
        expect_none_at(evil.site, secrets)
        expect("no client, no code, no token", not evil.got("/register") and not evil.got("/token"))


# --- GHSA-33f5-2c5q-wgwj, CVE-2026-54030: the victim's resource -----------------------------

@lib.rows([
    ("the victim's", lambda victim, mine: victim),
    ("the victim's issuer as a resource", lambda victim, mine: victim.replace("/mcp", "")),
    ("a longer host", lambda victim, mine: mine.replace("127.0.0.1", "127.0.0.11")),
    ("a path that is the start of a word", lambda victim, mine: mine[:-1]),
    ("its own under another name", lambda victim, mine: mine.replace("127.0.0.1", "localhost")),
    ("its own path below", lambda victim, mine: mine + "/deeper"),
])
def test_the_resource_of_a_victim(label, name):
    with Scene() as s:
        honest = Issuer(s)
        victim = Server(s, honest.url)
        expect_login(s, victim.url)
        secrets = stored(s)
        visits = len(s.visits)
        evil = Server(s, honest.url)
        evil.prm["resource"] = name(victim.url, evil.url)
        done = s.run("tools", evil.url)
        expect_refused(done, "resource", "RFC 9728 3.3")
        expect_none_at(evil.site, secrets)
        expect("no token at all", "Authorization" not in seen(evil.site), seen(evil.site))
        expect_eq("nobody was asked", len(s.visits), visits)


def test_a_token_of_the_victim_is_not_a_token_for_all():
    """The attacker's own resource, the victim's issuer: a token for the attacker only."""
    with Scene() as s:
        honest = Issuer(s)
        victim, evil = Server(s, honest.url), Server(s, honest.url)
        expect_login(s, victim.url)
        secrets = stored(s)
        expect_login(s, evil.url)
        expect_none_at(evil.site, secrets)
        form = dict(urllib.parse.parse_qsl(honest.got("/token")[-1][3].decode()))
        expect_eq("whom it is for", form["resource"], evil.url)


# --- vercel/ai#13384, modelcontextprotocol#1721: whose answer it is -------------------------

@lib.rows([
    ("no state", {"state": None}, "state"),
    ("an empty state", {"state": ""}, "state"),
    ("another state", {"state": "AAAAAAAAAAAAAAAAAAAAAA"}, "state"),
    ("no iss, though promised", {"iss": None}, "iss"),
    ("another iss", {"iss": "http://127.0.0.1:1"}, "iss"),
    ("an iss with a slash", {"iss": "{iss}/"}, "iss"),
    ("an error of another", {"iss": "http://127.0.0.1:1", "code": None, "error": "access_denied",
                             "error_description": "call 555-EVIL"}, "iss"),
    ("an error without state", {"state": None, "code": None, "error": "access_denied",
                                "error_description": "call 555-EVIL"}, "state"),
])
def test_an_answer_that_is_not_ours(label, changes, word):
    with Scene() as s:
        issuer = Issuer(s)
        changes = {k: v and v.format(iss=issuer.url) for k, v in changes.items()}
        s.answer = lambda visit: s.redirect(visit, **changes)
        # Without our state it is nobody's answer, and the real one is waited for.
        done = s.run("login", Server(s, issuer.url).url, "--login-timeout", "6s")
        expect_refused(done, word)
        expect("no code was redeemed", not issuer.got("/token"))
        expect("what the stranger wrote is not shown", "555-EVIL" not in done.stderr, done.stderr)


@lib.rows([("state twice", "state"), ("code twice", "code"), ("iss twice", "iss")])
def test_a_parameter_twice(label, name):
    with Scene() as s:
        issuer = Issuer(s)

        def answer(visit):
            (url, headers), = s.redirect(visit)
            return [(f"{url}&{name}=x", headers)]
        s.answer = answer
        done = s.run("login", Server(s, issuer.url).url, "--login-timeout", "6s")
        expect_refused(done, name, code=REFUSED if name == "state" else 3)
        expect("no code was redeemed", not issuer.got("/token"))


@lib.rows([("promised", True), ("not promised", False)])
def test_mix_up(label, promised):
    """The attacker's AS sends the person to the honest one; its code must not come here."""
    with Scene() as s:
        honest = Issuer(s)
        evil = Issuer(s, authorization_endpoint=honest.url + "/authorize",
                      authorization_response_iss_parameter_supported=promised)
        done = s.run("login", Server(s, evil.url).url)
        expect_refused(done, "iss", "RFC 9207")
        expect("no code came to the attacker", not evil.got("/token"))


@lib.rows([("without state", {"state": None}), ("with another", {"state": "x"}),
           ("an error", {"state": "x", "code": None, "error": "access_denied"})])
def test_a_forged_callback_comes_first(label, changes):
    """Any page or process here can ask our port.  Its code is never redeemed, it is told that
    it was no answer, and the login goes on."""
    with Scene() as s:
        issuer = Issuer(s)
        forged = mint("forged")
        code = {} if "error" in changes else {"code": forged}
        s.answer = lambda visit: [*s.redirect(visit, **changes, **code), *s.redirect(visit)]
        done = s.run("login", Server(s, issuer.url).url)
        expect_eq("the login went on", done.returncode, 0, done.stderr)
        expect("its code was not redeemed", forged not in seen(issuer.site))
        expect("somebody was told", "not the answer to this login" in done.stderr, done.stderr)
        replies = s.wait_replies()
        expect("the stranger, too", "not the answer" in replies[0]["body"], replies[0]["body"])
        expect("and the browser got its page", "signed in" in replies[1]["body"],
               replies[1]["body"])


# --- CVE-2026-51996, zed#63564: one user's token for another key ----------------------------

def test_a_profile_has_its_own_token():
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        expect_login(s, server.url)
        mine = stored(s)
        none = s.run("tools", server.url, "--profile", "work", "--no-login")
        expect_eq("nobody is logged in there", none.returncode, 4, none.stderr)
        expect("and nothing was sent", "Authorization" not in server.site.requests[-1][2])
        expect_login(s, server.url, "--profile", "work")
        theirs = stored(s) - mine
        for profile, tokens in (("default", mine), ("work", theirs)):
            done = s.run("tools", server.url, "--profile", profile, "--no-login")
            expect_eq("exit", done.returncode, 0, done.stderr)
            sent = server.site.requests[-1][2]["Authorization"].split()[1]
            expect(f"the token of {profile}", sent in tokens, sent)


@lib.rows([("another path", "/mcp2"), ("a query", "/mcp?tenant=2"), ("an escaped path", "/%6dcp")])
def test_a_token_is_for_one_url(label, path):
    with Scene() as s:
        server = Server(s, Issuer(s).url)
        expect_login(s, server.url)
        for written in (path, path.replace("%6d", "%6D")):      # as libcurl 8.20 and later write it
            server.site.routes[written.split("?")[0]] = server.mcp
        done = s.run("tools", server.site.url + path, "--no-login")
        expect("nobody is logged in there", done.returncode in (4, REFUSED), done.stderr)
        expect("and nothing was sent", "Authorization" not in server.site.requests[-1][2])
