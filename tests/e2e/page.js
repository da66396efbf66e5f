// A client that is a page: what a browser-based MCP client does, with fetch() alone.  The address
// of the MCP server stands behind '#'; what it finds is written on the page.
const say = (text) => document.body.append(`${text}; `);
const version = { 'MCP-Protocol-Version': '2025-11-25' };
const here = location.origin + location.pathname;

const call = (server, method, token) => fetch(server, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream',
    ...version, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
});
const form = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
const base64url = (bytes) => btoa(String.fromCharCode(...bytes))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function leave() {
  const server = location.hash.slice(1);
  const refused = await call(server, 'tools/list');
  say(`challenge ${refused.status}`);
  const place = /resource_metadata="([^"]+)"/.exec(refused.headers.get('WWW-Authenticate'))[1];
  const resource = await (await fetch(place, { headers: version })).json();
  const issuer = await (await fetch(
    `${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`,
    { headers: version })).json();
  const client = await (await fetch(issuer.registration_endpoint, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'A page', redirect_uris: [here],
      token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] }),
  })).json();
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.kept = JSON.stringify({ server, issuer, verifier, client_id: client.client_id });
  location.assign(`${issuer.authorization_endpoint}?${new URLSearchParams({
    response_type: 'code', client_id: client.client_id, redirect_uri: here, scope: 'mcp:read',
    resource: resource.resource, code_challenge_method: 'S256',
    code_challenge: base64url(new Uint8Array(hash)) })}`);
}

async function comeBack(code) {
  const { server, issuer, verifier, client_id } = JSON.parse(sessionStorage.kept);
  const tokens = await (await form(issuer.token_endpoint, { grant_type: 'authorization_code', code,
    client_id, redirect_uri: here, code_verifier: verifier, resource: server })).json();
  const listed = await (await call(server, 'tools/list', tokens.access_token)).json();
  say(`tools ${listed.result.tools.map((tool) => tool.name)}`);
  const revoked = await form(issuer.revocation_endpoint, { token: tokens.refresh_token, client_id });
  say(`revoked ${revoked.status}`);
}

const code = new URLSearchParams(location.search).get('code');
(code ? comeBack(code) : leave())
  .catch((error) => say(`failed ${error.name}`))
  .finally(() => say('done'));
