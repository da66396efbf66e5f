#!/bin/sh
# Installs what is missing: need.sh GROUP...   (build, check, examples, fuzz, bench, gateway, conformance,
# interop, release, release-check)
# On Debian and its kin it prints the one apt-get line and runs it, with sudo only where it
# must; elsewhere it lists what to install.
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config libcurl4-openssl-dev libssl-dev libjansson-dev libsqlite3-dev"
check="python3-minimal python3 openssl curl valgrind clang-tidy universal-ctags g++ chromium chromium-driver man-db libtommath-dev nginx-light nginx-dev procps postgresql libpq-dev systemd dbus gnome-keyring libsecret-tools zsh fish iproute2 socat"
# docs/gateway.md on loopback.
gateway="python3 openssl curl nginx-light nginx-dev postgresql libpq-dev"
fuzz="clang libclang-rt-dev"
bench="curl python3 libmicrohttpd-dev nginx-light nginx-dev wrk procps"
examples="curl pkg-config g++ libuv1-dev libevent-dev libmicrohttpd-dev python3-cffi python3-dev python3-setuptools"
# A machine that has node and npm already may have them from elsewhere, under other names.
conformance="curl python3 nginx-light nginx-dev procps"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 \
	|| conformance="$conformance nodejs npm"

# The pinned sources come by their registries' own clients.
release="perl python3 dpkg-dev debhelper libpq-dev"
command -v cargo >/dev/null 2>&1 || release="$release cargo"
python3 -m pip --version >/dev/null 2>&1 || release="$release python3-pip"
release_check="$release lintian debootstrap qemu-user-static minisign binutils openssl python3-venv"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 \
	|| release_check="$release_check nodejs npm"

interop="$conformance openssl chromium chromium-driver unzip jq python3-venv postgresql libpq-dev"
command -v go >/dev/null 2>&1 || interop="$interop golang-go"
command -v mvn >/dev/null 2>&1 || interop="$interop maven"
# Keycloak wants Java 17; a machine that has it already, from wherever, keeps it.
java=$(java -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p') || java=
[ "${java:-0}" -ge 17 ] || interop="$interop default-jre-headless"

# Debian 12 names the compiler's runtime by its version.
if command -v apt-cache >/dev/null 2>&1; then
	rt=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' | head -n 1)
	fuzz="clang ${rt:-libclang-rt-14-dev}"
fi

wanted=
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	check) wanted="$wanted $check" ;;
	examples) wanted="$wanted $examples" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	bench) wanted="$wanted $bench" ;;
	gateway) wanted="$wanted $gateway" ;;
	conformance) wanted="$wanted $conformance" ;;
	interop) wanted="$wanted $interop" ;;
	release) wanted="$wanted $release" ;;
	release-check) wanted="$wanted $release_check" ;;
	*) echo "need.sh: no group $group" >&2; exit 1 ;;
	esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
	if pkg-config --exists libcurl libcrypto jansson sqlite3 2>/dev/null \
	    && command -v cmake >/dev/null 2>&1 && command -v ninja >/dev/null 2>&1; then
		exit 0
	fi
	echo "This is no Debian. Please install, by whatever names your system has for them:"
	for package in $wanted; do echo "  $package"; done
	exit 1
fi

missing=
for package in $wanted; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' \
		|| missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Missing packages, and no sudo here. As root: apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
# The tests make clusters of their own: the system is to have none for their sake.
case " $missing " in *" postgresql "*)
	[ -e /etc/postgresql-common/createcluster.conf ] \
		|| $sudo sh -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf' ;;
esac
echo "+ ${sudo:+$sudo }apt-get install -y --no-install-recommends$missing"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
