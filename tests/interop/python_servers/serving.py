"""What the Python servers need around them: a port, a line when ready, a line for each answer."""

import json
import socket
import sys

import jwt
import uvicorn

SCOPES = ["mcp:tools"]


def bind():
    """A socket on a port of the kernel's choice, and the origin that it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def logged(app):
    async def wrapped(scope, receive, send):
        async def sending(message):
            if message["type"] == "http.response.start":
                print(scope["method"], scope["path"], message["status"], file=sys.stderr, flush=True)
            await send(message)
        await app(scope, receive, sending)
    return wrapped


def serve(app, listener, **ready):
    print(json.dumps(ready), flush=True)
    config = uvicorn.Config(logged(app), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


class Judge:
    """Judges the JWT of an authorization server.  spec: RFC 9068 4"""

    def __init__(self, issuer, audience):
        self.issuer, self.audience = issuer, audience
        self.keys = jwt.PyJWKClient(f"{issuer}/jwks")

    def claims(self, token):
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            return jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=self.issuer,
                              audience=self.audience)
        except jwt.PyJWTError:
            return None
