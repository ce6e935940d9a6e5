#!/bin/sh
# Proves the lab itself: two nodes up, used, cut off, rebooted, unplugged, and everything gone afterwards.
# 0: passed, 1: failed, 77: no lab can run on this machine.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
first=$("$here/../lib/lab_name" selftest)
second=$first-2
export HEARTH_LAB_NAME="$first"
unset HEARTH_LAB HEARTH_LAB_STATE HEARTH_LAB_KEY HEARTH_LAB_KNOWN_HOSTS HEARTH_LAB_SSH_CONFIG
cache=${HEARTH_LAB_CACHE:-/var/cache/hearth-lab}
output=$(mktemp)
failed=0

lab() { "$here/lab" "$@"; }
second_lab() { HEARTH_LAB_NAME=$second "$here/lab" "$@"; }

# expect WHAT CMD…: CMD must succeed.
expect() {
    what=$1
    shift
    if "$@" >"$output" 2>&1; then
        echo "ok      $what"
    else
        echo "FAILED  $what (status $?): $*"
        sed 's/^/        /' "$output"
        failed=$((failed + 1))
    fi
}

# expect_status N WHAT CMD…
expect_status() {
    wanted=$1
    what=$2
    shift 2
    expect "$what" ends_with "$wanted" "$@"
}

ends_with() {
    wanted_status=$1
    shift
    "$@"
    actual_status=$?
    [ "$actual_status" -eq "$wanted_status" ] || {
        echo "status $actual_status, not $wanted_status"
        return 1
    }
}

# prints TEXT CMD…: CMD succeeds and its output is exactly TEXT.
prints() {
    wanted_text=$1
    shift
    text=$("$@") || return
    [ "$text" = "$wanted_text" ] || {
        printf 'printed:\n%s\nnot:\n%s\n' "$text" "$wanted_text"
        return 1
    }
}

# says TEXT CMD…: TEXT is somewhere in what CMD writes, whatever its status.
says() {
    wanted_text=$1
    shift
    text=$("$@" 2>&1)
    case $text in
        *"$wanted_text"*) ;;
        *)
            printf 'wrote:\n%s\nwithout:\n%s\n' "$text" "$wanted_text"
            return 1
            ;;
    esac
}

refuted() { ! "$@"; }

# within SECONDS CMD…: CMD succeeds sooner or later.
within() {
    tries=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.2
    done
}

# In the background, as the process $upping itself and not as a child of it.
start_second_lab() {
    HEARTH_LAB_NAME=$second "$here/lab" up --nodes "Home pve" >/dev/null 2>&1 &
    upping=$!
}

ssh_to() { lab run ssh -F "/run/hearth-lab/$first/ssh_config" -o ConnectTimeout=2 "$@" </dev/null; }
boot_id() { lab shell "$1" cat /proc/sys/kernel/random/boot_id; }
commands_run_on() { lab shell "$1" journalctl -q -o cat -t sshd-session -g '^Starting session: command'; }

# What this machine has that a lab could have left behind. Other labs may come and go meanwhile.
network_of_this_machine() { ip -o link | sed 's/: .*//' && ip netns; }

nothing_left() (
    name=$1
    left=$(
        ls -d "/run/hearth-lab/$name" "$cache/layers/$name" 2>/dev/null
        find /sys/fs/cgroup -path "*/hearth-lab/$name" 2>/dev/null
        grep -F "/layers/$name/" /proc/mounts
        pgrep -a -f -- "--machine=$name-(Home|pve|agent1|agent) "
        find /run/systemd/nspawn -name "$name-*" 2>/dev/null
    )
    [ -z "$left" ] || {
        echo "left behind:"
        echo "$left"
        exit 1
    }
    [ "$(network_of_this_machine)" = "$network_before" ] || {
        echo "the network of this machine was:"
        echo "$network_before"
        echo "and is:"
        network_of_this_machine
        exit 1
    }
)

