#!/usr/bin/env python3
"""Runs the tests of stores in PostgreSQL: run.py PROGRAM [--long] [NAME...].

The rows are functions test_* of the modules test_*.py here, as in tests/e2e/run.py; each has a
cluster of its own, made from the system's PostgreSQL by an unprivileged user, in a folder of its
own, at a socket or a port of the kernel's choice.  --long: the fleet on two hosts is of 25 processes
each, for a hundred rounds.  The last line counts them."""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import cluster          # noqa: E402
import lib              # noqa: E402
import run as e2e       # noqa: E402

if __name__ == "__main__":
    if "--long" in sys.argv:
        sys.argv.remove("--long")
        cluster.LONG = True
    lib.HERE, here = HERE, lib.HERE
    tests = e2e.collect()
    lib.HERE, e2e.collect = here, lambda: tests
    e2e.main()
