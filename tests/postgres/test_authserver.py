"""Several authorization servers on one database: what one of them answered, the others know."""

import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import browser
import cluster
import lib
from cluster import Proxy, Shop
from lib import expect, expect_eq, hostile
from test_credentials import expect_nothing, read_files

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url, fields=None, body=None, timeout=lib.PATIENCE):
    """Status and JSON; (0, why) when there was no answer."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    data = json.dumps(body).encode() if body is not None else \
        urllib.parse.urlencode(fields).encode() if fields is not None else None
    try:
        with DIRECT.open(urllib.request.Request(url, data, headers), timeout=timeout) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, {"text": text.decode(errors="replace")}
    except OSError as error:
        return 0, {"error": str(error)}


class Client:
    """A client of one person; insist=True asks again where a gateway had no answer (502, 503)."""

    def __init__(self, shop, issuer, page):
        self.issuer, self.page, self.shop = issuer, page, shop
        self.client_id = self.insist(issuer + "/register", body={
            "redirect_uris": [page + "/cb"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"]})["client_id"]
        self.tokens = None

    def insist(self, url, **kw):
        for _ in range(200):
            status, answer = ask(url, **kw)
            if status in (200, 201):
                return answer
            expect(f"{url}: no answer, but none that is wrong", status in (0, 500, 502, 503, 504),
                   f"{status} {answer}")
        raise lib.Failure(f"{url}: {status} {answer}")

    def code(self):
        self.verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=")
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.page + "/cb",
            "state": "s", "code_challenge": challenge.decode(), "code_challenge_method": "S256",
            "resource": self.page + "/mcp", "scope": "mcp:tools"})
        for _ in range(20):             # a person tries again where a page did not come
            pages = list(browser.walk(f"{self.issuer}/authorize?{query}", "alice", lib.PASSWORD, "allow"))
            found = urllib.parse.parse_qs(urllib.parse.urlsplit(pages[-1][0]).query)
            if "code" in found:
                return found["code"][0]
        raise lib.Failure(str(pages))

    def login(self):
        code = self.code()
        self.tokens = self.insist(self.issuer + "/token", fields={
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.page + "/cb",
            "client_id": self.client_id, "code_verifier": self.verifier, "resource": self.page + "/mcp"})

    def refresh(self):
        self.tokens = self.insist(self.issuer + "/token", fields={
            "grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"],
            "client_id": self.client_id})


def start(shop, *args, issuer=None, data=None):
    users = shop.path("users.json")
    if not os.path.exists(users):
        shop.users()
    return shop.start("authserver", "--json", "--port", "0", "--users", users, "--data", data,
                      *(["--issuer", issuer] if issuer else []), *args)


def port_of(instance):
    """The kernel's choice, as the process has it; --issuer hides it.  Not that for operators."""
    out = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout
    for line in out.splitlines():
        number = line.split()[3].rsplit(":", 1)[1]
        if f"pid={instance.process.pid}," in line and not instance.ready.get("admin", "").endswith(
                ":" + number):
            return int(number)
    raise lib.Failure(out)


def page_of(shop):
    return hostile(shop, {"/cb": (200, lib.HTML, "done")}).url


def nginx(shop, port, ports):
    conf = shop.write("nginx.conf", f"""
worker_processes 1; daemon off; pid {shop.path('nginx.pid')}; error_log {shop.path('error.log')};
events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {shop.path('b')}; proxy_temp_path {shop.path('p')};
 fastcgi_temp_path {shop.path('f')}; uwsgi_temp_path {shop.path('u')}; scgi_temp_path {shop.path('s')};
 upstream both {{ {' '.join(f'server 127.0.0.1:{p} max_fails=1 fail_timeout=2s;' for p in ports)} }}
 server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://both;
  proxy_set_header Host $http_host; proxy_connect_timeout 2s; }} }} }}
""")
    os.chmod(shop.folder, 0o755)
    process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-e", shop.path("error.log"),
                                "-c", conf], cwd=shop.folder)
    shop.stack.callback(lambda: (process.terminate(), process.wait(lib.PATIENCE)))
    deadline = time.monotonic() + lib.PATIENCE
    while ask(f"http://127.0.0.1:{port}/jwks")[0] != 200:
        expect("nginx serves", process.poll() is None and time.monotonic() < deadline)