finish() {
    lab down >/dev/null
    second_lab down >/dev/null
    rm -f "$output"
}

lab check || exit 77
trap finish EXIT
trap 'exit 130' INT TERM HUP
lab down >/dev/null
second_lab down >/dev/null
network_before=$(network_of_this_machine)

echo "# before"
expect_status 0 "down when nothing is up" lab down
expect_status 1 "status when nothing is up" lab status
expect_status 69 "run refuses when nothing is up" lab run true
expect_status 69 "shell refuses when nothing is up" lab shell agent true
expect_status 64 "an unknown command is a usage error" lab fly
expect_status 64 "an unknown node is a usage error" lab up --nodes "agent nobody"

echo "# up"
expect "up with two nodes" lab up --nodes "Home agent"
[ "$failed" -eq 0 ] || exit 1 # everything else would only say so again
expect "up again says so" says "already up: Home agent" lab up --nodes "Home agent"
expect "status" says "agent    192.168.1.62  running" lab status
expect "every host key is another" prints "" sh -c "cut -d' ' -f3 /run/hearth-lab/$first/known_hosts | sort | uniq -d"

echo "# run"
expect "passes arguments verbatim" prints "<a b><><*>" lab run printf '<%s>' "a b" "" "*"
expect_status 9 "passes the exit code" lab run sh -c 'exit 9'
# shellcheck disable=SC2016  # for the inner shell
expect "tells where the lab is" lab run sh -c '[ "$HEARTH_LAB" = "$HEARTH_LAB_NAME" ] && [ -d "$HEARTH_LAB_STATE" ] &&
    [ -r "$HEARTH_LAB_KEY" ] && [ -r "$HEARTH_LAB_KNOWN_HOSTS" ] && [ -r "$HEARTH_LAB_SSH_CONFIG" ]'
expect "knows the nodes by name" prints "192.168.1.62 agent" sh -c "'$here/lab' run getent hosts agent | tr -s ' '"
expect "has loopback" says "LOOPBACK,UP" lab run ip link show lo
expect "has no way out" refuted lab run ip route get 192.0.2.1
expect "logs in as root" prints root ssh_to Home id -un
expect "logs in as operator, who may use sudo" prints root ssh_to operator@Home sudo -n id -un
before=$(commands_run_on agent | wc -l)
ssh_to agent true
ssh_to agent true
after=$(commands_run_on agent | wc -l)
expect "commands over SSH can be counted" [ "$((after - before))" -eq 2 ]

echo "# shell"
expect "passes arguments verbatim" prints "<a b><><*>" lab shell Home printf '<%s>' "a b" "" "*"
expect_status 7 "passes the exit code" lab shell Home sh -c 'exit 7'
expect "passes standard input" prints "in" sh -c "echo in | '$here/lab' shell Home cat"
expect "is on the node" prints Home lab shell Home hostname
expect "reaches systemd" prints active lab shell Home systemctl is-active ssh
expect "reaches the journal" says "Started ssh.service" lab shell Home journalctl -b -u ssh
expect "nothing failed to start" prints "" lab shell Home systemctl --failed --no-legend
expect "sees the node's network cards only" prints "lo nic0 vmbr0" sh -c "'$here/lab' shell Home ls /sys/class/net | paste -sd' '"
expect_status 1 "refuses a node that is not there" lab shell pve true
# Asked of the capabilities and not tried out: the clock at stake is this machine's.
for way in "lab shell" ssh_to; do
    # shellcheck disable=SC2016  # for the inner shell
    expect "no clock can be set through $way" prints 0 sh -c 'echo $((0x$1 >> 25 & 1))' sh \
        "$($way Home awk /CapBnd/ /proc/self/status | cut -f2)"
done
expect "apt installs from the node's own disk" lab shell Home apt-get -qq -y install hello
expect "Samba serves where it should" prints "active inactive" sh -c "
    { '$here/lab' shell Home systemctl is-active smbd; '$here/lab' shell agent systemctl is-active smbd; } | paste -sd' '"

