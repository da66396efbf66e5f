#!/bin/sh
# A tar of FOLDER/NAME... on standard output, the same bytes for the same files: tar.sh FOLDER NAME...
set -eu
folder=$1
shift
exec tar -C "$folder" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
	--mtime="@$SOURCE_DATE_EPOCH" --mode=u+rw,go+r,go-w -cf - "$@"
