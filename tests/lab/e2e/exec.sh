#!/bin/sh
# A person's command on several nodes at once: output by host, an exit code that tells how it went, what would take a node
# away refused unless it is meant, and a record of it.
# shellcheck disable=SC2016 # what is expanded is expanded on the node
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

fresh pve
declare_nodes pve

step "a command as it stands: its output with the host in front, and no shell between"
expect 0 hearth exec pve -- echo 'a  $HOME' '; reboot'
prints 'pve: a  $HOME ; reboot'
expect 0 hearth exec all -- uname -n
prints "pve: pve"

step "one word is a text for the host's shell"
expect 0 hearth exec all -- 'printf "1\n2\n" | tail -n1; echo $((40 + 2))'
prints "pve: 2
pve: 42"

step "streams are told apart, and how it ended is passed on"
expect 1 hearth exec pve -- 'echo out; echo err >&2; exit 3'
prints "pve: out"
says "pve: err" "pve: exit 3" "1 failed"
expect 1 hearth exec pve -o json -- 'echo out; echo err >&2; exit 3'
json '.hosts[0] | [.host, .outcome, .exitCode, .out, .err] | @json' '["pve","failed",3,"out\n","err\n"]'
expect 1 hearth exec pve --timeout 1 -- sleep 30
says "timed out" "--timeout"

step "it is on record"
expect 0 hearth history Node/pve
says "Node/pve" "exit 3"
expect 0 hearth history
says 'Ran `uname -n`: 1 done.'

step "a lease that somebody holds does not keep a person from looking"
on pve mkdir -p /run/hearth
expect 0 hearth exec pve -- true

step "what would take the node away is refused, with the rule, and contacts nobody"
on pve touch /etc/here
before=$(execs pve)
for command in 'rm -rf /etc' 'sudo sh -c "nohup rm -rf /etc &"' 'cd / && rm -rf *' "r'm' -r --force //etc/." '$(rm -rf /etc)'; do
    expect 5 hearth exec pve -- "$command"
    says "error[exec-remove-system]" "hearth explain exec-remove-system" "--allow exec-remove-system"
done
expect 5 hearth exec pve -- sudo /sbin/reboot
says "exec-power"
expect 5 hearth exec pve -o json -- 'systemctl stop ssh; iptables -F'
json '[.refused[].rule] | join(" ")' "exec-stop-access exec-flush-firewall"
json '.refused[0].words | join(" ")' "systemctl stop ssh"
[ "$(execs pve)" -eq "$before" ] || broken "something was run on the node"
on pve test -e /etc/here

step "… unless it is meant"
expect 0 hearth exec pve --allow exec-power -- "systemctl --dry-run reboot || true"
expect 64 hearth exec pve --allow exec-pwer -- reboot
says "exec-power"

step "a host that cannot be reached"
lab cut pve
expect 6 hearth exec pve -- true
says "pve: not reached"
expect 6 hearth exec pve -o json -- true
json '.hosts[0].outcome' unreachable
lab heal pve

step "whom nobody declared"
expect 64 hearth exec nobody -- true
says "nobody"
expect 64 hearth exec pve
says "--"
