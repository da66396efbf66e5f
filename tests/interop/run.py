#!/usr/bin/env python3
"""Runs the interop parts: run.py PROGRAM [PART...].  A part is a module part_NAME.py beside this
file with TITLE, ORDER and run(report); it brings up a real implementation on loopback and goes
through the whole flow with it.  The last line counts implementations."""

import glob
import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

import lib                                              # noqa: E402
from report import Report, Skip, write_page             # noqa: E402

MUST_RUN = {"keycloak"}         # a skip of these is a failure


def run_part(name):
    module = importlib.import_module("part_" + name)
    report = Report(name, module.TITLE)
    begun = time.monotonic()
    try:
        module.run(report)
    except Skip as why:
        report.skip(str(why), fatal=name in MUST_RUN)
    except Exception:
        report.broken(traceback.format_exc())
    print(f"{name}: {report.summary()}, {time.monotonic() - begun:.0f} s", flush=True)
    return report


def main():
    lib.PROGRAM = os.path.abspath(sys.argv[1])
    lib.OUTPUT = os.path.join(os.path.dirname(lib.PROGRAM), "interop")
    os.makedirs(lib.OUTPUT, exist_ok=True)
    names = [os.path.basename(path)[len("part_"):-3]
             for path in glob.glob(os.path.join(HERE, "part_*.py"))]
    names.sort(key=lambda name: importlib.import_module("part_" + name).ORDER)
    wanted = sys.argv[2:] or names
    reports = [run_part(name) for name in names if name in wanted]
    if wanted == names:
        write_page(reports, os.path.join(HERE, "..", "..", "docs", "interop.md"))
    failed = sum(report.failed for report in reports)
    print("interop: " + ", ".join(f"{r.name} {r.summary()}" for r in reports)
          + f"; {failed} failed")
    sys.exit(0 if failed == 0 and reports else 1)


if __name__ == "__main__":
    main()
