// The client of @modelcontextprotocol/sdk 1.x.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { provider, serve, withLogin } from './glue.mjs';

let client, transport, complaints;
const open = async (url) => {
  complaints = [];
  client = new Client({ name: process.env.GLUE_NAME, version: '1' });
  transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  client.onerror = (error) => complaints.push(String(error));
  await client.connect(transport);
};
const person = (work) => withLogin((error) => error instanceof UnauthorizedError,
  (parameters) => transport.finishAuth(parameters.get('code')), work);

await serve({
  connect: async ({ url }) => {
    await person(() => open(url));
    return { server: client.getServerVersion().name, version: transport.protocolVersion };
  },
  tools: () => person(async () => (await client.listTools()).tools.map((tool) => tool.name)),
  call: ({ name, arguments: args }) => person(async () =>
    (await client.callTool({ name, arguments: args })).content[0].text),
  prompts: () => person(async () => (await client.listPrompts()).prompts.map((p) => p.name)),
  prompt: ({ name, arguments: args }) => person(async () =>
    (await client.getPrompt({ name, arguments: args })).messages[0].content.text),
  resource: ({ uri }) => person(async () => (await client.readResource({ uri })).contents[0].text),
  complaints: () => complaints,
  close: async () => { await transport.terminateSession(); await client.close(); },
});
