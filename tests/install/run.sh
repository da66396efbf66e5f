#!/bin/sh
# Installs into an empty prefix and builds a ten-line program against it, three ways.
# usage: run.sh BUILD_FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
row() {
	label=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED [$label] $*"
		cat "$tmp/log"
	fi
}

prefix=$tmp/prefix
row "install" cmake --install "$build" --prefix "$prefix"
libdir=$(dirname "$(find "$prefix" -name 'libmcpass.so')")
# The prefix was chosen at install time, so pkg-config is told where it is.
export PKG_CONFIG_PATH="$libdir/pkgconfig"
flags="--define-variable=prefix=$prefix"
row "pkg-config, shared" sh -c "cc -o '$tmp/shared' '$here/ten_lines.c' \$(pkg-config $flags --cflags --libs mcpass)"
row "it runs" env LD_LIBRARY_PATH="$libdir" "$tmp/shared"
row "pkg-config, static" sh -c "cc -o '$tmp/static' '$here/ten_lines.c' \$(pkg-config $flags --cflags mcpass) '$libdir/libmcpass.a' \$(pkg-config --libs libcurl libcrypto jansson sqlite3) -pthread"
row "it runs without the library" "$tmp/static"
row "find_package" cmake -S "$here" -B "$tmp/cmake" -DCMAKE_PREFIX_PATH="$prefix"
row "build with it" cmake --build "$tmp/cmake"
row "it runs" env LD_LIBRARY_PATH="$libdir" "$tmp/cmake/ten_lines"
row "C++ takes the headers" sh -c "echo '#include <mcpass/login.h>' >'$tmp/x.cc' && cat '$tmp/x.cc' | cc -x c++ -fsyntax-only -I'$prefix/include' -"
row "nothing but mcpass_ is exported" sh -c "! nm -D --defined-only '$libdir/libmcpass.so' | grep ' [TDBR] ' | grep -v ' mcpass_'"
row "the installed program runs" env LD_LIBRARY_PATH="$libdir" "$prefix/bin/mcpass" --version
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
