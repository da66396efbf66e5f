#!/bin/sh
# The systemd units are well formed and exposed little: units.sh DEBIAN_FOLDER
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# A system with the units, what systemd itself has, and a program of that name.
units=$tmp/root/usr/lib/systemd/system
mkdir -p "$units" "$tmp/root/usr/bin"
cp /bin/true "$tmp/root/usr/bin/mcpass"
cp /lib/systemd/system/*.target /lib/systemd/system/*.slice "$units" 2>/dev/null || true
for name in mcpass-serve mcpass-authserver; do
	cp "$1/mcpass.$name.service" "$tmp/$name.service"
	cp "$1/mcpass.$name.service" "$units/$name.service"
	if command -v systemd-analyze >/dev/null 2>&1; then
		# It says what it does not know, and goes on: so any word is one too many.
		systemd-analyze verify --man=no --root="$tmp/root" "$name.service" >"$tmp/said" 2>&1 || true
		[ ! -s "$tmp/said" ] || { cat "$tmp/said"; exit 1; }
		systemd-analyze security --offline=true --threshold=15 "$tmp/$name.service" | tail -n 1
	else
		echo "systemd-analyze is not here: $name is only looked through"
		for word in DynamicUser=yes NoNewPrivileges=yes ProtectSystem=strict MemoryDenyWriteExecute=yes; do
			grep -qx "$word" "$tmp/$name.service"
		done
	fi
done
