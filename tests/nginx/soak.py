#!/usr/bin/env python3
"""Many requests, of every kind, through nginx with the module, while keys rotate, nginx is reloaded and
clients leave: each is answered as it has to be, and no process grows.

usage: soak.py MODULE PROGRAM [SECONDS]          the last line counts"""

import collections
import http.client
import itertools
import json
import os
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import gateway                                                  # noqa: E402
import lib                                                      # noqa: E402
from gateway import JSON, RESOURCE, Gateway, Key, expect, message        # noqa: E402
from test_life import reload                                    # noqa: E402

CLIENTS, ROUND = 6, 60          # requests of a client before nginx is looked at
ROUNDS_A_RELOAD = 4
CLAIMS = {"active": True, "aud": RESOURCE, "sub": "bob", "scope": "mcp:read", "exp": 4000000000}


def exchanged(request):
    return 200, JSON, json.dumps({
        "access_token": "new", "token_type": "Bearer", "expires_in": 3,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})


def introspected(request):
    token = request.body.decode().split("token=", 1)[1].split("&")[0]
    return 200, JSON, json.dumps({"active": False} if token.startswith("bad") else CLAIMS)


class Soak(Gateway):
    def __init__(self):
        super().__init__()
        self.counts, self.wrong, self.numbers = collections.Counter(), [], itertools.count()
        self.resident = collections.defaultdict(list)   # (process, rounds since a reload) -> kB, in turn
        url, server = self.issuer.url, self.issuer.server
        server.routes["/.well-known/oauth-authorization-server"] = (200, JSON, json.dumps({
            "issuer": url, "jwks_uri": url + "/jwks", "token_endpoint": url + "/token"}))
        server.routes.update({"/token": exchanged, "/introspect": introspected})
        secret = self.write("secret", "s3cret")
        self.start_nginx(self.guarded(
            f"mcpass_introspection id=us secret_file={secret} endpoint={url}/introspect lifetime=1;"
            f"mcpass_exchange id=us secret_file={secret} audience=behind; mcpass_header X-User sub;"
            "mcpass_require tools/call scope=mcp:tools; mcpass_require * scope=mcp:read;",
            proxy=gateway.PROXY), http="mcpass_zone 1m;", workers=2)

    def kinds(self):
        """(token, body, status) of each kind in turn."""
        number = next(self.numbers)
        return [(self.known, message(), 200), (f"opaque-{number}", message(), 200),
                (f"opaque-{number % 7}", message(), 200), (f"bad-{number}", message(), 401),
                (self.known + "x", message(), 401), (None, message(), 401), (self.known, "{", 400),
                (self.known, message("tools/call", name="x"), 403),
                (self.known, "[" + ",".join([message()] * 50) + "]", 200)][number % 9]

    def leave(self):
        """A client that goes before it has said all, or before it is answered."""
        with socket.create_connection(("127.0.0.1", self.port1)) as client:
            body = message().encode()
            head = (f"POST /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer opaque-{next(self.numbers)}\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n").encode()
            client.sendall(head + body[:next(self.numbers) % (len(body) + 1)])
        self.counts["left"] += 1

    def client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port1, timeout=lib.PATIENCE)
        for number in range(ROUND):
            if number % 25 == 24:
                self.leave()
            token, body, want = self.kinds()
            status = self.ask(token, body, connection=connection).status
            self.counts[status] += 1
            if status != want:
                self.wrong.append((token, body, status, want))
        connection.close()

    def round(self):
        self.known = self.token(scope="mcp:read", jti=str(next(self.numbers)))
        threads = [threading.Thread(target=self.client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def rotate(self):
        self.key = Key(self, f"key-{next(self.numbers)}")
        self.issuer.keys = [self.key, *self.issuer.keys[:1]]
        self.counts["rotations"] += 1

    def note(self, since):
        for name, pids in (("master", [self.pid]), ("worker", self.workers())):
            sizes = []
            for pid in pids:
                with open(f"/proc/{pid}/status") as file:
                    sizes += [int(line.split()[1]) for line in file if line.startswith("VmRSS")]
            self.resident[name, since].append(max(sizes))

    def growth(self):
        """Of the same process at the same time after a reload, the last one beside the second."""
        return {f"{name} after {since} rounds": (sizes[1], sizes[-1])
                for (name, since), sizes in sorted(self.resident.items()) if len(sizes) > 2}


def run(seconds):
    with Soak() as soak:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for since in range(1, ROUNDS_A_RELOAD + 1):
                soak.round()
                soak.note(since)
            soak.rotate()
            reload(soak)
            soak.counts["reloads"] += 1
        expect("each answer as it has to be", not soak.wrong, soak.wrong[:5] + [soak.errors()[-3000:]])
        expect("no key is looked for too often", len([r for r in soak.issuer.server.requests
                                                      if r[1] == "/jwks"]) <= 2 + soak.counts["reloads"] * 2)
        for what, (first, last) in soak.growth().items():
            expect(f"{what}: {first} kB, in the end {last} kB", last < first * 1.03 + 512)
        return soak.counts, soak.growth()


def main():
    gateway.MODULE, lib.PROGRAM = (os.path.abspath(path) for path in sys.argv[1:3])
    counts, growth = run(int((sys.argv + ["600"])[3]))
    for what, (first, last) in growth.items():
        print(f"{what}: {first} kB, in the end {last} kB")
    print("nginx soak: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


if __name__ == "__main__":
    main()
