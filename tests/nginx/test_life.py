"""Workers, reloads, issuers that are slow or gone, streams, proofs: what a gateway lives through."""

import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import threading
import time

from gateway import PATIENCE, PROXY, RESOURCE, Gateway, Issuer, expect, expect_eq, message, readable
from lib import JSON, Answered, hostile, rows
from test_guard import b64url

SKEW = 60               # seconds that a guard forgives an issuer's clock


class Holder:
    """A client's key, whose proofs of possession are shown with a token."""

    def __init__(self, g):
        self.path = g.path("holder.pem")
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-out", self.path], check=True, timeout=PATIENCE)
        text = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"],
                              check=True, capture_output=True, timeout=PATIENCE).stdout
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64url(text[-64:-32]), "y": b64url(text[-32:])}
        canonical = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True).encode()
        self.thumbprint = b64url(hashlib.sha256(canonical).digest())

    def proof(self, token, **changes):
        head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk}
        claims = {"jti": os.urandom(8).hex(), "htm": "POST", "htu": RESOURCE, "iat": int(time.time()),
                  "ath": b64url(hashlib.sha256(token.encode()).digest()), **changes}
        text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(claims).encode())
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(),
                             check=True, capture_output=True, timeout=PATIENCE).stdout
        numbers, at = [], 2
        for _ in range(2):
            end = at + 2 + der[at + 1]
            numbers.append(int.from_bytes(der[at + 2:end], "big").to_bytes(32, "big"))
            at = end
        return text + "." + b64url(b"".join(numbers))


def test_a_proof_passes_once():
    """At whichever worker it is shown, and after a reload."""
    with Gateway() as g:
        g.start_nginx(g.guarded("mcpass_dpop required;"), workers=4)
        holder = Holder(g)
        token = g.token(cnf={"jkt": holder.thumbprint})
        expect_eq("without a proof", g.ask(token).status, 401)
        proof = holder.proof(token)
        statuses = [g.ask(token, scheme="DPoP", DPoP=proof).status for _ in range(24)]
        expect_eq("once", sorted(statuses), [200] + [401] * 23, g.errors())
        expect("the proof went no further", "dpop" not in {
            name.lower() for name in g.came()[0][2]}, g.came())
        reload(g)
        statuses = [g.ask(token, scheme="DPoP", DPoP=proof).status for _ in range(8)]
        expect_eq("nor after a reload", statuses, [401] * 8)
        expect_eq("another one", g.ask(token, scheme="DPoP", DPoP=holder.proof(token)).status, 200)


def wait_for_end(pids):
    for pid in pids:
        try:
            watch = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        expect("the old worker ends", readable(watch))
        os.close(watch)


def reload(g):
    """Done when the old workers are gone."""
    old = g.workers()
    done = g.nginx("-s", "reload")
    expect_eq("reload", done.returncode, 0, done.stderr)
    wait_for_end(old)


def test_reload_under_load():
    with Gateway() as g:
        g.start_nginx(g.guarded(), workers=2)
        token, statuses, over = g.token(), [], threading.Event()
        g.ask(token)

        def load():
            while not over.is_set():
                statuses.append(g.ask(token).status)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            reload(g)
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        expect("there was load", len(statuses) > 20, statuses)
        expect_eq("no answer is lost", set(statuses), {200}, g.errors())
        expect_eq("keys outlive a reload", g.issuer.fetches(), 1)


def test_waiting_over_a_reload():
    """Requests that wait for keys are answered, although their worker is to go."""
    with Gateway() as g:
        g.start_nginx(g.guarded())
        g.issuer.hold()
        answers = []
        token = g.token()
        threads = [threading.Thread(target=lambda: answers.append(g.ask(token).status))
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        expect("it asks", g.issuer.asked.wait(PATIENCE))
        old = g.workers()
        g.nginx("-s", "reload")
        g.issuer.open.set()
        for thread in threads:
            thread.join(PATIENCE)
        expect_eq("all are answered", answers, [200] * 3, g.errors())
        wait_for_end(old)


def test_a_slow_issuer_holds_up_its_own():
    with Gateway() as g:
        other = Issuer(g, g.key)
        path = "location /other { mcpass on; mcpass_resource https://mcp.example.com/other;" \
               f"mcpass_issuer {other.url} jwks={other.url}/jwks; {PROXY} }}"
        g.behind.routes["/other"] = (200, JSON, "{}")
        g.start_nginx(g.guarded() + path)
        g.issuer.hold()
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(g.ask(g.token()).status))
        waiting.start()
        expect("it waits", g.issuer.asked.wait(PATIENCE))
        token = g.key.token(other.url, "https://mcp.example.com/other")
        for _ in range(3):
            expect_eq("another one's are let in", g.ask(token, path="/other").status, 200, g.errors())
        expect_eq("and refused", g.ask(path="/other").status, 401)
        expect_eq("it waits still", answers, [])
        g.issuer.open.set()
        waiting.join(PATIENCE)
        expect_eq("then it is let in", answers, [200])


