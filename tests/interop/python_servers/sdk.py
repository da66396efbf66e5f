"""A protected server of the Python SDK, 1.x or 2.x: sdk.py ISSUER, for the tokens of ISSUER;
sdk.py own LIFETIME, for those of its own authorization server, good for LIFETIME seconds."""

import sys

import memory
import serving
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions

try:
    from mcp.server.mcpserver import MCPServer
except ImportError:
    from mcp.server.fastmcp import FastMCP as MCPServer     # 1.x


class Verifier(serving.Judge):
    async def verify_token(self, token):
        claims = self.claims(token)
        return claims and AccessToken(token=token, client_id=claims["client_id"], expires_at=claims["exp"],
                                      scopes=claims["scope"].split(), resource=self.audience)


def protection(origin):
    """Keyword arguments of the server, and the issuer."""
    resource = f"{origin}/mcp"
    if sys.argv[1] == "own":
        provider = memory.MemoryProvider(resource, int(sys.argv[2]))
        settings = AuthSettings(
            issuer_url=origin, resource_server_url=resource, required_scopes=serving.SCOPES,
            validate_token_resource=True, revocation_options=RevocationOptions(enabled=True),
            client_registration_options=ClientRegistrationOptions(
                enabled=True, valid_scopes=serving.SCOPES, default_scopes=serving.SCOPES))
        return {"auth_server_provider": provider, "auth": settings}, str(settings.issuer_url)
    settings = AuthSettings(issuer_url=sys.argv[1], resource_server_url=resource,
                            required_scopes=serving.SCOPES, validate_token_resource=True)
    return {"token_verifier": Verifier(sys.argv[1], resource), "auth": settings}, sys.argv[1]


def main():
    listener, origin = serving.bind()
    arguments, issuer = protection(origin)
    server = MCPServer("interop", **arguments)

    @server.tool()
    def echo(message: str) -> str:
        """Says it again"""
        return message

    serving.serve(server.streamable_http_app(), listener, url=f"{origin}/mcp", issuer=issuer)


main()
