#!/bin/sh
# The test programs under valgrind, but for those that repeat one thing thousands of times: the
# vectors and the signatures of every algorithm.  The sanitizers see those; and they see each
# allocation fail, where here each 16th does, and in whole flows each 197th.
# usage: valgrind.sh BUILD_FOLDER
set -u
passed=0 failed=0
list=$(ls "$1"/unit_* "$1"/pair_* | grep -v -E 'wycheproof|_(jws|jwk|dpop|dpop_check|stream)$|\.(a|so)$')
run() {
	log=$(mktemp)
	case $1 in *_memory) stride=197 ;; *) stride=16 ;; esac
	if MP_TEST_STRIDE=$stride valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect "$1" >"$log" 2>&1; then
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
