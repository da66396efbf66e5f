#!/bin/sh
# The program and the library, without a warning, as distributions and fuzzers build them.
# usage: compilers.sh
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# row LABEL FOLDER COMPILER C_FLAGS CMAKE_FLAGS TARGET...
row() {
	label=$1 folder=$2 compiler=$3 flags=$4 options=$5
	shift 5
	if CC=$compiler CFLAGS= cmake -S . -B "$folder" -G Ninja -DMCPASS_WERROR=ON -DCMAKE_C_FLAGS="$flags" $options >"$log" 2>&1 \
	    && ninja -C "$folder" "$@" >>"$log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED [$label]"
		grep -E -A4 'error|warning|FAILED' "$log" | head -n 40
	fi
}

row "gcc, link-time optimisation" build-lto gcc "-O3 -flto -D_FORTIFY_SOURCE=3" -DMCPASS_TESTS=OFF mcpass mcpass_shared mcpass_static
row "clang" build-clang clang "-O3 -D_FORTIFY_SOURCE=3" -DMCPASS_TESTS=OFF mcpass mcpass_shared mcpass_static
targets=$(ls tests/fuzz/fuzz_*.c | sed 's:.*/\(.*\)\.c:\1:')
row "the fuzz targets" build-fuzz clang "" \
	"-DMCPASS_FUZZ=ON -DMCPASS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug" $targets
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
