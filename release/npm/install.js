// Puts the native program, which came with the package of this platform, where npm's link
// points: a start then needs no Node.  Nothing is downloaded.  Without it launch.js does the work.
"use strict";
const fs = require("fs");
const path = require("path");
if (process.platform !== "win32") {
	try {
		const program = require.resolve(`@mcpass/${process.platform}-${process.arch}/bin/mcpass`);
		const place = path.join(__dirname, "bin", "mcpass");
		try {
			fs.linkSync(program, `${place}.new`);
		} catch {
			fs.copyFileSync(program, `${place}.new`);
		}
		fs.chmodSync(`${place}.new`, 0o755);
		fs.renameSync(`${place}.new`, place);
	} catch {
		// launch.js stays, and says what is missing when it is started
	}
}
