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
for header in "$prefix"/include/mcpass/*.h; do
	row "$(basename "$header") alone, in C99" cc -x c -std=c99 -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$prefix/include" "$header"
	row "and in C++11" c++ -x c++ -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$prefix/include" "$header"
done
row "nothing but mcpass_ is in the archive" sh -c "! nm -g --defined-only '$libdir/libmcpass.a' | grep ' [TDBRVW] ' | grep -v ' mcpass_'"
row "nothing but mcpass_ is exported" sh -c "! nm -D --defined-only '$libdir/libmcpass.so' | grep ' [TDBR] ' | grep -v ' mcpass_'"
row "the library says its version" sh -c "echo '#include <mcpass/error.h>
#include <stdio.h>
int main(void) { return puts(mcpass_version()) < 0; }' | cc -x c -o '$tmp/version' - \$(pkg-config --cflags --libs mcpass) && LD_LIBRARY_PATH='$libdir' '$tmp/version' | grep -qx \"\$(pkg-config --modversion mcpass)\""
row "every call has a page of section 3" sh -c "for name in \$(nm -D --defined-only '$libdir/libmcpass.so' | sed -n 's/.* T \\(mcpass_[a-z0-9_]*\\).*/\\1/p'); do test -e '$prefix/share/man/man3/'\$name.3 || { echo \$name; exit 1; }; done"
row "and each page is well made" sh -c "! for page in '$prefix'/share/man/man3/mcpass_client.3 '$prefix'/share/man/man3/mcpass_[eghls]*[a-z].3; do grep -q '^.so' \$page || LC_ALL=C.UTF-8 man --warnings -l \$page 2>&1 >/dev/null; done | grep ."
row "a call leads to its page" sh -c "MANPATH='$prefix/share/man' man mcpass_link_call | grep -q 'One MCP request'"
row "the package's list of what is exported is whole" sh -c "nm -D --defined-only '$libdir/libmcpass.so' | sed -n 's/.* T \\(mcpass_[a-z0-9_]*\\).*/\\1/p' | LC_ALL=C sort >'$tmp/names' && sed -n 's/^ \\(mcpass_[a-z0-9_]*\\)@Base .*/\\1/p' '$top/debian/libmcpass0.symbols' | diff - '$tmp/names'"
row "the installed program runs" env LD_LIBRARY_PATH="$libdir" "$prefix/bin/mcpass" --version
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
