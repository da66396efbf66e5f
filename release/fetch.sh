#!/bin/sh
# Gets what sources.txt pins into a folder, by the registries' own clients, and checks each
# file by its digest.  What lies there already is checked alike.  usage: fetch.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

pins() { sed '/^#/d' "$here/sources.txt"; }
is_there() { echo "$1  $folder/$2" | sha256sum --check --status 2>/dev/null; }

pins | while read -r kind name version upstream digest file; do
	is_there "$digest" "$file" || echo "$kind $name $version $file"
done >"$tmp/missing"

crates() {
	mkdir "$tmp/crates"
	{
		printf '[package]\nname = "sources"\nversion = "0.0.0"\n[lib]\npath = "none.rs"\n[dependencies]\n'
		awk '$1 == "crate" { printf "%s = \"=%s\"\n", $2, $3 }' "$tmp/missing"
	} >"$tmp/crates/Cargo.toml"
	: >"$tmp/crates/none.rs"
	(cd "$tmp/crates" && CARGO_HOME="$tmp/cargo" cargo fetch --quiet)
	for file in $(awk '$1 == "crate" { print $4 }' "$tmp/missing"); do
		cp "$tmp"/cargo/registry/cache/*/"$file" "$folder"
	done
}

# The index of sources is made for us alone: the system's own list stays as it is.
debian() {
	mkdir -p "$tmp/apt/parts" "$tmp/apt/lists/partial" "$tmp/apt/archives/partial" "$tmp/deb"
	apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | grep -vE '[-](security|updates|backports) ' \
		| sort -u >"$tmp/apt/parts/sources.list"
	own="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$tmp/apt/parts
		-o Dir::State::lists=$tmp/apt/lists -o Dir::Cache=$tmp/apt -o APT::Sandbox::User="
	(cd "$tmp/deb" && apt-get $own -qq update && apt-get $own -qq source --download-only "$@")
	find "$tmp/deb" -name '*.orig.tar.*' -exec cp {} "$folder" \;
}

wheels() { python3 -m pip --quiet download --no-deps --only-binary :all: --dest "$folder" "$@"; }

of() { awk -v kind="$1" -v form="$2" '$1 == kind { printf form "\n", $2, $3 }' "$tmp/missing"; }
[ -z "$(of crate %s)" ] || crates
# What a Debian archive does not have any more is named below, with what else is missing.
[ -z "$(of deb %s)" ] || debian $(of deb %s) || true
[ -z "$(of wheel %s)" ] || wheels $(of wheel %s==%s)

pins | while read -r kind name version upstream digest file; do
	is_there "$digest" "$file" || {
		echo "fetch: $folder/$file is not there, or is not the file of sources.txt ($kind $name $version, $upstream)" >&2
		exit 1
	}
done
