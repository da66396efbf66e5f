#!/bin/sh
# Speed, measured side by side in one run, as medians and ratios; the last line sums up.
# Aims: a warm call within 1.3 of one curl POST, the guard at 0.7 or more of bare
# EVP_DigestVerify, less than 12 MiB at the peak.
# PROGRAM="FILE..." compares other builds of the program in the same run, a static one say.
set -eu
cd "$(dirname "$0")/.."
runs=${RUNS:-60}
cmake -S . -B build -G Ninja >/dev/null
ninja -C build --quiet mcpass bench_pair bench_guard bench_server
ninja -C build --quiet bench_floor 2>/dev/null || true  # where there is libmicrohttpd
program=$PWD/build/mcpass

tmp=$(mktemp -d)
pids=
finish() {
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	wait
	rm -rf "$tmp"
}
trap finish EXIT
python=$(command -v python3)
printf '#!/bin/sh\nexec "%s" "%s/tests/e2e/browser.py" "$1"\n' "$python" "$PWD" >"$tmp/browser"
chmod 700 "$tmp/browser"
# A store at HOME is found before one at XDG_DATA_HOME is made.
export HOME="$tmp" XDG_DATA_HOME="$tmp/data" BROWSER="$tmp/browser"
export MCPASS_E2E_USER=alice MCPASS_E2E_PASSWORD=benchmark

# start NAME COMMAND...: its line of JSON is in $tmp/NAME once it is ready
start() {
	name=$1
	shift
	mkfifo "$tmp/$name.fifo"
	"$@" >"$tmp/$name.fifo" 2>"$tmp/$name.log" &
	pids="$pids $!"
	head -n 1 "$tmp/$name.fifo" >"$tmp/$name"
}
field() { sed -n "s/.*\"$2\" *: *\"\([^\"]*\)\".*/\1/p" "$tmp/$1"; }

echo "[$(printf 'benchmark\n' | "$program" authserver hash alice)]" >"$tmp/users.json"
start as "$program" authserver --json --port 0 --users "$tmp/users.json"
start rs "$program" serve --json --port 0 -q --issuer "$(field as issuer)"
url=$(field rs url)
"$program" call "$url" echo message=hello >/dev/null     # logs in, and learns the revision

printf '%s' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mcpass","version":"0.1.0"}}}}' >"$tmp/body"
{
	echo "url = \"$url\""
	echo "header = \"Authorization: Bearer $("$program" token "$url")\""
	for header in "Content-Type: application/json" "Accept: application/json, text/event-stream" \
	    "MCP-Protocol-Version: 2026-07-28" "Mcp-Method: tools/call" "Mcp-Name: echo"; do
		echo "header = \"$header\""
	done
	echo "data-binary = \"@$tmp/body\""
	echo "fail"
	echo "silent"
	echo "noproxy = \"*\""
} >"$tmp/curlrc"

call=$(build/bench_pair "$runs" "$program call $url echo message=hello" "curl -q -K $tmp/curlrc")
echo "warm call against one curl POST of the same bytes: $call"
for variant in ${PROGRAM:-}; do
	echo "  by $variant: $(build/bench_pair "$runs" "$variant call $url echo message=hello" "curl -q -K $tmp/curlrc")"
done
guard=$(build/bench_guard)
echo "$guard"
start_up=$(build/bench_pair "$runs" "$program --version" "curl --version")
echo "start and end, against curl: $start_up"
for variant in ${PROGRAM:-}; do
	echo "  by $variant: $(build/bench_pair "$runs" "$variant --version" "curl --version")"
done

if [ -x /usr/bin/time ]; then
	"$python" bench/large.py "$program" 10
fi

# The server by its own processor time: cached tokens over kept connections, and the same
# beside 1000 connections that are idle; a bare library that answers everything alike is the floor.
{
	printf 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %s\r\n' "$(wc -c <"$tmp/body")"
	sed -n 's/^header = "\(.*\)"$/\1\r/p' "$tmp/curlrc"
	printf '\r\n'
	cat "$tmp/body"
} >"$tmp/request"
port=${url#http://*:}
port=${port%%/*}
rs_pid=$(echo "$pids" | awk '{ print $2 }')
busy=$(build/bench_server "$port" "$rs_pid" 30000 0 <"$tmp/request")
crowded=$(build/bench_server "$port" "$rs_pid" 30000 1000 <"$tmp/request")
floor=
if [ -x build/bench_floor ]; then
	mkfifo "$tmp/floor.fifo"
	build/bench_floor >"$tmp/floor.fifo" &
	pids="$pids $!"
	floor=$(build/bench_server "$(head -n 1 "$tmp/floor.fifo")" "$!" 30000 0 <"$tmp/request")
fi
echo "serve, requests a CPU-second: $busy, beside 1000 idle connections $crowded${floor:+, bare libmicrohttpd $floor (ratio $(awk "BEGIN { printf \"%.2f\", $busy / $floor }"))}"

if [ -e build/ngx_http_mcpass_module.so ]; then
	ninja -C build --quiet bench_tokens
	"$python" bench/nginx.py "$PWD/build/ngx_http_mcpass_module.so" build/bench_tokens
fi

ninja -C build --quiet bench_stdio
# shellcheck disable=SC2086     # PROGRAM is a list
"$python" bench/bridge.py build/mcpass build/bench_stdio ${PROGRAM:-}

ratio=$(printf '%s' "$call" | sed 's/.*ratio \([0-9.]*\).*/\1/')
peak=$(printf '%s' "$call" | sed 's/.*peak \([0-9.]*\) MiB.*/\1/')
worst=$(printf '%s\n' "$guard" | grep -v remembered | sed 's/.*ratio //' | sort -n | head -n 1)
echo "bench: call ${ratio}x curl (aim 1.30), guard ${worst}x EVP (aim 0.70), peak ${peak} MiB (aim 12)"
