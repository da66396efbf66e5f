#!/bin/sh
# Every page of docs/ and man/ that names a file of the project names one that exists.
set -eu
cd "$(dirname "$0")/../.."
bad=0
for page in README.md docs/*.md; do
	dir=$(dirname "$page")
	for link in $(grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '^http' | sort -u); do
		[ -e "$dir/$link" ] || { echo "words: $page links to $link, which is not there"; bad=1; }
	done
done
for room in src/*/; do
	grep -q "^| [0-9] | .$(basename "$room"). |" docs/house.md || { echo "words: docs/house.md does not name $room"; bad=1; }
done
[ "$bad" -eq 0 ] && echo "words: every link of the pages leads somewhere"
