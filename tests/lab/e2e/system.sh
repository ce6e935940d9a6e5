#!/bin/sh
# CronJob, Sysctl and HostsEntry on a real node: from nothing to as declared, as cron, the kernel and the resolver see it; every
# field that drifts is told and put right; what nobody declared stays to the byte; what cannot be done is said.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/drifts.sh
. "$lab_folder/lib/drifts.sh"

fresh pve
declare_nodes pve
# As people write such files.
on pve sh -c 'printf "# by hand\n\nMAILTO = \"someone\"\nSHELL=/bin/sh\n\t# every now\n5\t4 * * *\troot\ttrue\n" >/etc/cron.d/odd'
on pve sh -c 'printf "127.0.0.1\tlocalhost\n\n#  the  house\n10.9.0.1   nas  nas.lan   # the shelf\n10.9.0.2\tone\n10.9.0.2 two # too\n::1 localhost" >/etc/hosts'
on pve sh -c 'cp /etc/hosts /root/hosts; cp /etc/cron.d/odd /root/odd'
declare_all() {
    manifest things <<'END'
kind: CronJob
name: backup
hosts: pve
spec:
  schedule: "@daily"
  user: operator
  command: test -e /srv && echo "50\% done"
  environment: {MAILTO: "", GREETING: it's "here"}
  comment: |
    Copies what is dear.

    Never mind the rest.
---
kind: CronJob
name: odd
hosts: pve
spec: {schedule: 5 4 * * *, command: "true"}
---
kind: Sysctl
name: forward
hosts: pve
spec: {key: net.ipv4.ip_forward, value: 1}
---
kind: Sysctl
name: memory
hosts: pve
spec: {key: net/ipv4/tcp_rmem, value: "4096 131072   6000000"}
---
kind: Sysctl
name: hex
hosts: pve
spec: {key: net.ipv4.conf.lo.log_martians, value: "0x1"}
---
kind: HostsEntry
hosts: pve
items:
  10.9.0.1: {names: [nas, nas.lan]}
  10.9.0.2: {names: [two, one, both]}
  10.9.0.3: {names: [three]}
  10.9.0.4: {names: [four.lan, four]}
  10.9.0.5: {names: [five]}
---
kind: HostsEntry
name: six
hosts: pve
spec: {address: "fd00::6", names: [six]}
END
}
declare_all

step "from nothing: a plan touches nothing, an apply does it all; five changes of one file do not lose each other"
expect 2 hearth plan
says "CronJob/backup@pve" "Sysctl/forward@pve" "HostsEntry/six@pve"
says_not "CronJob/odd@pve" "HostsEntry/10.9.0.1@pve"
node_prints pve "" sh -c 'ls /etc/sysctl.d | grep hearth'
expect 0 hearth apply --yes
plan_is_empty

step "cron takes the file, as a job of that user"
node_prints pve '644 root:root' stat -c '%a %U:%G' /etc/cron.d/backup
# shellcheck disable=SC2016  # cron's text
node_prints pve 'GREETING=it'"'"'s "here"
MAILTO=""
# Copies what is dear.
#
# Never mind the rest.
@daily operator test -e /srv && echo "50\% done"' cat /etc/cron.d/backup
on pve systemctl restart cron
node_fails pve sh -c 'journalctl -b -u cron | grep -E "backup|odd"' # it complains of nothing
on pve cmp /etc/cron.d/odd /root/odd

step "the kernel and the next boot agree"
node_prints pve 1 sysctl -n net.ipv4.ip_forward
node_prints pve "4096	131072	6000000" sysctl -n net.ipv4.tcp_rmem
node_says pve "net.ipv4.ip_forward = 1" cat /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf

step "the resolver finds the names, and the other lines are as they were"
node_prints pve "10.9.0.2        two one both" getent hosts one
node_prints pve "10.9.0.5        five" getent hosts five
node_prints pve "fd00::6         six" getent hosts six
node_prints pve "$(printf '127.0.0.1\tlocalhost\n\n#  the  house\n10.9.0.1   nas  nas.lan   # the shelf\n10.9.0.2\ttwo one both\n# too\n::1 localhost')" \
    head -n 7 /etc/hosts

drifts CronJob.schedule CronJob/backup@pve 'sed -i s/@daily/@hourly/ /etc/cron.d/backup' 1 grep -c '^@daily' /etc/cron.d/backup
drifts CronJob.user CronJob/backup@pve 'sed -i "s/daily operator/daily root/" /etc/cron.d/backup' 1 grep -c 'daily operator' /etc/cron.d/backup
drifts CronJob.command CronJob/backup@pve 'sed -i s/50/60/ /etc/cron.d/backup' 1 grep -c 50 /etc/cron.d/backup
drifts CronJob.comment CronJob/backup@pve 'sed -i s/dear/cheap/ /etc/cron.d/backup' 1 grep -c dear /etc/cron.d/backup
entry=GREETING
drifts CronJob.environment CronJob/backup@pve 'sed -i /GREETING/d /etc/cron.d/backup' 1 grep -c GREETING /etc/cron.d/backup
entry=
drifts CronJob.accepted CronJob/backup@pve 'chmod 666 /etc/cron.d/backup' 644 stat -c %a /etc/cron.d/backup
drifts CronJob.accepted CronJob/backup@pve 'chown operator /etc/cron.d/backup' root stat -c %U /etc/cron.d/backup
drifts CronJob.accepted CronJob/backup@pve 'truncate -s -1 /etc/cron.d/backup' "" sh -c 'tail -c 1 /etc/cron.d/backup'
drifts CronJob.file CronJob/backup@pve 'mv /etc/cron.d/backup /root' 644 stat -c %a /etc/cron.d/backup
drifts Sysctl.value Sysctl/forward@pve 'sysctl -q -w net.ipv4.ip_forward=0' 1 sysctl -n net.ipv4.ip_forward
drifts Sysctl.value Sysctl/memory@pve 'sysctl -q -w "net.ipv4.tcp_rmem=4096 4096 5000000"' \
    "4096	131072	6000000" sysctl -n net.ipv4.tcp_rmem
drifts Sysctl.persisted Sysctl/forward@pve 'rm /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf' \
    1 grep -c 'ip_forward = 1' /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf
drifts Sysctl.persisted Sysctl/forward@pve 'sed -i s/1/0/ /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf' \
    1 grep -c 'ip_forward = 1' /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf
drifts HostsEntry.names HostsEntry/10.9.0.4@pve 'sed -i "s/four.lan/vier.lan/" /etc/hosts' \
    "10.9.0.4        four.lan four" getent hosts four
drifts HostsEntry.names HostsEntry/10.9.0.4@pve 'echo "10.9.0.4 quattro" >>/etc/hosts' 1 grep -c '^10\.9\.0\.4' /etc/hosts
drifts HostsEntry.address HostsEntry/10.9.0.4@pve 'sed -i /^10.9.0.4/d /etc/hosts' "10.9.0.4        four.lan four" getent hosts four

step "what nobody declared stays: settings, comments, spacing, other lines"
on pve sed -i 's/^5.4/7\t4/' /etc/cron.d/odd
expect 0 hearth apply --yes
node_prints pve "$(printf '# by hand\n\nMAILTO = "someone"\nSHELL=/bin/sh\n\t# every now\n5 4 * * * root true')" cat /etc/cron.d/odd
on pve sh -c 'echo "EXTRA=1" | cat - /etc/cron.d/backup >/root/x && cat /root/x >/etc/cron.d/backup; echo "10.9.0.9 mine" >>/etc/hosts'
plan_is_empty

step "a file with several jobs is no CronJob: it is said, and left alone"
on pve sh -c 'echo "1 1 * * * root true" >>/etc/cron.d/odd; cp /etc/cron.d/odd /root/odd'
expect 6 hearth plan
says "CronJob/odd@pve" "a second job" "declare this one as a File"
expect 6 hearth apply --yes
on pve cmp /etc/cron.d/odd /root/odd
on pve sed -i "\$d" /etc/cron.d/odd
plan_is_empty

step "a later file that says otherwise at boot is named"
on pve sh -c 'printf "# mine\nnet/ipv4/ip_forward=0\n" >/etc/sysctl.d/99-mine.conf'
expect 6 hearth plan
says "/etc/sysctl.d/99-mine.conf:2" "net.ipv4.ip_forward"
on pve rm /etc/sysctl.d/99-mine.conf
plan_is_empty

step "a parameter that this kernel does not have, and a value that it does not take"
manifest more <<'END'
kind: Sysctl
name: net.ipv4.no_such_thing
hosts: pve
spec: {value: 1}
END
expect 6 hearth plan
says "no parameter net.ipv4.no_such_thing" "load the module"
manifest more <<'END'
kind: Sysctl
name: net.ipv4.tcp_congestion_control
hosts: pve
spec: {value: nonsense}
END
expect 1 hearth apply --yes
says "net.ipv4.tcp_congestion_control"
node_fails pve test -e /etc/sysctl.d/60-hearth-net.ipv4.tcp_congestion_control.conf
withdraw more

step "one path has one owner, whatever the kind"
manifest more <<'END'
kind: File
name: mine
hosts: pve
spec: {path: /etc/cron.d/backup, content: "\n"}
END
expect 1 hearth validate
says "CronJob/backup" "/etc/cron.d/backup"
manifest more <<'END'
kind: File
name: mine
hosts: pve
spec: {path: /etc/hosts, content: "\n"}
END
expect 1 hearth validate
says "HostsEntry/six keeps a part of path /etc/hosts, all of which File/mine declares"
withdraw more

step "a job of nobody is not made: cron would pass over the file"
manifest more <<'END'
kind: CronJob
name: nobodys
hosts: pve
spec: {schedule: "@daily", user: nosuchuser, command: "true"}
END
expect 6 hearth apply --yes
says "CronJob/nobodys@pve" "there is no user nosuchuser on this host"
node_fails pve test -e /etc/cron.d/nobodys
withdraw more

step "what is withdrawn goes, and nothing else does: a name that somebody gave the address meanwhile stays"
on pve sh -c 'sed "s/^10.9.0.5.*/& mine5/" /etc/hosts >/root/x && cat /root/x >/etc/hosts'
manifest things <<'END'
kind: HostsEntry
name: 10.9.0.1
hosts: pve
spec: {names: [nas, nas.lan]}
END
expect 2 hearth plan
says "HostsEntry/10.9.0.5@pve" "somebody else changed names" "what hearth did not put there stays"
expect 0 hearth apply --yes --allow destroy --deletions 8
node_prints pve "$(printf '127.0.0.1\tlocalhost\n\n#  the  house\n10.9.0.1   nas  nas.lan   # the shelf\n10.9.0.2\ttwo one both\n# too\n::1 localhost\n10.9.0.5\tmine5\n10.9.0.9 mine')" cat /etc/hosts
node_fails pve test -e /etc/cron.d/backup
node_fails pve test -e /etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf
plan_is_empty
