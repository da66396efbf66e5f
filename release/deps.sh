#!/bin/sh
# Builds the libraries of a static program for one target, with the pinned compiler.
# usage: deps.sh ARCH SOURCES WORK   (ARCH: x86_64, aarch64)
# WORK/prefix has the libraries, WORK/bin the compiler's wrappers, WORK/licences the texts.
# WORK is made once: what it is made from is named by key.sh.
set -eu
arch=$1 sources=$(cd "$2" && pwd)
mkdir -p "$3"
work=$(cd "$3" && pwd)
[ ! -e "$work/done" ] || exit 0
prefix=$work/prefix bin=$work/bin
rm -rf "$work/src" "$work/build" "$prefix" "$bin"
mkdir -p "$work/src" "$work/build" "$prefix/lib/pkgconfig" "$prefix/include" "$bin" "$work/licences"
jobs=$(nproc)

unpack() { mkdir "$work/src/$1" && tar -xf "$sources"/$2 -C "$work/src/$1" --strip-components 1; }
unpack openssl-src 'openssl-src-*.crate'
unpack curl-sys 'curl-sys-*.crate'
unpack nghttp2-sys 'libnghttp2-sys-*.crate'
unpack sqlite3-sys 'libsqlite3-sys-*.crate'
unpack zlib-sys 'libz-sys-*.crate'
unpack jansson 'jansson_*.orig.tar.*'
openssl=$work/src/openssl-src/openssl curl=$work/src/curl-sys/curl
nghttp2=$work/src/nghttp2-sys/nghttp2 sqlite=$work/src/sqlite3-sys/sqlite3
zlib=$work/src/zlib-sys/src/zlib

# The compiler is the same for all targets; its cache lies beside it.
zig=$(dirname "$work")/zig
if [ ! -x "$zig/ziglang/zig" ]; then
	python3 -m zipfile -e "$sources"/ziglang-*.whl "$zig.new"
	chmod +x "$zig.new/ziglang/zig"
	mv "$zig.new" "$zig"
fi
tool() {
	printf '#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR=%s/cache ZIG_LOCAL_CACHE_DIR=%s/cache\nexec %s/ziglang/zig %s "$@"\n' \
		"$zig" "$zig" "$zig" "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}
# No path of this machine comes into an object.
tool release-cc "cc -target $arch-linux-musl -g0 -ffile-prefix-map=$work=/release"
tool release-ar ar
tool release-ranlib ranlib
printf '#!/bin/sh\nPKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=%s/lib/pkgconfig exec pkg-config --static "$@"\n' \
	"$prefix" >"$bin/release-pkg-config"
chmod +x "$bin/release-pkg-config"
# OpenSSL says when it was built; these libraries serve more than one commit.  (0 is no date to it.)
export SOURCE_DATE_EPOCH=1
export PATH="$bin:$PATH"
export CFLAGS="-O2 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong -fstack-clash-protection -fno-common"
[ "$arch" != x86_64 ] || CFLAGS="$CFLAGS -fcf-protection"
[ "$arch" != aarch64 ] || CFLAGS="$CFLAGS -mbranch-protection=standard"

cmake_() {
	from=$1 to=$2
	shift 2
	cmake -S "$from" -B "$work/build/$to" -G Ninja -DCMAKE_BUILD_TYPE=None \
		-DCMAKE_C_COMPILER="$bin/release-cc" -DCMAKE_AR="$bin/release-ar" \
		-DCMAKE_RANLIB="$bin/release-ranlib" -DCMAKE_SYSTEM_NAME=Linux \
		-DCMAKE_SYSTEM_PROCESSOR="$arch" -DCMAKE_INSTALL_PREFIX="$prefix" \
		-DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH="$prefix" \
		-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
		-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER \
		-DCMAKE_POLICY_VERSION_MINIMUM=3.5 -DBUILD_SHARED_LIBS=OFF \
		-DCMAKE_POSITION_INDEPENDENT_CODE=ON "$@"
	ninja -C "$work/build/$to" install
}

# What TLS 1.2 and 1.3, JOSE and scrypt need.  openssl.cnf is not read: it may name modules,
# which a static program cannot load.
build_openssl() {
	mkdir "$work/build/openssl"
	cd "$work/build/openssl"
	case $arch in x86_64) target=linux-x86_64 ;; *) target=linux-aarch64 ;; esac
	CC=release-cc AR=release-ar RANLIB=release-ranlib perl "$openssl/Configure" "$target" \
		no-shared no-tests no-apps no-docs no-legacy no-engine no-module no-dso \
		no-autoload-config no-ssl3 no-dtls no-srp no-srtp no-psk no-comp no-idea no-seed \
		no-camellia no-aria no-bf no-cast no-rc2 no-rc4 no-rc5 no-md4 no-mdc2 no-rmd160 \
		no-whirlpool no-sm2 no-sm3 no-sm4 no-ts no-cms no-cmp no-ct no-gost no-quic no-slh-dsa \
		no-ml-dsa no-lms no-http no-ui-console no-argon2 no-blake2 no-siphash no-siv no-ocb \
		no-rfc3779 no-ec2m no-ssl-trace no-sock no-filenames \
		--prefix="$prefix" --libdir=lib --openssldir=/etc/ssl $CFLAGS
	make -s -j "$jobs" build_libs ENGINESDIR=/usr/lib/engines-3 MODULESDIR=/usr/lib/ossl-modules
	make -s install_dev
}

