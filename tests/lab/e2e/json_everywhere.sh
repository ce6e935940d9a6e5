#!/bin/sh
# Every command answers a program with exactly one JSON document, also when something is wrong; the exit code says how it
# went, and a person is told what to do next.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

# gives STATUS COMMAND…: ends with STATUS; writes one JSON document on standard output, with the command's name, and nothing
# else anywhere
gives() {
    wanted=$1
    shift
    expect "$wanted" hearth -o json "$@"
    documents=$(jq -s 'length' "$work/stdout") || broken "what it prints is no JSON"
    [ "$documents" -eq 1 ] || broken "$documents documents instead of one"
    json type object
    json .command "$1"
    json '.diagnostics | type' array
    [ ! -s "$work/stderr" ] || broken "something is on standard error too"
}

motd() {
    manifest motd <<END
kind: File
name: motd
hosts: agent
spec: {path: /etc/motd, content: "$1\n"}
END
}

fresh agent
declare_nodes agent
motd one

step "each command, when all is well"
gives 0 validate
gives 2 plan
json '.actions[0].address' File/motd@agent
gives 2 plan --steps
gives 0 apply --yes
json '.actions[0].outcome' 'done'
json .exitCode 0
gives 0 apply --yes
gives 0 plan
gives 0 drift
gives 0 status
gives 0 graph
gives 0 explain
gives 0 explain File
gives 0 explain File.mode
gives 0 explain rules
gives 0 explain duplicate-key
gives 0 history
gives 0 history File/motd@agent
gives 0 history 1
gives 0 trust agent --yes
gives 0 exec agent -- true
json '.hosts[0].exitCode' 0
gives 0 import
json '.files | type' array
gives 0 secret list
gives 0 secret check
gives 0 version
gives 0 completion bash

step "… when something differs"
on agent sh -c 'echo mine >/etc/motd'
gives 2 drift
json '.actions[0].changes[0].path' content
gives 2 status

step "… when the manifests are wrong"
printf 'kind: File\nname: x\nhosts: nowhere\nspec: {pth: /x}\n' | manifest wrong
for command in validate plan apply drift status graph; do
    gives 1 "$command"
    json '[.diagnostics[] | select(.severity == "error" and .line > 0 and .column > 0 and (.file | endswith("wrong.yaml")))] | length > 0' true
done
withdraw wrong

step "… when there is nobody to ask"
gives 64 apply
json '.diagnostics[0].hint | contains("--yes")' true

step "… when a node is cut off"
lab cut agent
gives 6 plan
gives 6 apply --yes
gives 6 drift
gives 6 status
lab heal agent

step "… when the command line is wrong"
gives 64 plan --no-such-option
gives 64 plan File/no-such@agent
gives 64 explain NoSuchKind
gives 0 history File/no-such@agent
json '.actions | length' 0
gives 1 history 999
gives 64 apply --yes --allow everything
gives 64 secret set
gives 1 secret set lab/password
json '.diagnostics[0].rule' no-recipients

step "for a person: usage errors say what was meant, on standard error"
expect 64 hearth plna
says "plna" "plan"
[ ! -s "$work/stdout" ] || broken "an error is on standard output"
expect 64 hearth
says "Usage" "plan" "apply"
expect 64 hearth apply --alow restart
says "--allow"
expect 64 hearth apply --yes --allow restrat
says "restart"
expect 64 hearth plan File/motdd@agent
says "File/motd@agent"
expect 64 hearth plan -o jsno
says "json"
expect 0 hearth --help
says "plan" "apply" "Exit" "64"
expect 0 hearth apply --help
says "--allow" "--yes"
expect 0 hearth version
says "hearth"

step "a plan that is refused because nobody is there to answer names the way on"
expect 64 hearth apply
says "--yes"
node_prints agent mine cat /etc/motd

step "colours only for those who can see them"
expect 2 env -u NO_COLOR timeout 60 "$HEARTH_BIN" -C "$manifests" plan
! grep -q "$(printf '\033')" "$work/stdout" || broken "colours on a pipe"
