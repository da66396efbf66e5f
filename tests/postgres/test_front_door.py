"""The front door before an identity provider, with its memory in a database: the rows of
tests/e2e/test_front.py, and two instances that renew one sign-in."""

import threading

import idp
import lib
import test_front
from cluster import Shop
from lib import expect_eq
from test_authserver import port_of


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