build_nghttp2() {
	cmake_ "$nghttp2" nghttp2 -DENABLE_LIB_ONLY=ON -DBUILD_STATIC_LIBS=ON -DENABLE_DOC=OFF \
		-DBUILD_TESTING=OFF
}

build_jansson() {
	cmake_ "$work/src/jansson" jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON \
		-DJANSSON_EXAMPLES=OFF
}

# name_package NAME LIBRARY VERSION: for pkg-config
name_package() {
	printf 'prefix=%s\nName: %s\nDescription: %s\nVersion: %s\nLibs: -L${prefix}/lib -l%s\nCflags: -I${prefix}/include\n' \
		"$prefix" "$1" "$1" "$3" "$2" >"$prefix/lib/pkgconfig/$1.pc"
}

build_sqlite() {
	mkdir "$work/build/sqlite"
	cd "$work/build/sqlite"
	release-cc $CFLAGS -DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_DEPRECATED \
		-DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_OMIT_SHARED_CACHE \
		-c "$sqlite/sqlite3.c" -o sqlite3.o
	release-ar crs "$prefix/lib/libsqlite3.a" sqlite3.o
	cp "$sqlite/sqlite3.h" "$prefix/include"
	version=$(sed -n 's/^#define SQLITE_VERSION *"\(.*\)"/\1/p' "$sqlite/sqlite3.h")
	name_package sqlite3 sqlite3 "$version"
}

# For servers that compress without being asked to.
build_zlib() {
	mkdir "$work/build/zlib"
	cd "$work/build/zlib"
	# shellcheck disable=SC2086
	release-cc $CFLAGS -DHAVE_UNISTD_H -c "$zlib"/*.c
	release-ar crs "$prefix/lib/libz.a" ./*.o
	cp "$zlib/zlib.h" "$zlib/zconf.h" "$prefix/include"
	version=$(sed -n 's/^#define ZLIB_VERSION "\(.*\)"/\1/p' "$zlib/zlib.h")
	name_package zlib z "$version"
}

# The crate has no docs/, which CMakeLists.txt asks for.  netrc stays: requests set its option.
build_curl() {
	mkdir -p "$curl/docs/examples"
	: >"$curl/docs/CMakeLists.txt"
	: >"$curl/docs/examples/CMakeLists.txt"
	cmake_ "$curl" curl -DBUILD_CURL_EXE=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_LIBCURL_DOCS=OFF \
		-DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DBUILD_TESTING=OFF -DBUILD_EXAMPLES=OFF \
		-DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DCURL_USE_LIBPSL=OFF \
		-DCURL_USE_LIBSSH2=OFF -DUSE_LIBIDN2=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DCURL_ZLIB=ON -DZLIB_LIBRARY="$prefix/lib/libz.a" -DZLIB_INCLUDE_DIR="$prefix/include" \
		-DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_MIME=ON -DCURL_DISABLE_DOH=ON \
		-DCURL_DISABLE_AWS=ON -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON -DCURL_CA_BUNDLE=none \
		-DCURL_CA_PATH=none -DCURL_CA_FALLBACK=OFF -DENABLE_THREADED_RESOLVER=ON \
		-DPKG_CONFIG_EXECUTABLE=/bin/false
}

part() {
	begun=$(date +%s)
	if ("build_$1") >"$work/$1.log" 2>&1; then
		echo "$arch: $1, $(($(date +%s) - begun)) s"
	else
		tail -n 30 "$work/$1.log"
		echo "deps: $1 does not build for $arch, see $work/$1.log" >&2
		return 1
	fi
}
few() { part zlib && part sqlite && part jansson && part nghttp2; }
few &
pid=$!
part openssl
wait "$pid"
part curl

cp "$openssl/LICENSE.txt" "$work/licences/OpenSSL"
cp "$curl/COPYING" "$work/licences/curl"
cp "$nghttp2/COPYING" "$work/licences/nghttp2"
cp "$zlib/LICENSE" "$work/licences/zlib"
cp "$work/src/jansson/LICENSE" "$work/licences/jansson"
cp "$zig/ziglang/lib/libc/musl/COPYRIGHT" "$work/licences/musl"
rm -rf "$work/build" "$work/src"
touch "$work/done"
