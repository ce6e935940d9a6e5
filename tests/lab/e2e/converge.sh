#!/bin/sh
# Four bare Debian nodes become what a set with every kind declares, in one apply; after that there is nothing to do, and
# nothing is done. The nodes say so themselves.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

declare_everything() {
    declare_web all "Hello from the lab"
    manifest files <<'END'
kind: Directory
name: media
hosts: all
spec: {path: /srv/media/films, mode: "2775", group: users}
---
kind: File
name: motd
hosts: all
spec:
  path: /etc/motd
  content: |
    This is ${host.name}, kept by hearth.
END
    manifest services <<'END'
# Runs once and stays "active".
kind: Service
name: nic
hosts: all
perHost: {agent: {enabled: false}}
spec:
  enabled: true
  state: running
  unit: |
    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/usr/sbin/ethtool ${host.nic}

    [Install]
    WantedBy=multi-user.target
---
# Runs once and is gone: in state because it succeeded.
kind: Service
name: certificate
hosts: [Home, pve]
spec:
  state: running
  unit: |
    [Service]
    Type=oneshot
    ExecStart=/usr/bin/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=%H -keyout /srv/key.pem -out /srv/cert.pem
---
kind: Service
name: tidy
hosts: Home
spec:
  unit: |
    [Service]
    Type=oneshot
    ExecStart=/usr/bin/touch /run/tidied
---
kind: Service
name: tidy.timer
hosts: Home
dependsOn: [Service/tidy]
spec:
  enabled: true
  state: running
  unit: |
    [Timer]
    OnCalendar=daily

    [Install]
    WantedBy=timers.target
---
# A package's unit with some lines of our own.
kind: Service
name: cron
hosts: all
spec:
  enabled: true
  masked: false
  state: running
  dropIns:
    10-limits: |
      [Service]
      MemoryMax=512M
---
# A package's unit that shall not run.
kind: Service
name: nfs-mountd
hosts: pve
spec: {masked: true, enabled: false, state: stopped}
END
    manifest checks <<'END'
kind: Check
hosts: all
items:
  ssh: {tcp: {port: 22}}
  page: {http: {url: "http://127.0.0.1:8080/", status: 200, contains: Hello from the lab}}
  media: {command: {argv: [test, -d, /srv/media/films]}}
  room: {disk: {path: /, maxUsedPercent: 99}}
---
kind: Check
name: certificate
hosts: [Home, pve]
dependsOn: [Service/certificate]
spec: {certificate: {file: /srv/cert.pem, minDays: 30}}
END
}

# What would be another if anything had been written or started anew.
traces() {
    for each in Home pve agent1 agent; do
        on "$each" sh -c 'stat -c "%n %i %Y %Z %a %U:%G" /etc/motd /srv/media/films /etc/web/greeting /usr/local/bin/web \
            /etc/systemd/system/*.service /etc/systemd/system/*.d/*.conf
            systemctl show -p Id -p InvocationID -p NRestarts web nic cron tidy.timer certificate
            systemctl show -P UserspaceTimestamp'
    done
}

fresh
declare_nodes
declare_everything

step "what is declared is sound, without asking anybody"
expect 0 hearth validate

step "on bare nodes everything is to be made, and the exit code says that something is"
expect 2 hearth plan -o json
json '[.actions[] | select(.type != "create" and (.address | startswith("Service/cron@") or startswith("File/motd@") or startswith("Service/nfs-mountd@") | not))] | length' 0
json 'all(.actions[].address; test("^(File|Directory|Service)/"))' true
on agent test ! -e /etc/web

step "one apply makes it so, and the checks that failed before hold now"
expect 0 hearth apply --yes
says "Applied: "
says_not "Checks after the apply"

step "peer_2: nothing is left to do"
plan_is_empty
expect 0 hearth plan -o json
json '.actions | length' 0
json '.notes | length' 0
expect 0 hearth drift
expect 0 hearth status
says "Check/page@agent1"

step "the nodes say the same"
for node in Home pve agent1 agent; do
    node_prints "$node" "This is $node, kept by hearth." cat /etc/motd
    node_prints "$node" "2775 root:users directory" stat -c '%a %U:%G %F' /srv/media/films
    node_prints "$node" "640 root:users regular file" stat -c '%a %U:%G %F' /etc/web/greeting
    node_prints "$node" "755 root:root regular file" stat -c '%a %U:%G %F' /usr/local/bin/web
    node_prints "$node" "Hello from the lab" curl -s http://127.0.0.1:8080/
    node_prints "$node" "active
active
active" systemctl is-active web nic cron
    node_prints "$node" "enabled
enabled" systemctl is-enabled web cron
    node_prints "$node" $((512 * 1024 * 1024)) systemctl show -P MemoryMax cron
    node_prints "$node" no systemctl show -P NeedDaemonReload web
    node_fails "$node" sh -c 'find / -xdev -name ".hearth-*" | grep .'
    node_fails "$node" test -e /var/lib/hearth/undo
    node_fails "$node" test -e /run/hearth/lease
done
for node in Home pve agent1; do node_prints "$node" enabled systemctl is-enabled nic; done
node_prints agent disabled systemctl is-enabled nic
for node in Home pve; do node_says "$node" "CN = $node" openssl x509 -in /srv/cert.pem -noout -subject -nameopt oneline; done
node_prints Home "active
enabled" sh -c 'systemctl is-active tidy.timer; systemctl is-enabled tidy.timer'
node_fails Home test -e /run/tidied
node_prints pve "masked
inactive" sh -c 'systemctl is-enabled nfs-mountd; systemctl is-active nfs-mountd'

step "applying again does nothing"
traces >"$work/before"
expect 0 hearth apply --yes
says "Nothing to do"
traces >"$work/after"
expect 0 diff "$work/before" "$work/after"

step "history knows the run that did it, and each of its actions"
expect 0 hearth history
says apply
expect 0 hearth history Service/web@agent1
says "done"

step "the nodes keep their state over a power cycle; only what was not to start at boot is to be started again"
lab powercycle agent
differs Service/nic@agent state
expect 0 hearth apply --yes
plan_is_empty
