#!/bin/sh
# Functions of at most 60 lines, files of at most 500; exceptions stand in budgets.allow by
# name, with a reason.  Functions that the models taught us not to call are refused.
set -eu
cd "$(dirname "$0")/../.."
allow=tests/lint/budgets.allow
bad=0
complain() { echo "budgets: $1"; bad=$((bad + 1)); }

for file in $(find src -name '*.[ch]') include/mcpass/*.h; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 500 ] || grep -q "^$file " "$allow" || complain "$file has $lines lines"
done
long=$(ctags -x --kinds-C=f --fields=+e --_xformat='%{input} %N %n %{end}' $(find src -name '*.c') \
	| awk '{ n = $4 - $3 + 1; if (n > 60) print $1 ":" $2, n }')
while read -r name lines; do
	[ -z "$name" ] || grep -q "^$name " "$allow" || complain "$name has $lines lines"
done <<END
$long
END
if grep -nE '\b(strcat|strcpy|strncpy|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|alloca|tmpnam|mktemp)[[:space:]]*\(' $(find src -name '*.c'); then
	complain "a banned function is called (above)"
fi
if grep -nE '\b(TODO|FIXME|XXX)\b' -r src include tests --include='*.[ch]' --include='*.sh' --include='*.py' | grep -v lint/; then
	complain "something was left for later (above)"
fi
count=$(ctags -x --kinds-C=f $(find src -name '*.c') | wc -l)
if [ "$bad" -eq 0 ]; then echo "budgets: $count functions within their budget"; else exit 1; fi
