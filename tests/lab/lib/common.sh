# Names, places and small tools that `lab` and `node` share. Sourced; expects $here, the folder of these scripts.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154  # set for, and by, the scripts that source this

lab=${HEARTH_LAB_NAME:-hearth}
cache=${HEARTH_LAB_CACHE:-/var/cache/hearth-lab}
patience=${HEARTH_LAB_TIMEOUT:-60} # seconds that a node may take to come up

state=/run/hearth-lab/$lab
layers=$cache/layers/$lab # the nodes' own files, which last while the lab is up
operator_address=192.168.1.10
gateway=192.168.1.1
bridge=lan0

# What systemd-nspawn ends with when the machine in it rebooted and --keep-unit left the rest to us.
status_rebooted=133

fail() {
    echo "lab: $*" >&2
    exit 1
}

case $lab in
    '' | -* | *[!a-z0-9-]*) fail "HEARTH_LAB_NAME may hold a-z, 0-9 and - only: '$lab'" ;;
esac
# Machine names begin with it, and end at 64 characters.
[ "${#lab}" -le 32 ] || fail "HEARTH_LAB_NAME has more than 32 characters: '$lab'"

all_nodes() {
    sed -e '/^#/d' -e '/^[[:space:]]*$/d' -e 's/[[:space:]].*//' "$here/nodes"
}

# node_field NODE COLUMN
node_field() {
    awk -v name="$1" -v column="$2" '$1 == name { print $column; found = 1 } END { exit !found }' "$here/nodes"
}

node_address() { node_field "$1" 2; }
node_mac() { node_field "$1" 3; }
node_serves() { node_field "$1" 4; }

# The files that have both an address and a name for every machine.
hosts_file() (
    echo "127.0.0.1 localhost"
    echo "::1 localhost ip6-localhost ip6-loopback"
    echo "$operator_address operator-machine"
    for node in $(all_nodes); do
        echo "$(node_address "$node") $node"
    done
)

# Everything the lab starts lives in control groups of its own, one a node and one for the operator's machine. They say what
# is ours to kill, with no process id to mistake, and they are found by name however the last command ended.
cgroups() {
    cgroup_mount=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET) || fail "no cgroup2 is mounted"
    echo "$cgroup_mount/hearth-lab/$lab"
}

node_cgroup() { echo "$(cgroups)/$1"; }

# The process that holds the operator's network namespace. Namespaces have no names below /run/netns, as those are mounts,
# which a command inside `lab run` would make where nobody else sees them.
operator_pid() {
    read -r operator <"$(cgroups)/operator/cgroup.procs" && echo "$operator"
}

now() { date +%s; }

# until_true SECONDS CMD…: tries CMD until it succeeds; false when the time is over.
until_true() {
    until_deadline=$(($(now) + $1))
    shift
    until "$@"; do
        [ "$(now)" -lt "$until_deadline" ] || return 1
        sleep 0.1
    done
}
