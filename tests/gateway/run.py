#!/usr/bin/env python3
"""docs/gateway.md, followed to the letter, and the files of examples/gateway: run.py PROGRAM MODULE.

The blocks of the page are taken out and run in their order, with the ports of this run.  The last line
counts."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
EXAMPLES = os.path.join(ROOT, "examples", "gateway")
sys.path.insert(0, EXAMPLES)

import demo     # noqa: E402

BLOCK = re.compile(r"^```sh *([^\n]*)\n(.*?)^```$", re.M | re.S)
# What the reader has to see; a block that is left out or says something else is noticed.
SEEN = ("test is successful", "authorization_endpoint", "authorization_servers", "\n401\n", "hello\n", "mcp:tools", "\n1\n")


def expect(label, condition, more=""):
    if not condition:
        raise AssertionError(f"{label}\n{more}")


class Reader(demo.Gateway):
    """Follows the page in a folder of its own."""

    def begin(self):
        self.postgresql()
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
        script = script.replace("http://127.0.0.1:8180", self.provider or "")
        return re.sub(r"\b(8080|8081|8930|3000)\b", lambda port: str(ports[port.group()]), script)

    def shell(self, script):
        """What it says goes to a file: a daemon keeps what it was started with."""
        with open(self.path("told"), "w+") as told:
            done = subprocess.run(["sh", "-eu", "-c", self.here(script)], stdin=subprocess.DEVNULL, stdout=told,
                                  stderr=told, timeout=demo.PATIENCE, env=self.env, cwd=self.folder)
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


def test_the_page(program, module):
    with open(os.path.join(ROOT, "docs", "gateway.md")) as file:
        page = file.read()
    reader, told = Reader(program, module), ""
    with reader.stack:
        reader.begin()
        for mark, script in BLOCK.findall(page):
            kind, _, why = mark.partition(" ")
            expect("a block is tested, a server, or says why not",
                   kind in ("tested", "server") or kind == "untested:" and len(why) > 10, mark)
            if kind == "server":
                reader.serve(script)
            elif kind == "tested":
                told += reader.shell(script)
        for words in SEEN:
            expect(f"it says {words!r}", words in told, told)


def test_the_demo(program, module):
    """As make demo GATEWAY=1 runs it."""
    done = subprocess.run([sys.executable, "-B", os.path.join(EXAMPLES, "demo.py"), program, module],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * demo.PATIENCE)
    expect("it ends well", done.returncode == 0, done.stdout + done.stderr)
    expect("one line for all", re.search(r"\ngateway: client \S+ called echo for subject \S+;", done.stdout),
           done.stdout)


def test_units(program, _):
    """systemd reads them without a complaint; the programs are where this machine has them."""
    with tempfile.TemporaryDirectory() as folder:
        units = [name for name in os.listdir(EXAMPLES) if name.endswith(".service")]
        expect("there are some", len(units) >= 3, units)
        for name in units:
            with open(os.path.join(EXAMPLES, name)) as file:
                text = file.read()
            text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M).replace("/usr/bin/mcpass", program)
            with open(os.path.join(folder, name), "w") as file:
                file.write(text.replace("/opt/keycloak/bin/kc.sh", "/bin/true"))
        with open(os.path.join(folder, "nginx.service"), "w") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        os.mkdir(os.path.join(folder, "nginx.service.d"))
        shutil.copy(os.path.join(EXAMPLES, "nginx-hardening.conf"), os.path.join(folder, "nginx.service.d"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                               *(os.path.join(folder, name) for name in [*units, "nginx.service"])],
                              capture_output=True, text=True, timeout=demo.PATIENCE)
        expect("verified", done.returncode == 0 and folder not in done.stderr, done.stdout + done.stderr)


def test_the_configuration_with_tls(program, module):
    """gateway.conf as it is, but for its port, and the places of certificates and logs."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example.com",
                        "-keyout", f"{folder}/key", "-out", f"{folder}/certificate"], check=True,
                       capture_output=True, timeout=demo.PATIENCE)
        with open(os.path.join(EXAMPLES, "gateway.conf")) as file:
            text = file.read()
        text = re.sub(r"ssl_certificate \S+;", f"ssl_certificate {folder}/certificate;", text)
        text = re.sub(r"ssl_certificate_key \S+;", f"ssl_certificate_key {folder}/key;", text)
        text = text.replace("/var/log/nginx", folder).replace("listen 443", f"listen 127.0.0.1:{holder.getsockname()[1]}")
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(f"load_module {module}; pid {folder}/pid;\nevents {{}}\nhttp {{\n{text}}}\n")
        done = subprocess.run([demo.find("nginx"), "-t", "-p", folder, "-c", f"{folder}/nginx.conf", "-e",
                               f"{folder}/log"], capture_output=True, text=True, timeout=demo.PATIENCE)
        expect("it is good", done.returncode == 0, done.stderr)


def main():
    program, module = (os.path.abspath(path) for path in sys.argv[1:3])
    passed = failed = 0
    for test in (test_the_page, test_the_demo, test_units, test_the_configuration_with_tls):
        try:
            test(program, module)
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED [{test.__name__}]\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
