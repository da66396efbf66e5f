"""A real Dex, built from its module by `go build`, with what it knows in memory: what it is started anew
without is forgotten."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request

import idp
import install
from lib import Failure

FOLDER, MODULE, VERSION = "dex", "github.com/dexidp/dex", "2.45.1"
HASH = "$2b$10$XsopMfoxnrS6iCINFwJztOmv3Lq6Zj4heyyUhagTVKyYF/m.ENhE."      # bcrypt of lib.PASSWORD
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def program():
    return install.go(FOLDER, MODULE + "/cmd/dex")


def person(email, *groups):
    return {"email": email, "username": email.split("@")[0], "userID": "id of " + email, "hash": HASH,
            "emailVerified": True, "groups": list(groups)}


class Dex:
    """One server on a port of its own with one client, and people: its own, and those of a connector."""

    def __init__(self, world, callback, *people):
        self.world, self.port = world, world.port()
        self.issuer = f"http://127.0.0.1:{self.port}/dex"
        client = {"id": idp.CLIENT, "secret": idp.SECRET, "name": "front", "redirectURIs": [callback]}
        self.config = world.write("dex.json", json.dumps({
            "issuer": self.issuer, "storage": {"type": "memory"},
            "web": {"http": f"127.0.0.1:{self.port}"},
            "staticClients": [client], "enablePasswordDB": True, "staticPasswords": people,
            "connectors": [{"type": "mockCallback", "id": "mock", "name": "Elsewhere"}],
            # A refresh token is good once, without seconds in which it comes again.
            "expiry": {"refreshTokens": {"reuseInterval": "0s"}}}))
        self.log = open(world.path("dex.log"), "a+")
        world.stack.callback(self.log.close)
        self.process = None
        world.stack.callback(self.end)
        self.start()

    def start(self):
        self.process = subprocess.Popen([program(), "serve", self.config], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=self.world.env)
        while True:
            with contextlib.suppress(urllib.error.URLError):
                return DIRECT.open(self.issuer + "/.well-known/openid-configuration").close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
                raise Failure(f"Dex ended: {self.read_log()}")

    def end(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def read_log(self):
        with open(self.log.name) as file:
            return file.read()
