"""Installs what the parts are tried with, pinned by version and digest: npm, pip and Go
dependencies, each set in a folder beside this file, once, below the user's cache.  `lock.py`
writes the lock files anew."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

from report import Skip

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "mcpass", "interop")
NODE_AT_LEAST = 22
GO_AT_LEAST = (1, 25, 5)
TOOLCHAIN = "golang.org/toolchain@v0.0.1-go1.25.5.linux-"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
PATIENCE = 580


def tool(args, folder, env=None):
    """Runs an installer; where it fails, the part cannot be had."""
    try:
        done = subprocess.run(args, cwd=folder, env={**os.environ, **(env or {})}, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    except FileNotFoundError:
        raise Skip(f"{args[0]} is not installed")
    except subprocess.TimeoutExpired:
        raise Skip(f"{args[0]} did not end in {PATIENCE} s")
    if done.returncode != 0:
        print(done.stdout + done.stderr, flush=True)
        raise Skip(f"{os.path.basename(args[0])} {args[1]} failed")
    return done.stdout


def pin(kind, folder, names):
    """Where a set belongs: named after what its files say."""
    digest = hashlib.sha256()
    for name in names:
        with open(os.path.join(HERE, folder, name), "rb") as file:
            digest.update(file.read())
    return os.path.join(CACHE, f"{kind}-{folder}-{digest.hexdigest()[:16]}")


@contextlib.contextmanager
def once(home):
    """Yields where to install, or None when that is done; half a set never gets its name."""
    os.makedirs(CACHE, exist_ok=True)
    with open(home + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(home):
            yield None
            return
        print(f"installing {os.path.basename(home)}", flush=True)
        shutil.rmtree(home + ".new", ignore_errors=True)
        os.makedirs(home + ".new")
        try:
            yield home + ".new"
            os.rename(home + ".new", home)
        finally:
            shutil.rmtree(home + ".new", ignore_errors=True)


def npm(folder):
    """The folder that holds node_modules for package.json and package-lock.json of a set."""
    names = ["package.json", "package-lock.json"]
    home = pin("npm", folder, names)
    with once(home) as new:
        if new:
            for name in names:
                shutil.copy(os.path.join(HERE, folder, name), new)
            tool(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"], new)
    return home


def node():
    """A Node of NODE_AT_LEAST or newer: the one that is there, or npm's."""
    with contextlib.suppress(FileNotFoundError):
        said = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
        if int(said[1:].split(".")[0]) >= NODE_AT_LEAST:
            return shutil.which("node")
    modules = os.path.join(npm("node"), "node_modules")
    for name in os.listdir(modules):
        program = os.path.join(modules, name, "bin", "node")
        if os.access(program, os.X_OK):
            return program
    raise Skip(f"there is no Node {NODE_AT_LEAST} for this machine")


def npm_version(home, package):
    with open(os.path.join(home, "node_modules", package, "package.json")) as file:
        return re.search(r'"version": *"([^"]+)"', file.read()).group(1)


def node_script(world, folder, script):
    """Arguments that start a script of a set.  A script finds its modules beside itself, so it
    is copied to where a link to them may stand."""
    stage = world.path(folder)
    if not os.path.isdir(stage):
        os.mkdir(stage)
        os.symlink(os.path.join(npm(folder), "node_modules"), os.path.join(stage, "node_modules"))
        for name in os.listdir(os.path.join(HERE, folder)):
            if name.endswith((".mjs", ".js")):
                shutil.copy(os.path.join(HERE, folder, name), stage)
    return [node(), os.path.join(stage, script)]


def pip(folder):
    """The python of a venv that has what requirements.txt of a set says, and nothing else."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    home = pin(f"pip{version}", folder, ["requirements.txt"])
    with once(home) as new:
        if new:
            # It gets its name afterwards, and its scripts name the old place: run its python.
            tool([sys.executable, "-m", "venv", new], HERE)
            tool([os.path.join(new, "bin", "python"), "-m", "pip", "install", "--require-hashes",
                  "--no-deps", "--only-binary", ":all:", "-r",
                  os.path.join(HERE, folder, "requirements.txt")], HERE)
    return os.path.join(home, "bin", "python")


def pip_version(python, package):
    return tool([python, "-c", "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))",
                 package], HERE).strip()


GO_ENV = {"GOMODCACHE": os.path.join(CACHE, "gomod"), "GOFLAGS": "-mod=readonly -modcacherw",
          "CGO_ENABLED": "0", "GO111MODULE": "on", "GOWORK": "off"}


def go_tool():
    """A Go of GO_AT_LEAST: the one that is there, or a toolchain through the module mechanism."""
    said = tool(["go", "version"], HERE)
    numbers = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", said).groups("0")
    if tuple(int(number) for number in numbers) >= GO_AT_LEAST:
        return "go"
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        raise Skip(f"{said.strip()} is too old")
    home = os.path.join(CACHE, "gomod", TOOLCHAIN + machine)
    if not os.path.exists(os.path.join(home, "bin", "go")):
        tool(["go", "mod", "download", TOOLCHAIN + machine], CACHE, {**GO_ENV, "GOFLAGS": "-modcacherw"})
    # A module's files come without the right to be run.
    for folder in ("bin", os.path.join("pkg", "tool")):
        for path, _, names in os.walk(os.path.join(home, folder)):
            for name in names:
                os.chmod(os.path.join(path, name), 0o755)
    return os.path.join(home, "bin", "go")


def go(folder, package="."):
    """The program that go.mod, go.sum and the sources of a set make, or that is a package they name."""
    source = os.path.join(HERE, folder)
    home = pin("go", folder, ["go.mod", "go.sum"]
               + sorted(name for name in os.listdir(source) if name.endswith(".go")))
    with once(home) as new:
        if new:
            tool([go_tool(), "build", "-o", os.path.join(new, "program"), package], source,
                 {**GO_ENV, "GOTOOLCHAIN": "local"})
    return os.path.join(home, "program")


def go_version(folder, module):
    with open(os.path.join(HERE, folder, "go.mod")) as file:
        return re.search(re.escape(module) + r" v(\S+)", file.read()).group(1)
