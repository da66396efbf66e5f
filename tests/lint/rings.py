#!/usr/bin/env python3
"""No two files of a room need each other: not in a ring of two, not in a ring of ten.

usage: rings.py [BUILD_FOLDER] [-v]

A room is a folder of src/ with all below it.  The linker's view is taken: a file needs another
when its object takes a symbol that the other one's defines, so tables of functions count like
calls.  Headers are a graph of their own: the ones that include each other.  Exceptions stand in
rings.allow by name, "FILE needs FILE: reason": that arrow is left out, and it is a problem when
it closes no ring.  -v shows every arrow of a large ring, too."""

import collections
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
ALLOW = ROOT / "tests/lint/rings.allow"


def find_objects(build):
    """source, as "room/x.c" -> its object; those of sources that are gone stay in a build folder."""
    found = {}
    for path in sorted(build.glob("CMakeFiles/*.dir/src/**/*.c.o")):
        source = str(path).split("/src/", 1)[1][:-2]
        if (SRC / source).is_file():
            found.setdefault(source, path)
    return found


def read_symbols(objects):
    """source -> (names it defines, names it takes)."""
    by_path = {str(path): source for source, path in objects.items()}
    symbols = {source: (set(), set()) for source in objects}
    text = subprocess.run(["nm", "-A", "-g", *by_path], capture_output=True, text=True,
                          check=True).stdout
    for line in text.splitlines():
        path, rest = line.rsplit(":", 1)
        kind, name = rest.split()[-2:]
        symbols[by_path[path]][kind == "U"].add(name)
    return symbols


def room_of(file):
    return file.split("/", 1)[0]


def call_graph(build):
    """file -> file it needs -> the names, within rooms."""
    symbols = read_symbols(find_objects(build))
    where = {name: file for file, (defined, _) in symbols.items() for name in defined}
    graph = collections.defaultdict(lambda: collections.defaultdict(set))
    for file, (_, taken) in symbols.items():
        for name in taken:
            other = where.get(name, file)
            if other != file and room_of(other) == room_of(file):
                graph[file][other].add(name)
    return graph, set(symbols)


def include_graph():
    graph = collections.defaultdict(lambda: collections.defaultdict(set))
    for path in sorted(SRC.glob("**/*.h")):
        file = str(path.relative_to(SRC))
        for other in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            if room_of(other) == room_of(file):
                graph[file][other].add("#include")
    return graph


def check_built(built, problems):
    """A room that is not built here (no headers of nginx) is left out, half a room is not."""
    rooms = {room_of(file) for file in built}
    missing = [file for file in (str(path.relative_to(SRC)) for path in sorted(SRC.glob("**/*.c")))
               if room_of(file) in rooms and file not in built]
    problems.extend(f"{file} is not built" for file in missing)


def read_exceptions(problems):
    """[(file, which may be a pattern, the file it needs)]"""
    found = []
    for line in ALLOW.read_text().splitlines():
        allowed = re.fullmatch(r"(\S+) needs (\S+): \S.*", line)
        if allowed:
            found.append((allowed[1], allowed[2]))
        elif line and not line.startswith("#"):
            problems.append(f"rings.allow: what is '{line}'?")
    return found


def leave_out(graph, exceptions):
    """The graph without these arrows."""
    return {file: {other: names for other, names in arrows.items()
                   if not any(fnmatch.fnmatch(file, left) and other == right
                              for left, right in exceptions)}
            for file, arrows in graph.items()}


def check_needed(graph, exceptions, built, problems):
    """Each exception keeps a ring open, which would be closed without it."""
    for one in exceptions:
        if one[1] not in built and (SRC / one[1]).is_file():
            continue            # its room is not built here
        others = [other for other in exceptions if other != one]
        if not find_rings(leave_out(graph, others)):
            problems.append(f"rings.allow: that {one[0]} needs {one[1]} closes no ring")


def find_rings(graph):
    """The sets of files that reach each other (Tarjan)."""
    index, low, stack, rings = {}, {}, [], []

    def visit(file):
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in graph.get(file, ()):
            if other not in index:
                visit(other)
            if other in stack:
                low[file] = min(low[file], low[other])
        if low[file] == index[file]:
            ring = stack[stack.index(file):]
            del stack[stack.index(file):]
            if len(ring) > 1:
                rings.append(ring)

    sys.setrecursionlimit(10000)
    for file in sorted(graph):
        if file not in index:
            visit(file)
    return rings


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    build = pathlib.Path(arguments[0] if arguments else "build").resolve()
    problems = []
    graph, built = call_graph(build)
    check_built(built, problems)
    exceptions = read_exceptions(problems)
    check_needed(graph, exceptions, built, problems)
    for some in (leave_out(graph, exceptions), include_graph()):
        for ring in find_rings(some):
            problems.append(f"{len(ring)} files in a ring: {' '.join(sorted(ring))}")
            arrows = [f"    {file} needs {other}: {' '.join(sorted(names))}" for file in sorted(ring)
                      for other, names in sorted(some[file].items()) if other in ring]
            problems.extend(arrows if "-v" in sys.argv[1:] or len(arrows) < 12 else [])
    for problem in problems:
        print(problem if problem.startswith(" ") else f"rings: {problem}")
    if not problems:
        print(f"rings: {len(built)} files, and none needs one that needs it")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
