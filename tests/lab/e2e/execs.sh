#!/bin/sh
# What a plan costs a node: one login and one command, whatever the number and the kinds of resources. Counted by the
# nodes' own sshd.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

nodes="Home pve agent1 agent"

count() {
    for each in $nodes; do
        eval "execs_$each=$(execs "$each") logins_$each=$(logins "$each")"
    done
}

# costs EXECS: since count(), each node has seen one login and EXECS commands
costs() {
    for each in $nodes; do
        eval "before=\$execs_$each logins_before=\$logins_$each"
        # shellcheck disable=SC2154  # set by eval
        found=$(($(execs "$each") - before))
        [ "$found" -eq "$1" ] || broken "$each has seen $found commands, not $1"
        # shellcheck disable=SC2154  # set by eval
        found=$(($(logins "$each") - logins_before))
        [ "$found" -eq 1 ] || broken "$each has seen $found logins"
    done
    echo "each node has seen one login and $1 command(s)"
}

fresh
declare_nodes
declare_web all hello

step "a plan of few resources: one command on each node"
count
expect 2 hearth plan
costs 1

step "… of many, of all kinds: one as well"
{
    printf 'kind: File\nhosts: all\nitems:\n'
    for i in $(seq 120); do printf '  f%s: {path: /srv/f%s, content: "%s\\n", mode: "0640"}\n' "$i" "$i" "$i"; done
    printf -- '---\nkind: Directory\nhosts: all\nitems:\n'
    for i in $(seq 40); do printf '  d%s: {path: /srv/d%s}\n' "$i" "$i"; done
    printf -- '---\nkind: Service\nhosts: all\nitems:\n'
    for unit in cron ssh systemd-journald systemd-logind dbus dpkg-db-backup.timer; do printf '  %s: {state: running}\n' "$unit"; done
    printf -- '---\nkind: Check\nhosts: all\nitems:\n'
    for i in $(seq 10); do printf '  c%s: {tcp: {port: 22}}\n' "$i"; done
} | manifest many
count
expect 2 hearth plan
costs 1

step "… and when there is nothing to do"
expect 0 hearth apply --yes
count
plan_is_empty
costs 1

step "drift and status: the same"
count
expect 0 hearth drift
costs 1
count
expect 0 hearth status
costs 1

step "an apply, however much it has to do, logs in once"
for node in $nodes; do on "$node" sh -c 'rm -r /srv/f*; rmdir /srv/d*'; done
for node in $nodes; do eval "logins_$node=$(logins "$node")"; done
expect 0 hearth apply --yes
for node in $nodes; do
    eval "before=\$logins_$node"
    found=$(($(logins "$node") - before))
    [ "$found" -eq 1 ] || broken "$node has seen $found logins"
done
