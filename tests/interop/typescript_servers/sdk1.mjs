// A protected server of the TypeScript SDK 1.x with sessions; settings.kind says whose tokens it
// takes: "own" (its authorization router), "example" (its example provider), "proxy" (its proxy to
// settings.issuer), "remote" (those of settings.issuer).
import { randomUUID } from 'node:crypto';
import express from 'express';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, mcpAuthRouter }
  from '@modelcontextprotocol/sdk/server/auth/router.js';
import { ProxyOAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/providers/proxyProvider.js';
import * as errors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import { SCOPES, listen, metadata, settings, verifier } from './common.mjs';
import { MemoryProvider } from './provider.mjs';

function newServer() {
  const server = new McpServer({ name: 'interop', version: '1' });
  server.registerTool('echo', { description: 'Says it again', inputSchema: { message: z.string() } },
    ({ message }) => ({ content: [{ type: 'text', text: message }] }));
  return server;
}

function proxy(resource) {
  const clients = new Map();
  const provider = new ProxyOAuthServerProvider({
    endpoints: { authorizationUrl: `${settings.issuer}/authorize`, tokenUrl: `${settings.issuer}/token`,
      revocationUrl: `${settings.issuer}/revoke`, registrationUrl: `${settings.issuer}/register` },
    verifyAccessToken: (token) =>
      verifier(settings.issuer, resource, errors.InvalidTokenError).verifyAccessToken(token),
    getClient: async (id) => clients.get(id),
  });
  const { registerClient } = provider.clientsStore;
  // The proxy passes registrations on; whom it passed on is for the application to remember.
  Object.defineProperty(provider, 'clientsStore', { value: { getClient: (id) => clients.get(id),
    async registerClient(client) {
      const known = await registerClient(client);
      clients.set(known.client_id, known);
      return known;
    } } });
  return provider;
}

async function authorization(app, origin, resource) {
  if (settings.kind === 'remote') {
    app.use(mcpAuthMetadataRouter({ oauthMetadata: await metadata(settings.issuer),
      resourceServerUrl: new URL(resource), scopesSupported: SCOPES }));
    return verifier(settings.issuer, resource, errors.InvalidTokenError);
  }
  const provider = settings.kind === 'proxy' ? proxy(resource)
    : settings.kind === 'example' ? new DemoInMemoryAuthProvider()
    : new MemoryProvider({ ...errors, lifetime: settings.lifetime, resource });
  app.use(mcpAuthRouter({ provider, issuerUrl: new URL(origin), resourceServerUrl: new URL(resource),
    scopesSupported: SCOPES }));
  return provider;
}

const sessions = new Map();

async function answer(request, response) {
  let transport = sessions.get(request.headers['mcp-session-id']);
  if (request.headers['mcp-session-id'] && !transport)
    return response.status(404).end();
  if (!transport) {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
      onsessionclosed: (id) => sessions.delete(id) });
    await newServer().connect(transport);
  }
  await transport.handleRequest(request, response, request.body);
}

listen(async (app, origin) => {
  const resource = `${origin}/mcp`;
  const tokens = await authorization(app, origin, resource);
  app.all('/mcp', requireBearerAuth({ verifier: tokens, requiredScopes: SCOPES,
    expectedResource: new URL(resource),
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(new URL(resource)) }),
    express.json(), answer);
  return { issuer: settings.issuer && settings.kind !== 'proxy' ? settings.issuer : `${origin}/` };
});
