"""Strangers at the authorization server: what they do is limited, and people get in meanwhile.

They come from 127.0.0.2 and the like, the person from 127.0.0.1.  Nothing is timed: what counts
is which answers there are, and what came before what; a slow machine is given what it had time
for."""

import http.client
import json
import re
import socket
import threading
import time
import urllib.parse

from lib import PASSWORD, PATIENCE, World, expect, expect_eq

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "http://127.0.0.1:1/callback"
CLIENT = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}


class Sender:
    """One connection after another, from one address."""

    def __init__(self, issuer, address="127.0.0.1"):
        self.host = urllib.parse.urlsplit(issuer).netloc
        self.address = address

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE,
                                                source_address=(self.address, 0))
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def register(self):
        return self.ask("POST", "/register", json.dumps(CLIENT),
                        {"Content-Type": "application/json"})

    def authorize(self, client_id):
        return self.ask("GET", "/authorize?" + urllib.parse.urlencode({
            "response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK,
            "code_challenge": CHALLENGE, "code_challenge_method": "S256"}))

    def form(self, path, fields, headers=None):
        return self.ask("POST", path, urllib.parse.urlencode(fields),
                        {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    def sign_in(self, client_id, username, password):
        """With a page of its own, as often as it likes."""
        status, headers, page = self.authorize(client_id)
        if status != 200:
            return status, headers, page
        ticket = re.search(r'name="ticket" value="([^"]+)"', page).group(1)
        cookies = "; ".join(c.split(";")[0] for c in headers.get_all("Set-Cookie"))
        return self.form("/authorize/login", {"ticket": ticket, "username": username,
                                              "password": password}, {"Cookie": cookies})


def client_of(sender):
    status, _, body = sender.register()
    expect_eq("a client", status, 201, body)
    return json.loads(body)["client_id"]


def in_background(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_registrations():
    """Some hundred of them: most are refused, and say when to come again.  Somebody who starts
    at that very time registers, signs in and calls."""
    with World() as w:
        w.start_both()
        stranger = Sender(w.issuer, "127.0.0.2")
        answers, at_it, begun = [], threading.Event(), time.monotonic()

        def flood():
            while len(answers) < 3000 and [a[0] for a in answers].count(429) < 200:
                answers.append(stranger.register())
                if answers[-1][0] == 429:
                    at_it.set()

        thread = in_background(flood)
        expect("the limit is met", at_it.wait(PATIENCE))
        done = w.call("echo", "message=hello")
        expect_eq("a person gets in meanwhile", done.returncode, 0, done.stderr)
        thread.join(PATIENCE)
        taken = [a for a in answers if a[0] == 201]
        refused = [a for a in answers if a[0] == 429]
        expect_eq("nothing else is said", len(taken) + len(refused), len(answers))
        expect("a hundred, and one a second", len(taken) <= 102 + time.monotonic() - begun,
               str(len(taken)))
        expect("each says when to come again", all(int(a[1]["Retry-After"]) > 0 for a in refused))
        done = w.call("echo", "message=again")
        expect_eq("and afterwards", done.returncode, 0, done.stderr)


def permitted(seconds):
    """Guesses for one name that are looked at in that time: six, then after 2, 4, 8 seconds."""
    count, delay = 6, 2
    while seconds >= delay:
        count, seconds, delay = count + 1, seconds - delay, delay * 2
    return count


def guess(client, name, senders):
    """Guesses until it is told to wait, and a few times more; at most as many are looked at as
    are permitted."""
    begun, got = time.monotonic(), []
    for i in range(30):
        got.append(senders[i % len(senders)].sign_in(client, name, f"guess {i}"))
    looked_at = [a for a in got if a[0] == 200]
    expect("few are looked at", 6 <= len(looked_at) <= permitted(time.monotonic() - begun + 2),
           str([a[0] for a in got]))
    expect_eq("the others wait", {a[0] for a in got} - {200}, {429})
    expect("and are told how long", all(int(a[1]["Retry-After"]) > 0 for a in got if a[0] == 429))


def test_pages_and_guesses():
    """Pages are free, guesses are not, from however many addresses.  alice, who signed in from
    her address, is not locked out by guesses for her name, nor carol by those for a name that no
    one has."""
    with World() as w:
        issuer = w.start_authserver()
        person = Sender(issuer)
        strangers = [Sender(issuer, f"127.0.0.{2 + i}") for i in range(3)]
        client = client_of(person)
        status, _, page = person.sign_in(client, "alice", PASSWORD)
        expect("alice signs in", status == 200 and 'name="decision"' in page, page)
        guess(client, "alice", strangers)
        status, _, page = person.sign_in(client, "alice", PASSWORD)
        expect("alice signs in again", status == 200 and 'name="decision"' in page, page)
        guess(client, "no-one", strangers)
        status, _, page = strangers[0].sign_in(client, "carol", PASSWORD)
        expect("carol signs in beside them", status == 200 and 'name="decision"' in page, page)


def silent_host(world):
    """Takes connections and says nothing; its port, and an event: somebody is there."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    world.stack.callback(listener.close)
    held, came = [], threading.Event()

    def accept():
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return
            came.set()

    in_background(accept)
    world.stack.callback(lambda: [s.close() for s in held])
    return listener.getsockname()[1], came


def test_documents_that_never_come():
    """While documents are awaited everything else is answered.  A fetch ends after 3 seconds, so
    a machine that was busy elsewhere has a few tries."""
    with World() as w:
        issuer = w.start_authserver()
        person = Sender(issuer)
        client = client_of(person)

        def before_the_first(turn):
            port, came = silent_host(w)
            ended = []

            def wait_for_document(i):
                sender = Sender(issuer, f"127.0.0.{2 + i % 5}")
                ended.append(sender.authorize(f"https://127.0.0.1:{port}/{turn}/{i}")[0])

            threads = [in_background(lambda i=i: wait_for_document(i)) for i in range(10)]
            expect("one is asked for", came.wait(PATIENCE))
            answers = [person.ask("GET", "/jwks")[0], person.authorize(client)[0],
                       person.form("/token", {"grant_type": "refresh_token", "client_id": client,
                                              "refresh_token": "none"})[0]]
            is_first = 400 not in ended
            expect_eq("everything else", answers, [200, 200, 400])
            for thread in threads:
                thread.join(PATIENCE)
            expect("some were awaited", 400 in ended, str(ended))
            expect_eq("the others come again", set(ended) - {400}, {503})
            return is_first

        expect("it came before the first of them ended", any(before_the_first(i) for i in range(3)))


def test_refusal_in_the_log():
    with World() as w:
        issuer = w.start_authserver()
        person = Sender(issuer)
        client = client_of(person)
        status, _, body = person.form("/token", {"grant_type": "authorization_code", "code": "x-secret",
                                                 "client_id": client, "code_verifier": "y" * 43})
        expect_eq("refused", status, 400, body)
        expect_eq("no page", person.authorize("no-such-client")[0], 400)
        log = w.authserver.read_log()
        expect("why a token is refused", re.search(r"POST /token 400: invalid_grant: \w", log), log)
        expect("why a page is", re.search(r"GET /authorize 400: invalid_client: \w", log), log)
        expect("no code in it", "x-secret" not in log, log)


def test_garbage_for_a_password():
    with World() as w:
        path = w.write("users.json", '[\n  {"username": "dave",\n   "password_hash": "$scrypt$garbage"}\n]\n')
        done = w.run("authserver", "--port", "0", "--users", path)
        expect_eq("refused", done.returncode, 1, done.stderr)
        expect("with file and line", f"{path}, line 3: password_hash of user dave" in done.stderr,
               done.stderr)


def flood(sender, name):
    """Registers for a different sender each time; true when one of them is told to wait."""
    return any(sender.ask("POST", "/register", json.dumps(CLIENT), {
        "Content-Type": "application/json", "X-Forwarded-For": name(i)})[0] == 429
        for i in range(1000))


def test_behind_a_proxy():
    with World() as w:
        proxy = Sender(w.start_authserver("--trusted-proxy", "127.0.0.1"))
        expect("one address behind it is limited", flood(proxy, lambda i: "192.0.2.1"))
        expect_eq("another is not", proxy.ask("POST", "/register", json.dumps(CLIENT), {
            "Content-Type": "application/json", "X-Forwarded-For": "1.1.1.1, 192.0.2.2"})[0], 201)


def test_not_behind_a_proxy():
    """A server of its own: what all may do together is not spent, only what one may do."""
    with World() as w:
        sender = Sender(w.start_authserver("--trusted-proxy", "127.0.0.1"), "127.0.0.2")
        expect("names that a sender invents are one",
               flood(sender, lambda i: f"198.51.{i // 250}.{i % 250}"))
