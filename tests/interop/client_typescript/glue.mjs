// What both majors of the TypeScript SDK share here: one line of JSON on standard input is a
// command, one line on standard output its answer.  Nothing here knows a rule of OAuth: the SDK
// does it all, this is the OAuthClientProvider that its documentation asks for.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import readline from 'node:readline';

const store = process.env.GLUE_STORE;
const kept = existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {};
const keep = (name, value) => {
  kept[name] = value;
  writeFileSync(store, JSON.stringify(kept), { mode: 0o600 });
};

let came;
const listener = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  response.end('Back to the program.');
  if (url.pathname === '/callback') came(url.searchParams);
});
await new Promise((done) => listener.listen(kept.port ?? 0, '127.0.0.1', done));
keep('port', listener.address().port);

export const provider = {
  redirectUrl: `http://127.0.0.1:${kept.port}/callback`,
  get clientMetadata() {
    return {
      client_name: process.env.GLUE_NAME, redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      token_endpoint_auth_method: 'none', application_type: 'native',
    };
  },
  state() { return (this.sent = randomBytes(16).toString('base64url')); },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => keep('client', client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => keep('tokens', tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => keep('verifier', verifier),
  discoveryState: () => kept.discovery,
  saveDiscoveryState: (discovery) => keep('discovery', discovery),
  invalidateCredentials: (what) => {
    if (what === 'all' || what === 'client') keep('client', undefined);
    if (what === 'all' || what === 'tokens') keep('tokens', undefined);
  },
  redirectToAuthorization(url) {
    this.redirected = new Promise((done) => { came = done; });
    spawn(process.env.BROWSER, [url.href], { stdio: 'ignore' });
  },
};

async function redirect() {
  const parameters = await provider.redirected;
  if (parameters.get('state') !== provider.sent) throw new Error('the redirect is not ours');
  if (parameters.get('error')) throw new Error(`refused: ${parameters.get('error')} ${parameters.get('error_description')}`);
  return parameters;
}

// How the SDK's documentation has it: an UnauthorizedError says that the person is at the
// browser; finish with what comes back, and do the same once more.
export async function withLogin(isUnauthorized, finish, work) {
  try {
    return await work();
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
  }
  await finish(await redirect());
  return work();
}

const digest = (text) => text && createHash('sha256').update(text).digest('hex').slice(0, 16);
const commands = {
  // Never a token: what a test may compare is a digest.
  tokens: () => ({ scope: kept.tokens?.scope, access: digest(kept.tokens?.access_token),
    refresh: digest(kept.tokens?.refresh_token), client_id: kept.client?.client_id,
    issuer: kept.client?.issuer }),
  spoil: () => keep('tokens', { ...kept.tokens, access_token: 'worn-out' }),
};

export async function serve(more) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { do: name, ...options } = JSON.parse(line);
    let answer;
    try {
      answer = { result: await ({ ...commands, ...more })[name](options) ?? null };
    } catch (error) {
      answer = { error: `${error.name}: ${error.message}` };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  process.exit(0);
}
