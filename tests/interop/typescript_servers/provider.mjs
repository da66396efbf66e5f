// What the SDK's authorization router asks of an application: clients, codes and tokens, in
// memory.  Everybody is alice, and she always agrees.  Refresh tokens rotate.
import { randomUUID } from 'node:crypto';

export class MemoryProvider {
  constructor({ lifetime, resource, InvalidGrantError, InvalidTargetError, InvalidTokenError }) {
    Object.assign(this, { lifetime, resource, InvalidGrantError, InvalidTargetError, InvalidTokenError });
    this.clients = new Map();
    this.codes = new Map();
    this.access = new Map();
    this.refresh = new Map();
    this.clientsStore = {
      getClient: (id) => this.clients.get(id),
      registerClient: (client) => (this.clients.set(client.client_id, client), client),
    };
  }

  async authorize(client, params, response) {
    if (params.resource?.href !== this.resource)
      throw new this.InvalidTargetError('tokens are for one server only, which has to be named');
    const code = randomUUID();
    this.codes.set(code, { client: client.client_id, ...params });
    const url = new URL(params.redirectUri);
    url.searchParams.set('code', code);
    if (params.state !== undefined)
      url.searchParams.set('state', params.state);
    response.redirect(url.href);
  }

  async challengeForAuthorizationCode(client, code) {
    return this.codes.get(code)?.codeChallenge ?? '';
  }

  async exchangeAuthorizationCode(client, code, verifier, redirectUri, resource) {
    const grant = this.codes.get(code);
    this.codes.delete(code);
    if (grant?.client !== client.client_id || grant.redirectUri !== redirectUri
        || resource?.href !== this.resource)
      throw new this.InvalidGrantError('no such code');
    return this.issue({ client: client.client_id, scopes: grant.scopes });
  }

  async exchangeRefreshToken(client, token, scopes, resource) {
    const grant = this.refresh.get(token);
    this.refresh.delete(token);
    if (grant?.client !== client.client_id || resource?.href !== this.resource)
      throw new this.InvalidGrantError('no such refresh token');
    console.error('refreshed');
    return this.issue({ ...grant, scopes: scopes ?? grant.scopes });
  }

  issue(grant) {
    const [access_token, refresh_token] = [randomUUID(), randomUUID()];
    grant = { ...grant, access_token, refresh_token, until: Date.now() / 1000 + this.lifetime };
    this.access.set(access_token, grant);
    this.refresh.set(refresh_token, grant);
    return { access_token, refresh_token, token_type: 'bearer', expires_in: this.lifetime,
      scope: grant.scopes.join(' ') };
  }

  async verifyAccessToken(token) {
    const grant = this.access.get(token);
    if (!grant || grant.until < Date.now() / 1000)
      throw new this.InvalidTokenError('no such token');
    return { token, clientId: grant.client, scopes: grant.scopes, expiresAt: grant.until,
      resource: new URL(this.resource) };
  }

  async revokeToken(client, { token }) {
    const grant = this.refresh.get(token) ?? this.access.get(token);
    if (grant?.client === client.client_id && this.access.delete(grant.access_token)
        && this.refresh.delete(grant.refresh_token))
      console.error('revoked');
  }
}
