// The official server of every feature, on loopback and a port of the kernel's; says so when it listens.
import http from "node:http";

const say = console.log;
console.log = console.error;
const listen = http.Server.prototype.listen;
http.Server.prototype.listen = function (port, ...more) {
  this.once("listening", () => say(JSON.stringify({ url: `http://127.0.0.1:${this.address().port}/mcp` })));
  return listen.call(this, 0, "127.0.0.1", ...more);
};
await import("./node_modules/@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js");
