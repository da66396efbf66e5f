#!/bin/sh
# The systemd units are well formed and exposed little: units.sh DEBIAN_FOLDER
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for name in mcpass-serve mcpass-authserver; do
	cp "$1/mcpass.$name.service" "$tmp/$name.service"
	if command -v systemd-analyze >/dev/null 2>&1; then
		systemd-analyze security --offline=true --threshold=15 "$tmp/$name.service" | tail -n 1
	else
		echo "systemd-analyze is not here: $name is only looked through"
		for word in DynamicUser=yes NoNewPrivileges=yes ProtectSystem=strict MemoryDenyWriteExecute=yes; do
			grep -qx "$word" "$tmp/$name.service"
		done
	fi
done