def test_an_issuer_that_is_gone():
    with Gateway() as g:
        token = g.token()
        g.start_nginx(g.guarded())
        g.issuer.answer = (500, JSON, "{}")
        answer = g.ask(token)
        expect_eq("no keys", answer.status, 503, g.errors())
        expect("later", answer.getheader("Retry-After"))
        expect("no login for that", answer.getheader("WWW-Authenticate") is None)
        for _ in range(5):
            g.ask(token)
        expect_eq("it is not asked at each request", g.issuer.fetches(), 1)
        expect("an operator reads why", "An issuer could not be asked" in g.errors(), g.errors())


def test_a_client_that_leaves():
    with Gateway() as g:
        g.start_nginx(g.guarded())
        g.issuer.hold()
        with socket.create_connection(("127.0.0.1", g.port1)) as client:
            client.sendall((f"POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Length: {len(message())}\r\n"
                            f"Authorization: Bearer {g.token()}\r\n\r\n{message()}").encode())
            expect("it waits", g.issuer.asked.wait(PATIENCE))
        deadline = time.monotonic() + PATIENCE
        while "499" not in g.read("access.log") and time.monotonic() < deadline:
            time.sleep(0.01)
        expect("it is noticed", g.read("access.log").startswith("499"), g.read("access.log"))
        g.issuer.open.set()
        expect_eq("others are served", g.ask(g.token()).status, 200, g.errors())


def test_a_worker_that_is_killed():
    with Gateway() as g:
        g.expects_alerts = True
        g.start_nginx(g.guarded("mcpass_dpop accepted;"), workers=2)
        holder = Holder(g)
        token = g.token(cnf={"jkt": holder.thumbprint})
        proof = holder.proof(token)
        expect_eq("let in", g.ask(token, scheme="DPoP", DPoP=proof).status, 200, g.errors())
        old = g.workers()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_for_end(old)
        expect_eq("the proof is known", g.ask(token, scheme="DPoP", DPoP=proof).status, 401)
        expect_eq("others are served", g.ask(g.token()).status, 200)
        expect_eq("keys are there", g.issuer.fetches(), 1)


def sse(g, events, more=""):
    """The server behind sends an event each time that the test lets it."""
    go = threading.Semaphore(0)

    def stream(request):
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        for i in range(events):
            request.wfile.write(f"data: {i}\n\n".encode())
            request.wfile.flush()
            if not go.acquire(timeout=PATIENCE):
                break
        raise Answered

    g.behind.routes["/mcp"] = stream
    g.start_nginx(g.guarded(more))
    return go


def test_streams_come_as_they_are_sent():
    with Gateway() as g:
        go = sse(g, 3)
        for port, how in ((g.port1, []), (g.port2, ["--http2-prior-knowledge"])):
            client = subprocess.Popen(
                ["curl", "-sN", *how, "-d", message(), "-H", "Content-Type: application/json", "-H",
                 "Authorization: Bearer " + g.token(), f"http://127.0.0.1:{port}/mcp"],
                stdout=subprocess.PIPE)
            g.stack.callback(client.stdout.close)
            g.stack.callback(client.wait)
            g.stack.callback(client.kill)
            for i in range(3):
                expect("it comes before the next", readable(client.stdout))
                expect_eq("the event", client.stdout.readline(), f"data: {i}\n".encode())
                client.stdout.readline()
                go.release()
            expect_eq("the end", client.stdout.read(), b"")


