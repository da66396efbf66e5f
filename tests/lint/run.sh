#!/bin/sh
# All lints.  usage: run.sh [BUILD_FOLDER]
set -u
cd "$(dirname "$0")/../.."
build=${1:-build}
passed=0 failed=0
row() {
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
if [ ! -e "$build/libmcpass_core.a" ] || [ ! -e "$build/mcpass" ]; then
	cmake -S . -B "$build" -G Ninja >/dev/null && ninja -C "$build" --quiet mcpass_core mcpass || exit 1
fi
row sh tests/lint/floors.sh
row sh tests/lint/one_poll.sh
row sh tests/lint/core_symbols.sh "$build/libmcpass_core.a"
row sh tests/lint/budgets.sh
row python3 tests/lint/rings.py "$build"
row sh tests/lint/tidy.sh
row sh tests/lint/portable.sh
row sh tests/lint/words.sh
row python3 tests/lint/rows.py
row python3 tests/lint/spec_map.py check
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
