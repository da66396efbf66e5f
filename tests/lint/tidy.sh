#!/bin/sh
# clang-tidy over the product, with the checks named in .clang-tidy.
set -eu
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
find src -name "*.c" | xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy --quiet "$@" -- -std=c11 -Iinclude -Isrc -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -DMCPASS_VERSION=\"0\" -DMCPASS_COMMIT=\"\"' tidy \
	2>/dev/null >"$log" || { grep -E 'error|warning|note' "$log" | head -n 60; exit 1; }
echo "tidy: $(find src -name "*.c" | wc -l) files"