def test_a_stream_ends_with_its_token():
    with Gateway() as g:
        go = sse(g, 2)
        token = g.token(exp=int(time.time()) - SKEW + 3)
        connection = g.connect()
        connection.request("POST", "/mcp", message(), {
            "Authorization": "Bearer " + token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        expect_eq("it begins", answer.status, 200, g.errors())
        expect_eq("the event", answer.readline(), b"data: 0\n")
        try:
            rest = answer.read()
        except Exception:
            rest = b""
        expect("it ends, and does not look whole", b"data: 1" not in rest)
        expect("an operator reads why", "the token is over" in g.errors(), g.errors())
        go.release()
        expect_eq("then it is over", g.ask(token).status, 401)


def test_a_stream_that_outlives_its_token():
    with Gateway() as g:
        go = sse(g, 2, "mcpass_end_streams off;")
        end = int(time.time()) - SKEW + 2
        token = g.token(exp=end)
        connection = g.connect()
        connection.request("POST", "/mcp", message(), {
            "Authorization": "Bearer " + token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        expect_eq("it begins", answer.status, 200, g.errors())
        while g.ask(token, path="/mcp2").status == 404:
            pass                        # it is good still, though nothing is there
        go.release()
        go.release()
        expect("all of it", b"data: 1" in answer.read())


def introspect(answer):
    def route(request):
        return 200, JSON, json.dumps(answer)
    return route


def test_introspection():
    with Gateway() as g:
        g.issuer.server.routes["/introspect"] = introspect({
            "active": True, "aud": RESOURCE, "sub": "bob", "client_id": "c", "scope": "mcp:read",
            "exp": int(time.time()) + 300})
        secret = g.write("secret", "s3cret")
        g.start_nginx(g.guarded(f"mcpass_introspection id=us secret_file={secret}"
                                f" endpoint={g.issuer.url}/introspect; mcpass_header X-User sub;"),
                      workers=3)
        asked = []
        for _ in range(12):
            expect_eq("let in", g.ask("opaque").status, 200, g.errors())
        asked = [r for r in g.issuer.server.requests if r[1] == "/introspect"]
        expect_eq("asked once for all workers", len(asked), 1)
        reload(g)
        expect_eq("let in by new workers", [g.ask("opaque").status for _ in range(6)], [200] * 6, g.errors())
        expect_eq("which ask no more", len([r for r in g.issuer.server.requests if r[1] == "/introspect"]), 1)
        expect_eq("by ourselves", asked[0][2].get("Authorization"),
                  "Basic " + base64.b64encode(b"us:s3cret").decode())
        got = {name.lower(): value for name, value in g.came()[0][2].items()}
        expect_eq("who it is", got.get("x-user"), "bob")
        g.issuer.server.routes["/introspect"] = introspect({"active": False})
        expect_eq("another one", g.ask("withdrawn").status, 401)


def test_a_file_of_serve():
    with Gateway() as g:
        g.write("guard.json", json.dumps({
            "resource": RESOURCE, "issuers": [{"issuer": g.issuer.url}],
            "rules": [{"method": "tools/call", "scope": "mcp:tools"}]}))
        g.start_nginx(f"location /mcp {{ mcpass on; mcpass_config {g.path('guard.json')}; {PROXY} }}")
        expect_eq("by discovery", g.ask(g.token(scope="x")).status, 200, g.errors())
        answer = g.ask(g.token(), message("tools/call", name="echo"))
        expect_eq("its rule", answer.status, 403)


@rows([
    ("a rule about no method", {"rules": [{"method": "tool/call", "scope": "a"}]}, "did you mean tools/call?"),
    ("one of an issuer's", {"own": [{"method": "tool/call", "scope": "a"}]}, "did you mean tools/call?"),
    ("open", {"open": True}, "mcpass off"),
    ("a scope that is none", {"scopes_supported": ['a"b']}, "scopes_supported"),
])
def test_a_file_of_serve_that_is_none(label, more, part):
    with Gateway() as g:
        own = {"rules": more.pop("own")} if "own" in more else {}
        g.write("guard.json", json.dumps({
            "resource": RESOURCE, "issuers": [{"issuer": g.issuer.url, **own}], **more}))
        g.configure(f"location /mcp {{ mcpass on; mcpass_config guard.json; {PROXY} }}")
        done = g.nginx("-t")
        expect(label, done.returncode != 0 and part in done.stderr and "what to do: " in done.stderr, done.stderr)


def test_methods():
    with Gateway() as g:
        g.start_nginx(g.guarded())
        for method in ("GET", "DELETE", "HEAD", "OPTIONS"):
            expect_eq(method, g.ask(method=method).status, 401)
        for method in ("GET", "DELETE"):
            expect_eq(method, g.ask(g.token(), method=method).status, 200)


def test_many_at_once():
    """HTTP/2 streams that wait for the same keys."""
    with Gateway() as g:
        g.start_nginx(g.guarded())
        g.issuer.hold()
        urls = [f"http://127.0.0.1:{g.port2}/mcp?{i}" for i in range(20)]
        client = subprocess.Popen(
            ["curl", "-s", "--parallel", "--parallel-immediate", "--parallel-max", "20",
             "--http2-prior-knowledge", "-w", "%{http_code}\n", "-d", message(), "-H",
             "Content-Type: application/json", "-H", "Authorization: Bearer " + g.token(),
             *[word for url in urls for word in ("-o", "/dev/null", url)]],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        expect("it waits", g.issuer.asked.wait(PATIENCE))
        g.issuer.open.set()
        out = client.communicate(timeout=PATIENCE)[0].split()
        expect_eq("all are let in", out, [b"200"] * 20, g.errors())
        expect_eq("one question", g.issuer.fetches(), 1)
