#!/bin/sh
# Two applies never work on one node together: the second one says who is at it, and ends. A lease does not outlive its
# holder, and a run leaves none behind.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

has_lease() { on "$1" test -e /run/hearth/lease; }
has_no_lease() { ! has_lease "$1"; }

# motd TEXT
motd() {
    manifest motd <<END
kind: File
name: motd
hosts: all
spec: {path: /etc/motd, content: "$1\n"}
END
}

fresh agent pve
declare_nodes agent pve
motd one
declare_slow agent 8

step "a run takes a lease on every node that it will write to"
begin first hearth apply --yes
within 30 is_starting agent
expect 0 has_lease agent
expect 0 has_lease pve

step "a second one, from another installation, is told who holds it, and changes nothing anywhere"
motd two
for journal in "$work/journal/journal.db" "$work/other/journal.db"; do
    expect 4 with_journal "$journal" hearth apply --yes
    says "$(id -un)@$(uname -n)" "$(pid_of first)" "agent" "run again"
    expect 4 with_journal "$journal" hearth apply --yes -o json
    json .exitCode 4
    json '.leaseHeldBy | length > 0' true
done
node_prints pve one cat /etc/motd

step "looking is free"
expect 2 hearth plan File/motd@pve
expect 0 has_lease agent

step "the first one ends undisturbed and leaves no lease"
ended first 0
expect 0 has_no_lease agent
expect 0 has_no_lease pve
node_prints agent one cat /etc/motd
expect 0 hearth apply --yes
node_prints agent two cat /etc/motd
expect 0 has_no_lease agent
plan_is_empty

step "a lease is renewed for as long as its holder works, however long that takes"
declare_slow agent 40
begin first hearth apply --yes
within 30 is_starting agent
# What there is to see of a renewal: the lease's end moves. It is the second line of its file.
end=$(on agent sed -n 2p /run/hearth/lease)
moved() { [ "$(on agent sed -n 2p /run/hearth/lease)" -gt "$end" ]; }
within 30 moved

step "killed outright, it cannot keep the lease: that ends by itself, and the next run succeeds"
kill -KILL "$(pid_of first)"
ended first 137
motd three
expect 4 with_journal "$work/other/journal.db" hearth apply --yes File/motd@agent
says "$(id -un)@$(uname -n)"
on agent sh -c 'systemctl stop slow' # what it was waiting for is not what this test waits for
within 60 hearth apply --yes File/motd@agent
node_prints agent three cat /etc/motd
expect 0 has_no_lease agent

step "what a person leaves lying about in its place does not lock hearth out for ever"
on agent sh -c 'echo rubbish >/run/hearth/lease'
motd four
within 60 hearth apply --yes File/motd
node_prints agent four cat /etc/motd
