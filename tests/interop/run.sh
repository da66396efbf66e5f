#!/bin/sh
# The program against implementations that nobody here wrote: run.sh PROGRAM [PART...].  The last
# line counts; docs/interop.md is written anew when every part ran.
set -eu
exec python3 -B "$(dirname "$0")/run.py" "$@"
