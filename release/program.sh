#!/bin/sh
# Links the static program against what deps.sh built.  usage: program.sh ARCH WORK BUILD
# BUILD/mcpass is the program.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
arch=$1 build=$3
work=$(cd "$2" && pwd)
bin=$work/bin
# A checkout that was changed is no commit.
commit=$(git -C "$top" rev-parse --short=12 HEAD 2>/dev/null || true)
[ -z "$(git -C "$top" status --porcelain --untracked-files=no 2>/dev/null)" ] || commit=$commit+
# What another compiler built is no beginning.
[ "$(cat "$build/compiler" 2>/dev/null)" = "$bin" ] || rm -rf "$build"
mkdir -p "$build"
echo "$bin" >"$build/compiler"
build=$(cd "$build" && pwd)
# No path of this machine comes into the program.
flags="-fPIC -ffile-prefix-map=$top=/mcpass -ffile-prefix-map=$build=/build"
[ "$arch" != aarch64 ] || flags="$flags -mbranch-protection=standard"
PATH="$bin:$PATH" cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
	-DCMAKE_C_COMPILER="$bin/release-cc" -DCMAKE_AR="$bin/release-ar" \
	-DCMAKE_RANLIB="$bin/release-ranlib" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" \
	-DPKG_CONFIG_EXECUTABLE="$bin/release-pkg-config" -DCMAKE_FIND_ROOT_PATH="$work/prefix" \
	-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
	-DMCPASS_TESTS=OFF -DMCPASS_NGINX=OFF -DMCPASS_COMMIT="$commit" -DCMAKE_C_FLAGS="$flags" \
	-DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG" -DMCPASS_STATIC=ON \
	>"$build/cmake.log" 2>&1 || { tail -n 30 "$build/cmake.log"; exit 1; }
ninja -C "$build" mcpass >"$build/ninja.log" 2>&1 || {
	grep -E 'error|undefined|FAILED' -A3 "$build/ninja.log" | head -n 40
	exit 1
}
