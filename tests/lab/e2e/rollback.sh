#!/bin/sh
# What is wrong never goes live, or does not stay: texts are checked before systemd sees them; files whose service does not
# come up go back, and the service runs with the old ones. A run that was killed in between is finished by the next.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

invocation() { on agent systemctl show -P InvocationID web; }
nothing_kept() {
    node_fails agent test -e /var/lib/hearth/undo
    node_fails agent sh -c 'find /etc /srv /usr/local -name ".hearth-*" | grep .'
}

# web GREETING [SED]: everything of the web server, the unit's text changed by SED
web() {
    {
        web_program | sed s/__HOSTS__/agent/
        web_greeting agent "$1"
        web_service agent | sed "${2:-}"
    } | manifest web
}

fresh agent
declare_nodes agent
web "good morning"
expect 0 hearth apply --yes
node_prints agent "good morning" curl -s http://127.0.0.1:8080/
running=$(invocation)
unit=$(on agent sha256sum /etc/systemd/system/web.service)

step "a text that systemd does not take never goes live"
for fault in 's/^    ExecStart=.*/    ExecStart=bin\/not-a-path/' 's/^    ExecStart=.*/    # nothing to start/' 's/^    \[Unit\]/    Unit]/'; do
    web "good morning" "$fault"
    expect 1 hearth apply --yes
    says "Service/web@agent" "failed" "web.service"
    node_prints agent "$unit" sha256sum /etc/systemd/system/web.service
    node_prints agent no systemctl show -P NeedDaemonReload web
    node_prints agent "$running" systemctl show -P InvocationID web
    nothing_kept
done
step "… nor does a drop-in"
{ web_program | sed s/__HOSTS__/agent/; web_greeting agent "good morning"; web_service agent 'dropIns: {bad: "[Service]\nType=whatever\nExecStart=\n"}'; } | manifest web
expect 1 hearth apply --yes
says "Service/web@agent"
node_fails agent test -e /etc/systemd/system/web.service.d/bad.conf
node_prints agent "$running" systemctl show -P InvocationID web
node_prints agent no systemctl show -P NeedDaemonReload web
nothing_kept

step "a file that its own tool does not take never goes live, and that tool's words are shown"
manifest sudoers <<'END'
kind: File
name: sudoers
hosts: agent
spec: {path: /etc/sudoers.d/mine, mode: "0440", content: "operator ALL=(ALL NOPASSWD: ALL\n", validate: [visudo, -cf, "{}"]}
END
web "good morning"
expect 1 hearth apply --yes
says "File/sudoers@agent" "syntax error"
node_fails agent test -e /etc/sudoers.d/mine
withdraw sudoers
plan_is_empty

step "a configuration that the service does not start with goes back, and the service runs with the old one"
web "   "
expect 2 hearth plan
says "restart"
expect 1 hearth apply --yes
says "rolled back" "File/greeting@agent" "Service/web@agent" "the greeting is empty" "hearth history"
node_prints agent "good morning" cat /etc/web/greeting
node_prints agent "640 root:users" stat -c '%a %U:%G' /etc/web/greeting
node_prints agent active systemctl is-active web
node_prints agent "good morning" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/
nothing_kept
expect 0 hearth history
says "rolled back"
expect 0 hearth history File/greeting@agent
says "rolled back"
step "… and the manifest's wish is still a change"
expect 2 hearth plan
says "File/greeting@agent"

step "a text that is right but does not run goes back too, with all that belongs to it"
web "good evening" 's,^    ExecStart=.*,    ExecStart=/bin/false,'
expect 1 hearth apply --yes
says "rolled back"
node_prints agent "$unit" sha256sum /etc/systemd/system/web.service
node_prints agent "good morning" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/
node_prints agent no systemctl show -P NeedDaemonReload web
nothing_kept

step "one that dies a moment after it has started is not up"
web "good evening" 's,^    ExecStart=.*,    ExecStart=/bin/sleep 0.5,'
expect 1 hearth apply --yes
says "rolled back"
node_prints agent "good morning" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/

step "a new service that does not come up leaves nothing behind"
web "good morning"
manifest doomed <<'END'
kind: File
name: doomed
hosts: agent
spec: {path: /etc/doomed.conf, content: "x\n"}
---
kind: Service
name: doomed
hosts: agent
spec:
  state: running
  enabled: true
  configFiles: [/etc/doomed.conf]
  unit: |
    [Service]
    ExecStart=/bin/false
    [Install]
    WantedBy=multi-user.target
END
expect 1 hearth apply --yes
says "Service/doomed@agent" "rolled back"
node_fails agent sh -c 'ls /etc/doomed.conf /etc/systemd/system/doomed.service || systemctl cat doomed'
node_fails agent sh -c 'systemctl is-active doomed || ls -l /etc/systemd/system/multi-user.target.wants/doomed.service'
nothing_kept
withdraw doomed
plan_is_empty

step "peer_17: killed between the file and the restart: the next plan wants the restart, and apply does it"
web "good night"
# Its check takes as long as this test wants: the service waits for it, the greeting does not.
manifest gate <<'END'
kind: File
name: gate
hosts: agent
spec: {path: /srv/gate, content: "x\n", validate: [sh, -c, "while test -e /run/hold; do sleep 0.1; done", gate, "{}"]}
END
sed -i 's,^dependsOn: \[File/web-program\],dependsOn: [File/web-program\, File/gate],' "$manifests/web.yaml"
on agent touch /run/hold
begin apply hearth apply --yes
written() { [ "$(on agent cat /etc/web/greeting)" = "good night" ]; }
within 30 written
kill -KILL "$(pid_of apply)"
ended apply 137
node_prints agent "good morning" curl -s http://127.0.0.1:8080/
on agent rm /run/hold
withdraw gate
web "good night"
differs Service/web@agent current
within 60 hearth apply --yes
node_prints agent "good night" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/
plan_is_empty
nothing_kept
