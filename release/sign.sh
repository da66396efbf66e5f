#!/bin/sh
# Signs dist/SHA256SUMS with a key of minisign(1): sign.sh KEY [DIST].  Asks for its password.
# The reader checks with: minisign -V -p mcpass.pub -m SHA256SUMS && sha256sum -c SHA256SUMS
set -eu
key=$1 dist=${2:-$(cd "$(dirname "$0")/.." && pwd)/dist}
(cd "$dist" && sha256sum --check --quiet SHA256SUMS)
minisign -S -s "$key" -m "$dist/SHA256SUMS" -t "mcpass release"
