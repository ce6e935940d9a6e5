#!/bin/sh
# A secret goes into the file that it was declared for, and nowhere else: no output, log, journal, plan file, list of
# processes or other file on the node ever has it. The searches are first shown to find one that was planted.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

export HEARTH_SECRETS="$work/secrets"
declared=/etc/agent-secret.conf
mkdir -p "$HEARTH_SECRETS/lab" "$work/told"
chmod 700 "$HEARTH_SECRETS"
new_value() { printf 'Leak%sMe' "$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')"; }
# set_secret VALUE
set_secret() (
    umask 077
    printf '%s\n' "$1" >"$HEARTH_SECRETS/lab/password"
)

# The value, in base64 at each of the three offsets that it may have there, and as a hash that could be guessed from.
forms_of() {
    printf '%s\n' "$1"
    printf '%s' "$1" | base64 -w0 | cut -c1-20
    printf 'x%s' "$1" | base64 -w0 | cut -c5-24
    printf 'xx%s' "$1" | base64 -w0 | cut -c5-24
    printf '%s' "$1" | sha256sum | cut -d' ' -f1
}

# told NAME STATUS CMD…: runs it as `expect` does and keeps what it wrote.
told() {
    name=$1
    shift
    expect "$@"
    cat "$work/stdout" "$work/stderr" >"$work/told/$name"
}

# What of the node could hold a secret.
node_log() { on agent sh -c 'journalctl --sync; journalctl -q -b -o export'; }
node_files() {
    # The patterns lie where is not searched.
    on agent sh -c 'cat >/dev/shm/forms'
    on agent find /etc /var /run /tmp /root /home /srv /opt -xdev -type f -not -path "$declared" -not -path '*/log/journal/*' \
        -exec grep -aFl -f /dev/shm/forms -- {} + || true
    on agent rm /dev/shm/forms
}

# Each place prints its findings. FILE holds the forms, one a line.
in_outputs() { grep -raFl -f "$1" "$work/told"; }
in_journal() { grep -raFl -f "$1" "$work/journal"; }
in_plan_file() { grep -aFl -f "$1" "$work/plan.json"; }
in_repository() { grep -raFl -f "$1" "$manifests"; }
in_node_log() { node_log | grep -aF -f "$1"; }
in_node_files() { node_files <"$1"; }
in_processes() { grep -aF -f "$1" "$work/processes"; }
places="in_outputs in_journal in_plan_file in_repository in_node_log in_node_files in_processes"

found_in() { found=$("$1" "$2" 2>/dev/null) && [ -n "$found" ]; }

# nowhere VALUE
nowhere() {
    forms_of "$1" >"$work/forms"
    for place in $places; do
        ! found_in "$place" "$work/forms" || broken "$place: $found"
    done
}

# The command lines and environments of this machine and of the node, over and over until the file $work/enough is there.
watch_processes() {
    : >"$work/processes"
    rm -f "$work/enough"
    (
        until [ -e "$work/enough" ]; do
            cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >>"$work/processes" || true
        done
    ) &
    watcher_here=$!
    on agent sh -c 'rm -f /run/lab-enough; until [ -e /run/lab-enough ]; do cat /proc/[0-9]*/cmdline; done 2>/dev/null' \
        </dev/null 2>/dev/null | tr '\0' '\n' >"$work/processes-there" &
    watcher_there=$!
    within 20 test -s "$work/processes-there"
}
watched() {
    : >"$work/enough"
    on agent touch /run/lab-enough
    wait "$watcher_here" "$watcher_there" || true
    on agent rm -f /run/lab-enough
    cat "$work/processes-there" >>"$work/processes"
}

agent_file() {
    manifest agent-file <<END
kind: File
name: agent-secret
hosts: agent
spec:
  path: $declared
  content:
    - "user = hearth\npassword = "
    - {secret: lab/password}
    - "\n"
$1
END
}

fresh agent
declare_nodes agent
agent_file ""

