"""A real Keycloak: fetched once, kept unpacked outside the checkout, started from a folder of its
own with a fresh data/, and administered through its REST API."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import lib
from lib import Failure, expect_eq
from report import Skip

VERSION = "26.7.3"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
PATIENCE = 600          # seconds: it starts in half a minute, on a machine that has nothing else to do
POLICY = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(base, "mcpass")
    os.makedirs(folder, exist_ok=True)
    return folder


def need(tool, package):
    if shutil.which(tool) is None:
        raise Skip(f"{tool} is missing (Debian: {package})")


def digest(path):
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def fetch(folder):
    """The zip, with the digest that is pinned above."""
    path = os.path.join(folder, f"keycloak-quarkus-dist-{VERSION}.zip")
    if not os.path.exists(path):
        need("mvn", "maven")
        done = subprocess.run(["mvn", "-q", "-B", COPY, f"-Dartifact={ARTIFACT}",
                               f"-DoutputDirectory={folder}"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=1200)
        if done.returncode != 0 or not os.path.exists(path):
            said = re.search(r"\[ERROR\] (.*)", done.stdout + done.stderr)
            raise Skip(f"{ARTIFACT} could not be fetched: {said.group(1) if said else 'mvn failed'}")
    found = digest(path)
    if found != SHA256:
        os.rename(path, path + ".wrong")
        raise Failure(f"{path} has the digest {found}, not {SHA256}: put aside")
    return path


def unpacked():
    """Where Keycloak is kept unpacked; nothing is ever written in there."""
    need("java", "default-jre-headless")
    folder = cache()
    home = os.path.join(folder, f"keycloak-{VERSION}")
    with open(os.path.join(folder, "keycloak.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(home):
            need("unzip", "unzip")
            path = fetch(folder)
            place = os.path.join(folder, f".unpacking-{os.getpid()}")
            subprocess.run(["unzip", "-q", path, "-d", place], check=True, timeout=600)
            os.rename(os.path.join(place, f"keycloak-{VERSION}"), home)
            os.rmdir(place)
    return home


def lay_out(folder):
    """A home of this run's own: what is only read is a link, what is written a copy."""
    kept = unpacked()
    os.makedirs(os.path.join(folder, "lib"))
    os.mkdir(os.path.join(folder, "providers"))
    for name in ("bin", "conf", "lib/app", "lib/quarkus"):
        shutil.copytree(os.path.join(kept, name), os.path.join(folder, name))
    shutil.copy(os.path.join(kept, "lib/quarkus-run.jar"), os.path.join(folder, "lib"))
    for name in ("lib/lib", "themes"):
        os.symlink(os.path.join(kept, name), os.path.join(folder, name))


