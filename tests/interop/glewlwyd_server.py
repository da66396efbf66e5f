"""Debian's glewlwyd, unpacked below the cache rather than installed: nothing of it starts by
itself, and no rights are needed.  apt checks the packages; the version is the one that Debian has,
for its archive keeps no other."""

import contextlib
import glob
import gzip
import json
import os
import sqlite3
import subprocess
import sys

import install
import lib
from lib import Failure, expect_eq
from report import Skip

sys.path.append(os.path.join(install.HERE, "glewlwyd"))
from person import Session      # noqa: E402

SCOPES = ("mcp:read", "mcp:tools", "mcp:prompts")
CONFIG = """port={port}
bind_address="127.0.0.1"
external_url="http://localhost:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="{root}/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="INFO"
cookie_secure=0
session_key="SESSION"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{root}/usr/lib/glewlwyd/user"
user_middleware_module_path="{nothing}"
client_module_path="{root}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="{root}/usr/lib/glewlwyd/scheme"
plugin_module_path="{root}/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = {{ type = "sqlite3"; path = "{database}"; }};
"""


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True,
                          check=True).stdout


def unpack():
    """The folder that the packages of glewlwyd/packages.txt are unpacked in."""
    home = install.pin("debian", "glewlwyd", ["packages.txt"])
    with open(os.path.join(install.HERE, "glewlwyd", "packages.txt")) as file:
        packages = file.read().split()
    with install.once(home) as new:
        if new:
            install.tool(["apt-get", "download", *packages], new)
            with open(os.path.join(new, "version"), "w") as file:
                name = glob.glob(os.path.join(new, "glewlwyd_*.deb"))[0]
                file.write(os.path.basename(name).split("_")[1])
            for package in glob.glob(os.path.join(new, "*.deb")):
                install.tool(["dpkg", "-x", package, new], new)
                os.unlink(package)
    if not os.path.exists(os.path.join(home, "usr", "bin", "glewlwyd")):
        raise Skip("Debian's glewlwyd is not to be had here")
    return home


def version(home):
    """As Debian counts."""
    with open(os.path.join(home, "version")) as file:
        return file.read()


class Glewlwyd:
    """One server on a port of its own, with alice, the scopes, and an OpenID provider."""

    def __init__(self, world, resource, lifetime):
        self.root, self.database = unpack(), world.path("glewlwyd.db")
        self.port = world.port()
        self.issuer = f"http://localhost:{self.port}/api/oidc"
        self.log = open(world.path("glewlwyd.log"), "w+")
        world.stack.callback(self.log.close)
        self.fill_database()
        os.mkdir(world.path("nothing"))
        config = world.write("glewlwyd.conf", CONFIG.format(
            port=self.port, root=self.root, database=self.database, nothing=world.path("nothing")))
        library = glob.glob(os.path.join(self.root, "usr", "lib", "*-linux-gnu"))[0]
        self.process = subprocess.Popen(
            [os.path.join(self.root, "usr", "bin", "glewlwyd"), f"--config-file={config}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**world.env, "LD_LIBRARY_PATH": library})
        world.stack.callback(self.end)
        self.admin = Session(f"http://localhost:{self.port}")
        self.wait()
        self.prepare(resource, lifetime)

    def fill_database(self):
        path = os.path.join(self.root, "usr", "share", "doc", "glewlwyd", "database",
                            "init.sqlite3.sql.gz")
        with contextlib.closing(sqlite3.connect(self.database)) as db, gzip.open(path, "rt") as text:
            db.executescript(text.read())

    def wait(self):
        """It says that it has started a little before it listens."""
        while True:
            with contextlib.suppress(OSError):
                return self.admin.ask("GET", "/config")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
                raise Failure(f"glewlwyd ended: {self.read_log()}")

    def end(self):
        self.process.terminate()
        self.process.wait()

    def read_log(self):
        with open(self.log.name) as file:
            return file.read()

    def manage(self, path, body):
        status, _ = self.admin.ask("POST", f"/api{path}", body)
        expect_eq(path, status, 200, self.admin.text)

    def prepare(self, resource, lifetime):
        # The first account of a new database, as its documentation has it.
        self.manage("/auth/", {"username": "admin", "password": "password"})
        for scope in SCOPES:
            self.manage("/scope/", {"name": scope, "display_name": scope, "description": scope,
                                    "password_required": True, "scheme": {}})
        self.manage("/user/", {"username": "alice", "password": lib.PASSWORD, "name": "Alice",
                               "scope": [*SCOPES, "openid", "g_profile"], "enabled": True})
        key = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.manage("/mod/plugin/", {
            "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": {
                "iss": self.issuer, "jwt-type": "ecdsa", "jwt-key-size": "256", "key": key,
                "cert": openssl("pkey", "-pubout", stdin=key), "jwks-show": True,
                "access-token-duration": lifetime, "refresh-token-duration": 86400,
                "code-duration": 60, "refresh-token-one-use": "always",
                "refresh-token-rolling": True, "allow-non-oidc": True, "oauth-as-iss-id": True,
                "auth-type-code-enabled": True, "auth-type-refresh-enabled": True,
                "auth-type-token-enabled": False, "auth-type-password-enabled": False,
                "auth-type-client-enabled": False, "auth-type-none-enabled": False,
                "pkce-allowed": True, "pkce-required": True, "pkce-method-plain-allowed": False,
                "introspection-revocation-allowed": True,
                "introspection-revocation-allow-target-client": True,
                "register-client-allowed": True, "register-client-auth-scope": [],
                "register-client-credentials-scope": [], "register-client-token-one-use": False,
                "register-client-management-allowed": True,
                "resource-allowed": True, "resource-scope": {s: [resource] for s in SCOPES},
                "session-management-allowed": False, "session-cookie-name": "OIDC",
                "session-cookie-expiration": 86400,
                "allowed-scope": ["openid", *SCOPES]}})
