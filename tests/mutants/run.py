#!/usr/bin/env python3
"""Takes one security check at a time out of the program and expects a test to notice.

usage: run.py [NAME_PART...]

Each tests/mutants/*.mutant is one change: "file: PATH", lines that begin with "-" (they occur
once in the file, to the byte) and the lines with "+" that replace them, and "test: NAME", a
program of CTest or "e2e NAME_PART".  The checkout is copied first and stays as it is.  A mutant
is caught when it builds and its test fails.  The last line counts."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/mutants"
TIMEOUT = 600                   # seconds, for one build or one test


class Broken(Exception):
    """The mutant itself is wrong: it fits no place, does not build, or names no test."""


class Mutant:
    def __init__(self, path):
        self.name, self.file, self.test = path.stem, None, None
        self.old, self.new = "", ""
        for line in path.read_text().splitlines():
            if line.startswith("file: "):
                self.file = line[6:]
            elif line.startswith("test: "):
                self.test = line[6:]
            elif line.startswith("-"):
                self.old += line[1:] + "\n"
            elif line.startswith("+"):
                self.new += line[1:] + "\n"
            elif line and not line.startswith("#"):
                raise Broken(f"what is '{line}'?")
        if not (self.file and self.test and self.old):
            raise Broken("it needs file:, test: and lines with -")

    def apply(self, tree):
        path = tree / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise Broken(f"its lines occur {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new))
        return path, text


def call(*command, cwd):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, errors="replace", timeout=TIMEOUT)


def build(tree, *targets):
    return call("ninja", "-C", "build", *targets, cwd=tree)


def run_test(tree, test):
    """True when the test passes; it must have run at least one row."""
    if test.startswith("e2e "):
        done = call(sys.executable, "tests/e2e/run.py", "build/mcpass", test[4:], cwd=tree)
    else:
        try:
            done = call(str(tree / "build" / test), cwd=tree)
        except subprocess.TimeoutExpired:       # CTest ends it, and calls it failed
            return False
    counted = re.search(r"(\d+) passed, (\d+) failed", done.stdout)
    if counted and counted[1] == counted[2] == "0":
        raise Broken(f"{test} ran no row")
    return done.returncode == 0


def target_of(test):
    return "mcpass" if test.startswith("e2e ") else test


def try_one(tree, path):
    """None when the mutant is caught, else the reason."""
    try:
        mutant = Mutant(path)
        if not (tree / mutant.file).is_file():
            raise Broken(f"there is no {mutant.file}")
        changed, text = mutant.apply(tree)
        try:
            done = build(tree, target_of(mutant.test))
            if done.returncode != 0:
                raise Broken("it does not build:\n" + done.stdout[-2000:])
            return f"{mutant.test} passes without it" if run_test(tree, mutant.test) else None
        finally:
            changed.write_text(text)
    except (Broken, subprocess.TimeoutExpired) as error:
        return str(error)


def copy(tree):
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT,
                           stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def prepare(tree, mutants):
    """Builds the unchanged tree, whose tests must pass: a red test catches everything."""
    tests = sorted({Mutant(path).test for path in mutants})
    done = call("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                "-DMCPASS_WERROR=ON", cwd=tree)
    if done.returncode == 0:
        done = build(tree, *sorted({target_of(test) for test in tests}))
    if done.returncode != 0:
        sys.exit(done.stdout[-3000:])
    failed = [test for test in tests if not run_test(tree, test)]
    if failed:
        sys.exit("mutants: fails without any mutant: " + ", ".join(failed))


def main():
    wanted = sys.argv[1:]
    mutants = [path for path in sorted(HERE.glob("*.mutant"))
               if not wanted or any(part in path.stem for part in wanted)]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="mcpass-mutants-") as folder:
        tree = pathlib.Path(folder)
        copy(tree)
        prepare(tree, mutants)
        for path in mutants:
            reason = try_one(tree, path)
            caught += reason is None
            if reason:
                print(f"FAILED [{path.stem}] {reason}", flush=True)
    print(f"mutants: caught {caught} of {len(mutants)}")
    print(f"{caught} passed, {len(mutants) - caught} failed")
    sys.exit(0 if mutants and caught == len(mutants) else 1)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
