#!/usr/bin/env python3
"""Every test row that docs/security.md names is there, and every mutant stands in it.

A row is named as  [unit/io/test_browse.c](../tests/unit/io/test_browse.c) "LABEL"."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/security.md"
ROW = re.compile(r'\]\(\.\./(tests/[^)\s]+)\) "((?:[^"\\|]|\\.)+)"')

problems = []
text = PAGE.read_text()
rows = ROW.findall(text)
for file, label in rows:
    path = ROOT / file
    if not path.is_file():
        problems.append(f"there is no {file}")
    elif f'"{label}"' not in path.read_text() and f"{label}(" not in path.read_text():
        problems.append(f'{file} has no row "{label}"')
for mutant in sorted((ROOT / "tests/mutants").glob("*.mutant")):
    if f"`{mutant.stem}`" not in text:
        problems.append(f"the mutant {mutant.stem} is not in docs/security.md")
for problem in problems:
    print(f"rows: {problem}")
if not problems:
    print(f"rows: docs/security.md names {len(rows)} rows, each is there")
sys.exit(1 if problems else 0)
