// A protected server of the TypeScript SDK 2.x for both eras; settings.kind says whose tokens it
// takes: "own" (the authorization router that it carries on from 1.x), "remote" (those of
// settings.issuer).
import { z } from 'zod';
import { McpServer, OAuthError, OAuthErrorCode, createMcpHandler } from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, requireBearerAuth }
  from '@modelcontextprotocol/express';
import * as legacy from '@modelcontextprotocol/server-legacy/auth';
import { SCOPES, listen, metadata, settings, verifier } from './common.mjs';
import { MemoryProvider } from './provider.mjs';

class InvalidTokenError extends OAuthError {
  constructor(message) {
    super(OAuthErrorCode.InvalidToken, message);
  }
}

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'interop', version: '1' });
  server.registerTool('echo', { description: 'Says it again',
    inputSchema: z.object({ message: z.string() }) },
    ({ message }) => ({ content: [{ type: 'text', text: message }] }));
  return server;
});

async function authorization(app, origin, resource) {
  if (settings.kind === 'remote') {
    app.use(mcpAuthMetadataRouter({ oauthMetadata: await metadata(settings.issuer),
      resourceServerUrl: new URL(resource), scopesSupported: SCOPES }));
    return verifier(settings.issuer, resource, InvalidTokenError);
  }
  const provider = new MemoryProvider({ ...legacy, InvalidTokenError, lifetime: settings.lifetime,
    resource });
  app.use(legacy.mcpAuthRouter({ provider, issuerUrl: new URL(origin),
    resourceServerUrl: new URL(resource), scopesSupported: SCOPES }));
  return provider;
}

listen(async (app, origin) => {
  const resource = `${origin}/mcp`;
  const tokens = await authorization(app, origin, resource);
  app.all('/mcp', requireBearerAuth({ verifier: tokens, requiredScopes: SCOPES,
    expectedResource: new URL(resource),
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(new URL(resource)) }),
    toNodeHandler(handler));
  return { issuer: settings.issuer ?? `${origin}/` };
});
