#!/bin/sh
# Installs into an empty prefix and builds a ten-line program against it, every way that there is.
# usage: run.sh BUILD_FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
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

top=$(cd "$here/../.." && pwd)
prefix=$tmp/prefix
row "install" cmake --install "$build" --prefix "$prefix"
libdir=$(dirname "$(find "$prefix" -name 'libmcpass.so')")
export PKG_CONFIG_PATH="$libdir/pkgconfig"
row "pkg-config, shared" sh -c "cc -o '$tmp/shared' '$here/ten_lines.c' \$(pkg-config --cflags --libs mcpass)"
row "it runs" env LD_LIBRARY_PATH="$libdir" "$tmp/shared"
row "pkg-config, static" sh -c "cc -o '$tmp/static' '$here/ten_lines.c' \$(pkg-config --cflags mcpass) '$libdir/libmcpass.a' \$(pkg-config --libs libcurl libcrypto jansson sqlite3) -pthread"
row "it runs without the library" "$tmp/static"
row "beside another library with mp_ names" sh -c "cc -o '$tmp/tommath' '$here/tommath.c' \$(pkg-config --cflags mcpass) '$libdir/libmcpass.a' -ltommath \$(pkg-config --libs libcurl libcrypto jansson sqlite3) -pthread && '$tmp/tommath'"
row "find_package" cmake -S "$here" -B "$tmp/cmake" -DCMAKE_PREFIX_PATH="$prefix"
row "build with it" cmake --build "$tmp/cmake"
row "it runs" env LD_LIBRARY_PATH="$libdir" "$tmp/cmake/ten_lines"
row "the static one of it runs" "$tmp/cmake/ten_lines_static"
row "add_subdirectory" cmake -S "$here" -B "$tmp/sub" -DMCPASS_SOURCE="$top"
row "build with it" cmake --build "$tmp/sub" --target ten_lines ten_lines_static -j2
row "it runs" "$tmp/sub/ten_lines"
row "an older header" sh -c "cc -DOLDER -o '$tmp/older' '$here/ten_lines.c' \$(pkg-config --cflags --libs mcpass) && LD_LIBRARY_PATH='$libdir' '$tmp/older'"
row "make install, another prefix than the build's" make -s -C "$top" install PREFIX="$tmp/second" BUILD="$build"
row "it is there" test -x "$tmp/second/bin/mcpass"
row "make uninstall" make -s -C "$top" uninstall BUILD="$build"
row "nothing is left" sh -c "! find '$tmp/second' -type f -o -type l | grep ."
row "C++ takes the headers" sh -c "echo '#include <mcpass/login.h>' >'$tmp/x.cc' && cat '$tmp/x.cc' | cc -x c++ -fsyntax-only -I'$prefix/include' -"
row "nothing but mcpass_ is in the archive" sh -c "! nm -g --defined-only '$libdir/libmcpass.a' | grep ' [TDBRVW] ' | grep -v ' mcpass_'"
row "nothing but mcpass_ is exported" sh -c "! nm -D --defined-only '$libdir/libmcpass.so' | grep ' [TDBR] ' | grep -v ' mcpass_'"
row "the installed program runs" env LD_LIBRARY_PATH="$libdir" "$prefix/bin/mcpass" --version
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
