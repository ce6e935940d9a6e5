#!/bin/sh
# hearth's package on a node: installed, used, removed (tests/lib/installed). $HEARTH_DEB is the package; tests/package
# builds it and starts this.
lab_folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lab/e2e.sh
. "$lab_folder/e2e.sh"

version=$(sed -n 's/^project(hearth VERSION \([0-9.]*\).*/\1/p' "$lab_folder/../../CMakeLists.txt")
units=$(cd "$lab_folder/../../reconciler" && find systemd -name '*.service' -o -name '*.timer' | sed 's|.*/||' | sort)

fresh agent
on agent sh -c 'cat >/root/hearth.deb' <"${HEARTH_DEB:?the package to test}"
on agent sh -c 'cat >/root/installed' <"$lab_folder/../lib/installed"
# shellcheck disable=SC2086  # several words
on agent sh /root/installed /root/hearth.deb "$version" $units </dev/null
fresh agent
