"""A long answer goes to a file in little memory, whole or not at all."""

import base64
import hashlib
import json
import os
import resource
import signal
import subprocess

import lib
from lib import World, expect, expect_eq, hostile

MEGABYTE = 1000 * 1000
MOST_MEMORY = 150 * MEGABYTE    # of addresses, libraries and all: less than the answer
BLOCK = bytes(range(256)) * 3 * 128             # 98304 bytes: whole groups of base64
LINE = 'The "quick" brown fox\n\t\u00fc\U0001f600 jumps. '
TEXT = LINE * 1000
TAIL = ',"resultType":"complete"}}'


def blocks(kind, count):
    """(the JSON of one block, the bytes that it stands for)"""
    if kind == "text":
        return json.dumps(TEXT)[1:-1].encode(), TEXT.encode()
    return base64.b64encode(BLOCK), BLOCK


HEADS = {
    "text": ("resources/read", '"contents":[{"uri":"x:1","text":"', '"}]'),
    "blob": ("resources/read", '"contents":[{"uri":"x:1","blob":"', '"}]'),
    "image": ("tools/call", '"content":[{"type":"image","mimeType":"image/png","data":"', '"}]'),
    "words": ("tools/call", '"content":[{"type":"text","text":"', '"}]'),
    "both": ("tools/call", '"content":[{"type":"text","text":"short"},{"type":"image","data":"',
             '"}],"structuredContent":{"a":"b"}'),
}


