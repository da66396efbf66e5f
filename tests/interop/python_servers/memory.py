"""What the SDK's authorization server asks of an application: clients, codes and tokens, in
memory.  Everybody is alice, and she always agrees.  Refresh tokens rotate."""

import secrets
import sys
import time

from mcp.server.auth.provider import (AccessToken, AuthorizationCode, AuthorizeError, RefreshToken,
                                      construct_redirect_uri)
from mcp.shared.auth import OAuthToken


class MemoryProvider:
    def __init__(self, resource, lifetime):
        self.resource, self.lifetime = resource, lifetime
        self.clients, self.codes, self.access, self.refresh = {}, {}, {}, {}

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client):
        self.clients[client.client_id] = client

    async def authorize(self, client, params):
        if params.resource != self.resource:
            raise AuthorizeError("invalid_request", "tokens are for one server only")
        code = AuthorizationCode(code=secrets.token_urlsafe(), client_id=client.client_id,
                                 scopes=params.scopes or [], expires_at=time.time() + 60,
                                 code_challenge=params.code_challenge, resource=params.resource,
                                 redirect_uri=params.redirect_uri, subject="alice",
                                 redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly)
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(self, client, code):
        return self.codes.get(code)

    async def exchange_authorization_code(self, client, code):
        del self.codes[code.code]
        return self.issue(client.client_id, code.scopes)

    async def load_refresh_token(self, client, token):
        return self.refresh.get(token)

    async def exchange_refresh_token(self, client, token, scopes):
        del self.refresh[token.token]
        print("refreshed", file=sys.stderr, flush=True)
        return self.issue(client.client_id, scopes)

    def issue(self, client_id, scopes):
        access, refresh = secrets.token_urlsafe(), secrets.token_urlsafe()
        whose = {"client_id": client_id, "scopes": scopes, "resource": self.resource,
                 "subject": "alice"}
        self.access[access] = AccessToken(token=access, expires_at=int(time.time()) + self.lifetime,
                                          **whose)
        self.refresh[refresh] = RefreshToken(token=refresh, **whose)
        return OAuthToken(access_token=access, refresh_token=refresh, expires_in=self.lifetime,
                          scope=" ".join(scopes))

    async def load_access_token(self, token):
        return self.access.get(token)

    async def revoke_token(self, token):
        self.access.clear()
        self.refresh.clear()
        print("revoked", file=sys.stderr, flush=True)
