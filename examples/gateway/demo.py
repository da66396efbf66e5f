#!/usr/bin/env python3
"""The whole gateway on loopback, in one go: demo.py PROGRAM MODULE [--keycloak].

PostgreSQL, an identity provider, the front door, nginx with the module and an MCP server that knows
nothing of tokens; then a client logs in by itself and calls a tool.  The files are those of this folder,
with other addresses.  All that it starts it ends, by its pid; all that it writes is in a folder that it
removes."""

import contextlib
import glob
import json
import os
import pwd
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "..", "..", "tests")
PATIENCE = 60           # seconds
USER = "alice"


class Stopped(Exception):
    """A sentence that says what is missing, or what went wrong."""


def find(name, *folders):
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        raise Stopped(f"{name} is not installed")
    return found


class Gateway:
    """Its parts, each up when its method returns."""

    def __init__(self, program, module):
        self.program, self.module = os.path.abspath(program), os.path.abspath(module)
        if not os.path.exists(self.module):
            raise Stopped("the nginx module is not built: nginx-dev is not installed")
        self.stack = contextlib.ExitStack()
        self.folder = tempfile.mkdtemp(prefix="mcpass-gateway-")
        self.stack.callback(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)    # the database, started by root, runs as another
        self.password = secrets.token_urlsafe(12)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8",
                    "XDG_DATA_HOME": self.path("client")}
        self.login_port, self.mcp_port, self.front_port = self.port(), self.port(), self.port()
        self.login = f"http://127.0.0.1:{self.login_port}"
        self.mcp = f"http://127.0.0.1:{self.mcp_port}/mcp"

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", opener=lambda *what: os.open(*what, 0o600)) as file:
            file.write(text)
        return self.path(name)

    def port(self):
        """The kernel's choice, ours to the end: bound, not listening."""
        holder = socket.socket()
        self.stack.callback(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]

    def run(self, *args, **more):
        try:
            done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=PATIENCE, env={**self.env, **more})
        except subprocess.TimeoutExpired as late:
            raise Stopped(f"{' '.join(args)} did not end: {late.stderr}{self.said()}")
        if done.returncode != 0:
            raise Stopped(f"{' '.join(args)}: {done.stdout}{done.stderr}{self.said()}")
        return done.stdout

    def said(self):
        with contextlib.suppress(FileNotFoundError), open(self.path("servers.log"), errors="replace") as log:
            return log.read()[-2000:]
        return ""

    def server(self, *args):
        """One that says in a line of JSON that it is ready."""
        with open(self.path("servers.log"), "ab") as log:
            process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                       env=self.env, text=True)
        self.stack.callback(self.end, process)
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if ready else ""
        if not line.strip():
            raise Stopped(f"{' '.join(args)} did not start: {self.said()}")
        return json.loads(line)

    @staticmethod
    def end(process):
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def postgresql(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
        control, initialize = find("pg_ctl", *programs), find("initdb", *programs)
        data = self.path("database")
        os.mkdir(data, 0o700)
        before = []
        if os.geteuid() == 0:           # it does not run as root
            who = pwd.getpwnam("postgres")
            os.chown(data, who.pw_uid, who.pw_gid)
            before = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self.run(*before, initialize, "-D", data, "-U", "mcpass", "-A", "trust", "--no-sync")
        self.run(*before, control, "-D", data, "-l", f"{data}/log", "-w", "-o",
                 f"-c listen_addresses= -c unix_socket_directories={data}", "start")
        self.stack.callback(self.run, *before, control, "-D", data, "-m", "fast", "-w", "stop")
        self.run(find("createdb"), "-h", data, "-U", "mcpass", "mcpass")
        self.database_folder = data
        self.database = f"postgresql:///mcpass?host={data}&user=mcpass"
        return self.run(find("psql"), "-h", data, "-U", "mcpass", "mcpass", "-Atc",
                        "show server_version").strip()

    def identity_provider(self):
        self.secret = self.write("front-door.secret", secrets.token_urlsafe(24) + "\n")
        self.provider = self.server(sys.executable, "-B", os.path.join(HERE, "idp.py"), "front-door",
                                    self.secret, USER, self.password)["issuer"]

    def keycloak(self):
        """As tests/interop has it; its archive is fetched where it is not there."""
        sys.path[:0] = [os.path.join(TESTS, "interop"), os.path.join(TESTS, "e2e")]
        import keycloak_server
        keycloak = keycloak_server.Keycloak(self)
        secret = secrets.token_urlsafe(24)
        self.secret = self.write("front-door.secret", secret + "\n")
        keycloak.admin("POST", "", {"realm": "corp", "enabled": True})
        keycloak.admin("POST", "/corp/clients", {
            "clientId": "front-door", "secret": secret, "redirectUris": [self.login + "/authorize/callback/*"]})
        keycloak.admin("POST", "/corp/users", {
            "username": USER, "enabled": True, "email": USER + "@corp.example", "emailVerified": True,
            "firstName": "Alice", "lastName": "Example",
            "credentials": [{"type": "password", "value": self.password, "temporary": False}]})
        self.provider = keycloak.url + "/realms/corp"

    def front_door(self):
        keys = self.write("front-door.keys", f"mcpass-key-1.{secrets.token_urlsafe(32)}\n")
        self.server(self.program, "authserver", "--json", "--port", str(self.front_port), "--issuer", self.login,
                    "--upstream", self.provider, "--upstream-client-id", "front-door",
                    "--upstream-secret-file", self.secret, "--data", self.database,
                    "--encryption-key", keys, "--trusted-proxy", "127.0.0.1")

    def mcp_server(self):
        self.behind = self.server(self.program, "serve", "--json", "--port", "0", "--open")["url"]

    def nginx_conf(self):
        """gateway.conf with the addresses of this run, and without TLS."""
        with open(os.path.join(HERE, "gateway.conf")) as file:
            text = file.read()
        ports = iter((self.login_port, self.mcp_port))
        text = re.sub(r"listen 443 ssl;", lambda found: f"listen 127.0.0.1:{next(ports)};", text)
        text = re.sub(r" *(ssl_certificate|server_name)\S* [^;]*;\n", "", text)
        for name, here in (("https://login.example.com", self.login), ("https://mcp.example.com/mcp", self.mcp),
                           ("127.0.0.1:8930", f"127.0.0.1:{self.front_port}"),
                           ("http://127.0.0.1:3000", self.behind.removesuffix("/mcp")),
                           ("/var/log/nginx", self.folder)):
            text = text.replace(name, here)
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        return self.write("nginx.conf", f"load_module {self.module}; {user} pid {self.folder}/nginx.pid;\n"
                          f"events {{}}\nhttp {{ access_log off; {temporary}\n{text}}}\n")

    def nginx(self):
        with open(self.path("servers.log"), "ab") as log:
            process = subprocess.Popen([find("nginx"), "-p", self.folder, "-c", self.nginx_conf(), "-e",
                                        self.path("error.log"), "-g", "daemon off;"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=log, env=self.env, text=True)
        self.stack.callback(self.end, process)
        self.wait_for(self.mcp_port, process)

    def wait_for(self, port, process):
        """Until it listens: the kernel answers, so there is nothing to sleep for."""
        while process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                return
        with open(self.path("error.log"), errors="replace") as log:
            raise Stopped("nginx did not start: " + log.read()[-2000:])

    def call(self):
        """A client that was never there, and a person who signs in by a program."""
        walker = self.write("browser", f'#!/bin/sh\nexec "{sys.executable}" -B "{TESTS}/e2e/browser.py" "$1"'
                            f' 2>>"{self.path("servers.log")}"\n')
        os.chmod(walker, 0o700)
        return self.run(self.program, "call", self.mcp, "echo", "message=hello", BROWSER=walker, MCPASS_E2E_ANSWER="allow idp",
                        MCPASS_E2E_USER=USER, MCPASS_E2E_PASSWORD=self.password)

    def known(self):
        """Who called, by nginx's log."""
        with open(self.path("mcp.log")) as log:
            return re.findall(r" POST /mcp 200 client=(\S+) subject=(\S+)", log.read())[-1]


def main():
    program, module, *options = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *what: sys.exit(1))        # as Ctrl-C: all of it is ended
    keycloak = "--keycloak" in options
    try:
        gateway = Gateway(program, module)
        with gateway.stack:
            print(f"PostgreSQL {gateway.postgresql()}: keeps clients, sign-ins and tokens, sealed", flush=True)
            gateway.keycloak() if keycloak else gateway.identity_provider()
            print(f"Identity provider {gateway.provider}: {'Keycloak' if keycloak else 'a small one'}, which"
                  f" registers no client; {USER} may sign in", flush=True)
            gateway.front_door()
            print(f"Front door {gateway.login}: clients register here", flush=True)
            gateway.mcp_server()
            gateway.nginx()
            print(f"nginx {gateway.mcp}: checks tokens before a server that knows nothing of them", flush=True)
            answer = gateway.call().strip()
            client, subject = gateway.known()
            print(f"A client registered itself, {USER} signed in and agreed; echo says: {answer}")
            print(f"gateway: client {client} called echo for subject {subject}; all of it is ended again")
    except Stopped as why:
        sys.exit(f"gateway: {why}")


if __name__ == "__main__":
    main()
