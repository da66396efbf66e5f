#!/bin/sh
# An include goes down a floor or stays in its folder; the core names nothing that does I/O.
set -eu
cd "$(dirname "$0")/../.."

floor() {
	case $1 in
	base) echo 0 ;;
	wire) echo 1 ;;
	oauth | mcp) echo 2 ;;
	flow | session | bridge | guard | issuer | echo) echo 3 ;;
	io) echo 4 ;;
	link | ui) echo 5 ;;
	serve) echo 6 ;;
	cli | nginx) echo 7 ;;
	*) echo "floors: no floor is known for src/$1" >&2; exit 1 ;;
	esac
}

bad=0
complain() { echo "floors: $1"; bad=$((bad + 1)); }

for file in $(find src -name '*.[ch]'); do
	room=${file#src/}
	room=${room%%/*}
	own=$(floor "$room")
	for other in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([a-z0-9_]*\)\/.*/\1/p' "$file" | sort -u); do
		[ "$other" = "$room" ] || [ "$other" = mcpass ] && continue
		[ "$(floor "$other")" -lt "$own" ] || complain "$file (floor $own) includes $other/ (floor $(floor "$other"))"
	done
	if [ "$own" -le 3 ]; then
		found=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(curl/|sqlite3|libpq|time\.h|sys/|unistd|fcntl|poll|netdb|netinet|signal|pthread)' "$file" | grep -v 'sys/socket.h> .*AF_INET' || true)
		[ -z "$found" ] || complain "$file: the core includes $found"
	fi
done
count=$(find src -name '*.[ch]' | wc -l)
if [ "$bad" -eq 0 ]; then echo "floors: $count files, every include goes down"; else exit 1; fi
