#!/bin/sh
# A shell line in the system at ROOT, with an environment of its own: inside.sh ROOT LINE
set -eu
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
	AUTOPKGTEST_TMP=/tmp chroot "$1" sh -c "$2"
