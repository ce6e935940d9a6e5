#!/bin/sh
# Checks: each type, holding and failing; what is said when one fails, and when; that they are only ever looked at.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

fresh agent
declare_nodes agent
declare_web agent "all is well"
manifest checks <<'END'
kind: Check
hosts: agent
items:
  port: {tcp: {port: 8080}}
  page: {http: {url: "http://127.0.0.1:8080/", contains: all is well}}
  command: {command: {argv: [test, -e, /srv/present]}}
  answer: {command: {argv: [cat, /srv/present], contains: here}}
  disk: {disk: {path: /srv, maxUsedPercent: 100, minFree: 1MiB}}
  certificate: {certificate: {file: /srv/cert.pem, minDays: 30}}
END
certificate() {
    on agent openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$1" -subj /CN=agent \
        -keyout /srv/key.pem -out /srv/cert.pem 2>/dev/null
}
good() {
    certificate 90
    on agent sh -c 'echo "I am here" >/srv/present'
}

step "before anything is applied they fail; after the apply they hold, and that is what counts"
good
expect 2 hearth plan
says "Check/page@agent"
expect 0 hearth apply --yes
plan_is_empty

step "status shows each of them"
expect 0 hearth status
for check in port page command answer disk certificate; do says "Check/$check@agent"; done
expect 0 hearth status -o json
json '[.checks[] | select(.state == "ok") | .address] | length' 6

# fails NAME TEXT…: just this check fails now, with TEXT, everywhere where one looks
fails() {
    check=Check/$1@agent
    shift
    expect 2 hearth status -o json
    json '[.checks[] | select(.state != "ok") | "\(.address) \(.state)"] | join(", ")' "$check failing"
    says "$@"
    expect 2 hearth drift
    says "$check" "$@"
    expect 2 hearth plan "$check"
    says "$check" "$@"
    # There is nothing to apply, and nothing is: a check repairs nothing.
    expect 2 hearth apply --yes "$check"
    says "$check"
}

step "certificate: soon over"
certificate 20
fails certificate "days" "/srv/cert.pem"
on agent sh -c 'echo rubbish >/srv/cert.pem'
fails certificate "/srv/cert.pem"
good

step "command: another exit, another text"
on agent sh -c 'echo "I am gone" >/srv/present'
fails answer "here"
good
sed -i 's/test, -e, /test, -d, /' "$manifests/checks.yaml"
fails command "exit" "1"
sed -i 's/test, -d, /test, -e, /' "$manifests/checks.yaml"

step "disk: too full, too little room"
sed -i 's/minFree: 1MiB/minFree: 900TiB/' "$manifests/checks.yaml"
fails disk "/srv" "900"
sed -i 's/maxUsedPercent: 100, minFree: 900TiB/maxUsedPercent: 1/' "$manifests/checks.yaml"
fails disk "%"
sed -i 's/maxUsedPercent: 1}/maxUsedPercent: 100}/' "$manifests/checks.yaml"

step "http: another text, another status"
sed -i 's/contains: all is well/contains: all is lost/' "$manifests/checks.yaml"
fails page "all is lost"
sed -i 's/contains: all is lost/status: 204/' "$manifests/checks.yaml"
fails page 200 204
sed -i 's/status: 204/contains: all is well/' "$manifests/checks.yaml"

step "tcp: nobody listens"
on agent systemctl stop web
expect 2 hearth status -o json
json '[.checks[] | select(.state == "failing") | .address] | sort | join(" ")' "Check/page@agent Check/port@agent"
says 8080 "refused"

step "peer_22: detection only: with drift: report nothing is put right, and it is said"
sed -i 's/^kind: Service/drift: report\nkind: Service/' "$manifests/web.yaml"
expect 2 hearth plan
says "Service/web@agent" "reported"
expect 2 hearth apply --yes
says "Check/port@agent" "Check/page@agent"
node_prints agent inactive systemctl is-active web
step "… until it is to be corrected again: the apply starts it, and runs the checks afterwards"
sed -i '/^drift: report/d' "$manifests/web.yaml"
expect 0 hearth apply --yes
node_prints agent active systemctl is-active web
plan_is_empty

step "an apply that goes well, and breaks what a check watches, says so"
{ web_program | sed s/__HOSTS__/agent/; web_greeting agent "something else"; web_service agent; } | manifest web
expect 2 hearth apply --yes
says "Check/page@agent" "all is well"
node_prints agent "something else" curl -s --retry 5 --retry-connrefused http://127.0.0.1:8080/
declare_web agent "all is well"
expect 0 hearth apply --yes

step "one that takes too long is failing, not a hang; the others are answered"
manifest slow <<'END'
kind: Check
name: slow
hosts: agent
spec: {command: {argv: [sleep, "600"]}, timeout: 1}
END
fails slow "1 s"
withdraw slow

step "where there is no kernel log, a check of it is unknown, not good"
manifest kernel <<'END'
kind: Check
name: hang
hosts: agent
spec: {kernelLog: {pattern: Hardware Unit Hang}}
END
expect 6 hearth status -o json
json '[.checks[] | select(.state != "ok") | "\(.address) \(.state)"] | join(", ")' "Check/hang@agent unknown"
withdraw kernel
plan_is_empty
