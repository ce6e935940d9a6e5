#!/bin/sh
# Every live field of every kind that hearth keeps, changed by hand on a node: the plan shows that field of that resource
# and nothing else, drift says the same, apply puts it back, and the node agrees. The fields come from the schemas: one that
# has no case here or in another test (accounts.sh has those of accounts, system.sh and packages.sh those of their kinds) fails this one.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"
# shellcheck source=tests/lab/lib/drifts.sh
. "$lab_folder/lib/drifts.sh"

# Fields that a person can change on a node, as the schemas have them.
live_fields() {
    jq -r 'select(.["x-hearth-kind"]) | .["x-hearth-kind"].kind as $kind | .properties | to_entries[]
        | select(.value["x-hearth-live"] != false) | "\($kind).\(.key)"' "$schemas"/*.schema.json
}

fresh pve
declare_nodes pve
declare_web pve "Good morning"
manifest things <<'END'
kind: File
name: notice
hosts: pve
spec: {path: /srv/notice, content: "Mind the gap.\n", mode: "0640", owner: operator, group: users}
---
kind: Directory
name: box
hosts: pve
spec: {path: /srv/box, mode: "2750", owner: operator, group: users}
---
kind: Service
name: cron
hosts: pve
spec:
  enabled: true
  masked: false
  state: running
  configFiles: [/etc/environment]
  dropIns:
    10-limits: |
      [Service]
      MemoryMax=512M
---
kind: Service
name: rpc-statd
hosts: pve
spec: {masked: true}
END
on pve touch -d yesterday /etc/environment
expect 0 hearth apply --yes
plan_is_empty

drifts File.content File/notice@pve 'echo "Mind the cat." >/srv/notice' "Mind the gap." cat /srv/notice
drifts File.content File/notice@pve 'printf "Mind the gap." >/srv/notice' "14 /srv/notice" wc -c /srv/notice
drifts File.mode File/notice@pve 'chmod 644 /srv/notice' 640 stat -c %a /srv/notice
drifts File.owner File/notice@pve 'chown root /srv/notice' operator stat -c %U /srv/notice
drifts File.group File/notice@pve 'chgrp root /srv/notice' users stat -c %G /srv/notice
drifts File.path File/notice@pve 'mv /srv/notice /srv/elsewhere' "operator:users 640" stat -c '%U:%G %a' /srv/notice
drifts Directory.mode Directory/box@pve 'chmod 0755 /srv/box; chmod g-s /srv/box' 2750 stat -c %a /srv/box
drifts Directory.owner Directory/box@pve 'chown root /srv/box' operator stat -c %U /srv/box
drifts Directory.group Directory/box@pve 'chgrp root /srv/box' users stat -c %G /srv/box
drifts Directory.path Directory/box@pve 'rmdir /srv/box' "operator:users 2750" stat -c '%U:%G %a' /srv/box

drifts Service.state Service/web@pve 'systemctl stop web' active systemctl is-active web
drifts Service.enabled Service/web@pve 'systemctl disable web' enabled systemctl is-enabled web
drifts Service.unit Service/web@pve 'echo "# by hand" >>/etc/systemd/system/web.service' 0 \
    grep -c 'by hand' /etc/systemd/system/web.service
drifts Service.unit Service/web@pve 'sed -i "s/^Description=.*/Description=Mine/" /etc/systemd/system/web.service; systemctl daemon-reload' \
    "A greeting over HTTP" systemctl show -P Description web
entry=10-limits
drifts Service.dropIns Service/cron@pve 'sed -i s/512/256/ /etc/systemd/system/cron.service.d/10-limits.conf; systemctl daemon-reload' \
    $((512 * 1024 * 1024)) systemctl show -P MemoryMax cron
drifts Service.dropIns Service/cron@pve 'rm /etc/systemd/system/cron.service.d/10-limits.conf; systemctl daemon-reload' \
    $((512 * 1024 * 1024)) systemctl show -P MemoryMax cron
drifts Service.dropIns Service/cron@pve 'rm -r /etc/systemd/system/cron.service.d' \
    10-limits.conf ls /etc/systemd/system/cron.service.d
entry=
drifts Service.enabled Service/cron@pve 'systemctl disable cron' enabled systemctl is-enabled cron
drifts Service.masked Service/rpc-statd@pve 'systemctl unmask rpc-statd' masked systemctl is-enabled rpc-statd
drifts Service.masked Service/cron@pve 'systemctl mask cron' enabled systemctl is-enabled cron
# The configuration is nobody's File: what differs is that the service has not read it yet.
# shellcheck disable=SC2016  # for the node's shell
stale='[ "$(stat -c %Y /etc/environment)" -le "$(date -d "$(systemctl show -P ActiveEnterTimestamp cron)" +%s)" ] &&
    echo current || echo stale'
drifts Service.current Service/cron@pve 'sleep 1.1; echo "TEA=yes" >>/etc/environment' current sh -c "$stale"
drifts Service.unitName Service/web@pve 'systemctl disable --now web; rm /etc/systemd/system/web.service; systemctl daemon-reload' \
    "Good morning" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/

step "nothing is left to do"
plan_is_empty

step "what only the manifests changed is no drift, and neither is what follows from it"
declare_web pve "Good evening"
differs_too() { json '[.actions[].address] | sort | join(" ")' "File/greeting@pve Service/web@pve"; }
expect 2 hearth plan -o json
differs_too
json '[.actions[].cause] | unique | join(" ")' intent
expect 0 hearth drift
says "hearth plan"
expect 0 hearth apply --yes
node_prints pve "Good evening" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/

step "no live field has been forgotten"
# Node and Check are only looked at: nothing of theirs is ever repaired (checks.sh has what they report).
# A parameter of the kernel cannot be renamed. The conformance kit moves every field of Samba's and storage's kinds, many at once;
# exports want a kernel that serves them.
live_fields | grep -v -e '^Node\.' -e '^Check\.' -e '^Samba' -e '^Mount\.' -e '^Retention\.' -e '^NfsExport\.' -e '^Sysctl\.key$' | sort >"$work/live"
cases_of_fields | comm -23 "$work/live" - >"$work/forgotten"
[ -s "$work/live" ] || broken "the schemas have no live fields at all"
[ ! -s "$work/forgotten" ] || broken "fields without a case: $(paste -sd' ' "$work/forgotten")"

step "a Node whose machine has another name is reported, not renamed"
on pve hostname impostor
expect 2 hearth plan
says "Node/pve" "impostor"
on pve hostname pve
plan_is_empty
