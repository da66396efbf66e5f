#!/bin/sh
# Makes the npm packages: npm.sh VERSION DIST README LICENCES ARCH=PROGRAM...
# One for each platform, with the program and no script, and `mcpass`, which has them as its
# optional dependencies: npm installs the one that fits.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$1 dist=$2 readme=$3 licences=$4
shift 4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# pack NAME: $tmp/package as npm would
pack() {
	find "$tmp/package" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	sh "$here/tar.sh" "$tmp" package | gzip -n -9 >"$dist/$1-$version.tgz"
	rm -rf "$tmp/package"
}
begin() {
	mkdir -p "$tmp/package/bin"
	cp "$readme" "$tmp/package/README.md"
	cp "$licences" "$tmp/package/LICENSE"
	chmod 644 "$tmp/package/README.md" "$tmp/package/LICENSE"
}
common="\"version\": \"$version\",
	\"description\": \"A pass into any protected MCP server\",
	\"license\": \"MIT\""

depends=
for pair in "$@"; do
	case ${pair%%=*} in x86_64) cpu=x64 ;; aarch64) cpu=arm64 ;; esac
	begin
	install -m 755 "${pair#*=}" "$tmp/package/bin/mcpass"
	printf '{\n\t"name": "@mcpass/linux-%s",\n\t%s,\n\t"os": ["linux"],\n\t"cpu": ["%s"],\n\t"preferUnplugged": true\n}\n' \
		"$cpu" "$common" "$cpu" >"$tmp/package/package.json"
	pack "mcpass-linux-$cpu"
	depends="$depends${depends:+, }\"@mcpass/linux-$cpu\": \"$version\""
done
begin
install -m 755 "$here/npm/launch.js" "$tmp/package/bin/mcpass"
install -m 644 "$here/npm/install.js" "$tmp/package/install.js"
printf '{\n\t"name": "mcpass",\n\t%s,\n\t"bin": { "mcpass": "bin/mcpass" },\n\t"scripts": { "postinstall": "node install.js" },\n\t"optionalDependencies": { %s },\n\t"engines": { "node": ">=16" }\n}\n' \
	"$common" "$depends" >"$tmp/package/package.json"
pack mcpass
