#!/bin/sh
# The README's first command does what it says, with the program that HEARTH_BIN names.
#
#   quickstart_test.sh lab|local      local: as where no containers can run
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mode=$1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM HUP

if [ "$mode" = lab ]; then
    "$here/lab" check || exit 77
    set --
else
    set -- --local
fi

# In the background, so that an end from outside comes through: it takes its machines down.
"$here/../../examples/quickstart/run" --no-build "$@" >"$output" 2>&1 </dev/null &
quickstart=$!
trap 'kill -TERM "$quickstart"; wait "$quickstart"; exit 130' INT TERM HUP
status=0
wait "$quickstart" || status=$?
cat "$output"
[ "$status" -eq 0 ] || exit "$status"

# It checks itself; here is that it went all the way.
says() {
    grep -qF -- "$1" "$output" || {
        echo "The quickstart does not say: $1"
        exit 1
    }
}
says '$ hearth validate'
says 'Nothing to do'
says '# Everything is as declared.'
case $mode in
    lab)
        says '~ File/motd@Home'
        says '~ Directory/home-lab@agent1'
        says 'pve# systemctl is-active heartbeat'
        ;;
    local)
        says '~ File/motd@scratch'
        says '+ File/heartbeat-settings@scratch'
        ;;
esac
