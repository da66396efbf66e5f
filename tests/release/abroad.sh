#!/bin/sh
# The source compiles against the headers of macOS and FreeBSD: abroad.sh CACHE
# With the compiler that make release pinned.  Nothing is linked or run: that needs such a
# machine.  The last line counts the files.
set -eu
cd "$(dirname "$0")/../.."
zig=$(find -L "$1" -maxdepth 4 -path '*/ziglang/zig' | head -n 1)
include=$(find -L "$1" -maxdepth 4 -path '*/x86_64/prefix/include' | head -n 1)
[ -x "$zig" ] && [ -d "$include" ] || { echo "abroad: make release first"; exit 1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export ZIG_GLOBAL_CACHE_DIR="$tmp/cache" ZIG_LOCAL_CACHE_DIR="$tmp/cache"
for target in "aarch64-macos -D_DARWIN_C_SOURCE -D_POSIX_C_SOURCE=200809L" x86_64-freebsd; do
	find src -name '*.c' ! -path 'src/nginx/*' | xargs -P "$(nproc)" -I FILE sh -c "
		'$zig' cc -target $target -std=c11 -g0 -Iinclude -Isrc -isystem '$include' \
			-D_DEFAULT_SOURCE -DMCPASS_VERSION='\"0\"' -DMCPASS_COMMIT='\"\"' \
			-c -o '$tmp'/\$\$.o FILE >'$tmp'/\$\$.log 2>&1 || { grep error '$tmp'/\$\$.log; echo FILE >>'$tmp/bad'; }
		rm -f '$tmp'/\$\$.o '$tmp'/\$\$.log"
done
[ ! -e "$tmp/bad" ] || { cat "$tmp/bad"; exit 1; }
echo "abroad: $(find src -name '*.c' ! -path 'src/nginx/*' | wc -l) files compile for macOS and for FreeBSD"
