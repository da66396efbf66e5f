#!/bin/sh
# No two files of a room need each other: rings.py, called as the other lints are.  usage: rings.sh [BUILD_FOLDER]
exec python3 "$(dirname "$0")/rings.py" "${1:-build}"
