// An authorization server of oidc-provider, as strict as it can be set: server.mjs [PAR] [DPOP]
// Prints {"issuer": ...} when it is ready, and a line for each answer and event on standard error.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
const SCOPES = 'mcp:read mcp:tools mcp:prompts';
const events = ['registration_create.success', 'registration_delete.success', 'grant.success',
  'grant.revoked', 'grant.error', 'authorization.error', 'registration_create.error',
  'pushed_authorization_request.success', 'device_authorization.success', 'refresh_token.consumed'];

function resourceServer(ctx, resource) {
  if (!/^http:\/\/127\.0\.0\.1:\d+\/mcp$/.test(resource))
    throw new errors.InvalidTarget();
  return { scope: SCOPES, audience: resource, accessTokenFormat: 'jwt',
    accessTokenTTL: settings.lifetime, jwt: { sign: { alg: 'ES256' } } };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const provider = new Provider(issuer, {
    scopes: ['openid', 'offline_access', ...(settings.registrableScopes ? SCOPES.split(' ') : [])],
    jwks: { keys: [{ ...jwk, kid: 'one', alg: 'ES256', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    clients: settings.clients ?? [],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      registration: { enabled: !settings.clients },
      registrationManagement: { enabled: !settings.clients, rotateRegistrationAccessToken: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer },
      pushedAuthorizationRequests: { enabled: true,
        requirePushedAuthorizationRequests: settings.requirePar },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => settings.requireNonce },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
  });
  for (const name of events)
    provider.on(name, (...args) => {
      const error = args.find((arg) => arg instanceof Error);
      console.error(`event ${name}${error ? `: ${error.message} ${error.error_detail ?? ''}` : ''}`);
    });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    response.on('finish', () =>
      console.error(`${request.method} ${request.url.split('?')[0]} ${response.statusCode}`));
    answer(request, response);
  });
  console.log(JSON.stringify({ issuer }));
});