def test_two_instances_of_which_one_is_killed():
    """Under load: no code and no token that was answered is lost, none is good twice."""
    with Shop() as shop:
        base, page, port = shop.cluster(), page_of(shop), shop.port()
        issuer = f"http://127.0.0.1:{port}"
        both = [start(shop, issuer=issuer, data=base.url()) for _ in range(2)]
        ports = [port_of(instance) for instance in both]
        nginx(shop, port, ports)
        keys = [ask(f"http://127.0.0.1:{p}/jwks", timeout=10) for p in ports]
        begun, failures, done = threading.Barrier(7), [], []

        def work(number):
            try:
                client = Client(shop, issuer, page)
                client.login()
                held = Client(shop, issuer, page)
                code = held.code()                              # answered before, used afterwards
                begun.wait(lib.PATIENCE)
                for _ in range(12):
                    client.refresh()
                    done.append(number)
                held.tokens = held.insist(issuer + "/token", fields={
                    "grant_type": "authorization_code", "code": code, "redirect_uri": page + "/cb",
                    "client_id": held.client_id, "code_verifier": held.verifier,
                    "resource": page + "/mcp"})
                held.refresh()
                client.login()
            except Exception as error:      # told by the test, not by its thread
                failures.append(repr(error))
                begun.abort()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        begun.wait(lib.PATIENCE)
        while len(done) < 12:
            expect("it goes on", not failures, str(failures))
        both[0].process.send_signal(signal.SIGKILL)
        both[0].process.wait()
        for thread in threads:
            thread.join(lib.PATIENCE)
        expect_eq("none failed", failures, [])
        expect_eq("all refreshes", len(done), 72)
        expect_eq("one key", keys[0], keys[1])


