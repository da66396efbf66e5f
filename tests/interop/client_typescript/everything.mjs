// Uses each feature of python_servers/everything.py with the TypeScript SDK, and prints what came: over
// stdio through the bridge, or over HTTP without it.  argv: {"era": "sdk1", or of SDK 2, "command"} or
// {"era", "url"}.
const settings = JSON.parse(process.argv[2]);
const isOne = settings.era === 'sdk1';
const info = { name: 'everything', version: '1' };
const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const PATIENCE = 10000;
let client, transport, types, heard = [];

if (isOne) {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  types = await import('@modelcontextprotocol/sdk/types.js');
  client = new Client(info, { capabilities });
  transport = make(StdioClientTransport, StreamableHTTPClientTransport);
} else {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const mode = /^2/.test(settings.era) ? { pin: settings.era } : settings.era;
  client = new Client(info, { capabilities, versionNegotiation: { mode } });
  transport = make(StdioClientTransport, StreamableHTTPClientTransport);
}

function make(Stdio, Http) {
  return settings.command
    ? new Stdio({ command: settings.command[0], args: settings.command.slice(1), env: process.env, stderr: 'ignore' })
    : new Http(new URL(settings.url));
}

// What differs from run to run, or from era to era, is left out.
const own = new Set(['_meta', 'resultType', 'ttlMs', 'cacheScope', 'title']);
const plain = (value) => JSON.parse(JSON.stringify(value ?? null, (key, inner) => own.has(key) ? undefined : inner));

const answers = {
  'elicitation/create': (params) => (heard.push(['asked', params.message, plain(params.requestedSchema)]),
    { action: 'accept', content: { name: 'grüße \u2028', age: 8 } }),
  'sampling/createMessage': (params) => (heard.push(['sampled', params.maxTokens]),
    { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } }),
  'roots/list': () => (heard.push(['roots']), { roots: [{ uri: 'file:///a' }] }),
};
const schemas = isOne && { 'elicitation/create': types.ElicitRequestSchema, 'roots/list': types.ListRootsRequestSchema,
  'sampling/createMessage': types.CreateMessageRequestSchema };
for (const [method, answer] of Object.entries(answers)) {
  client.setRequestHandler(isOne ? schemas[method] : method, async (request) => answer(request.params));
}
const changed = new Promise((resolve) => client.setNotificationHandler(
  isOne ? types.ToolListChangedNotificationSchema : 'notifications/tools/list_changed', () => resolve(true)));

const seen = {};
async function use(name, work) {
  heard = [];
  try {
    seen[name] = plain(await work());
  } catch (error) {
    seen[name] = { error: true };
  }
  if (heard.length > 0) {
    seen[name].heard = heard;
  }
}
const call = (name, args = {}, options = {}) => isOne
  ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);

await client.connect(transport);
await use('tools', () => client.listTools());
await use('prompts', () => client.listPrompts());
await use('resources', () => client.listResources());
await use('templates', () => client.listResourceTemplates());
await use('add', () => call('add', { a: 1, b: 2 }));
await use('steps', () => call('steps', { count: 3 }));  // progress that comes with the result is lost in the SDK
for (const name of ['model', 'folders', 'fails', 'no_such']) {
  await use(name, () => call(name));
}
await use('ask', () => call('ask', { of: 'it' }));
await use('prompt', () => client.getPrompt({ name: 'greet', arguments: { name: 'Ü' } }));
for (const uri of ['note://one', 'blob://one', 'note://by/x', 'no:such']) {
  await use(uri, () => client.readResource({ uri }));
}
await use('complete', () => client.complete({ ref: { type: 'ref/prompt', name: 'greet' },
  argument: { name: 'name', value: 'v' } }));
const stop = new AbortController();
await use('cancelled', () => call('stays', {}, { signal: stop.signal, onprogress: () => stop.abort() }));
delete seen.cancelled.heard;
await use('and then', () => call('add', { a: 3, b: 4 }));
if (isOne || settings.era === 'legacy') {
  await call('changes');
  seen['told of changes'] = await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, PATIENCE, false))]);
}
console.log(JSON.stringify(seen));
await client.close();
process.exit(0);
