"""A refusal is shown with the server's own sentence, wherever the server puts it."""

import json

import lib
from lib import JSON
from scene import Issuer, Scene, Server, expect_login, expect_refused

PROBLEM = {"Content-Type": "application/problem+json"}


@lib.rows([
    ("problem details", PROBLEM, {"title": "Forbidden", "detail": "it is archived"}),
    ("an OAuth error", JSON, {"error": "access_denied", "error_description": "it is archived"}),
    ("a message", JSON, {"message": "it is archived"}),
    ("a JSON-RPC error", JSON, {"jsonrpc": "2.0", "id": None, "error": {
        "code": -32003, "message": "it is archived"}}),
    ("a list of objects", JSON, {"detail": [{"loc": ["x"], "msg": "it is archived"}]}),
    ("a list of texts", JSON, {"errors": ["it is archived"]}),
    ("plain text", {"Content-Type": "text/plain"}, "it is archived"),
])
def test_a_refusal_says_why(label, headers, body):
    with Scene() as s:
        server = Server(s, Issuer(s).url)
        expect_login(s, server.url)
        text = body if isinstance(body, str) else json.dumps(body)
        server.twist = lambda request, method: (403, headers, text)
        expect_refused(s.run("call", server.url, "x"), "it is archived", code=4)


@lib.rows([
    ("the challenge and the body each say something",
     'Bearer error="access_denied", error_description="not you"', "not you: it is archived"),
    ("the challenge names a scope, and the token lacks it", 'Bearer scope="admin"',
     "it is archived.*the scope admin, which the token does not have"),
])
def test_a_challenge_and_a_body(label, challenge, words):
    with Scene() as s:
        server = Server(s, Issuer(s).url)
        expect_login(s, server.url)
        server.twist = lambda request, method: (
            403, {**JSON, "WWW-Authenticate": challenge}, '{"detail": "it is archived"}')
        expect_refused(s.run("call", server.url, "x"), words, code=4)
