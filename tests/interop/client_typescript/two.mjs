// The client of @modelcontextprotocol/client 2.x; GLUE_ERA: "legacy", "auto", or a revision.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { provider, serve, withLogin } from './glue.mjs';

const era = process.env.GLUE_ERA;
const mode = /^2/.test(era) ? { pin: era } : era;
let client, transport, complaints;
const open = async (url) => {
  complaints = [];
  client = new Client({ name: process.env.GLUE_NAME, version: '1' }, { versionNegotiation: { mode } });
  transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  client.onerror = (error) => complaints.push(String(error));
  await client.connect(transport);
};
const person = (work) => withLogin((error) => error instanceof UnauthorizedError,
  (parameters) => transport.finishAuth(parameters), work);

await serve({
  connect: async ({ url }) => {
    await person(() => open(url));
    return { server: client.getServerVersion().name, version: client.getNegotiatedProtocolVersion() };
  },
  tools: () => person(async () => (await client.listTools()).tools.map((tool) => tool.name)),
  call: ({ name, arguments: args }) => person(async () =>
    (await client.callTool({ name, arguments: args })).content[0].text),
  prompts: () => person(async () => (await client.listPrompts()).prompts.map((p) => p.name)),
  prompt: ({ name, arguments: args }) => person(async () =>
    (await client.getPrompt({ name, arguments: args })).messages[0].content.text),
  resource: ({ uri }) => person(async () => (await client.readResource({ uri })).contents[0].text),
  complaints: () => complaints,
  close: () => client.close(),
});
