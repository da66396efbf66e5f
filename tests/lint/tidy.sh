#!/bin/sh
# clang-tidy over the product, with the checks named in .clang-tidy.
set -eu
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The headers of nginx, where the build has found them; else its module is left out.
nginx= without='src/nginx/*'
if [ -e build/nginx/ngx_auto_config.h ]; then
	without=
	nginx="-isystem build/nginx"
	for folder in core event event/modules event/quic os/unix http http/modules http/v2 http/v3; do
		nginx="$nginx -isystem /usr/share/nginx/src/src/$folder"
	done
fi
# The largest first, so that none of them is left alone at the end.
find src -name "*.c" ! -path "$without" -exec ls -S {} + | xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy --quiet "$@" -- -std=c11 -Iinclude -Isrc -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -DMCPASS_VERSION=\"0\" -DMCPASS_COMMIT=\"\" '"$nginx" tidy \
	2>/dev/null >"$log" || { grep -E 'error|warning|note' "$log" | head -n 60; exit 1; }
echo "tidy: $(find src -name "*.c" | wc -l) files"