def answer_with(kind, size, stream=False, tail=TAIL, insert=b"", cut=False):
    """A route that writes the answer block by block."""
    method, before, behind = HEADS[kind]
    block, meant = blocks("text" if kind in ("text", "words") else "bytes", 1)
    count = size // len(block) + 1
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(meant)
    if kind == "words":                 # what a tool says ends a line
        digest.update(b"\n")

    def route(request):
        asked = json.loads(request.body)
        if asked["method"] != method:
            return 200, lib.JSON, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {
                "tools": [{"name": "t", "inputSchema": {"type": "object"}}], "ttlMs": 0,
                "cacheScope": "private", "resultType": "complete"}})
        lead = f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{{{before}'.encode()
        end = (behind + tail).encode()
        if stream:
            lead, end = b"event: message\r\ndata: " + lead, end + b"\r\n\r\n"
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream" if stream else "application/json")
        request.send_header("Connection", "close")
        request.send_header("Content-Length", str(len(lead) + count * len(block) + len(insert)
                                                  + len(end)))
        request.end_headers()
        request.close_connection = True
        request.wfile.write(lead)
        for i in range(count):
            if cut and i == count // 2:
                raise lib.Answered
            request.wfile.write(insert + block if i == count // 2 else block)
        request.wfile.write(end)
        raise lib.Answered
    return route, count * len(meant), digest.hexdigest()


def is_sanitized():
    """It reserves more addresses than there is memory."""
    with open(lib.PROGRAM, "rb") as program:
        return b"__asan_init" in program.read()


def long_answer():
    """More than there is memory; less where memory has no limit, since a sanitizer takes its time."""
    return (20 if is_sanitized() else 200) * MEGABYTE


def run(w, *args, limit=None):
    """(exit code, standard error), in little memory"""
    sanitized = is_sanitized()

    def prepare():
        if not sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    done = subprocess.run([lib.PROGRAM, *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=w.env, preexec_fn=prepare, timeout=lib.PATIENCE)
    return done.returncode, done.stderr


def sum_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()


def command(kind, url, *more):
    what = ("resources", url, "x:1") if HEADS[kind][0] == "resources/read" else ("call", url, "t")
    return (*what, *more)


@lib.rows([
    ("a blob in a JSON body", "blob", False),
    ("a text in an event", "text", True),
    ("an image in an event", "image", True),
    ("what a tool says, in a JSON body", "words", False),
    ("an image beside a text", "both", False),
])
def test_a_file_takes_200_megabytes(label, kind, stream):
    with World() as w:
        route, size, digest = answer_with(kind, long_answer(), stream)
        server = hostile(w, {"/mcp": route})
        os.mkdir(w.path("to"))
        code, err = run(w, *command(kind, server.url + "/mcp", "-o", w.path("to/out.bin")))
        expect_eq("exit", code, 0, err)
        expect_eq("one file", os.listdir(w.path("to")), ["out.bin"])
        expect_eq("its bytes", sum_of(w.path("to/out.bin")), digest)


def test_json_is_as_the_server_wrote_it():
    with World() as w:
        route, _, _ = answer_with("words", 100 * MEGABYTE, True)
        server = hostile(w, {"/mcp": route})
        code, err = run(w, *command("words", server.url + "/mcp", "--json", "-o",
                                          w.path("out.json")))
        expect_eq("exit", code, 0, err)
        block, _ = blocks("text", 1)
        want = b'{' + HEADS["words"][1].encode()
        with open(w.path("out.json"), "rb") as file:
            expect_eq("its front", file.read(len(want) + len(block)), want + block)
            file.seek(-len(block) - 40, os.SEEK_END)
            expect("its end", file.read().endswith(block + b'"}],"resultType":"complete"}\n'))


@lib.rows([
    ("the connection breaks", "blob", {"cut": True}, None, 2, ""),
    ("no base64", "blob", {"insert": b"!"}, None, 3, "no base64"),
    ("a bad escape", "text", {"insert": b"\\q"}, None, 3, "JSON"),
    ("a control character", "text", {"insert": b"\x01"}, None, 3, "JSON"),
    ("no JSON behind it", "text", {"tail": "}"}, None, 3, "JSON"),
    ("the disk is full", "blob", {}, 8 * MEGABYTE, 2, "File too large"),
])
def test_nothing_is_left_of_what_fails(label, kind, fault, limit, code, words):
    with World() as w:
        route, _, _ = answer_with(kind, 16 * MEGABYTE, **fault)
        server = hostile(w, {"/mcp": route})
        os.mkdir(w.path("to"))
        w.write("to/out", "as it was")
        got, err = run(w, *command(kind, server.url + "/mcp", "-o", w.path("to/out")),
                          limit=limit)
        expect("what is wrong", words in err, err)
        expect_eq("exit", got, code, err)
        expect_eq("nothing else", os.listdir(w.path("to")), ["out"])
        expect_eq("the file", open(w.path("to/out")).read(), "as it was")


def test_half_a_pair_of_surrogates_is_a_character_that_is_none():
    """Wherever the text is cut on its way, what goes to a file is what a terminal shows."""
    inner = "y" * 4 + "\\ud83d\\n\\u00e4\\ud83d\\ude00\\udc00" * 40000

    def route(request):
        return 200, lib.JSON, ('{"jsonrpc":"2.0","id":%d,"result":{%s%s%s%s' % (
            json.loads(request.body)["id"], HEADS["text"][1], inner, HEADS["text"][2], TAIL))
    with World() as w:
        server = hostile(w, {"/mcp": route})
        code, err = run(w, *command("text", server.url + "/mcp", "-o", w.path("out")))
        expect_eq("exit", code, 0, err)
        with open(w.path("out"), encoding="utf-8") as file:
            expect_eq("its text", file.read(),
                      "yyyy" + "\ufffd\n\u00e4\U0001f600\ufffd" * 40000)


def test_what_was_written_is_told():
    with World() as w:
        route, _, _ = answer_with("image", 1000)
        server = hostile(w, {"/mcp": route})
        code, err = run(w, *command("image", server.url + "/mcp", "-o", w.path("out.png")))
        expect_eq("exit", code, 0, err)
        expect("its type and its size", "out.png (image/png, 98.3 kB)" in err, err)


def test_a_file_keeps_its_mode_and_its_link():
    with World() as w:
        route, _, digest = answer_with("blob", MEGABYTE)
        server = hostile(w, {"/mcp": route})
        w.write("real", "before")
        os.chmod(w.path("real"), 0o640)
        os.symlink("real", w.path("link"))
        code, err = run(w, *command("blob", server.url + "/mcp", "-o", w.path("link")))
        expect_eq("exit", code, 0, err)
        expect("still a link", os.path.islink(w.path("link")))
        expect_eq("its bytes", sum_of(w.path("real")), digest)
        expect_eq("its mode", os.stat(w.path("real")).st_mode & 0o777, 0o640)


@lib.rows([("its own", 0o600), ("for a group", 0o640), ("to run as another", 0o4711)])
def test_a_file_keeps_its_owner(label, mode):
    if os.geteuid() != 0:
        raise lib.Skip("a file is another's, which root alone can make")
    with World() as w:
        route, _, digest = answer_with("blob", MEGABYTE)
        server = hostile(w, {"/mcp": route})
        w.write("out", "before")
        os.chown(w.path("out"), 12345, 23456)
        os.chmod(w.path("out"), mode)
        code, err = run(w, *command("blob", server.url + "/mcp", "-o", w.path("out")))
        expect_eq("exit", code, 0, err)
        state = os.stat(w.path("out"))
        expect_eq("its owner", (state.st_uid, state.st_gid), (12345, 23456))
        expect_eq("its mode", state.st_mode & 0o7777, mode & 0o777)
        expect_eq("its bytes", sum_of(w.path("out")), digest)


def test_a_device_is_written_as_it_is():
    with World() as w:
        route, _, _ = answer_with("blob", MEGABYTE)
        server = hostile(w, {"/mcp": route})
        code, err = run(w, *command("blob", server.url + "/mcp", "-o", "/dev/null"))
        expect_eq("exit", code, 0, err)
        expect("a device", not os.path.isfile("/dev/null"))
        expect_eq("nothing beside it", [name for name in os.listdir("/dev") if ".part" in name], [])
