#!/bin/sh
# A node that cannot be reached: what lies on it is unknown, the others go on, and the run says so. Cut off in the middle
# of an apply: the run ends by itself, and the next one finishes.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

# motd TEXT
motd() {
    manifest motd <<END
kind: File
name: motd
hosts: all
spec: {path: /etc/motd, content: "$1\n"}
END
}

fresh
declare_nodes
motd one
expect 0 hearth apply --yes

step "peer_15: one node down: its resources are unknown, the rest is done"
motd two
lab cut agent1
expect 6 hearth plan
says "agent1: not reached" "2 resources unknown" "3 to change"
expect 6 hearth plan -o json
json '[.actions[] | select(.address | endswith("@agent1"))] | length' 0
json '[.hosts[] | select(.reachable | not) | .name] | join(" ")' agent1
json '[.notes[] | select(.type == "unknown") | .address] | sort | join(" ")' "File/motd@agent1 Node/agent1"
expect 6 hearth apply --yes
says "agent1"
for node in Home pve agent; do node_prints "$node" two cat /etc/motd; done
node_prints agent1 one cat /etc/motd
expect 6 hearth drift
expect 6 hearth status
says "agent1"

step "asking only for others, it is not missed"
plan_is_empty File/motd@pve

step "peer_17: healed, the next run looks again and finishes"
lab heal agent1
# shellcheck disable=SC2016  # the inner shell expands it
within 30 sh -c '"$HEARTH_BIN" -C "$0" plan Node/agent1' "$manifests"
differs File/motd@agent1 content
expect 0 hearth apply --yes
node_prints agent1 two cat /etc/motd
plan_is_empty

step "a node that may sleep is no trouble: nobody is told, nothing is planned for it"
{ node_manifest Home; node_manifest pve; node_manifest agent; node_manifest agent1 "power: onDemand"; } | manifest nodes
motd three
lab cut agent1
expect 0 hearth apply --yes
says "agent1"
expect 0 hearth plan
expect 0 hearth drift
expect 0 hearth status
node_prints pve three cat /etc/motd
node_prints agent1 two cat /etc/motd
lab heal agent1
# shellcheck disable=SC2016  # the inner shell expands it
within 30 sh -c '"$HEARTH_BIN" -C "$0" apply --yes' "$manifests"
node_prints agent1 three cat /etc/motd

step "a node that is off"
declare_nodes
motd four
lab off agent1
expect 6 hearth apply --yes
says "agent1"
lab on agent1
expect 0 hearth apply --yes
node_prints agent1 four cat /etc/motd

step "cut off in the middle of an apply: it ends by itself, the others are done"
declare_slow agent1 6
motd five
begin apply hearth apply --yes
within 30 is_starting agent1
lab cut agent1
ended apply 6
says "Service/slow@agent1" "unknown"
for node in Home pve agent; do node_prints "$node" five cat /etc/motd; done

step "… healed, the next run finishes, as soon as the lease of the one that was cut off is over"
lab heal agent1
# shellcheck disable=SC2016  # the inner shell expands it
within 90 sh -c '"$HEARTH_BIN" -C "$0" apply --yes' "$manifests"
node_prints agent1 five cat /etc/motd
node_prints agent1 active systemctl is-active slow
plan_is_empty
expect 0 hearth history
says "unknown"

step "… and what that run had kept is not what a later failure goes back to: that is what ran well since"
sed -i 's,^    ExecStart=.*,    ExecStart=/bin/false,; /ExecStartPre/d' "$manifests/slow.yaml"
expect 1 hearth apply --yes
says "Service/slow@agent1" "rolled back"
node_says agent1 "ExecStart=/bin/sleep infinity" cat /etc/systemd/system/slow.service
node_prints agent1 active systemctl is-active slow
node_fails agent1 test -e /var/lib/hearth/undo
