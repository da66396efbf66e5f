#!/usr/bin/env python3
"""The programs of examples/, built as their first lines say against an installed library, and run
against our own authorization server and echo server.   usage: run.py BUILD_FOLDER [NAME...]"""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "e2e"))
import lib  # noqa: E402

HELLO = '"text":"hello"'
EXAMPLES = {            # what its last line of output has
    "blocking.c": HELLO,
    "epoll.c": HELLO,
    "libuv.c": HELLO,
    "libevent.c": HELLO,
    "cpp.cc": HELLO,
    "python_cffi.py": "hello",
}


class Place:
    """Where the library is installed, and the examples are built."""

    def __init__(self, build, folder):
        self.folder = folder
        prefix = os.path.join(folder, "prefix")
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        libs = next(path for path, _, files in os.walk(prefix) if "libmcpass.so" in files)
        self.env = {"LD_LIBRARY_PATH": libs, "PKG_CONFIG_PATH": os.path.join(libs, "pkgconfig"),
                    "TMPDIR": folder}

    def build(self, name):
        """By the command that stands in its opening comment; warnings are errors here."""
        path = os.path.join(TOP, "examples", name)
        if name.endswith(".py"):
            return [sys.executable, path]
        with open(path) as file:        # "cc NAME.c $(pkg-config ...)"
            command = re.search(r"^.{2,8}((?:cc|c\+\+) .*\$\(pkg-config .*\))$", file.read(), re.M)[1]
        return self.compile(name, command, os.path.dirname(path))

    def compile(self, name, command, folder):
        program = os.path.join(self.folder, name + ".out")
        done = subprocess.run(f"{command} -Wall -Wextra -Werror -o '{program}'", shell=True, text=True,
                              cwd=folder, env={**os.environ, **self.env},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lib.expect_eq(command, done.returncode, 0, done.stdout)
        return [program]


def run(world, place, program, server, **env):
    args = [*program, server]
    if "blocking" in program[0]:
        args += ["echo", '{"message": "hello"}']
    return subprocess.run(args, env={**world.env, **place.env, **env}, text=True, timeout=lib.PATIENCE,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_client(name, place):
    program = place.build(name)
    with lib.World() as world:
        world.start_both()
        url = world.url
        done = run(world, place, program, url, MCPASS_E2E_ANSWER="deny")
        lib.expect(f"{name}: a person who says no", done.returncode != 0 and HELLO not in done.stdout,
                   done.stdout + done.stderr)
        done = run(world, place, program, url)
        lib.expect_eq(f"{name}: its first call", done.returncode, 0, done.stdout + done.stderr)
        lib.expect(f"{name}: the answer", EXAMPLES[name] in done.stdout, done.stdout)
        done = run(world, place, program, url, BROWSER="/bin/false")
        lib.expect_eq(f"{name}: the next one needs no browser", done.returncode, 0,
                      done.stdout + done.stderr)
        lib.expect(f"{name}: the answer", EXAMPLES[name] in done.stdout, done.stdout)
        done = world.run("status", url)
        lib.expect_eq(f"{name}: the program finds the same login", done.returncode, 0, done.stdout)


def check_guarded(name, place):
    program = place.build(name)
    with lib.World() as world:
        issuer = world.start_authserver()
        server = world.spawn(*program, issuer, str(world.port()), env=place.env)
        world.url = server.ready["url"]
        done = world.call("hello")
        lib.expect_eq("guarded.c: a call", done.returncode, 0, done.stderr + server.read_log())
        lib.expect("guarded.c: who it is", "Hello, alice" in done.stdout, done.stdout)
        done = subprocess.run(["curl", "-sS", "-i", "-d", "{", world.url], env=world.env, text=True,
                              stdout=subprocess.PIPE, timeout=lib.PATIENCE)
        lib.expect("guarded.c: what cannot be read", " 400 " in done.stdout, done.stdout)
        done = subprocess.run(["curl", "-sS", "-i", "-d", '{"jsonrpc":"2.0","id":1,"method":"ping"}',
                               world.url], env=world.env, text=True, stdout=subprocess.PIPE,
                              timeout=lib.PATIENCE)
        lib.expect("guarded.c: no token", " 401 " in done.stdout and "resource_metadata=" in done.stdout,
                   done.stdout)


def check_old_program(name, place):
    """The rule of growth in mcpass/error.h."""
    program = place.compile(name, f"cc {name} $(pkg-config --libs mcpass)", HERE)
    with lib.World() as world:
        world.start_both()
        done = run(world, place, program, world.url)
        lib.expect_eq("an old program", done.returncode, 0, done.stdout + done.stderr)
        lib.expect("its token", done.stdout.startswith("Bearer mcp:"), done.stdout)


def check_threads(name, place):
    """One login serves all."""
    program = place.compile(name, f"cc {name} $(pkg-config --cflags --libs mcpass) -pthread", HERE)
    with lib.World() as world:
        world.start_both()
        done = run(world, place, program, world.url)
        lib.expect_eq("threads", done.returncode, 0, done.stdout + done.stderr)
        lib.expect_eq("four tokens", len(re.findall("^mcp:", done.stdout, re.M)), 4, done.stdout + done.stderr)
        lib.expect_eq("one login", world.authserver.read_log().count("POST /authorize/login"), 1,
                      world.authserver.read_log())


def check_readme(name, place):
    """Its steps end in a token."""
    with open(os.path.join(TOP, "README.md")) as file:
        page = file.read()
    source = os.path.join(place.folder, "login.c")
    with open(source, "w") as file:
        file.write(re.search(r"`login.c`.*?```c\n(.*?)```", page, re.S)[1])
    command = re.search(r"^cc login.c -o login (\$\(pkg-config [^)]*\))", page, re.M)[1]
    program = place.compile("readme", f"cc login.c {command}", place.folder)
    with lib.World() as world:
        world.start_both()
        done = run(world, place, program, world.url)
        lib.expect_eq("the README's program", done.returncode, 0, done.stdout + done.stderr)
        lib.expect_eq("its token", done.stdout, f"a Bearer token of {world.issuer} for {world.url}\n")


OTHERS = {"guarded.c": check_guarded, "old_program.c": check_old_program,
          "README.md": check_readme, "threads.c": check_threads}


def main():
    build = os.path.abspath(sys.argv[1])
    lib.PROGRAM = os.path.join(build, "mcpass")
    there = {name for name in os.listdir(os.path.join(TOP, "examples"))
             if name.endswith((".c", ".cc", ".py"))}
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="mcpass-examples-") as folder:
        place = Place(build, folder)
        for name in sorted(there | {"old_program.c", "README.md", "threads.c"}):
            if len(sys.argv) > 2 and not any(part in name for part in sys.argv[2:]):
                continue
            try:
                lib.expect("every example is run", name in EXAMPLES or name in OTHERS, name)
                OTHERS.get(name, check_client)(name, place)
                passed += 1
            except (lib.Failure, subprocess.SubprocessError) as why:
                failed += 1
                print(f"FAILED [{name}] {why}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
