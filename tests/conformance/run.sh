#!/bin/sh
# The official referee of MCP against the program: run.sh PROGRAM [PART...].  It is installed
# once, pinned by version and digest, below the user's cache.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pin=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c1-16)
home=${XDG_CACHE_HOME:-$HOME/.cache}/mcpass/conformance/$pin

if [ ! -d "$home" ]; then
	mkdir -p "$home.$$"
	trap 'rm -rf "$home.$$"' EXIT
	cp "$here/package.json" "$here/package-lock.json" "$home.$$"
	(cd "$home.$$" && npm ci --ignore-scripts --no-audit --no-fund --omit=dev >npm.log 2>&1) \
		|| { cat "$home.$$/npm.log"; exit 1; }
	mv "$home.$$" "$home" 2>/dev/null || [ -d "$home" ]
fi
# The distribution's node may be too old for it.
for node in "$home"/node_modules/node-linux-*/bin/node "$(command -v node)"; do
	[ -x "$node" ] && break
done
exec env CONFORMANCE_NODE="$node" \
	CONFORMANCE="$home/node_modules/@modelcontextprotocol/conformance" \
	python3 -B "$here/run.py" "$@"
