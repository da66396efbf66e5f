#!/bin/sh
# Builds the release into dist/: make.sh [ARCH...]   (x86_64 aarch64; the last line sums up)
# Sources and the libraries made from them are kept in a cache outside of the checkout,
# MCPASS_RELEASE_CACHE, by their digests.  The same commit gives the same bytes.
# WITHOUT=deb leaves the Debian packages out.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
here=$top/release
dist=$top/dist
build=$top/build-release
cache=${MCPASS_RELEASE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mcpass-release}
begun=$(date +%s)
umask 022
export LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct)}"
[ $# -gt 0 ] || set -- x86_64 aarch64

version=$(sed -n 's/^project(mcpass VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
[ "mcpass ($version-1)" = "$(sed -n '1s/).*/)/p' "$top/debian/changelog")" ] \
	|| { echo "release: debian/changelog is not about $version" >&2; exit 1; }
rm -rf "$dist"
mkdir -p "$dist" "$build"

sh "$here/fetch.sh" "$cache/sources"
key=$(cat "$here/sources.txt" "$here/deps.sh" | sha256sum | cut -c 1-16)
pairs=
for arch in "$@"; do
	sh "$here/deps.sh" "$arch" "$cache/sources" "$cache/$key/$arch"
	sh "$here/program.sh" "$arch" "$cache/$key/$arch" "$build/$arch"
	pairs="$pairs $arch=$build/$arch/mcpass"
done
work=$cache/$key/$1

# What all of them carry: the licences of what is linked in.
licences=$build/LICENCES
{
	echo "mcpass is under the MIT licence:"
	echo
	cat "$top/LICENSE"
	for part in curl jansson nghttp2 OpenSSL musl zlib; do
		printf '\n---- %s, which the static program contains ----\n\n' "$part"
		cat "$work/licences/$part"
	done
	printf '\n---- SQLite, which the static program contains, is in the public domain. ----\n'
} >"$licences"

# The tarball of the source, and the tree that the Debian packages are built from.
name=mcpass-$version
rm -rf "$build/$name"
mkdir "$build/$name"
git -C "$top" ls-files -z | tar -C "$top" --null -T - -cf - | tar -C "$build/$name" -xf -
sh "$here/tar.sh" "$build" "$name" | gzip -n -9 >"$dist/$name.tar.gz"

# The completions are the program's own words: it is asked where it runs.
words=$build/words
mkdir -p "$words"
native=$build/$(uname -m)/mcpass
[ -x "$native" ] || native=
for shell in bash zsh fish; do
	[ -z "$native" ] || "$native" completion "$shell" >"$words/mcpass.$shell"
done
for pair in $pairs; do
	arch=${pair%%=*}
	tree=$build/$name-linux-$arch
	rm -rf "$tree"
	mkdir -p "$tree/bin" "$tree/share/man/man1" "$tree/share/man/man7" "$tree/share/completions"
	install -m 755 "${pair#*=}" "$tree/bin/mcpass"
	install -m 644 "$top"/man/*.1 "$tree/share/man/man1"
	install -m 644 "$top"/man/*.7 "$tree/share/man/man7"
	install -m 644 "$words"/* "$tree/share/completions"
	install -m 644 "$licences" "$top/README.md" "$tree"
	sh "$here/tar.sh" "$build" "$name-linux-$arch" | gzip -n -9 >"$dist/$name-linux-$arch.tar.gz"
	if [ -n "$native" ] && "$native" help bridge >/dev/null 2>&1; then
		python3 "$here/mcpb.py" "${pair#*=}" "$arch" "$version" "$dist" "$licences"
	fi
	python3 "$here/wheel.py" "${pair#*=}" "$arch" "$version" "$dist" "$here/README.packages.md" "$licences"
done
# shellcheck disable=SC2086
sh "$here/npm.sh" "$version" "$dist" "$here/README.packages.md" "$licences" $pairs
python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read("certifi/cacert.pem"))' \
	"$cache"/sources/certifi-*.whl >"$build/certificates.pem"
# shellcheck disable=SC2086
python3 "$here/image.py" "$version" "$dist" "$build/certificates.pem" "$licences" $pairs

case " ${WITHOUT:-} " in
*" deb "*) ;;
*)
	commit=$(sed -n 's/^MCPASS_COMMIT:STRING=//p' "$build/$1/CMakeCache.txt")
	profile=pkg.mcpass.nonginx
	! dpkg-query -W nginx-dev >/dev/null 2>&1 || profile=
	(cd "$build/$name" && DEB_BUILD_PROFILES=$profile MCPASS_COMMIT="$commit" env -u SOURCE_DATE_EPOCH \
		dpkg-buildpackage -us -uc -b -tc) >"$build/deb.log" 2>&1 || { tail -n 40 "$build/deb.log"; exit 1; }
	find "$build" -maxdepth 1 -name "*_$version-1_*.deb" ! -name '*-dbgsym_*' -exec mv {} "$dist" \;
	;;
esac

built=$("${native:-$top/build/mcpass}" --version --json)
python3 "$here/sbom.py" "$version" "$built" "$here/sources.txt" "$dist"
(cd "$dist" && sha256sum -- * >"$build/SHA256SUMS" && mv "$build/SHA256SUMS" .)
echo "release: mcpass $version for $*, $(find "$dist" -type f | wc -l) files," \
	"$(du -sm "$dist" | cut -f 1) MiB in dist/, $(($(date +%s) - begun)) s"
