"""A code without a click only where just that was allowed before; seen over HTTP."""

import html
import http.client
import json
import re
import urllib.parse

import lib
from chromium import Chromium
from lib import HTML, World, expect, expect_eq, hostile, rows

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
DIRECT = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
CROSS_SITE = {**DIRECT, "Sec-Fetch-Site": "cross-site"}
IMAGE = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
PREFETCH = {**DIRECT, "Sec-Purpose": "prefetch"}


class Agent:
    """A browser's cookies and nothing else of it, at an issuer that listens on a port."""

    def __init__(self, issuer, port):
        self.issuer, self.port, self.jar = issuer, port, {}

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=lib.PATIENCE)
        headers = {"Host": urllib.parse.urlsplit(self.issuer).netloc, **(headers or {})}
        if self.jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        page = response.read().decode()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self.jar.update([value.split(";")[0].split("=", 1)])
        connection.close()
        return response.status, response.getheader("Location") or "", page

    def register(self, *redirects):
        body = {"client_name": "A client", "redirect_uris": redirects,
                "token_endpoint_auth_method": "none"}
        status, _, text = self.ask("POST", "/register", json.dumps(body),
                                   {"Content-Type": "application/json"})
        expect_eq("registered", status, 201, text)
        return json.loads(text)["client_id"]

    def authorize(self, client, redirect, headers=None, **more):
        query = {"response_type": "code", "client_id": client, "redirect_uri": redirect,
                 "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "s",
                 "scope": "mcp:read", **more}
        return self.ask("GET", "/authorize?" + urllib.parse.urlencode(query), None,
                        headers or DIRECT)

    def submit(self, page, **fields):
        fields["ticket"] = re.search(r'name="ticket" value="([^"]+)"', page).group(1)
        action = html.unescape(re.search(r'<form [^>]*action="([^"]+)"', page).group(1))
        return self.ask("POST", action, urllib.parse.urlencode(fields),
                        {"Content-Type": "application/x-www-form-urlencoded",
                         "Origin": self.issuer})

    def allow(self, client, redirect):
        """Signs in where that is asked, and allows; returns the code's redirect."""
        status, location, page = self.authorize(client, redirect)
        if 'name="password"' in page:
            status, location, page = self.submit(page, username="alice", password=lib.PASSWORD)
        expect("the question", 'value="allow"' in page, page)
        status, location, page = self.submit(page, decision="allow")
        expect("a code", status == 303 and "code=" in location, (status, location))
        return location


def https_agent(w):
    """At an issuer whose URL is an https one, as behind a proxy."""
    port = w.port()
    w.authserver = w.start("authserver", "--json", "--port", str(port), "--issuer",
                           "https://as.example", "--users", w.users())
    return Agent("https://as.example", port)


WEB = "https://app.example/cb"


@rows([
    ("loopback, another port", "http://127.0.0.1:4711/cb", "http://127.0.0.1:6666/cb", DIRECT),
    ("loopback, the same port", "http://127.0.0.1:4711/cb", "http://127.0.0.1:4711/cb", DIRECT),
    ("IPv6 loopback", "http://[::1]:4711/cb", "http://[::1]:4711/cb", DIRECT),
    ("localhost", "http://localhost:4711/cb", "http://localhost:4711/cb", DIRECT),
    ("a private-use scheme", "com.example.app:/cb", "com.example.app:/cb", DIRECT),
    ("another of its redirects", WEB, "https://two.example/cb", DIRECT),
    ("from another site", WEB, WEB, CROSS_SITE),
    ("as an image", WEB, WEB, IMAGE),
    ("prefetched", WEB, WEB, PREFETCH),
    ("no word from the browser", WEB, WEB, {"X-Nothing": "1"}),
])
def test_is_asked_again(label, allowed, asked, headers):
    with World() as w:
        agent = https_agent(w)
        client = agent.register(*{allowed, asked})
        agent.allow(client, allowed)
        status, location, page = agent.authorize(client, asked, headers)
        expect(label, status == 200 and location == "" and 'value="allow"' in page,
               (status, location, page))


def test_is_spared_the_same_question():
    with World() as w:
        agent = https_agent(w)
        client = agent.register(WEB)
        agent.allow(client, WEB)
        status, location, _ = agent.authorize(client, WEB)
        expect("a code at once", status == 303 and location.startswith(WEB + "?code="), location)


def test_no_session_on_plain_http():
    with World() as w:
        issuer = w.start_authserver()
        agent = Agent(issuer, urllib.parse.urlsplit(issuer).port)
        client = agent.register(WEB)
        agent.allow(client, WEB)
        expect_eq("one cookie, of the browser", list(agent.jar), ["mcpass-browser"])
        _, _, page = agent.authorize(client, WEB)
        expect("the password is asked for again", 'name="password"' in page, page)


def test_no_open_redirector():
    with World() as w:
        agent = https_agent(w)
        client = agent.register("https://evil.example/cb")
        status, location, page = agent.authorize(client, "https://evil.example/cb",
                                                 response_type="x")
        expect_eq("no redirect", (status, location), (400, ""), page)
        expect("but a link that says where it leads", "<strong>evil.example</strong>" in page
               and 'href="https://evil.example/cb?error=unsupported_response_type' in page, page)


def chromium_at_question(w):
    """A browser at the question of a client whose redirect URI is a page of ours."""
    page = hostile(w, {"/cb": (200, HTML, "<!doctype html><title>x</title>Back at the client"),
                       "/favicon.ico": (404, {}, "")})
    issuer = w.start_authserver()
    agent = Agent(issuer, urllib.parse.urlsplit(issuer).port)
    client = agent.register(page.url + "/cb")
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": client, "redirect_uri": page.url + "/cb",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", "scope": "mcp:read"})
    chromium = Chromium(w)
    w.stack.callback(chromium.end)
    return chromium, f"{issuer}/authorize?{query}"


def test_chromium_clicks_twice():
    with World() as w:
        chromium, url = chromium_at_question(w)
        chromium.go(url)
        chromium.type("input[name=username]", "alice")
        chromium.type("input[name=password]", lib.PASSWORD)
        chromium.click("form button.main")
        chromium.wait_for("registered itself")
        chromium.ask("POST", chromium.session + "/execute/sync", {"args": [], "script":
                     "let b = document.querySelector('button[value=allow]'); b.click(); b.click();"})
        chromium.wait_for("Back at the client")


def test_chromium_follows_the_link_of_a_mistake():
    with World() as w:
        chromium, url = chromium_at_question(w)
        chromium.go(url + "&prompt=none")
        chromium.wait_for("This did not work")
        chromium.picture("mistake.png")
        chromium.click("a.button")
        chromium.wait_for("Back at the client")
