// Uses every feature of a server, and prints what came: over stdio through the bridge, or over
// HTTP without it.  argv: {"sdk": 1|2, "era": ..., "command": [...]} or {..., "url", "token"}.
const settings = JSON.parse(process.argv[2]);
const info = [{ name: 'features', version: '1' }];
let client, transport;

if (settings.sdk === 1) {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  client = new Client(...info);
  transport = settings.command ? stdio(StdioClientTransport) : http(StreamableHTTPClientTransport);
} else {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const mode = /^2/.test(settings.era) ? { pin: settings.era } : settings.era;
  client = new Client(...info, { versionNegotiation: { mode } });
  transport = settings.command ? stdio(StdioClientTransport) : http(StreamableHTTPClientTransport);
}

function stdio(Transport) {
  return new Transport({ command: settings.command[0], args: settings.command.slice(1), env: process.env, stderr: 'ignore' });
}

function http(Transport) {
  return new Transport(new URL(settings.url), { requestInit: { headers: { Authorization: `Bearer ${settings.token}` } } });
}

// What differs from run to run, or from era to era, is left out.
const own = new Set(['_meta', 'resultType', 'ttlMs', 'cacheScope']);
const plain = (value) => JSON.parse(JSON.stringify(value, (key, inner) => own.has(key) ? undefined : inner));
const seen = {};
const use = async (name, work) => {
  try {
    seen[name] = plain(await work());
  } catch (error) {
    seen[name] = { error: error.code ?? String(error) };
  }
};

await client.connect(transport);
seen.server = client.getServerVersion().name;
await use('tools', () => client.listTools());
await use('prompts', () => client.listPrompts());
await use('resources', () => client.listResources());
await use('templates', () => client.listResourceTemplates());
for (const tool of seen.tools.tools.map((tool) => tool.name).filter((name) => /^(echo|whoami|test_)/.test(name))) {
  await use(`call ${tool}`, () => client.callTool({ name: tool, arguments: { message: 'grüße \u2028 "', a: 1 } }));
}
for (const prompt of (seen.prompts.prompts ?? []).map((prompt) => prompt.name)) {
  await use(`prompt ${prompt}`, () => client.getPrompt({ name: prompt, arguments: { arg1: 'x', arg2: 'y', message: 'm', name: 'n', resourceUri: 'u:1' } }));
}
for (const resource of (seen.resources.resources ?? []).map((resource) => resource.uri)) {
  await use(`resource ${resource}`, () => client.readResource({ uri: resource }));
}
await use('no such tool', () => client.callTool({ name: 'no_such', arguments: {} }));
await use('no such resource', () => client.readResource({ uri: 'no:such' }));
await use('many at once', () => Promise.all([...Array(20).keys()].map((i) =>
  client.callTool({ name: 'echo', arguments: { message: String(i) } }))));
console.log(JSON.stringify(seen));
await client.close();
process.exit(0);
