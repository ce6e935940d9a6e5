#!/bin/sh
# A saved plan is carried out exactly, or not at all: when the node or the manifests have moved since, hearth names what
# moved and touches nothing.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

# files MOTD MODE
files() {
    manifest files <<END
kind: File
hosts: agent
items:
  motd: {path: /etc/motd, content: "$1\n"}
  note: {path: /srv/note, content: "note\n", mode: "$2"}
END
}

fresh agent
declare_nodes agent
files one 0644
expect 0 hearth apply --yes
files two 0600
plan=$work/plan.json

step "the plan is saved, and says how to carry it out"
expect 2 hearth plan --out "$plan"
says "hearth apply $plan"
expect 0 jq -e '.actions | length == 2' "$plan"

step "somebody edits the file meanwhile: refused, with the resource and the field, and nothing is changed, the other file neither"
on agent sh -c 'echo by hand >/etc/motd'
expect 3 hearth apply --yes "$plan"
says "File/motd@agent" "content" "hearth plan"
node_prints agent "by hand" cat /etc/motd
node_prints agent 644 stat -c %a /srv/note
expect 3 hearth apply --yes "$plan" -o json
json '.diagnostics[0].rule' stale-plan

step "… a field that the plan would not even have changed"
on agent sh -c 'echo one >/etc/motd; chmod 666 /srv/note'
expect 3 hearth apply --yes "$plan"
says "File/note@agent" "mode" "0644" "0666"
node_prints agent one cat /etc/motd
on agent rm /srv/note
expect 3 hearth apply --yes "$plan"
says "File/note@agent" "gone"

step "… somebody has done it already"
on agent sh -c 'echo note >/srv/note; chmod 600 /srv/note'
expect 3 hearth apply --yes "$plan"
says "File/note@agent"

step "the manifests moved: refused"
on agent chmod 644 /srv/note
files three 0600
expect 3 hearth apply --yes "$plan"
says "manifests"
node_prints agent one cat /etc/motd

step "nothing moved: carried out, exactly"
files two 0600
expect 0 hearth apply --yes "$plan"
node_prints agent two cat /etc/motd
node_prints agent 600 stat -c %a /srv/note
plan_is_empty
step "… but not twice"
expect 3 hearth apply --yes "$plan"

step "a plan for some addresses leaves the others alone, also when it is carried out"
files four 0640
expect 2 hearth plan File/note --out "$plan"
expect 0 hearth apply --yes "$plan"
node_prints agent 640 stat -c %a /srv/note
node_prints agent two cat /etc/motd
differs File/motd@agent content

step "a file that is no plan"
echo '{}' >"$work/no-plan.json"
expect 1 hearth apply --yes "$work/no-plan.json"
says "no-plan.json" "hearth plan --out"
expect 64 hearth apply --yes "$work/nowhere.json"
says "nowhere.json"
step "one that somebody changed is not what would be done"
expect 2 hearth plan --out "$plan"
sed -i s/four/FOUR/ "$plan"
expect 3 hearth apply --yes "$plan"
node_prints agent two cat /etc/motd
