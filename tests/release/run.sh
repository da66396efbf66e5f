#!/bin/sh
# Installs and runs each file of dist/: run.sh [PART...]   The last line counts the rows.
# Parts: sums static e2e trust proxies aarch64 deb wheel npm image mcpb abroad, and twice, which builds it all
# again elsewhere and compares.  Chroots need root; their base systems are kept in the cache.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
dist=$top/dist
cache=${MCPASS_RELEASE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mcpass-release}
tmp=$(mktemp -d)
passed=0 failed=0 skipped=0
pids=
finish() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	for root in "$tmp"/*/proc; do
		! mountpoint -q "$root" 2>/dev/null || umount "$root"
	done
	rm -rf --one-file-system "$tmp"
}
trap finish EXIT
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE NIX_SSL_CERT_FILE

row() {
	label=$1
	shift
	if timeout 600 "$@" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED [$label] $*"
		tail -n 20 "$tmp/log"
	fi
}
skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}
is_wanted() { [ -z "$parts" ] || case " $parts " in *" $1 "*) ;; *) return 1 ;; esac; }
only() { set -- "$dist"/$1; [ -f "$1" ] && echo "$1"; }

parts="$*"
version=$(sed -n 's/^project(mcpass VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
for arch in x86_64 aarch64; do
	if [ -f "$dist/mcpass-$version-linux-$arch.tar.gz" ]; then
		mkdir -p "$tmp/$arch"
		tar -xzf "$dist/mcpass-$version-linux-$arch.tar.gz" -C "$tmp/$arch" --strip-components 1
	fi
done
program=$tmp/$(uname -m)/bin/mcpass
[ -x "$program" ] || { echo "no program for this machine in $dist: make release first"; exit 1; }

# --- the sums, the bill of materials, a signature by a key of the moment ---
part_sums() {
	row "the sums" sh -c "cd '$dist' && sha256sum --check --strict --quiet SHA256SUMS"
	row "every file is summed" sh -c "[ \$(ls '$dist' | grep -vc '^SHA256SUMS') -eq \$(wc -l <'$dist/SHA256SUMS') ]"
	row "the bill of materials" python3 "$here/sbom.py" "$(only '*.spdx.json')" "$dist"
	mkdir "$tmp/signed"
	cp "$dist"/* "$tmp/signed"
	row "a key of the moment" minisign -G -W -p "$tmp/key.pub" -s "$tmp/key"
	row "signed" sh "$top/release/sign.sh" "$tmp/key" "$tmp/signed"
	row "the signature is right" minisign -V -p "$tmp/key.pub" -m "$tmp/signed/SHA256SUMS"
	echo >>"$tmp/signed/SHA256SUMS"
	row "a changed list is noticed" sh -c "! minisign -V -p '$tmp/key.pub' -m '$tmp/signed/SHA256SUMS'"
}

# --- the static program: what protects it, and that it needs nothing ---
part_static() {
	for arch in x86_64 aarch64; do
		file=$tmp/$arch/bin/mcpass
		[ -x "$file" ] || { skip "no program for $arch"; continue; }
		readelf -W -h -l -d "$file" >"$tmp/elf.$arch" 2>/dev/null
		row "$arch: position-independent" grep -q 'Type: *DYN' "$tmp/elf.$arch"
		row "$arch: no interpreter" sh -c "! grep -q INTERP '$tmp/elf.$arch'"
		row "$arch: no library" sh -c "! grep -q NEEDED '$tmp/elf.$arch'"
		row "$arch: relocations are read-only" grep -q GNU_RELRO "$tmp/elf.$arch"
		row "$arch: all of them, at once" grep -qE 'BIND_NOW|FLAGS_1.*NOW' "$tmp/elf.$arch"
		row "$arch: the stack is not executable" grep -qE 'GNU_STACK.* RW ' "$tmp/elf.$arch"
		row "$arch: nothing is writable and executable" sh -c "! grep -qE 'LOAD.* RWE ' '$tmp/elf.$arch'"
		row "$arch: no path of the building machine" sh -c "! strings -a '$file' | grep -F -e '$top' -e '$cache' -e '$HOME/'"
	done
	row "x86_64: functions are marked for indirect calls" sh -c "[ \$(objdump -d '$tmp/x86_64/bin/mcpass' 2>/dev/null | grep -c endbr64) -gt 1000 ]"
	if [ "$(id -u)" -eq 0 ]; then
		mkdir -p "$tmp/empty/tmp"
		cp "$program" "$tmp/empty"
		row "the demo, where there is nothing besides" sh "$here/demo.sh" env -i "$(command -v chroot)" "$tmp/empty" /mcpass
	else
		skip "an empty root: needs root"
	fi
	row "it says that it is static" sh -c "'$program' --version --json | grep -q '\"static\":true'"
}

# --- everything over HTTP, as make check does it with the program of glibc ---
part_e2e() {
	cp "$program" "$tmp/mcpass"     # the tests write beside it
	if timeout 1800 python3 "$top/tests/e2e/run.py" "$tmp/mcpass" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED [the end-to-end tests]"
		grep -A 20 '^FAILED' "$tmp/log" | head -n 120
	fi
	tail -n 1 "$tmp/log" | sed 's/^/end-to-end by the static program: /; s/ passed/ rows passed/'
}

# --- the certificates of each family of systems, and proxies ---
part_trust() {
	[ "$(id -u)" -eq 0 ] || { skip "trust: needs root"; return; }
	row "certificates" python3 "$here/trust.py" "$program" "$tmp/roots"
	cat "$tmp/log"
}
part_proxies() { row "proxies" python3 "$here/proxies.py" "$program" && cat "$tmp/log"; }

part_aarch64() {
	[ -x "$tmp/aarch64/bin/mcpass" ] || { skip "no program for aarch64"; return; }
	row "aarch64, emulated: the demo" sh "$here/demo.sh" qemu-aarch64-static "$tmp/aarch64/bin/mcpass"
}

# --- the Debian packages, in fresh systems ---
base_system() {
	[ -f "$cache/roots/$1.tar" ] && return
	mkdir -p "$cache/roots"
	debootstrap --variant=minbase "$1" "$tmp/base-$1" >"$tmp/debootstrap" 2>&1 \
		|| { tail -n 5 "$tmp/debootstrap"; return 1; }
	tar -C "$tmp/base-$1" --exclude './var/cache/apt/archives/*.deb' -cf "$cache/roots/$1.tar.new" .
	mv "$cache/roots/$1.tar.new" "$cache/roots/$1.tar"
	rm -rf "$tmp/base-$1"
}
deb_in() {
	suite=$1 root=$tmp/$1
	base_system "$suite" || { skip "$suite: no base system is to be had"; return; }
	mkdir "$root"
	tar -C "$root" -xf "$cache/roots/$suite.tar"
	mount -t proc proc "$root/proc"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	mkdir "$root/debs" "$root/tests"
	cp "$dist"/*.deb "$root/debs"
	cp "$top"/debian/tests/* "$root/tests"
	sh "$here/inside.sh" "$root" "apt-get -qq update" >"$tmp/log" 2>&1
	row "$suite: installs" sh "$here/inside.sh" "$root" "apt-get -qq install -y --no-install-recommends /debs/mcpass_*.deb /debs/libmcpass0_*.deb"
	row "$suite: the package's test" sh "$here/inside.sh" "$root" "sh /tests/demo"
	row "$suite: manual, completions, units" sh "$here/inside.sh" "$root" "ls /usr/lib/systemd/system/mcpass-serve.service /usr/lib/systemd/system/mcpass-authserver.service /usr/share/bash-completion/completions/mcpass /usr/share/zsh/vendor-completions/_mcpass /usr/share/fish/vendor_completions.d/mcpass.fish"
	row "$suite: the library's test" sh "$here/inside.sh" "$root" "apt-get -qq install -y --no-install-recommends gcc libc6-dev pkgconf /debs/libmcpass0_*.deb /debs/libmcpass-dev_*.deb && sh /tests/library"
	# The module fits one nginx only: that of the system it was built on.
	if [ -e "$root"/debs/libnginx-mod-http-mcpass_*.deb ] && [ "$suite" = "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" ]; then
		row "$suite: nginx takes its module" sh "$here/inside.sh" "$root" "apt-get -qq install -y --no-install-recommends nginx-light /debs/libnginx-mod-http-mcpass_*.deb && nginx -t && ls /etc/nginx/modules-enabled | grep mcpass"
		row "$suite: and knows its directives" sh "$here/inside.sh" "$root" "cp /etc/nginx/nginx.conf /tmp/kept && sed -i 's/^http {/&\nmcpass off;/' /etc/nginx/nginx.conf && nginx -t; status=\$?; cp /tmp/kept /etc/nginx/nginx.conf; exit \$status"
		row "$suite: nginx without it again" sh "$here/inside.sh" "$root" "apt-get -qq remove -y libnginx-mod-http-mcpass && nginx -t && ! ls /etc/nginx/modules-enabled | grep 'mcpass.conf$'"
	fi
	row "$suite: credentials stay" python3 "$here/keep.py" "$program" "$root" "$dist"
	umount "$root/proc"
	rm -rf --one-file-system "$root"
}
part_deb() {
	only '*.deb' >/dev/null || { skip "no Debian package was built"; return; }
	row "lintian" lintian --fail-on error --profile debian "$dist"/*.deb
	row "the units: hardened" sh "$here/units.sh" "$top/debian"
	[ "$(id -u)" -eq 0 ] || { skip "chroots: need root"; return; }
	for suite in bookworm trixie; do deb_in "$suite"; done
}

# --- Python's and Node's packages, without a network ---
part_wheel() {
	wheel=$(only "*_$(uname -m).whl") || { skip "no wheel"; return; }
	row "a fresh environment" python3 -m venv "$tmp/venv"
	row "pip, offline" "$tmp/venv/bin/pip" install --quiet --no-index "$wheel"
	row "it is the program itself" cmp "$tmp/venv/bin/mcpass" "$program"
	row "its demo" sh "$here/demo.sh" "$tmp/venv/bin/mcpass"
	row "pip takes it away" sh -c "'$tmp/venv/bin/pip' uninstall --quiet -y mcpass && [ ! -e '$tmp/venv/bin/mcpass' ]"
	if python3 -m venv "$tmp/tools" && "$tmp/tools/bin/pip" install --quiet uv pipx >/dev/null 2>&1; then
		row "uvx, offline" env UV_CACHE_DIR="$tmp/uv" "$tmp/tools/bin/uvx" --offline --no-index --find-links "$dist" mcpass --version
		row "pipx run" env PIPX_HOME="$tmp/pipx" "$tmp/tools/bin/pipx" run --backend pip --spec "$wheel" mcpass --version
	else
		skip "uvx, pipx: not to be had"
	fi
}
part_npm() {
	case $(uname -m) in x86_64) cpu=x64 ;; *) cpu=arm64 ;; esac
	native=$(only "mcpass-linux-$cpu-*.tgz") || { skip "no npm package"; return; }
	main=$dist/mcpass-$version.tgz
	for how in "" --ignore-scripts; do
		place=$tmp/npm$how
		mkdir "$place"
		echo '{"name":"place","version":"1.0.0","private":true}' >"$place/package.json"
		row "npm, offline $how" npm install --prefix "$place" --offline --no-audit --no-fund --cache "$place/cache" $how "$native" "$main"
		row "it runs $how" sh "$here/demo.sh" "$place/node_modules/.bin/mcpass"
		row "its exit code is passed on $how" sh -c "'$place/node_modules/.bin/mcpass' call; [ \$? -eq 1 ]"
		row "npx finds it $how" sh -c "cd '$place' && npx --offline mcpass --version"
		row "standard input is passed on $how" sh -c "echo secret | '$place/node_modules/.bin/mcpass' authserver hash alice"
	done
	row "no Node once it is installed" cmp "$tmp/npm/node_modules/.bin/mcpass" "$program"
	row "a signal is passed on" python3 "$here/signal_through.py" "$tmp/npm--ignore-scripts/node_modules/.bin/mcpass"
}

part_image() {
	image=$(only '*-oci.tar') || { skip "no image"; return; }
	row "the image's digests, and its files" python3 "$here/image.py" "$image" "$tmp/image" "$(uname -m)"
	[ "$(id -u)" -eq 0 ] || { skip "running the image: needs root"; return; }
	row "the image's demo, as its user" sh "$here/demo.sh" env -i HOME=/data XDG_DATA_HOME=/data "$(command -v chroot)" --userspec 65532:65532 "$tmp/image" /usr/bin/mcpass
}

# --- the desktop extension, where the bridge is ---
part_mcpb() {
	bundle=$(only "*-linux-$(uname -m).mcpb") || { skip "no desktop extension"; return; }
	row "it unpacks" python3 -m zipfile -e "$bundle" "$tmp/mcpb"
	row "what it starts is the program" cmp "$tmp/mcpb/server/mcpass" "$program"
	row "its manifest starts a bridge" python3 -c "import json, sys; m = json.load(open(sys.argv[1])); assert m['server']['mcp_config']['args'][0] == 'bridge' and m['server']['entry_point'] == 'server/mcpass'" "$tmp/mcpb/manifest.json"
}

# --- other systems' headers ---
part_abroad() { row "macOS and FreeBSD: it compiles" sh "$here/abroad.sh" "$cache" && cat "$tmp/log"; }

# --- the same commit, elsewhere ---
part_twice() {
	mkdir "$tmp/elsewhere"
	row "a second checkout" git clone --quiet --no-hardlinks "$top" "$tmp/elsewhere/some-where"
	mkdir -p "$tmp/elsewhere/cache"
	cp -r "$cache/sources" "$tmp/elsewhere/cache"
	arches=
	for arch in x86_64 aarch64; do [ ! -d "$tmp/$arch" ] || arches="$arches $arch"; done
	# shellcheck disable=SC2086
	MCPASS_RELEASE_CACHE=$tmp/elsewhere/cache timeout 3600 sh "$tmp/elsewhere/some-where/release/make.sh" $arches >"$tmp/log" 2>&1 \
		|| tail -n 20 "$tmp/log"
	row "bit for bit the same" diff "$dist/SHA256SUMS" "$tmp/elsewhere/some-where/dist/SHA256SUMS"
}

for part in sums static e2e trust proxies aarch64 deb wheel npm image mcpb abroad; do
	! is_wanted "$part" || "part_$part"
done
case " $parts ${TWICE:+twice} " in *" twice "*) part_twice ;; esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
