"""A protected server of FastMCP: fast.py ISSUER, for the tokens of ISSUER; fast.py own LIFETIME,
for those of its provider in memory, good for LIFETIME seconds."""

import sys

import serving
from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers import in_memory
from fastmcp.server.auth.providers.jwt import JWTVerifier


def protection(origin):
    """The provider, and the issuer."""
    if sys.argv[1] == "own":
        in_memory.DEFAULT_ACCESS_TOKEN_EXPIRY_SECONDS = int(sys.argv[2])
        provider = in_memory.InMemoryOAuthProvider(
            base_url=origin, required_scopes=serving.SCOPES,
            client_registration_options=ClientRegistrationOptions(enabled=True,
                                                                  valid_scopes=serving.SCOPES),
            revocation_options=RevocationOptions(enabled=True))
        return provider, str(provider.issuer_url)
    verifier = JWTVerifier(jwks_uri=f"{sys.argv[1]}/jwks", issuer=sys.argv[1], audience=f"{origin}/mcp",
                           algorithm="ES256", required_scopes=serving.SCOPES)
    return RemoteAuthProvider(verifier, [sys.argv[1]], origin), sys.argv[1]


def main():
    listener, origin = serving.bind()
    provider, issuer = protection(origin)
    server = FastMCP("interop", auth=provider)

    @server.tool
    def echo(message: str) -> str:
        """Says it again"""
        return message

    serving.serve(server.http_app(path="/mcp"), listener, url=f"{origin}/mcp", issuer=issuer)


main()
