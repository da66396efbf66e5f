#!/usr/bin/env python3
"""docs/gateway.md, followed to the letter, and the files of examples/gateway: run.py PROGRAM MODULE.  The last
line counts."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True

import page     # noqa: E402
from page import EXAMPLES, demo, expect      # noqa: E402


def test_the_page(program, module):
    """With a small identity provider in Keycloak's place."""
    reader, told = page.Reader(program, module), ""
    with reader.stack:
        reader.begin()
        for kind, script in page.blocks():
            told += reader.read(kind, script)
    page.all_seen(told)


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
        for name in [*units, "nginx.service"]:
            expect_hardened(os.path.join(folder, name), EXPOSED[name])


# What systemd-analyze security says of each, at the most, in tenths: 100 is a service without any hardening, and
# below 50 is "OK".  nginx binds its ports as root; Java writes code that it runs.
EXPOSED = {"mcpass-front-door.service": 15, "mcp-server.service": 15, "keycloak.service": 35, "nginx.service": 45,
           "mcpass.mcpass-authserver.service": 15, "mcpass.mcpass-serve.service": 15}


def expect_hardened(path, most):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={most}", path],
                          capture_output=True, text=True, timeout=demo.PATIENCE)
    expect(f"{path} is hardened", done.returncode == 0, done.stdout + done.stderr)


def test_units_of_the_package(program, _):
    folder = os.path.join(page.ROOT, "debian")
    units = [name for name in os.listdir(folder) if name.endswith(".service")]
    expect("there are some", len(units) == 2, units)
    for name in units:
        expect_hardened(os.path.join(folder, name), EXPOSED[name])


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
    for test in (test_the_page, test_the_demo, test_units, test_units_of_the_package,
                 test_the_configuration_with_tls):
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
