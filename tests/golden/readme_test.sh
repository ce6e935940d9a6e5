#!/bin/sh
# The manifests that the README shows are right: those whom it teaches begin with them.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk -v folder="$folder" '
    /^```yaml$/ { file = folder "/" (blocks++ ? "block" blocks : "hearth") ".yaml"; next }
    /^```$/ { file = "" }
    file && /^policy:/ { file = folder "/hearth.yaml" } # a part of it, shown where it matters
    file { print >file }' "$top/README.md"
[ "$(find "$folder" -name '*.yaml' | wc -l)" -ge 2 ] || {
    echo "The README shows no manifests."
    exit 1
}
"${HEARTH_BIN:?names the hearth to test}" -C "$folder" validate
