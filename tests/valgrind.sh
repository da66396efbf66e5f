#!/bin/sh
# The test programs under valgrind, but for those that repeat one thing thousands of times:
# the vectors, the signatures of every algorithm, whole flows with each allocation failing.
# The sanitizers see those; and they see each allocation fail where each 16th does here.
# usage: valgrind.sh BUILD_FOLDER
set -u
export MP_TEST_STRIDE=16
passed=0 failed=0
list=$(ls "$1"/unit_* "$1"/pair_* | grep -v -E 'wycheproof|_(memory|jws|jwk|dpop|dpop_check|stream)$|\.(a|so)$')
run() {
	log=$(mktemp)
	if valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect "$1" >"$log" 2>&1; then
		echo "ok $1"
	else
		echo "FAILED [$1] under valgrind"
		tail -n 40 "$log"
	fi
	rm -f "$log"
}
if [ $# -eq 2 ]; then run "$2"; exit; fi
out=$(mktemp)
printf '%s\n' $list | xargs -P "$(nproc)" -n 1 sh "$0" "$1" >"$out"
passed=$(grep -c '^ok ' "$out")
failed=$(grep -c '^FAILED ' "$out")
grep -v '^ok ' "$out"
rm -f "$out"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
