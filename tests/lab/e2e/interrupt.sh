#!/bin/sh
# Ctrl-C during an apply finishes what is under way, begins nothing more, says what is left, and gives the node free. A
# second one stops at once. The next run completes what is left.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

fresh agent
declare_nodes agent
# What waits for the slow service cannot have begun when the signal comes.
later() {
    manifest later <<END
kind: File
hosts: agent
dependsOn: [Service/slow]
items:
  one: {path: /srv/one, content: "$1\n"}
  two: {path: /srv/two, content: "$1\n"}
END
}

step "Ctrl-C: the service that is starting is let start, what would come after is left"
declare_slow agent 6
later first
begin apply hearth apply --yes
within 30 is_starting agent
kill -INT "$(pid_of apply)"
ended apply 2
says "File/one@agent" "File/two@agent" "cancelled" "hearth apply" "1 done"
node_prints agent active systemctl is-active slow
node_fails agent test -e /srv/one
node_fails agent test -e /run/hearth/lease
node_fails agent test -e /var/lib/hearth/undo
expect 0 hearth history
says "cancelled"

step "the next run does what is left"
expect 2 hearth plan -o json
json '[.actions[].address] | sort | join(" ")' "File/one@agent File/two@agent"
expect 0 hearth apply --yes
node_prints agent first cat /srv/two
plan_is_empty

step "twice: it stops at once, says that it does not know, and the next run looks"
on agent systemctl stop slow
declare_slow agent 60
later second
begin apply hearth apply --yes
within 30 is_starting agent
kill -INT "$(pid_of apply)"
said() { grep -q "Once more" "$work/apply.stderr"; }
within 10 said
kill -INT "$(pid_of apply)"
patience=30 ended apply 6
says "Service/slow@agent" "unknown"
node_prints agent first cat /srv/two
on agent sh -c 'systemctl stop slow'
declare_slow agent 1
within 60 hearth apply --yes
node_prints agent second cat /srv/two
plan_is_empty

step "a signal before anything was begun: nothing is done"
later third
lab cut agent
begin apply hearth apply --yes
begun() { [ -s "$work/apply.stderr" ] || [ -s "$work/apply.stdout" ] || [ -e "/proc/$(pid_of apply)" ]; }
within 10 begun
kill -INT "$(pid_of apply)"
patience=60
within 60 is_over apply
lab heal agent
rm "$work/apply.pid"
node_prints agent second cat /srv/two
within 60 hearth apply --yes
node_prints agent third cat /srv/two
