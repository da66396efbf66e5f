"""A PostgreSQL cluster of a test's own, and what may happen to it."""

import contextlib
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import lib
from lib import PATIENCE, Failure, expect, expect_eq
from scene import Scene

LONG = False            # a fleet has a hundred rounds


def find_programs():
    """Debian keeps them by version, outside of PATH."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
    if folders:
        return folders[-1]
    return os.path.dirname(shutil.which("initdb") or "")


BIN = find_programs()


def unprivileged():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


class Cluster:
    """A server in a folder; its superuser is "mcpass", its socket is in the folder, and with
    tcp=True it listens on a port of loopback, too."""

    def __init__(self, stack, tcp=False, copy_of=None, settings=(), inside=()):
        self.inside = inside            # the host that it is on: a prefix of commands
        self.folder = tempfile.mkdtemp(prefix="mcpass-pg-")
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)
        self.data, self.server, self.port = os.path.join(self.folder, "data"), None, 5432
        self.holder = None
        if tcp:                 # bound, not listening: the port is ours, and the server's to take
            self.holder = socket.socket()
            stack.callback(self.holder.close)
            self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.holder.bind(("127.0.0.1", 0))
            self.port = self.holder.getsockname()[1]
        if copy_of is None:
            self.do("initdb", "-D", self.data, "-U", "mcpass", "-A", "trust", "--no-sync",
                    "--no-instructions", "-E", "UTF8", "--locale=C")
        else:
            self.do("pg_basebackup", "-D", self.data, "-h", copy_of.folder, "-p", str(copy_of.port),
                    "-U", "mcpass", "-R", "-X", "stream", "-c", "fast")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            for line in (f"port = {self.port}", f"unix_socket_directories = '{self.folder}'",
                         f"listen_addresses = '{'127.0.0.1' if tcp else ''}'", "fsync = off",
                         "max_connections = 120", "shared_buffers = 16MB", *settings):
                conf.write(line + "\n")
        stack.callback(self.stop)
        self.start()

    def do(self, program, *args):
        done = subprocess.run([*self.inside, *unprivileged(), os.path.join(BIN, program), *args],
                              capture_output=True, text=True, cwd="/", timeout=PATIENCE)
        expect_eq(f"{program} {args}", done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def start(self):
        log = os.path.join(self.folder, "log")
        self.do("pg_ctl", "-D", self.data, "-w", "-s", "-l", log, "start")
        self.server = int(open(os.path.join(self.data, "postmaster.pid")).readline())

    def stop(self, how="immediate"):
        if self.server is not None:
            self.server = None
            self.do("pg_ctl", "-D", self.data, "-w", "-s", "-m", how, "stop")

    def restart(self, how="fast"):
        self.stop(how)
        self.start()

    def promote(self):
        self.do("pg_ctl", "-D", self.data, "-w", "-s", "promote")

    def url(self, database="postgres", tcp=False):
        if tcp:
            return f"postgresql://mcpass@127.0.0.1:{self.port}/{database}"
        return f"postgresql:///{database}?host={self.folder}&port={self.port}&user=mcpass"

    def sql(self, text, database="postgres"):
        done = subprocess.run([os.path.join(BIN, "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-h",
                               self.folder, "-p", str(self.port), "-U", "mcpass", database, "-c", text],
                              capture_output=True, text=True, timeout=PATIENCE)
        expect_eq(text, done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def dump(self, database="postgres"):
        return self.do("pg_dump", "-h", self.folder, "-p", str(self.port), "-U", "mcpass", "--inserts",
                       database)


class Rotating:
    """An authorization server whose refresh tokens serve once: a second use ends them all, as
    with a stolen one.  hold, when set, keeps a refresh waiting, after it was granted."""

    def __init__(self, issuer):
        self.lock = threading.Lock()
        self.current, self.count, self.reused, self.access = None, 0, 0, None
        self.hold, self.held = None, threading.Event()
        self.plain, self.url = issuer.token, issuer.url
        issuer.site.routes["/token"] = self.token

    def token(self, request):
        import urllib.parse
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        with self.lock:
            if form["grant_type"] == "refresh_token":
                if form["refresh_token"] != self.current:
                    self.reused += 1
                    self.current = None
                    return 400, lib.JSON, '{"error":"invalid_grant"}'
                self.count += 1
            status, headers, body = self.plain(request)
            tokens = json.loads(body)
            self.current, self.access = tokens["refresh_token"], tokens["access_token"]
        if form["grant_type"] == "refresh_token" and self.hold is not None:
            self.held.set()
            self.hold.wait(PATIENCE)
        return status, headers, body


class Shop(Scene):
    """A scene whose store is in a database."""

    def cluster(self, **kw):
        made = Cluster(self.stack, **kw)
        self.env["MCPASS_STORE"] = made.url()
        return made

    def expire(self, cluster):
        cluster.sql("UPDATE mcpass.credentials SET record ="
                    " regexp_replace(record, '\"expires_at\":[0-9]+', '\"expires_at\":1000000000')")

    def do(self, *args, **kw):
        """A command without a login, which has no options for one."""
        done = lib.World.run(self, *args, **kw)
        self.said.append(done)
        return done

    def go(self, *args, env=None, inside=()):
        """Starts the program, on a host."""
        command = [*inside, lib.PROGRAM, *args]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env={**self.env, **(env or {})})
        self.stack.callback(lambda: process.poll() is None and process.kill())
        return process


def wait(process):
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure(f"it did not end: {process.communicate()}")
    return process.returncode, out.strip(), err


class Proxy:
    """Stands between a program and a database; held, it lets nothing through."""

    def __init__(self, stack, port):
        self.target, self.open, self.accepted = port, threading.Event(), 0
        self.came = threading.Condition()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        stack.callback(self.listener.close)
        stack.callback(self.open.set)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                with self.came:
                    self.accepted += 1
                    self.came.notify_all()
                server = socket.create_connection(("127.0.0.1", self.target))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def wait_for(self, number):
        """Until so many have connected."""
        with self.came:
            expect("they connect", self.came.wait_for(lambda: self.accepted >= number, PATIENCE),
                   str(self.accepted))

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                self.open.wait()
                if not data:
                    break
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
