#!/usr/bin/env python3
"""Runs the tests of the nginx module: run.py MODULE PROGRAM [NAME...].

The rows are functions test_* of the modules test_*.py here, as in tests/e2e/run.py.  The last line
counts them."""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import gateway          # noqa: E402
import lib              # noqa: E402
import run as e2e       # noqa: E402

if __name__ == "__main__":
    gateway.MODULE = os.path.abspath(sys.argv.pop(1))
    lib.HERE, here = HERE, lib.HERE
    e2e.main()
