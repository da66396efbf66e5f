"""docs/gateway.md, followed to the letter: its blocks are taken out and run in their order, with the ports of
this run."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
EXAMPLES = os.path.join(ROOT, "examples", "gateway")
sys.path.append(EXAMPLES)        # not before: it has an idp.py of its own

import demo     # noqa: E402

BLOCK = re.compile(r"^```sh *([^\n]*)\n(.*?)^```$", re.M | re.S)
# What the reader has to see; a block that is left out or says something else is noticed.
SEEN = ("test is successful", "authorization_endpoint", "authorization_servers", "\n401\n", "hello\n", "mcp:tools", "\n1\n")
SEEN_AS_ROOT = ("\nsystemctl daemon-reload\nsystemctl enable --now mcpass-front-door mcp-server\n",
                "\nsystemctl restart nginx\n", '\n{"issuer":"https://login.example.com"}\n')

# $1 is a folder of its own.  What is written to /etc is written there, and seen here alone.
COPY_OF_ETC = """
mount -t tmpfs -o mode=755 none "$1"
mkdir "$1/new" "$1/work" "$1/credentials" "$1/home"
mount -t overlay -o "lowerdir=/etc,upperdir=$1/new,workdir=$1/work" overlay /etc
"""
# Then the front door is started as its unit says: its user, its credentials, its line of options.
AS_ITS_UNIT = """
unit=/etc/systemd/system/mcpass-front-door.service
user=$(sed -n 's/^User=//p' "$unit")
options=$(sed -n 's/^FRONT_DOOR_OPTIONS=//p' "$(sed -n 's/^EnvironmentFile=//p' "$unit")")
sed -n 's/^LoadCredential=\\(.*\\):\\(.*\\)$/\\1 \\2/p' "$unit" | while read -r name path; do
	install -m 400 -o "$user" "$path" "$1/credentials/$name"
done
chown "$user" "$1/credentials" "$1/home"
install -m 755 "$(command -v mcpass)" "$1/mcpass"
chmod 711 "$PGHOST"
mkfifo "$1/ready"
command=$(sed -n "s|^ExecStart=/usr/bin/mcpass|$1/mcpass|p" "$unit" | sed "s|%d|$1/credentials|g; s|[$]FRONT_DOOR_OPTIONS|$options|")
setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="$1/home" PGUSER= $command --port 0 --json >"$1/ready" &
read -r ready <"$1/ready" || { wait $!; exit 1; }
echo "$ready"
kill $!
wait $! || true
"""


def expect(label, condition, more=""):
    if not condition:
        raise AssertionError(f"{label}\n{more}")


class Reader(demo.Gateway):
    """Follows the page in a folder of its own."""

    def begin(self):
        self.postgresql()
        self.at_keycloak = False
        self.behind_port = self.port()
        self.behind = f"http://127.0.0.1:{self.behind_port}/mcp"
        self.provider = None
        os.mkdir(self.path("bin"))
        self.script("bin/nginx", f'exec {demo.find("nginx")} -p {self.folder} -c {self.nginx_conf()}'
                    f' -e {self.path("error.log")} "$@"')
        browser = self.script("bin/browser", f'exec "{sys.executable}" -B "{demo.TESTS}/e2e/browser.py" "$1"'
                              f' 2>>{self.path("servers.log")}')
        self.env.update({
            "PATH": os.pathsep.join([self.path("bin"), os.path.dirname(self.program), os.environ["PATH"]]),
            "PGHOST": self.database_folder, "PGUSER": "mcpass", "BROWSER": browser,
            "MCPASS_E2E_ANSWER": "allow idp", "MCPASS_E2E_USER": demo.USER,
            "MCPASS_E2E_PASSWORD": self.password})
        self.stack.callback(self.end_nginx)

    def script(self, name, text):
        path = self.write(name, f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o700)
        return path

    def end_nginx(self):
        """The page starts it, and it is a daemon: it ends when its pid is gone."""
        if os.path.exists(self.path("nginx.pid")):
            with open(self.path("nginx.pid")) as file:
                watch = os.pidfd_open(int(file.read()))
            self.run("nginx", "-s", "stop")
            demo.select.select([watch], [], [], demo.PATIENCE)
            os.close(watch)

    def here(self, script):
        ports = {"8080": self.login_port, "8081": self.mcp_port, "8930": self.front_port, "3000": self.behind_port}
        script = script.replace("http://127.0.0.1:8180/realms/corp", self.provider or "")
        return re.sub(r"\b(8080|8081|8930|3000)\b", lambda port: str(ports[port.group()]), script)

    def shell(self, script):
        """What it says goes to a file: a daemon keeps what it was started with."""
        with open(self.path("told"), "w+") as told:
            done = subprocess.run(["sh", "-eu", "-c", self.here(script)], stdin=subprocess.DEVNULL, stdout=told,
                                  stderr=told, timeout=5 * demo.PATIENCE, env=self.env, cwd=self.folder)
            told.seek(0)
            said = told.read()
        expect(script, done.returncode == 0, said + self.said())
        return "\n" + said

    def serve(self, script):
        if self.provider is None:       # its client's secret is there by now
            self.secret = self.path("front-door.secret")
            self.provider = self.server(sys.executable, "-B", os.path.join(EXAMPLES, "idp.py"), "front-door",
                                        self.secret, demo.USER, self.password)["issuer"]
        where = os.getcwd()
        os.chdir(self.folder)
        try:
            self.server("sh", "-c", "exec " + self.here(script).strip() + " --json")
        finally:
            os.chdir(where)

    def read(self, kind, script):
        """One block; what it says."""
        if kind == "server":
            self.serve(script)
        elif kind == "tested" or kind == "keycloak" and self.at_keycloak:
            return self.shell(script)
        elif kind == "root" and lets_root():
            return self.as_root(script)
        return ""

    def as_root(self, script):
        """In a copy of /etc, with a systemctl that says what it was told to do."""
        self.script("bin/systemctl", 'echo systemctl "$@"')
        os.symlink(os.path.join(ROOT, "examples"), self.path("examples"))
        os.mkdir(self.path("root"))
        self.env["PATH"] += os.pathsep + "/usr/sbin"
        with open(self.path("as-root.sh"), "w") as file:
            file.write(COPY_OF_ETC + script + AS_ITS_UNIT)
        return self.shell("unshare --mount --propagation private sh -eu as-root.sh " + self.path("root"))


def lets_root():
    """Whether this machine lets us have an /etc of our own."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"]).returncode == 0


class ReaderAtKeycloak(Reader):
    """keycloak: of tests/interop, up."""

    def begin_at(self, keycloak):
        self.begin()
        self.at_keycloak = True
        self.keycloak, self.provider = keycloak, keycloak.url + "/realms/corp"
        self.env.update(keycloak.environment | self.env | {"ALICE_PASSWORD": self.password})
        self.env["PATH"] += os.pathsep + os.path.join(keycloak.folder, "bin")

    def here(self, script):
        return super().here(script).replace("http://127.0.0.1:8180", self.keycloak.url)


def blocks():
    """(kind, script) of each block of the page."""
    with open(os.path.join(ROOT, "docs", "gateway.md")) as file:
        for mark, script in BLOCK.findall(file.read()):
            kind, _, why = mark.partition(" ")
            expect("a block has a mark, and says why it is not run",
                   kind in ("tested", "server", "keycloak", "root") or kind == "untested:" and len(why) > 10, mark)
            yield kind, script


def all_seen(told):
    for words in SEEN + (SEEN_AS_ROOT if lets_root() else ()):
        expect(f"it says {words!r}", words in told, told)
