#!/bin/sh
# Nothing is ever deleted because manifests could not be read, or are all gone. What is deleted was taken out of the
# manifests on purpose, appears by name, is allowed by a person, and was not protected.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

# notes NUMBER [WORD…]: that many small files, each with further top-level words
notes() {
    count=$1
    shift
    printf 'kind: File\nhosts: agent\n'
    for word in "$@"; do printf '%s\n' "$word"; done
    printf 'items:\n'
    for i in $(seq "$count"); do printf '  note%s: {path: /srv/note%s, content: "note %s\\n"}\n' "$i" "$i" "$i"; done
}

on_node() { on agent sh -c 'cd /srv && ls -d note* 2>/dev/null | wc -l'; }
nothing_deleted() { [ "$(on_node)" = "$1" ] || broken "of $1 files $(on_node) are left"; }

fresh agent
declare_nodes agent
notes 3 | manifest notes
manifest service <<'END'
kind: Service
name: thermostat
hosts: agent
spec:
  enabled: true
  state: running
  unit: |
    [Service]
    ExecStart=/bin/sleep infinity
    [Install]
    WantedBy=multi-user.target
  dropIns: {nice: "[Service]\nNice=5\n"}
END
expect 0 hearth apply --yes
nothing_deleted 3

step "one manifest file that is no YAML: the place is named, and nothing is done at all"
cp "$manifests/notes.yaml" "$work/notes.yaml"
notes 1 | manifest notes
printf 'kind: File\nname: [\n' | manifest broken
for command in validate plan "apply --yes --allow destroy" drift status; do
    # shellcheck disable=SC2086  # words
    expect 1 hearth $command
    says "broken.yaml:" "error["
    says_not "note2" "delete"
done
nothing_deleted 3

step "… or that does not fit its kind: line, column, field and what to write"
printf 'kind: File\nname: x\nhosts: agent\nspec:\n  path: /srv/x\n  mood: "0644"\n' | manifest broken
expect 1 hearth apply --yes --allow destroy
says "broken.yaml:6:3: error[unknown-field]" "mood" "mode"
nothing_deleted 3

step "… or that cannot be opened"
withdraw broken
ln -s nowhere "$manifests/broken.yaml"
expect 1 hearth apply --yes --allow destroy
says "broken.yaml"
nothing_deleted 3
withdraw broken

step "a folder that is not there, or has no hearth.yaml"
mv "$manifests" "$manifests.away"
expect 1 hearth plan
says "$manifests"
mkdir "$manifests"
expect 1 hearth apply --yes --allow destroy
says "hearth.yaml"
rmdir "$manifests"
mv "$manifests.away" "$manifests"
nothing_deleted 3

step "a set that declares nothing at all: nothing is deleted, and that is said"
mkdir "$work/away"
mv "$manifests/notes.yaml" "$manifests/service.yaml" "$manifests/nodes.yaml" "$work/away"
expect 0 hearth plan
says "nothing"
says_not "to delete: " "- File/"
expect 0 hearth apply --yes --allow destroy
nothing_deleted 3
mv "$work/away"/* "$manifests"

step "what is no longer declared is to be deleted: by name, and not without being allowed"
expect 2 hearth plan
says "- File/note2@agent" "- File/note3@agent" "2 to delete" "destroy"
says_not "note1@agent"
expect 2 hearth apply --yes
says "File/note2@agent" "File/note3@agent" "--allow destroy"
nothing_deleted 3
step "… one of them"
expect 2 hearth apply --yes --allow destroy=File/note2@agent
node_prints agent "note1
note3" sh -c 'cd /srv && ls -d note*'
step "… the other"
expect 0 hearth apply --yes --allow destroy
nothing_deleted 1
plan_is_empty

step "onRemove: retain forgets, and says so once"
notes 2 "onRemove: retain" | manifest notes
expect 0 hearth apply --yes
notes 1 "onRemove: retain" | manifest notes
expect 0 hearth plan
says "File/note2@agent" "no longer declared"
expect 0 hearth apply --yes
nothing_deleted 2
plan_is_empty
says_not "note2"

step "peer_21: protect holds after the words themselves are gone from the manifests, whatever is allowed"
on agent rm /srv/note2 # what was there before hearth is not hearth's to delete, protected or not
notes 2 "protect: true" | manifest notes
expect 0 hearth apply --yes
notes 1 "protect: true" | manifest notes
expect 5 hearth plan
says "File/note2@agent" "protect"
expect 5 hearth apply --yes --allow destroy
says "File/note2@agent" "protect"
nothing_deleted 2
step "… until somebody takes the protection away"
notes 2 | manifest notes
expect 0 hearth apply --yes
notes 1 | manifest notes
expect 0 hearth apply --yes --allow destroy
nothing_deleted 1

step "peer_21: more than five deletions need their number"
notes 8 | manifest notes
expect 0 hearth apply --yes
notes 1 | manifest notes
expect 5 hearth apply --yes --allow destroy
says "7" "--deletions 7"
nothing_deleted 8
expect 5 hearth apply --yes --allow destroy --deletions 6
nothing_deleted 8
expect 0 hearth apply --yes --allow destroy --deletions 7
nothing_deleted 1
plan_is_empty

step "a deleted service is stopped, disabled and leaves nothing; a package's stays as it is"
withdraw service
manifest cron <<'END'
kind: Service
name: cron
hosts: agent
spec: {state: running, enabled: true}
END
expect 0 hearth apply --yes --allow destroy
# An empty folder for drop-ins may stay: it means nothing to systemd.
node_fails agent sh -c 'systemctl cat thermostat || find /etc/systemd/system -path "*thermostat*" ! -type d | grep .'
node_prints agent inactive systemctl is-active thermostat
withdraw cron
expect 0 hearth plan
says "Service/cron@agent" "stays as it is"
expect 0 hearth apply --yes
node_prints agent "active
enabled" sh -c 'systemctl is-active cron; systemctl is-enabled cron'
plan_is_empty

step "… what was added to a package's unit goes, the unit goes on without it"
manifest cron <<'END'
kind: Service
name: cron
hosts: agent
spec: {state: running, dropIns: {limits: "[Service]\nMemoryMax=64M\n"}}
END
expect 0 hearth apply --yes
node_prints agent $((64 * 1024 * 1024)) systemctl show -P MemoryMax cron
withdraw cron
expect 2 hearth plan
says "- Service/cron@agent" "destroy"
expect 0 hearth apply --yes --allow destroy
node_prints agent "infinity
active
enabled" sh -c 'systemctl show -P MemoryMax cron; systemctl is-active cron; systemctl is-enabled cron'
plan_is_empty

step "without a journal nothing is deleted, and nothing applied"
notes 2 | manifest notes
expect 1 with_journal /proc/no/journal.db hearth apply --yes
says "journal"
nothing_deleted 1
mv "$work/journal" "$work/journal.away"
notes 1 | manifest notes
withdraw notes
plan_is_empty
nothing_deleted 1
