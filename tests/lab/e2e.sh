# What end-to-end tests are written with: hearth on the operator's machine of the lab, against its real nodes. A test is
# a script in tests/lab/e2e that begins with
#
#     #!/bin/sh
#     # What it shows.
#     # shellcheck source=tests/lab/e2e.sh
#     . "$(dirname -- "$0")/../e2e.sh"
#
# and runs as `tests/run -R lab/NAME`, or quicker while one writes it, with a lab that stays up:
#
#     tests/lab/lab up && HEARTH_BIN=build/dev/reconciler/hearth tests/lab/lab run tests/lab/e2e/NAME.sh
#
# The first expectation that does not hold ends the test: what follows would only say so again. Everything that was run
# and what it wrote is in the test's output, so that a failure can be understood from there alone.
#
# It offers
#   $work                        a folder of this test's own, removed at its end
#   $manifests                   where hearth looks for manifests, in $work
#   $schemas                     the folder of the kinds' schemas
#   declare_nodes [NODE…]        writes hearth.yaml and the Nodes (all that are up, unless told which) there
#   node_manifest NODE [FIELD…]  prints one Node's manifest, with further FIELDs (`user: operator`) in its spec
#   manifest FILE                writes standard input to $manifests/FILE.yaml
#   withdraw FILE…               removes it
#   hearth ARGS…                 the program, with these manifests and a journal of this test's own
#   with_journal FILE CMD…       CMD with another journal: as from another installation
#   fresh [NODE…]                the nodes as they were right after `lab up`, running and not cut off
#   step TEXT                    a heading
#   expect STATUS CMD…           CMD ends with STATUS; its output is kept for the four below
#   says TEXT…                   each TEXT is somewhere in what the last CMD wrote, on either stream
#   says_not TEXT…               none of them is
#   prints TEXT                  the last CMD wrote exactly this to standard output
#   json FILTER WANTED           jq's FILTER over its standard output yields WANTED
#   plan_is_empty                a plan finds nothing to do, says so, and ends with 0
#   differs ADDRESS FIELD…       a plan finds just this resource to differ, in just these fields, and ends with 2
#   begin NAME CMD…              starts CMD in the background, a process of its own: $(pid_of NAME)
#   ended NAME STATUS            waits until it has ended, with STATUS; its output is kept as that of `expect`
#   on NODE CMD…                 runs CMD on the node past SSH and hearth, as if at its console
#   node_prints NODE TEXT CMD…   CMD, run there, writes exactly TEXT
#   node_fails NODE CMD…         CMD, run there, ends with something other than 0
#   node_says NODE TEXT CMD…     TEXT is somewhere in what CMD, run there, writes
#   within SECONDS CMD…          CMD succeeds sooner or later
#   execs NODE                   how many commands have been run over SSH on this node
#   logins NODE                  how many sessions have been opened over SSH on this node
#   lab ARGS…                    cut, heal, reboot, powercycle, off, on (tests/lab/lab --help)
# shellcheck shell=sh
set -eu

if [ -z "${HEARTH_LAB:-}" ]; then
    echo "$0: this test writes to 192.168.1.x and therefore runs only inside of the lab." >&2
    echo "Start it with: tests/run -R lab/$(basename -- "$0" .sh)" >&2
    exit 77
fi

lab_folder=${lab_folder:-$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)}
schemas=$(CDPATH='' cd -- "$lab_folder/../../schemas" && pwd)
export schemas
HEARTH_LAB_NAME=$HEARTH_LAB # for `lab`, which knows a lab by this
export HEARTH_LAB_NAME

work=$(mktemp -d)
manifests=$work/manifests
mkdir "$manifests"
export HEARTH_JOURNAL="$work/journal/journal.db"
export NO_COLOR=1
unset SSH_AUTH_SOCK # no key but the lab's

last=
trap 'conclude $?' EXIT
trap 'exit 130' INT TERM HUP

conclude() {
    trap - EXIT
    end_background
    rm -rf "$work"
    [ "$1" -eq 0 ] && echo "passed" || echo "FAILED with $1"
    exit "$1"
}

broken() {
    echo
    printf 'NOT AS EXPECTED: %s\n' "$1"
    [ -z "$last" ] || printf '  after: %s\n' "$last"
    exit 1
}

