#!/usr/bin/env python3
"""docs/spec-map.md: what the specification asks for, where it is enforced, what fails without.

usage: spec_map.py generate | check

check fails when a MUST has neither code nor reason, when a place or a row that
tests/spec/requirements.txt names is not there, and when the page is not up to date.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/spec/requirements.txt"
PAGE = ROOT / "docs/spec-map.md"
SPEC = "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization"
PAGES = {
    "overview": ("Authorization", SPEC),
    "discovery": ("Authorization Server Discovery", SPEC + "/authorization-server-discovery"),
    "registration": ("Client Registration", SPEC + "/client-registration"),
    "security": ("Security Considerations", SPEC + "/security-considerations"),
}
LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT")
ROLES = ("client", "server", "issuer", "all")
# The rows of this test are the names in a table of the product.
ROWS_ELSEWHERE = {"tests/pair/test_faults.c": "src/issuer/faults/faults.c"}

problems = []


def complain(text):
    problems.append(text)


class Requirement:
    def __init__(self, name, page, heading, level, roles):
        self.name, self.page, self.heading, self.level = name, page, heading, level
        self.roles = [role.strip() for role in roles.split(",")]
        self.says, self.reason, self.but = "", "", ""
        self.places, self.rows = [], []

    def add(self, key, value):
        if key == "says":
            self.says = value
        elif key == "not":
            self.reason = value
        elif key == "but":
            self.but = value
        elif key == "by" and ":" in value:
            self.places.append(tuple(value.split(":", 1)))
        elif key == "row" and re.fullmatch(r'\S+: ".+"', value):
            file, label = value.split(": ", 1)
            self.rows.append((file, label[1:-1]))
        else:
            complain(f"{self.name}: what is '{key} {value}'?")


def read_data():
    """The requirements in order, and how many of each level a page has."""
    found, counts = [], {}
    for line in DATA.read_text().splitlines():
        head = re.fullmatch(r"\[(\w+)\] (.+?) \| (.+?) \| (.+?) \| (.+)", line)
        count = re.fullmatch(r"count (\w+) (.+)", line)
        if not line or line.startswith("#"):
            continue
        if head:
            found.append(Requirement(*head.groups()))
        elif count:
            for part in count[2].split(", "):
                level, number = part.rsplit(" ", 1)
                counts[count[1], level] = int(number)
        elif found:
            found[-1].add(*line.partition(" ")[::2])
        else:
            complain(f"requirements.txt: {line}")
    return found, counts


# --- the code ---

DEFINITION = re.compile(r"^(?:[a-z_][\w \*]*?[ \*])(\w+)\(")


def defined_names(text):
    """(line, name) of each function and table that a .c file defines, in order."""
    names, lines = [], text.splitlines()
    for number, line in enumerate(lines):
        function = DEFINITION.match(line)
        if function:
            # A prototype ends in ';' before any brace.
            rest = "\n".join(lines[number:number + 8])
            if "{" in rest and ";" not in rest[:rest.index("{")]:
                names.append((number, function[1]))
            continue
        names += [(number, name) for name in re.findall(r"\b(\w+)\[\w*\] = \{", line)
                  if not line.startswith("\t")]
    return names


def name_at(names, lines, number):
    """The definition that a comment on that line belongs to, or None."""
    if lines[number].startswith("\t"):
        return next((name for at, name in reversed(names) if at <= number), None)
    return next((name for at, name in names if at >= number), None)


# The document that a clause is of: what a bare number or a quoted heading behind it belongs to.
DOCUMENT = re.compile(r"RFC \d+\w*|OAuth 2\.1|OIDC \w+|OpenID Connect \w+(?: 1\.0)?|CSP Level \d"
                      r"|JSON-RPC 2\.0|JSON Schema \d{4}-\d\d|WHATWG \w+|Fetch|SEP-\d+"
                      r"|MCP(?: \d{4}-\d\d-\d\d)?(?: [A-Za-z][\w-]*)*"
                      r"|[A-Za-z][\w-]*(?: [A-Za-z][\w-]*)*")
SECTION = re.compile(r" ?(?:appendix )?[A-Z]?\d[\d.]*| ?appendix [A-Z]| ?[A-Z]\.\d+| ?[A-Z](?= |$)")


def read_piece(piece, document):
    """(document, clause) of what stands between two commas; clause None: only explanation."""
    section = SECTION.match(piece)
    if piece.startswith('"'):
        return document, f"{document or '(no document named)'} {piece}"
    if section and document:
        return document, f"{document} {section[0].strip().rstrip('.')}"
    named = DOCUMENT.match(piece)
    strict = re.match(r"RFC|OAuth|OIDC|OpenID|CSP|JSON|WHATWG|Fetch|MCP|SEP", piece)
    if not named or (document and not strict):
        return document, None
    rest = piece[named.end():]
    section = SECTION.match(rest) if strict else None
    if rest.lstrip().startswith('"'):
        return named[0], piece
    return named[0], (named[0] + (" " + section[0].strip().rstrip(".") if section else "")).strip()


def split_clauses(text):
    """'RFC 9449 8.2, 9; MCP x, "Y" (why)' -> RFC 9449 8.2; RFC 9449 9; MCP x; MCP x "Y"."""
    clauses, document = [], None
    text = re.sub(r"\s*\([^()]*(?:\)|$)", "", text)
    text = re.split(r": |:$|\. |  |\)| \* ", text)[0]
    for piece in re.split(r"[;,]\s*(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", text):
        document, clause = read_piece(piece.strip(" ."), document)
        if clause:
            clauses.append(clause)
    return clauses


def collect_tags():
    """clause -> places, of every 'spec:' in a comment of src/."""
    found = collections.defaultdict(set)
    for path in sorted(ROOT.glob("src/**/*.[ch]")):
        text = path.read_text()
        lines, names = text.splitlines(), defined_names(text) if path.suffix == ".c" else []
        for comment in re.finditer(r"/\*.*?\*/", text, re.S):
            for tag in re.finditer(r"\bspec:\s*(.*?)(?=\bspec:|\*/)", comment[0], re.S):
                words = re.sub(r"\n\s*\*?\s*", " ", tag[1]).strip()
                number = text.count("\n", 0, comment.start())
                name = name_at(names, lines, number)
                place = (str(path.relative_to(ROOT)), name)
                for clause in split_clauses(words):
                    found[clause].add(place)
    return found


# --- checking ---

def check_places(req):
    for file, name in req.places:
        path = ROOT / file
        if not path.is_file():
            complain(f"{req.name}: there is no {file}")
        elif name not in {known for _, known in defined_names(path.read_text())}:
            complain(f"{req.name}: {file} defines no {name}")


def check_rows(req):
    for file, label in req.rows:
        path = ROOT / ROWS_ELSEWHERE.get(file, file)
        if not (ROOT / file).is_file():
            complain(f"{req.name}: there is no {file}")
        elif f'"{label}"' not in path.read_text():
            complain(f'{req.name}: {file} has no row "{label}"')


def check(found, counts):
    seen, per_level = set(), collections.Counter()
    for req in found:
        if req.name in seen:
            complain(f"{req.name} stands there twice")
        seen.add(req.name)
        per_level[req.page, req.level] += 1
        if req.page not in PAGES or req.level not in LEVELS or not set(req.roles) <= set(ROLES):
            complain(f"{req.name}: no such page, level or role")
        if not req.says:
            complain(f"{req.name} says nothing")
        if req.reason and (req.places or req.rows or req.but):
            complain(f"{req.name} is not done, and done")
        if not req.reason and not req.places:
            complain(f"{req.name}, a {req.level}, is enforced nowhere")
        if not req.reason and not req.rows:
            complain(f"{req.name}, a {req.level}, has no row that fails without it")
        check_places(req)
        check_rows(req)
    for key in sorted(set(counts) | set(per_level)):
        if counts.get(key) != per_level[key]:
            complain(f"{key[0]} has {counts.get(key)} {key[1]}, and {per_level[key]} entries")


# --- the page ---

def link(file, text):
    return f"[{text}](../{file})"


def place_text(file, name):
    short = file.removeprefix("src/")
    return link(file, f"{short} `{name}`" if name else short)


def row_text(file, label):
    return f'{link(file, file.removeprefix("tests/"))} "{label}"'.replace("|", "\\|")


def summary(found):
    lines = ["| | asked for | enforced, with a row | of these with a difference | not done |",
             "|---|---|---|---|---|"]
    for level in LEVELS:
        some = [req for req in found if req.level == level]
        done = [req for req in some if not req.reason]
        lines.append(f"| {level} | {len(some)} | {len(done)} | {sum(bool(r.but) for r in done)}"
                     f" | {len(some) - len(done)} |")
    return lines


def exceptions(found):
    lines = ["## What we do not do, and why", "",
             "| | asked for | our reason |", "|---|---|---|"]
    lines += [f"| [{req.name}](#{req.page}) {req.level} | {req.says} | {req.reason} |"
              for req in found if req.reason]
    lines += ["", "## Where we differ, and why", "",
              "| | asked for | what we do instead |", "|---|---|---|"]
    lines += [f"| [{req.name}](#{req.page}) {req.level} | {req.says} | {req.but} |"
              for req in found if req.but]
    return lines


def page_table(found, page):
    title, url = PAGES[page]
    lines = [f'## <a id="{page}"></a>{title}', "", f"[The page]({url})."]
    heading = None
    for req in (req for req in found if req.page == page):
        if req.heading != heading:
            heading = req.heading
            lines += ["", f"### {heading}", "",
                      "| | who | asked for | enforced in | fails without it |",
                      "|---|---|---|---|---|"]
        where = "<br>".join(place_text(*place) for place in req.places) or "not done"
        rows = "<br>".join(row_text(*row) for row in req.rows)
        lines.append(f"| {req.name} {req.level} | {', '.join(req.roles)} | {req.says} | {where}"
                     f" | {rows} |")
    return lines


def natural(text):
    return [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", text)]


def clause_table(tags):
    lines = ["## Every clause that the code names", "",
             "From the `spec:` comments in src/: a clause, and the functions that follow it.", "",
             "| clause | in |", "|---|---|"]
    for clause in sorted(tags, key=natural):
        places = sorted(tags[clause], key=lambda place: (place[0], place[1] or ""))
        lines.append(f"| {clause} | {', '.join(place_text(*place) for place in places)} |")
    return lines


def make_page(found):
    lines = ["# The specification, clause by clause", "",
             "Made by `python3 tests/lint/spec_map.py generate` from",
             "[tests/spec/requirements.txt](../tests/spec/requirements.txt) and the comments of the"
             " code; not to be edited.",
             "The lint fails when a MUST has no code or no row, when one that is named here is not"
             " there,", "and when this page is old.", "",
             "The pages are those of MCP 2026-07-28; their requirements stand here in our words."
             "  The *client* is",
             "src/flow and what is above it, the *server* is the guard and the echo server, the"
             " *issuer* is the", "embedded authorization server.", ""]
    lines += summary(found) + [""] + exceptions(found) + [""]
    for page in PAGES:
        lines += page_table(found, page) + [""]
    return "\n".join(lines + clause_table(collect_tags())) + "\n"


def main():
    if sys.argv[1:] not in (["generate"], ["check"]):
        sys.exit(__doc__)
    found, counts = read_data()
    check(found, counts)
    page = make_page(found)
    if sys.argv[1] == "generate":
        PAGE.write_text(page)
    elif not PAGE.is_file() or PAGE.read_text() != page:
        complain("docs/spec-map.md is old: python3 tests/lint/spec_map.py generate")
    for problem in problems:
        print(f"spec_map: {problem}")
    if not problems:
        done = sum(not req.reason for req in found)
        print(f"spec_map: {len(found)} requirements, {done} enforced, {len(found) - done} not done"
              " for a reason")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