def test_a_code_serves_once_at_both():
    with Shop() as shop:
        base, page, port = shop.cluster(), page_of(shop), shop.port()
        issuer = f"http://127.0.0.1:{port}"
        ports = [port_of(start(shop, issuer=issuer, data=base.url())) for _ in range(2)]
        nginx(shop, port, ports)
        client = Client(shop, issuer, page)
        for _ in range(5):
            code, answers = client.code(), []
            fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": page + "/cb",
                      "client_id": client.client_id, "code_verifier": client.verifier,
                      "resource": page + "/mcp"}
            threads = [threading.Thread(target=lambda: answers.append(ask(issuer + "/token", fields)))
                       for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(lib.PATIENCE)
            expect_eq("one of six", sorted(a[0] for a in answers), [200] + [400] * 5, str(answers))


def test_first_start_together():
    """They make one signing key."""
    with Shop() as shop:
        base, port = shop.cluster(), shop.port()
        shop.users()
        made, issuer = [], f"http://127.0.0.1:{port}"
        threads = [threading.Thread(target=lambda: made.append(start(shop, issuer=issuer, data=base.url())))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(lib.PATIENCE)
        expect_eq("all started", len(made), 4)
        hosts = {"Host": f"127.0.0.1:{port}"}
        keys = []
        for instance in made:
            request = urllib.request.Request(f"http://127.0.0.1:{port_of(instance)}/jwks", headers=hosts)
            keys.append(DIRECT.open(request, timeout=lib.PATIENCE).read())
        expect_eq("one key", len(set(keys)), 1, str(keys))


def test_an_operator_at_both():
    """Keys, sessions and health of two instances, by the database alone."""
    with Shop() as shop:
        base, page, port = shop.cluster(), page_of(shop), shop.port()
        issuer = f"http://127.0.0.1:{port}"
        both = [start(shop, "--admin-bind", "127.0.0.1:0", issuer=issuer, data=base.url())
                for _ in range(2)]
        ports = [port_of(instance) for instance in both]
        nginx(shop, port, ports)

        def admin(*args):
            done = shop.do("authserver", *args, "--data", base.url(), "--json")
            expect_eq(f"{args}", done.returncode, 0, done.stderr)
            return json.loads(done.stdout)

        client = Client(shop, issuer, page)
        client.login()
        keys = admin("key", "rotate", "--at-once")
        for number in ports:
            deadline = time.monotonic() + lib.PATIENCE
            while len(ask(f"http://127.0.0.1:{number}/jwks")[1]["keys"]) != 2:
                expect("each publishes it", time.monotonic() < deadline)
        client.refresh()
        head = client.tokens["access_token"].split(".")[0]
        expect_eq("the new key signs", json.loads(base64.urlsafe_b64decode(head + "=="))["kid"],
                  keys[1]["kid"])
        expect_eq("one session", len(admin("sessions")), 1)
        expect_eq("it is taken back", admin("users", "revoke", "alice")["sessions"], 1)
        status, answer = ask(issuer + "/token", {
            "grant_type": "refresh_token", "client_id": client.client_id,
            "refresh_token": client.tokens["refresh_token"], "resource": page + "/mcp"})
        expect_eq("and good nowhere", (status, answer["error"]), (400, "invalid_grant"))
        for instance in both:
            expect_eq("ready", ask(instance.ready["admin"] + "/health/ready")[0], 200)
        base.stop()
        for instance in both:
            expect_eq("not without the database", ask(instance.ready["admin"] + "/health/ready")[0], 503)
            expect_eq("live", ask(instance.ready["admin"] + "/health/live")[0], 200)


def test_a_slow_database_holds_up_no_listener():
    with Shop() as shop:
        base = shop.cluster(tcp=True)
        proxy = Proxy(shop.stack, base.port)
        server = start(shop, data=f"postgresql://mcpass@127.0.0.1:{proxy.port}/postgres")
        issuer = server.ready["issuer"]
        expect_eq("health", ask(issuer + "/health")[0], 200)
        proxy.open.clear()
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(ask(issuer + "/register", body={
            "redirect_uris": ["http://127.0.0.1:1/cb"]})))
        waiting.start()
        for _ in range(20):
            begun = time.monotonic()
            expect_eq("health", ask(issuer + "/health", timeout=5)[0], 200)
            expect("at once", time.monotonic() - begun < 2)
        expect_eq("the other one waits", answers, [])
        proxy.open.set()
        waiting.join(lib.PATIENCE)
        expect_eq("and is answered", answers[0][0], 201, str(answers))


def test_a_database_that_is_gone_and_back():
    with Shop() as shop:
        base, page = shop.cluster(), page_of(shop)
        server = start(shop, data=base.url())
        client = Client(shop, server.ready["issuer"], page)
        client.login()
        base.stop("fast")
        status, answer = ask(client.issuer + "/token", fields={
            "grant_type": "refresh_token", "refresh_token": client.tokens["refresh_token"],
            "client_id": client.client_id})
        expect_eq("no answer that says anything of the token", status, 503, str(answer))
        base.start()
        client.refresh()
        expect("the log says why", "postgresql://" in server.read_log(), server.read_log())


def test_moved_mid_life():
    """From a file to a database: who was signed in stays so."""
    with Shop() as shop:
        base, page, port = shop.cluster(), page_of(shop), shop.port()
        data = shop.path("auth.db")
        shop.users()
        args = ("authserver", "--json", "--port", str(port), "--users", shop.path("users.json"))
        first = lib.Process([lib.PROGRAM, *args, "--data", data], shop.env)
        try:
            client = Client(shop, first.ready["issuer"], page)
            client.login()
            code, keys = client.code(), ask(client.issuer + "/jwks")
        finally:
            first.end()
        key = shop.path("auth.key")
        expect_eq("a key", shop.do("store", "key", key).returncode, 0)
        done = shop.do("store", "move", "--issuer", data, base.url(), "--to-key", key, "--json")
        expect_eq("moved", done.returncode, 0, done.stderr)
        expect("everything", json.loads(done.stdout)["moved"] >= 4, done.stdout)
        left = shop.do("store", "where", "--issuer", "--store", data, "--json")
        expect_eq("nothing is left", json.loads(left.stdout)["records"], 0)
        second = shop.start(*args, "--data", base.url(), env={"MCPASS_STORE_KEY": key})
        expect_eq("the same server", second.ready["issuer"], client.issuer)
        expect_eq("and key", ask(client.issuer + "/jwks"), keys)
        client.refresh()
        tokens = client.insist(client.issuer + "/token", fields={
            "grant_type": "authorization_code", "code": code, "redirect_uri": page + "/cb",
            "client_id": client.client_id, "code_verifier": client.verifier, "resource": page + "/mcp"})
        dump = base.dump()
        expect("sealed", "sealed1." in dump)
        expect_nothing(dump, [client.tokens["refresh_token"], client.tokens["access_token"], code,
                              tokens["refresh_token"], tokens["access_token"]])
        expect("no private key", '"d"' not in dump and "signing_key" in dump)
        files = read_files(base.data)
        expect("not in its files either", b'"d":"' not in files)
        done = shop.do("store", "rekey", "--issuer", "--store", base.url(), "--store-key", key)
        expect_eq("rekey", done.returncode, 0, done.stderr)
        client.refresh()


def test_an_operator_on_a_database():
    """What lists, revokes and measures reads the same database, beside the thread of turns."""
    with Shop() as shop:
        base, page = shop.cluster(), page_of(shop)
        server = start(shop, "--admin-bind", "127.0.0.1:0", "--metrics-public", data=base.url())
        client = Client(shop, server.ready["issuer"], page)
        client.login()
        for what, name, want in (("clients", "id", client.client_id), ("sessions", "user", "alice"),
                                 ("users", "user", "alice")):
            done = shop.do("authserver", what, "--data", base.url(), "--json")
            expect_eq(what, done.returncode, 0, done.stderr)
            expect_eq(what, [one[name] for one in json.loads(done.stdout)], [want])
        expect_eq("ready", ask(server.ready["admin"] + "/health/ready")[0], 200)
        for place in (client.issuer, server.ready["admin"]):
            text = DIRECT.open(place + "/metrics", timeout=lib.PATIENCE).read().decode()
            expect("counted", 'mcpass_requests_total{endpoint="token"' in text, text)
        client.refresh()
