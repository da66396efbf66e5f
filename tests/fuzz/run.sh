#!/bin/sh
# Searches with every fuzz target for a while.  usage: run.sh SECONDS
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
CC=clang cmake -S . -B build-fuzz -G Ninja -DMCPASS_FUZZ=ON -DMCPASS_TESTS=ON \
	-DMCPASS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug >/dev/null
targets=$(ls tests/fuzz/fuzz_*.c | sed 's|.*/||; s|\.c$||')
ninja -C build-fuzz --quiet $targets
passed=0 failed=0
for target in $targets; do
	found=build-fuzz/found/$target
	mkdir -p "$found"
	if build-fuzz/"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$found/crash-" "$found" "tests/fuzz/corpus/${target#fuzz_}" >"$found.log" 2>&1; then
		passed=$((passed + 1))
		echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") inputs"
	else
		failed=$((failed + 1))
		tail -n 30 "$found.log"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