class Keycloak:
    """Up when the constructor returns."""

    def __init__(self, world):
        self.world = world
        self.folder = world.path("keycloak")
        lay_out(self.folder)
        self.port = world.port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password = secrets.token_urlsafe(18)
        self.environment = {"PATH": os.environ["PATH"], "HOME": world.folder, "LANG": "C.UTF-8",
                            "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
                            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
                            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.password}
        if "JAVA_HOME" in os.environ:
            self.environment["JAVA_HOME"] = os.environ["JAVA_HOME"]
        self.process = None
        world.stack.callback(self.stop)
        self.start()

    def start(self, *options):
        self.log, up = [], threading.Event()
        # It ends with this run, however that ends.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", os.path.join(self.folder, "bin", "kc.sh"),
             "start-dev", "--http-host=127.0.0.1", f"--http-port={self.port}", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment,
            start_new_session=True)

        def read(output):
            for line in output:
                self.log.append(line)
                if "Listening on:" in line:
                    up.set()
            up.set()                    # it has ended: nothing more to wait for

        self.reader = threading.Thread(target=read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        if not up.wait(PATIENCE) or self.process.poll() is not None:
            raise Failure("Keycloak did not start: " + "".join(self.log[-20:]))
        with DIRECT.open(f"{self.url}/realms/master", timeout=PATIENCE) as answer:
            expect_eq("Keycloak is ready", answer.status, 200)

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.reader.join(10)
        process.stdout.close()

    def restart(self, *options):
        """The same data, the same address."""
        self.stop()
        self.start(*options)

    def prepare(self, *options, env=None):
        """What a person runs, too."""
        script = os.path.join(lib.HERE, "..", "..", "examples", "keycloak", "prepare.sh")
        done = subprocess.run(["sh", script, "--url", self.url, *options],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={**self.environment, **(env or {})}, timeout=PATIENCE)
        expect_eq("prepare.sh", done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    # --- the admin API ---

    def ask(self, method, path, body=None, headers=None):
        """(status, JSON or None); the path begins behind the address."""
        data = None
        headers = dict(headers or {})
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with DIRECT.open(request, timeout=lib.PATIENCE) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def form(self, path, fields, headers=None):
        return self.ask("POST", path, urllib.parse.urlencode(fields).encode(),
                        {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    def admin(self, method, path, body=None, want=(200, 201, 204)):
        status, token = self.form("/realms/master/protocol/openid-connect/token", {
            "grant_type": "password", "client_id": "admin-cli", "username": "admin",
            "password": self.password})
        expect_eq("the administrator signs in", status, 200)
        status, answer = self.ask(method, "/admin/realms" + path, body,
                                  {"Authorization": "Bearer " + token["access_token"]})
        if status not in want:
            raise Failure(f"{method} {path}: {status} {answer}")
        return answer


class Realm:
    """One realm of it, and what the tests look up and turn in there."""

    def __init__(self, keycloak, name):
        self.keycloak, self.name = keycloak, name
        self.issuer = f"{keycloak.url}/realms/{name}"

    def admin(self, method, path, body=None, **kw):
        return self.keycloak.admin(method, f"/{self.name}{path}", body, **kw)

    def set(self, **members):
        """Of the realm itself; says what they were."""
        before = self.admin("GET", "")
        self.admin("PUT", "", {**before, **members})
        return {key: before.get(key) for key in members}

    @contextlib.contextmanager
    def having(self, **members):
        before = self.set(**members)
        try:
            yield
        finally:
            self.set(**before)

    def client(self, client_id):
        """The client of that id, or None."""
        found = self.admin("GET", "/clients?clientId=" + urllib.parse.quote(client_id, safe=""))
        return found[0] if found else None

    def delete_client(self, client_id):
        self.admin("DELETE", "/clients/" + self.client(client_id)["id"])

    def registered(self):
        """The ids of the clients that registered themselves."""
        return {c["clientId"] for c in self.admin("GET", "/clients?max=500")
                if c.get("name") == "mcpass" and not c["clientId"].startswith("https:")}

    def user(self, name):
        return self.admin("GET", f"/users?exact=true&username={name}")[0]

    def sessions(self, name):
        return self.admin("GET", f"/users/{self.user(name)['id']}/sessions")

    def policy(self, provider, kind="anonymous"):
        return next(c for c in self.admin("GET", "/components?type=" + POLICY)
                    if c["providerId"] == provider and c["subType"] == kind)

    @contextlib.contextmanager
    def with_policy(self, provider, **config):
        """Another config of that policy, and then the one that was."""
        is_now = self.policy(provider)
        names = {name.replace("_", "-"): value for name, value in config.items()}
        self.admin("PUT", "/components/" + is_now["id"],
                   {**is_now, "config": {**is_now["config"], **names}})
        try:
            yield
        finally:
            self.admin("PUT", "/components/" + is_now["id"], is_now)

    def rotate_keys(self):
        """A new RS256 key that comes before the old one, which stays published."""
        self.admin("POST", "/components", {
            "name": "rotated", "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["1000"], "algorithm": ["RS256"]}})
