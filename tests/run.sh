#!/bin/sh
# Every test: lints, the normal build, the sanitizer build, valgrind, other compilers, the
# installed library, the program over HTTP.  Each part prints a line "N passed, N failed"; the last one adds up.
set -u
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0

# part NAME COMMAND...: runs it, counts its rows; a part that dies without a count failed.
part() {
	name=$1
	shift
	begun=$(date +%s)
	"$@" >"$logs/$name" 2>&1
	status=$?
	grep -E 'FAILED|ERROR|error:|warning:|^(floors|budgets|core_symbols): |Sanitizer' "$logs/$name" | head -n 60
	rows=$(sed -n 's/.*\b\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\1 \2/p' "$logs/$name" \
		| awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
	p=${rows% *} f=${rows#* }
	[ "$status" -ne 0 ] && tail -n 60 "$logs/$name"
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ "$p" -gt 0 ] || [ "$f" -gt 0 ] || { f=1; echo "$name ran no test"; }
	passed=$((passed + p)) failed=$((failed + f))
	echo "$name: $p passed, $f failed, $(($(date +%s) - begun)) s"
}

# build FOLDER FLAG...
build() {
	folder=$1
	shift
	cmake -S . -B "$folder" -G Ninja -DMCPASS_WERROR=ON "$@" >"$logs/cmake" 2>&1 && ninja -C "$folder" >"$logs/ninja" 2>&1 && return
	tail -n 60 "$logs/cmake" "$logs/ninja" 2>/dev/null
	echo "the build in $folder failed"
	echo "$passed passed, $((failed + 1)) failed"
	exit 1
}

in_ctest() { ctest --test-dir "$1" --output-on-failure --verbose -j "$(nproc)"; }

build build
build build-asan -DMCPASS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1
part lint sh tests/lint/run.sh build
part unit in_ctest build
part sanitized in_ctest build-asan
part valgrind sh tests/valgrind.sh build
part compilers sh tests/compilers.sh
part install sh tests/install/run.sh build
part examples python3 tests/examples/run.py build
part e2e python3 tests/e2e/run.py build/mcpass
if [ -e build/ngx_http_mcpass_module.so ]; then  # where there are nginx and its headers
	part nginx python3 tests/nginx/run.py build/ngx_http_mcpass_module.so build/mcpass
fi
part e2e-sanitized env ASAN_OPTIONS=detect_leaks=1 python3 tests/e2e/run.py build-asan/mcpass
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