step "the searches find what is planted"
planted=$(new_value)
forms_of "$planted" >"$work/forms"
mkdir -p "$work/journal"
for form in 1 2 3 4 5; do
    text=$(sed -n "${form}p" "$work/forms")
    printf 'a line with %s in it\n' "$text" >"$work/told/planted"
    found_in in_outputs "$work/forms" || broken "outputs: form $form is not found"
    printf 'bytes \001\377 %s \002' "$text" >"$work/journal/planted"
    found_in in_journal "$work/forms" || broken "journal: form $form is not found"
    printf '{"a": "%s"}\n' "$text" >"$work/plan.json"
    found_in in_plan_file "$work/forms" || broken "plan file: form $form is not found"
    mkdir -p "$manifests/secrets"
    printf 'x%s' "$text" >"$manifests/secrets/planted"
    found_in in_repository "$work/forms" || broken "repository: form $form is not found"
    rm -r "$manifests/secrets"
done
rm "$work/told/planted" "$work/journal/planted" "$work/plan.json"
on agent logger "planted $planted"
found_in in_node_log "$work/forms" || broken "the node's log: not found"
for folder in /etc /var/lib /run /tmp /root; do
    on agent sh -c "echo 'x $planted' >$folder/planted"
    found_in in_node_files "$work/forms" || broken "the node's files: not found in $folder"
    on agent rm "$folder/planted"
done
! found_in in_node_files "$work/forms" || broken "found where nothing is: $found"
watch_processes
sh -c 'sleep 1; exit' "$planted-here"
watched
found_in in_processes "$work/forms" || broken "processes here: not found"
watch_processes
on agent sh -c 'sleep 1; exit' "$planted-there"
watched
grep -aFq "$planted-there" "$work/processes-there" || broken "processes there: not found"

step "a secret that is nowhere: said with its place and every place that was looked in, before anything is contacted"
before=$(logins agent)
told missing 1 hearth plan
says "agent-file.yaml:8:" "missing-secret" "$HEARTH_SECRETS/lab/password" "HEARTH_SECRET_LAB_PASSWORD"
[ "$(logins agent)" -eq "$before" ] || broken "the node was contacted"
step "… one that others may read"
value=$(new_value)
set_secret "$value"
chmod 644 "$HEARTH_SECRETS/lab/password"
told open 1 hearth plan
says "unusable-secret" "chmod 600"
chmod 600 "$HEARTH_SECRETS/lab/password"

step "plans"
told plan 2 hearth plan
says "File/agent-secret@agent"
told plan-steps 2 hearth plan --steps
says "<secret lab/password>"
told plan-json 2 hearth plan -o json
json '[.actions[].changes[] | select(.secret) | .path] | join(" ")' content
told plan-out 2 hearth plan --out "$work/plan.json"

step "an apply that fails because its folder is missing"
agent_file "  validate: [grep, -q, user, '{}']"
sed -i "s|path: $declared|path: /etc/not-there/agent.conf|" "$manifests/agent-file.yaml"
told apply-no-folder 1 hearth apply --yes
step "… because the new content is refused, by a tool that repeats it"
agent_file "  validate: [sh, -c, 'cat \"\$1\"; base64 -w0 \"\$1\"; false', check, '{}']"
watch_processes
told apply-refused 1 hearth apply --yes -v
watched
says "<secret lab/password>"
node_fails agent test -e "$declared"
nowhere "$value"

step "an apply"
agent_file "  validate: [grep, -q, user, '{}']"
watch_processes
told apply 0 hearth apply --yes -v
watched
node_prints agent "user = hearth
password = $value" cat "$declared"
node_prints agent "600 root" stat -c '%a %U' "$declared"
plan_is_empty
nowhere "$value"

step "every other command"
told status 0 hearth status
told status-json 0 hearth status -o json
told history 0 hearth history
told history-run 0 hearth history 3
told history-json 0 hearth history -o json
told history-address 0 hearth history File/agent-secret@agent
told explain 0 hearth explain File.content
told explain-json 0 hearth explain File -o json
told graph 0 hearth graph
told graph-json 0 hearth graph -o json
told validate 0 hearth validate
told drift 0 hearth drift

