"""docs/serve.md is true: its commands, in its order, in one shell, say what it says."""

import os
import re
import signal
import subprocess

import lib
from lib import World, expect, expect_eq

PAGE = os.path.join(lib.HERE, "..", "..", "docs", "serve.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```\n", re.M | re.S)


def blocks(world):
    """(language, text) of each fenced block, ports replaced by free ones."""
    page = open(PAGE).read()
    ports = {port: str(world.port()) for port in sorted(set(re.findall(r"\b89\d\d\b", page)))}
    for port, free in ports.items():
        page = re.sub(rf"\b{port}\b", free, page)
    return BLOCK.findall(page), ports


def ready(line):
    """A server in the background has begun when it has printed its URL."""
    command = line[:-1].strip()
    return (f'exec {{fd}}< <(exec {command} 2>>log)\n'
            'pids="$pids $!"\nread -r -u "$fd" url\necho "started $url"\n')


def script(text, ports):
    """The commands, with the default ports said, and servers waited for."""
    out = []
    for line in text.replace("\\\n", "").splitlines():
        if line.endswith("&"):
            for name, port in (("authserver", "8930"), ("serve", "8931")):
                if line.startswith(f"mcpass {name}") and "--port" not in line:
                    line = line.replace(f"mcpass {name}", f"mcpass {name} --port {ports[port]}")
            line = ready(line)
        out.append(line)
    return "\n".join(out)


def test_the_page():
    with World() as w:
        found, ports = blocks(w)
        os.mkdir(w.path("bin"))
        os.symlink(lib.PROGRAM, w.path("bin/mcpass"))
        parts, wanted = [], []
        for language, text in found:
            if language == "sh":
                parts.append(script(text, ports))
            elif language == "":
                wanted.append(text)
        whole = "set -e\npids=\ntrap 'kill $pids; wait' EXIT\n" + "\n".join(parts)
        env = {**w.env, "PATH": f"{w.path('bin')}:{w.env['PATH']}"}
        process = subprocess.Popen(["bash", "-c", whole], cwd=w.folder, env=env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = process.communicate(timeout=lib.PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        log = open(w.path("log")).read() if os.path.exists(w.path("log")) else ""
        expect_eq("every command works", process.returncode, 0, out + err + log)
        expect("enough is shown", len(wanted) >= 3, str(wanted))
        for text in wanted:
            for line in text.splitlines():
                expect(f"it says {line!r}", line in out.splitlines(), out + err + log)
        expect("the challenge", re.search("(?i)www-authenticate: Bearer resource_metadata", out), out)
        expect("the metadata", '"authorization_servers":["http://127.0.0.1:%s"]' % ports["8930"] in out, out)
