#!/bin/sh
# The demo goes the whole way: demo.sh COMMAND... (the program, or what starts it)
set -eu
"$@" demo --auto 2>&1 | tail -n 1 | grep '^demo: .* ok$'
