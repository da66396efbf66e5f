"""Where a result goes: bytes to a pipe or a file, a sentence to a person."""

import base64
import json
import subprocess

import lib
from lib import JSON, World, expect, expect_eq, hostile
from terminal import at_terminal

PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe" + bytes(range(256))
B64 = base64.b64encode(PNG).decode()
TEXT = {"type": "text", "text": "a picture"}
IMAGE = {"type": "image", "mimeType": "image/png", "data": B64}
SOUND = {"type": "audio", "mimeType": "audio/wav", "data": "AAEC"}
BLOB = {"uri": "x:1", "mimeType": "image/png", "blob": B64}
EMBEDDED = {"type": "resource", "resource": BLOB}
WORDS = {"uri": "x:2", "mimeType": "text/plain", "text": "no line end"}


def answering(world, **result):
    def answer(request):
        asked = json.loads(request.body)
        said = result if asked["method"] in ("tools/call", "resources/read", "prompts/get") else {
            "tools": []}
        return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {
            "resultType": "complete", "ttlMs": 0, "cacheScope": "private", **said}})
    return hostile(world, {"/mcp": answer}).url + "/mcp"


def run_to_file(world, path, *args):
    """The program with its standard output in a file: what `> FILE` does."""
    with open(path, "wb") as out:
        return subprocess.run([lib.PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.PIPE, env=world.env, timeout=lib.PATIENCE)


@lib.rows([
    ("a resource", ("resources", "x:1"), {"contents": [BLOB]}, PNG),
    ("a resource without padding", ("resources", "x:1"),
     {"contents": [{**BLOB, "blob": B64.rstrip("=")}]}, PNG),
    ("a resource of text", ("resources", "x:2"), {"contents": [WORDS]}, b"no line end\n"),
    ("a resource of two parts", ("resources", "x:1"), {"contents": [WORDS, BLOB]},
     b"no line end" + PNG),
    ("an image of a tool", ("call", "t"), {"content": [IMAGE]}, PNG),
    ("a resource of a tool", ("call", "t"), {"content": [EMBEDDED]}, PNG),
    ("an image beside a text", ("call", "t"), {"content": [TEXT, IMAGE]},
     b"a picture\n[image: image/png, 267 bytes]\n"),
])
def test_a_pipe_gets_bytes(label, args, result, want):
    with World() as w:
        url, path = answering(w, **result), w.path("out")
        done = run_to_file(w, path, args[0], url, *args[1:])
        expect_eq("exit code", done.returncode, 0, done.stderr.decode())
        expect_eq("to the byte", open(path, "rb").read(), want)
        if b"[image" in want:
            expect("how to get the rest", b"-o FILE" in done.stderr, done.stderr.decode())


@lib.rows([
    ("a resource", ("resources", "x:1"), {"contents": [BLOB]}, {"o.png": PNG}, ""),
    ("a text resource, to the byte", ("resources", "x:2"), {"contents": [WORDS]},
     {"o.png": b"no line end"}, ""),
    ("an image", ("call", "t"), {"content": [IMAGE]}, {"o.png": PNG}, ""),
    ("a sound", ("call", "t"), {"content": [SOUND]}, {"o.png": b"\0\1\2"}, ""),
    ("an image beside a text", ("call", "t"), {"content": [TEXT, IMAGE]}, {"o.png": PNG},
     "a picture\n"),
    ("two images", ("call", "t"), {"content": [IMAGE, SOUND, EMBEDDED]},
     {"o.png": PNG, "o-2.png": b"\0\1\2", "o-3.png": PNG}, ""),
    ("a text", ("call", "t"), {"content": [TEXT]}, {"o.png": b"a picture\n"}, ""),
    ("structured content", ("call", "t"), {"content": [], "structuredContent": {"a": 1.10}},
     {"o.png": b'{\n  "a": 1.1\n}\n'}, ""),
    ("a prompt's image", ("prompts", "p"), {"messages": [
        {"role": "user", "content": IMAGE}]}, {"o.png": PNG}, ""),
])
def test_a_file_gets_bytes(label, args, result, files, said):
    with World() as w:
        url, path = answering(w, **result), w.path("o.png")
        done = w.run(args[0], url, *args[1:], "-o", path)
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect_eq("standard output", done.stdout, said)
        for name, want in files.items():
            expect_eq(name, open(w.path(name), "rb").read(), want)


def test_a_file_gets_json():
    with World() as w:
        url, path = answering(w, contents=[BLOB]), w.path("o.json")
        done = w.run("resources", url, "x:1", "--json", "--output", path)
        expect_eq("exit code", (done.returncode, done.stdout), (0, ""), done.stderr)
        expect_eq("the result", json.load(open(path))["contents"], [BLOB])


@lib.rows([
    ("no such folder", "none/o.png", 2), ("a folder", "", 2),
])
def test_a_file_that_cannot_be_is_said_before_the_call(label, name, code):
    with World() as w:
        server = hostile(w, {"/mcp": (500, {}, "")})
        done = w.run("call", server.url + "/mcp", "t", "-o", w.path(name) or ".")
        expect_eq("exit code", done.returncode, code, done.stderr)
        expect_eq("no request was sent", server.requests, [])


def test_what_is_no_base64_leaves_the_file_alone():
    with World() as w:
        url, path = answering(w, contents=[{**BLOB, "blob": "no base64!"}]), w.write("o", "before")
        done = w.run("resources", url, "x:1", "-o", path)
        expect_eq("exit code", done.returncode, 3, done.stderr)
        expect_eq("as it was", open(path).read(), "before")


def test_a_failure_writes_no_file():
    with World() as w:
        url, path = answering(w, isError=True, content=[TEXT]), w.write("o", "before")
        done = w.run("call", url, "t", "-o", path)
        expect_eq("exit code", (done.returncode, done.stdout), (1, ""), done.stderr)
        expect("its words", "a picture" in done.stderr, done.stderr)
        expect_eq("as it was", open(path).read(), "before")


@lib.rows([("a string", "true"), ("Python's own", "True"), ("a number", 1)])
def test_a_failure_that_is_told_oddly(label, told):
    """The tool says that it failed: a script must not go on with its words as its answer."""
    with World() as w:
        url = answering(w, isError=told, content=[TEXT])
        for flags in ((), ("--json",)):
            done = w.run("call", url, "t", "--explain", *flags)
            expect_eq("exit code", done.returncode, 1, done.stderr)
            expect("it is said", "isError is no boolean" in done.stderr, done.stderr)


def test_a_terminal_is_told_how():
    with World() as w:
        code, seen = at_terminal(w, ["resources", answering(w, contents=[BLOB]), "x:1"])
        expect_eq("exit code", code, 0, seen)
        expect("a remark", "[resource: x:1, image/png" in seen, seen)
        expect("how to get the bytes", "-o FILE" in seen, seen)


@lib.rows([
    ("no content", {}), ("empty content", {"content": []}),
    ("an empty text", {"content": [{"type": "text", "text": " "}]}),
    ("null", {"content": None, "structuredContent": None}),
])
def test_an_error_without_words_is_said(label, result):
    with World() as w:
        for flags in ((), ("--quiet",)):
            done = w.run("call", answering(w, isError=True, **result), "t", *flags)
            expect_eq("exit code", (done.returncode, done.stdout), (1, ""), done.stderr)
            expect("a sentence", "says that it failed, and gives no reason" in done.stderr,
                   done.stderr)


@lib.rows([
    ("always the same cursor", lambda asked: {"tools": [{"name": "one"}], "nextCursor": "c"},
     "same cursor again"),
    ("cursors in a circle", lambda asked: {"tools": [{"name": "one"}],
                                           "nextCursor": str(asked % 3)}, "same cursor again"),
    ("pages without end", lambda asked: {"tools": [{"name": "one"}], "nextCursor": str(asked)},
     "more than 1000 pages"),
    ("too many", lambda asked: {"tools": [{"name": "one"}] * 10001}, "more than 10000 tools"),
])
def test_a_list_is_cut_with_a_warning(label, page, why):
    with World() as w:
        asked = []

        def answer(request):
            body = json.loads(request.body)
            asked.append(body)
            return 200, JSON, json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": {
                "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
                **page(len(asked))}})
        done = w.run("tools", hostile(w, {"/mcp": answer}).url + "/mcp")
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("what there is", done.stdout.startswith("one\n"), done.stdout[:200])
        expect("a warning", "This is not the whole list" in done.stderr and why in done.stderr,
               done.stderr)
