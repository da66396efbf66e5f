#!/bin/sh
# What the core archive takes from outside must be on the list beside this script:
# memory, strings, jansson, libcrypto's pure parts.  No file, socket, clock, environment.
# usage: core_symbols.sh ARCHIVE
set -eu
here=$(dirname "$0")
archive=$1

undefined=$(nm -u "$archive" 2>/dev/null | sed -n 's/^ *U \([A-Za-z0-9_]*\).*/\1/p' | sort -u)
defined=$(nm --defined-only "$archive" 2>/dev/null | sed -n 's/^[0-9a-f]* [A-Za-z] \(.*\)/\1/p' | sort -u)
outside=$(printf '%s\n' "$undefined" | grep -vxF "$defined" || true)
[ -n "$outside" ] || { echo "core_symbols: nothing read from $archive"; exit 1; }
strange=$(printf '%s\n' "$outside" | grep -vxEf "$here/core_symbols.allow" || true)
if [ -n "$strange" ]; then
	printf '%s\n' "$strange" | sed 's/^/core_symbols: the core may not call /'
	exit 1
fi
echo "core_symbols: $(printf '%s\n' "$outside" | wc -l) outside names, all on the list"