# A test that ends early leaves nobody behind who still writes to the nodes.
end_background() {
    for pid_file in "$work"/*.pid; do
        [ ! -e "$pid_file" ] || kill -KILL "$(cat "$pid_file")" 2>/dev/null || true
    done
}

lab() { "$lab_folder/lab" "$@"; }
on() { "$lab_folder/lab" shell "$@"; }
fresh() { lab reset "$@"; }
step() { printf '\n# %s\n' "$*"; }

# No command of a test may take forever: a hang is a failure with output, not a test that the runner kills in silence.
hearth() {
    timeout --kill-after=20 "${patience:-180}" \
        "${HEARTH_BIN:?names the hearth to test; tests/run sets it}" -C "$manifests" "$@" </dev/null
}

with_journal() (
    export HEARTH_JOURNAL="$1"
    shift
    "$@"
)

# Streams are caught apart, because only one of them may be JSON, and shown one after the other.
expect() {
    wanted_status=$1
    shift
    last=$*
    printf '$ %s\n' "$*"
    actual_status=0
    "$@" >"$work/stdout" 2>"$work/stderr" || actual_status=$?
    cat "$work/stdout" "$work/stderr"
    [ "$actual_status" -eq "$wanted_status" ] || broken "status $actual_status, not $wanted_status"
}

# Whole lines may be given as well as parts; a TEXT with line ends in it has to appear as it stands.
wrote() {
    case $(cat "$work/stdout" "$work/stderr") in
        *"$1"*) return 0 ;;
    esac
    return 1
}

says() {
    for text in "$@"; do
        wrote "$text" || broken "does not say: $text"
    done
}

says_not() {
    for text in "$@"; do
        ! wrote "$text" || broken "says: $text"
    done
}

prints() {
    [ "$(cat "$work/stdout")" = "$1" ] || broken "does not print exactly: $1"
}

json() {
    found=$(jq --raw-output "$1" "$work/stdout") || broken "jq '$1' fails"
    [ "$found" = "$2" ] || broken "$1 is '$found', not '$2'"
}

node_prints() {
    node=$1
    wanted=$2
    shift 2
    printf '%s$ %s\n' "$node" "$*"
    found=$(on "$node" "$@" 2>&1) || true # many commands say with their status what they print as well
    printf '%s\n' "$found"
    [ "$found" = "$wanted" ] || broken "$node does not print exactly: $wanted"
}

node_fails() {
    node=$1
    shift
    printf '%s$ %s\n' "$node" "$*"
    ! on "$node" "$@" || broken "it succeeds on $node"
}

within() {
    tries=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || broken "not in time: $*"
        sleep 0.2
    done
}

plan_is_empty() {
    expect 0 hearth plan "$@"
    says "Nothing to do"
}

differs() {
    address=$1
    shift
    expect 2 hearth plan -o json
    json '[.actions[].address] | join(" ")' "$address"
    json '[.actions[].changes[].path] | sort | join(" ")' "$(printf '%s\n' "$@" | sort | paste -sd' ')"
}

# Not through hearth(): a signal is meant for the program itself, not for what watches over its time.
begin() {
    name=$1
    shift
    [ "$1" != hearth ] || {
        shift
        set -- "$HEARTH_BIN" -C "$manifests" "$@"
    }
    printf '$ %s &\n' "$*"
    # A shell makes its background jobs deaf to Ctrl-C; a person's is not.
    env --default-signal "$@" </dev/null >"$work/$name.stdout" 2>"$work/$name.stderr" &
    echo $! >"$work/$name.pid"
}

pid_of() { cat "$work/$1.pid"; }

is_over() { ! kill -0 "$(pid_of "$1")" 2>/dev/null; }

ended() {
    last="$1, in the background"
    within "${patience:-180}" is_over "$1"
    actual_status=0
    wait "$(pid_of "$1")" || actual_status=$?
    rm "$work/$1.pid"
    mv "$work/$1.stdout" "$work/stdout"
    mv "$work/$1.stderr" "$work/stderr"
    printf '$ … %s has ended\n' "$1"
    cat "$work/stdout" "$work/stderr"
    [ "$actual_status" -eq "$2" ] || broken "status $actual_status, not $2"
}

node_says() {
    node=$1
    wanted=$2
    shift 2
    printf '%s$ %s\n' "$node" "$*"
    found=$(on "$node" "$@" 2>&1) || true
    printf '%s\n' "$found"
    case $found in
        *"$wanted"*) ;;
        *) broken "$node does not say: $wanted" ;;
    esac
}

# sshd writes one line for each command. journald has it on the disk before `on` looks: --sync waits for that.
execs() {
    on "$1" sh -c 'journalctl --sync; journalctl -q -b -o cat -t sshd-session -g "^Starting session: command" | wc -l'
}

logins() {
    on "$1" sh -c 'journalctl --sync; journalctl -q -b -o cat -t sshd-session -g "^Accepted publickey" | wc -l'
}

manifest() { cat >"$manifests/$1.yaml"; }

withdraw() {
    for file in "$@"; do
        rm "$manifests/$file.yaml"
    done
}

# The fingerprint of a node's host key, as one would read it at its console.
host_key() { ssh-keygen -lf "$HEARTH_LAB_STATE/nodes/$1/ssh_host_ed25519_key.pub" | awk '{ print $2 }'; }

address_of() { getent hosts "$1" | awk '{ print $1; exit }'; }

node_manifest() {
    cat <<END
---
kind: Node
name: $1
spec:
  address: $(address_of "$1")
  nic: nic0
  keys: ["$HEARTH_LAB_KEY"]
  hostKey: "$(host_key "$1")"
END
    shift
    for field in "$@"; do
        printf '  %s\n' "$field"
    done
}

declare_nodes() {
    # shellcheck disable=SC2046  # several names
    [ $# -gt 0 ] || set -- $(lab status | awk '$2 ~ /^192\./ { print $1 }')
    printf 'format: 1\n' >"$manifests/hearth.yaml"
    for each in "$@"; do
        node_manifest "$each"
    done | manifest nodes
}
