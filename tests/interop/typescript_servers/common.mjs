// What both versions of the SDK need around them.
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export const settings = JSON.parse(process.argv[2]);
export const SCOPES = ['mcp:tools'];

// An application on a port of the kernel's choice; make(app, origin) fills it.
export function listen(make) {
  const app = express();
  app.use((request, response, next) => {
    response.on('finish', () =>
      console.error(`${request.method} ${request.originalUrl.split('?')[0]} ${response.statusCode}`));
    next();
  });
  const server = app.listen(0, '127.0.0.1', async () => {
    const origin = `http://127.0.0.1:${server.address().port}`;
    console.log(JSON.stringify({ url: `${origin}/mcp`, ...await make(app, origin) }));
  });
}

export async function metadata(issuer) {
  const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
  return response.json();
}

// Judges the JWT of another authorization server.
export function verifier(issuer, audience, InvalidTokenError) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return { async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience });
      return { token, clientId: payload.client_id, scopes: payload.scope.split(' '),
        expiresAt: payload.exp, resource: new URL(audience), extra: { sub: payload.sub } };
    } catch (error) {
      throw new InvalidTokenError(error.message);
    }
  } };
}
