#!/bin/sh
# Every test: lints, the normal build, the sanitizer build, valgrind, other compilers, the
# installed library, the program over HTTP.  Each part prints a line "N passed, N failed"; the last one adds up.
# What computes runs beside what mostly waits, and gives way to it.
# BESIDE: a command that mostly waits, too, and goes first (.ci/run has one).
set -u
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'rm -rf "$logs"; kill 0' INT       # what runs beside it does not hear Ctrl-C

# part NAME COMMAND...: runs it, counts its rows; a part that dies without a count failed.
part() {
	name=$1
	shift
	begun=$(date +%s)
	"$@" >"$logs/$name" 2>&1
	status=$?
	rows=$(sed -n 's/.*\b\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\1 \2/p' "$logs/$name" \
		| awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
	p=${rows% *} f=${rows#* }
	{
		grep -E 'FAILED|SKIPPED|ERROR|error:|warning:|^(floors|budgets|core_symbols): |Sanitizer' "$logs/$name" | head -n 60
		[ "$status" -ne 0 ] && tail -n 60 "$logs/$name"
		[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
		[ "$p" -gt 0 ] || [ "$f" -gt 0 ] || { f=1; echo "$name ran no test"; }
		echo "$name: $p passed, $f failed, $(($(date +%s) - begun)) s"
	} >"$logs/$name.said"
	cat "$logs/$name.said"          # in one piece: two parts run at a time
	echo "$p $f" >"$logs/$name.rows"
}

# build FOLDER FLAG...
build() {
	folder=$1
	shift
	cmake -S . -B "$folder" -G Ninja -DMCPASS_WERROR=ON "$@" >"$logs/cmake" 2>&1 && nice -n 5 ninja -C "$folder" >"$logs/ninja" 2>&1 && return
	tail -n 60 "$logs/cmake" "$logs/ninja" 2>/dev/null
	echo "the build in $folder failed"
	echo "0 1" >"$logs/$folder.rows"
	return 1
}

# together WORK WAIT: two functions side by side.  One that dies before its end failed.
together() {
	"$1" & work=$!
	"$2" & waiting=$!
	for pid in "$work" "$waiting"; do
		wait "$pid" || echo "0 1" >"$logs/$pid.rows"
	done
}
total() {
	cat "$logs"/*.rows | awk '{ p += $1; f += $2 } END { print p + 0 " passed, " f + 0 " failed"; exit f > 0 || p == 0 }'
}

in_ctest() { nice -n 5 ctest --test-dir "$1" --output-on-failure --verbose -j "$(nproc)"; }

# The two halves of each step take about as long as one another.
compute() {
	build build-asan -DMCPASS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1
	part lint nice -n 5 sh tests/lint/run.sh build
	part unit in_ctest build
	part install sh tests/install/run.sh build
	part examples python3 tests/examples/run.py build
	part compilers nice -n 5 sh tests/compilers.sh
}
serve() {
	[ -z "${BESIDE:-}" ] || sh -c "$BESIDE" || echo "0 1" >"$logs/beside.rows"
	[ ! -e build/ngx_http_mcpass_module.so ] \
		|| part nginx python3 tests/nginx/run.py build/ngx_http_mcpass_module.so build/mcpass   # where there are nginx and its headers
	[ ! -e build/ngx_http_mcpass_module.so ] \
		|| part gateway python3 tests/gateway/run.py build/mcpass build/ngx_http_mcpass_module.so
	[ -z "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] && ! command -v initdb >/dev/null 2>&1 \
		|| part postgres python3 tests/postgres/run.py build/mcpass             # where there is PostgreSQL
}
compute_more() {
	part sanitized in_ctest build-asan
	part valgrind nice -n 5 sh tests/valgrind.sh build
}
serve_more() {
	part e2e python3 tests/e2e/run.py build/mcpass
	part e2e-sanitized env ASAN_OPTIONS=detect_leaks=1 python3 tests/e2e/run.py build-asan/mcpass
}

build build || { total; exit 1; }
together compute serve
[ ! -e "$logs/build-asan.rows" ] || { total; exit 1; }
together compute_more serve_more
total
