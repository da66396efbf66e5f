"""The front door before an identity provider, with its memory in a database: the rows of
tests/e2e/test_front.py, and several instances."""

import json
import signal
import threading
import urllib.parse

import idp
import lib
import test_front
from cluster import Shop
from lib import expect, expect_eq
from test_authserver import nginx, port_of


class OnDatabase(Shop):
    """Every authorization server of this world keeps what it knows in one database."""

    def start(self, *args, env=None):
        if args[0] == "authserver" and not hasattr(self, "base"):
            self.base = self.cluster()
            self.do("store", "key", self.path("front.key"))
        if args[0] == "authserver" and "--data" not in args:
            args = (*args, "--data", self.base.url(),
                    "--encryption-key", self.path("front.key"))
        return super().start(*args, env=env)

    def run(self, *args, **kw):
        return lib.World.run(self, *args, **kw)


test_front.World = OnDatabase


@lib.rows([(name,) for name in (
    "browser_is_bound", "two_tabs", "slow_provider_holds_no_one_up", "gone_while_it_waits", "renewal",
    "chooser", "device")])
def test_the_front_door(name):
    getattr(test_front, "test_front_" + name)()


def test_two_instances_renew_a_sign_in_once():
    """Both are asked with one refresh token when the provider has to be asked: it is, once, and its
    own refresh token, which serves once, is not lost."""
    with OnDatabase() as w:
        provider = idp.Idp(w)
        provider.rotates = True
        issuer = f"http://127.0.0.1:{w.port()}"
        people = []
        for _ in range(2):
            person = test_front.front(w, provider, "--upstream-recheck", "5s", "--issuer", issuer)
            person.port = port_of(w.authserver)
            people.append(person)
        client = people[0].register()
        token = people[0].tokens(client)["refresh_token"]
        for _ in range(2):
            asked = len(provider.asked("token"))
            while len(provider.asked("token")) == asked:
                answers = []
                threads = [threading.Thread(target=lambda p=p: answers.append(p.refresh(client, token)))
                           for p in people]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(lib.PATIENCE)
                expect_eq("both answered", [status for status, _ in answers], [200, 200], str(answers))
                tokens = {body["refresh_token"] for _, body in answers}
                expect_eq("the same successor", len(tokens), 1)
                token = tokens.pop()
            expect_eq("asked once", len(provider.asked("token")), asked + 1)


class Patient(test_front.Person):
    """Asks again where there was no answer, as the reload of a browser does."""

    def ask(self, method, path, body=None, headers=None):
        for _ in range(100):
            status, location, page = super().ask(method, path, body, headers)
            if status not in (502, 503, 504):
                return status, location, page
        raise lib.Failure(f"{path}: {status} {page}")

    def code(self, client, name="idp", **more):
        """A sign-in that was not answered is begun anew."""
        for _ in range(5):
            status, location, page = self.sign_in(self.allow(self.begin(client, **more), name))
            if "code=" in location:
                return location
        raise lib.Failure(f"{status} {location} {page}")


def test_two_instances_of_which_one_is_killed():
    """People sign in all the while: no sign-in and no code that was answered is lost.  (A refresh token
    of the provider's that serves once could go with the instance that has just sent it.)"""
    with OnDatabase() as w:
        provider = idp.Idp(w)
        provider.rotates = False
        port = w.port()
        issuer = f"http://127.0.0.1:{port}"
        both = []
        for _ in range(2):
            test_front.front(w, provider, "--upstream-recheck", "1s", "--issuer", issuer)
            both.append(w.authserver)
        nginx(w, port, [port_of(instance) for instance in both])
        begun, killed, failures, done = threading.Barrier(5), threading.Event(), [], []

        def work():
            try:
                person = Patient(issuer)
                client = person.register()
                held = person.code(client)                      # answered before, used afterwards
                away = person.allow(person.begin(client))       # at the provider meanwhile
                token = person.tokens(client)["refresh_token"]
                begun.wait(lib.PATIENCE)
                while not killed.is_set() or len(done) < 60:
                    status, body = person.refresh(client, token)
                    expect_eq("renewed", status, 200, body)
                    token = body["refresh_token"]
                    person.tokens(client)
                    done.append(client)
                status, location, page = person.sign_in(away)
                expect("who was away comes back", "code=" in location, page)
                for url in (held, location):
                    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["code"]
                    status, body = person.post(grant_type="authorization_code", client_id=client, code=code,
                                               code_verifier=test_front.VERIFIER)
                    expect_eq("a code that was answered", status, 200, body)
            except Exception as error:      # told by the test, not by its thread
                failures.append(repr(error))
                begun.abort()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait(lib.PATIENCE)
        while len(done) < 12:
            expect("it goes on", not failures, str(failures))
        both[0].process.send_signal(signal.SIGKILL)
        both[0].process.wait()
        killed.set()
        for thread in threads:
            thread.join(2 * lib.PATIENCE)
        expect_eq("none failed", failures, [])


def test_moved_mid_life():
    """From a file to a database, under another key: who signed in stays so, and who is at the provider
    comes back."""
    with OnDatabase() as w:
        provider = idp.Idp(w)
        keys = w.path("file.key")
        w.do("store", "key", keys)
        port = str(w.port())
        person = test_front.front(w, provider, "--port", port, "--data", w.path("front.db"), "--encryption-key",
                                  keys, "--upstream-recheck", "1s")
        client = person.register()
        token = person.tokens(client)["refresh_token"]
        away = person.allow(person.begin(client))
        w.authserver.end()
        done = w.do("store", "move", "--issuer", w.path("front.db"), w.base.url(), "--store-key", keys,
                    "--to-key", w.path("front.key"), "--json")
        expect_eq("moved", done.returncode, 0, done.stderr)
        expect("everything", json.loads(done.stdout)["moved"] >= 5, done.stdout)
        again = test_front.front(w, provider, "--port", port, "--upstream-recheck", "1s")
        again.jar = person.jar
        status, location, page = again.sign_in(away)
        expect("back", status == 303 and "code=" in location, page)
        status, body = again.renew(provider, client, token)
        expect_eq("renewed there, too", status, 200, body)