step "drift: seen, not shown, repaired; neither is what a person has written there"
by_hand=$(new_value)
on agent sh -c "echo 'password = $by_hand' >$declared"
told drifted 2 hearth drift
says "content"
told drifted-json 2 hearth drift -o json
told drifted-plan 2 hearth plan --out "$work/plan.json"
told repaired 0 hearth apply "$work/plan.json" --yes
nowhere "$value"
nowhere "$by_hand"

step "rotation: the new value is intent, and neither is shown"
old=$value
value=$(new_value)
set_secret "$value"
told rotation 2 hearth plan -o json
json '[.actions[] | .address + " " + .cause] | join(",")' "File/agent-secret@agent intent"
watch_processes
told rotated 0 hearth apply --yes -v -o json
watched
plan_is_empty
nowhere "$old"
nowhere "$value"

step "the same from the environment, and as a credential"
rm "$HEARTH_SECRETS/lab/password"
told environment 0 env HEARTH_SECRET_LAB_PASSWORD="$value" "$HEARTH_BIN" -C "$manifests" plan
mkdir "$work/credentials"
printf '%s' "$value" >"$work/credentials/lab.password"
told credential 0 env CREDENTIALS_DIRECTORY="$work/credentials" "$HEARTH_BIN" -C "$manifests" plan

step "the same, encrypted in the repository: neither the new value nor the key is anywhere"
command -v age-keygen >/dev/null || broken "age is not installed (tests/packages)"
age-keygen -o "$work/age.key" 2>"$work/key-made"
key=$(grep '^AGE-SECRET-KEY-' "$work/age.key")
export HEARTH_AGE_IDENTITY="$work/age.key"
echo "secrets: {recipients: [$(age-keygen -y "$work/age.key")]}" >>"$manifests/hearth.yaml"
old=$value
value=$(new_value)
watch_processes
printf '%s\n' "$value" | told age-set 0 timeout 60 "$HEARTH_BIN" -C "$manifests" secret set lab/password
says "secrets/lab/password.age"
told age-list 0 hearth secret list -o json
json '.secrets[] | [.name, .places[0].origin, .usedBy[0].address] | join(" ")' \
    "lab/password encrypted File/agent-secret@agent"
told age-check 0 hearth secret check
says "1 of 1 secret can be used."
told age-plan 2 hearth plan --out "$work/plan.json"
told age-applied 0 hearth apply --yes -v
watched
node_prints agent "user = hearth
password = $value" cat "$declared"
plan_is_empty
step "… who is not a recipient reads nothing and is told so, before anything is contacted"
before=$(logins agent)
age-keygen -o "$work/other.key" 2>"$work/key-made"
export HEARTH_AGE_IDENTITY="$work/other.key"
told age-other 1 hearth plan
says "unusable-secret" "is not encrypted to the identity in $work/other.key"
told age-other-check 1 hearth secret check
chmod 644 "$work/other.key"
told age-open 1 hearth secret check
says "chmod 600 $work/other.key"
[ "$(logins agent)" -eq "$before" ] || broken "the node was contacted"
export HEARTH_AGE_IDENTITY="$work/age.key"
step "… and another place of the same name is reported"
set_secret "$old"
told age-shadowed 0 hearth secret check
says "shadowed-secret" "$HEARTH_SECRETS/lab/password"
rm "$HEARTH_SECRETS/lab/password"
nowhere "$old"
nowhere "$value"
nowhere "$key"

step "no secret any more: what was one is not shown as it goes"
manifest agent-file <<END
kind: File
name: agent-secret
hosts: agent
spec: {path: $declared, content: "nothing to hide\n"}
END
told plain 2 hearth plan --out "$work/plan.json"
told plain-json 2 hearth plan -o json
told plain-applied 0 hearth apply --yes
node_prints agent "nothing to hide" cat "$declared"
nowhere "$old"
nowhere "$value"
