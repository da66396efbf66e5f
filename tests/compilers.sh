#!/bin/sh
# The program and the library, without a warning, as distributions and fuzzers build them: with
# each gcc and clang that is here, the oldest that we take (gcc 12, clang 14) to the newest.
# usage: compilers.sh
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A build of type Release is one with -O3.
# row LABEL FOLDER COMPILER C_FLAGS CMAKE_FLAGS TARGET...
row() {
	label=$1 folder=$2 compiler=$3 flags=$4 options=$5
	shift 5
	if CC=$compiler CFLAGS= cmake -S . -B "$folder" -G Ninja -DMCPASS_WERROR=ON -DCMAKE_C_FLAGS="$flags" $options >"$log" 2>&1 \
	    && ninja -C "$folder" "$@" >>"$log" 2>&1; then
		passed=$((passed + 1))
		echo "$label: $("$compiler" --version | head -n 1)"
	else
		failed=$((failed + 1))
		echo "FAILED [$label]"
		grep -E -A4 'error:|warning:|undefined|FAILED' "$log" | cut -c 1-300 | head -n 40
	fi
}

# The compilers of that name, each once: gcc, gcc-12, gcc-14 ...
all() {
	for compiler in $(ls /usr/bin /usr/local/bin 2>/dev/null | grep -E "^$1(-[0-9]+)?$" | sort -Vu); do
		echo "$(readlink -f "$(command -v "$compiler")") $compiler"
	done | sort -u -k1,1 | sed 's/.* //'
}

library="mcpass mcpass_shared mcpass_static"
fast="-DMCPASS_TESTS=OFF -DCMAKE_BUILD_TYPE=Release"
row "gcc, link-time optimisation" build-lto gcc "-flto -D_FORTIFY_SOURCE=3" "$fast" $library
for compiler in $(all gcc) $(all clang); do
	row "$compiler" "build-$compiler" "$compiler" "-D_FORTIFY_SOURCE=3" "$fast" $library
done
targets=$(ls tests/fuzz/fuzz_*.c | sed 's:.*/\(.*\)\.c:\1:')
row "the fuzz targets" build-fuzz clang "" \
	"-DMCPASS_FUZZ=ON -DMCPASS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug" $targets
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
