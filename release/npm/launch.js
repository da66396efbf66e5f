#!/usr/bin/env node
// Starts the native program.  install.js puts that program into the place of this file
// where scripts may run; this is what stands there when they may not.
"use strict";
const name = `@mcpass/${process.platform}-${process.arch}`;
let program;
try {
	program = require.resolve(`${name}/bin/mcpass`);
} catch {
	process.stderr.write(`mcpass: the package ${name} is not installed:`
		+ " there is no program for this platform, or optional packages were left out\n");
	process.exit(1);
}
const child = require("child_process").spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
	process.stderr.write(`mcpass: ${program}: ${error.message}\n`);
	process.exit(2);
});
child.on("exit", (code, signal) => {
	if (signal === null)
		process.exit(code);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
});