echo "# cut, heal"
expect "cut" lab cut agent
expect "no answer" refuted ssh_to agent true
expect "the others answer" ssh_to Home true
expect "shell still works" lab shell agent true
expect "status says so" says "running, cut off" lab status
expect "heal" lab heal agent
expect "answers again" within 10 ssh_to agent true

echo "# reboot"
lab shell agent sh -c 'echo kept >/etc/kept && ip address add 192.168.1.99/24 dev vmbr0 && nft add table inet gone'
boot_before=$(boot_id agent)
expect "reboot" lab reboot agent
expect "booted anew" refuted prints "$boot_before" boot_id agent
expect "files are kept" prints kept lab shell agent cat /etc/kept
expect "addresses are not" refuted says 192.168.1.99 lab shell agent ip address
expect "firewall rules are not" prints "" lab shell agent nft list tables
expect "the journal knows both boots" prints 2 sh -c "'$here/lab' shell agent journalctl -q --list-boots | grep -c '^ *-*[0-9]'"
boot_before=$(boot_id agent)
ssh_to agent systemctl reboot
expect "a reboot over SSH comes back as well" within 30 sh -c "
    boot=\$('$here/lab' run ssh -F /run/hearth-lab/$first/ssh_config -o ConnectTimeout=2 agent \
        cat /proc/sys/kernel/random/boot_id </dev/null) && [ \"\$boot\" != '$boot_before' ]"

echo "# power"
boot_before=$(boot_id agent)
expect "powercycle" lab powercycle agent
expect "booted anew" refuted prints "$boot_before" boot_id agent
expect "files are kept" prints kept lab shell agent cat /etc/kept
expect "host keys are kept" ssh_to agent true
expect "also from within run" lab run "$here/lab" powercycle agent
expect "and it answers" ssh_to agent true
lab shell agent sh -c 'echo x >/etc/immutable && chattr +i /etc/immutable' # down has to cope with it
expect "off" lab off agent
expect "status says so" says "agent    192.168.1.62  off" lab status
expect_status 1 "shell refuses" lab shell agent true
expect "on" lab on agent

echo "# reset"
lab cut agent
lab shell Home touch /etc/changed
expect "reset" lab reset agent
expect "brings a node back that was off or cut" ssh_to agent true
expect "forgets what was changed on it" refuted lab shell agent test -e /etc/kept
expect "leaves the other nodes alone" lab shell Home test -e /etc/changed
expect_status 1 "refuses a node that is not there" lab reset pve

echo "# a node that cannot start"
lab shell agent systemctl -q mask ssh
expect "a node that does not come up ends the wait, with its console" \
    says "Reached target" env HEARTH_LAB_TIMEOUT=3 "$here/lab" powercycle agent
expect_status 1 "and is an error" env HEARTH_LAB_TIMEOUT=3 "$here/lab" on agent

echo "# interrupted"
start_second_lab
expect "a second lab starts beside the first" within 60 grep -qs . "/run/hearth-lab/$second/nodes/Home/console.log"
kill -TERM "$upping"
expect_status 130 "terminated, up ends" wait "$upping"
expect "and leaves nothing behind" nothing_left "$second"
start_second_lab
expect "it starts again" within 60 grep -qs . "/run/hearth-lab/$second/nodes/Home/console.log"
kill -KILL "$upping"
wait "$upping" 2>/dev/null
expect_status 69 "killed, the lab does not count as up" second_lab run true
expect "down takes the rest away" second_lab down
expect "and leaves nothing behind" nothing_left "$second"
expect "the first lab did not notice" ssh_to Home true

echo "# down"
expect "down" lab down
expect "leaves nothing behind" nothing_left "$first"

[ "$failed" -eq 0 ] || {
    echo "$failed failed"
    exit 1
}
echo "all passed"
