"""What the tests of the nginx module share: a real nginx with the module, a server behind it, and
the issuers of tests/e2e."""

import contextlib
import functools
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

from lib import JSON, PATIENCE, Failure, World, expect, expect_eq, hostile     # noqa: E402
from test_guard import Issuer, Key                                             # noqa: E402

MODULE = None           # set by run.py: ngx_http_mcpass_module.so
# Not NGINX: by that one nginx inherits the sockets of another.
NGINX = os.environ.get("NGINX_PROGRAM", "nginx")
# A module that is built with AddressSanitizer needs its library first: PRELOAD=libasan.so
PRELOAD = os.environ.get("PRELOAD")
RESOURCE = "https://mcp.example.com/mcp"

CONF = """
load_module {module};
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{user}
events {{ worker_connections 512; }}
http {{
    log_format who '$status "$mcpass_sub" "$mcpass_denied" $request_uri';
    access_log {folder}/access.log who;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {http}
    upstream behind {{ server {behind}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{port2} http2;
        {server}
    }}
}}
"""
PROXY = "proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection \"\";"


def readable(file):
    """Whether there is something to read in time; select() knows no descriptor over 1023."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(PATIENCE * 1000))


def message(method="ping", **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       **({"params": params} if params else {})})


class Nginx(World):
    """A folder with nginx, and the module, in it."""

    pid = None

    @functools.cached_property
    def port1(self):
        return self.port()

    @functools.cached_property
    def port2(self):
        return self.port()

    def configure(self, server, behind, http="", workers=1):
        """behind: the address that PROXY means."""
        text = CONF.format(
            module=MODULE, folder=self.folder, workers=workers, http=http, server=server,
            user="user root;" if os.geteuid() == 0 else "", port=self.port1, port2=self.port2,
            behind=behind.removeprefix("http://"))
        self.write("nginx.conf", text)

    def nginx(self, *args):
        """What it says goes to a file: a daemon may keep what it was started with."""
        with open(self.path("nginx.out"), "w") as out:
            done = subprocess.run(
                [NGINX, "-p", self.folder, "-c", self.path("nginx.conf"), "-e", self.path("error.log"),
                 *args], stdout=out, stderr=out, timeout=PATIENCE,
                env={**os.environ, **self.env, **({"LD_PRELOAD": PRELOAD} if PRELOAD else {})})
        done.stderr = self.read("nginx.out")
        return done

    def start_nginx(self, server, **kw):
        """It is listening when this returns: nginx forks only then."""
        self.configure(server, **kw)
        done = self.nginx()
        expect_eq("nginx starts", done.returncode, 0, done.stderr + self.errors())
        deadline = time.monotonic() + PATIENCE          # it listens, but has not written that yet
        while not self.read("nginx.pid").strip() and time.monotonic() < deadline:
            time.sleep(0.005)
        self.pid = int(self.read("nginx.pid"))
        self.stack.callback(self.end_nginx)

    def end_nginx(self):
        if self.pid is None:
            return
        pid, self.pid = self.pid, None
        watch = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGTERM)
            expect("nginx ends", readable(watch), self.errors())
        finally:
            os.close(watch)
        expect("nothing odd in its log", not any(word in self.errors() for word in (
            "[alert]", "[crit]", "Sanitizer", "exited on signal")) or self.expects_alerts,
            self.errors())

    expects_alerts = False

    def workers(self):
        done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True,
                              text=True, timeout=PATIENCE)
        return [int(word) for word in done.stdout.split()]

    def read(self, name):
        with contextlib.suppress(FileNotFoundError), open(self.path(name), errors="replace") as file:
            return file.read()
        return ""

    def errors(self):
        return self.read("error.log")


class Gateway(Nginx):
    """An issuer with a key, a server behind that knows nothing of tokens, and nginx."""

    def __init__(self):
        super().__init__()
        self.key = Key(self, "one")
        self.issuer = Issuer(self, self.key)
        self.behind = hostile(self, {"/mcp": (200, JSON, '{"jsonrpc":"2.0","id":1,"result":{}}')})

    def configure(self, server, behind=None, **kw):
        super().configure(server, behind or self.behind.url, **kw)

    def token(self, audience=RESOURCE, key=None, **changes):
        return (key or self.key).token(self.issuer.url, audience, **changes)

    def guarded(self, more="", path="/mcp", resource=RESOURCE, proxy=PROXY):
        return (f"location {path} {{ mcpass on; mcpass_resource {resource};\n"
                f"mcpass_issuer {self.issuer.url} jwks={self.issuer.url}/jwks; {more} {proxy} }}")

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port1, timeout=PATIENCE)
        self.stack.callback(connection.close)
        return connection

    def ask(self, token=None, body=None, path="/mcp", method="POST", scheme="Bearer",
            connection=None, **headers):
        """One request: its answer, read, with .text."""
        connection = connection or self.connect()
        sent = {"Accept": "application/json, text/event-stream", **{
            name.replace("_", "-"): value for name, value in headers.items()}}
        if token is not None:
            sent["Authorization"] = f"{scheme} {token}"
        if body is None and method == "POST":
            body = message()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
        return answer

    def came(self):
        """What reached the server behind: (method, path, headers, body)."""
        return self.behind.requests
