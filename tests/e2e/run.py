#!/usr/bin/env python3
"""Runs the end-to-end tests: run.py PROGRAM [NAME...].  Rows run in parallel.

A test is a function test_* of a module test_*.py beside this file; rows(list) makes one
test of each row of a table.  One that cannot be made on this machine raises lib.Skip.  The last
line counts them."""

import concurrent.futures
import glob
import importlib
import os
import sys
import time
import traceback

import lib


def collect():
    tests = []
    for path in sorted(glob.glob(os.path.join(lib.HERE, "test_*.py"))):
        name = os.path.basename(path)[:-3]
        module = importlib.import_module(name)
        for key, value in vars(module).items():
            if key.startswith("test_") and callable(value):
                rows = getattr(value, "rows", None)
                if rows is None:
                    tests.append((f"{name}.{key}", value, ()))
                else:
                    tests += [(f"{name}.{key}[{row[0]}]", value, row) for row in rows]
    return tests


def run(test):
    name, function, args = test
    begun = time.monotonic()
    try:
        function(*args)
        return name, None, time.monotonic() - begun
    except lib.Skip as why:
        return name, why, time.monotonic() - begun
    except Exception:
        return name, traceback.format_exc(), time.monotonic() - begun


def main():
    lib.PROGRAM = os.path.abspath(sys.argv[1])
    lib.OUTPUT = os.path.join(os.path.dirname(lib.PROGRAM), "e2e")
    os.makedirs(lib.OUTPUT, exist_ok=True)
    wanted = sys.argv[2:]
    tests = [t for t in collect() if not wanted or any(w in t[0] for w in wanted)]
    passed = failed = skipped = 0
    alone = [t for t in tests if "chromium" in t[0]]    # a browser fills a small machine
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(run, [t for t in tests if t not in alone]))
    for name, failure, seconds in results + [run(t) for t in alone]:
        if failure is None:
            passed += 1
        elif isinstance(failure, lib.Skip):
            skipped += 1
            print(f"SKIPPED [{name}] {failure}", flush=True)
        else:
            failed += 1
            print(f"FAILED [{name}]\n{failure}", flush=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
