#!/bin/sh
# The machine that hearth runs on, without SSH: here a folder that stands for its root, to try manifests out.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

root=$work/root
mkdir -p "$root/etc" "$root/srv"
printf 'format: 1\n' >"$manifests/hearth.yaml"
manifest all <<END
kind: Node
name: here
spec: {hostName: $(uname -n), transport: local, root: $root}
---
kind: File
name: motd
hosts: here
spec: {path: /etc/motd, content: "hello\n", mode: "0640"}
---
kind: Directory
name: media
hosts: here
spec: {path: /srv/media/films, mode: "0750"}
END

step "plan, apply, empty plan, drift, repair: as on any other node"
expect 2 hearth plan
expect 0 hearth apply --yes
expect 0 cat "$root/etc/motd"
prints hello
expect 0 stat -c %a "$root/etc/motd" "$root/srv/media/films"
prints "640
750"
plan_is_empty
echo mine >"$root/etc/motd"
differs File/motd@here content
expect 2 hearth drift
says "File/motd@here" content
expect 0 hearth apply --yes
expect 0 cat "$root/etc/motd"
prints hello
plan_is_empty

step "a link in there does not lead out of it"
ln -s "$work" "$root/srv/out"
manifest out <<'END'
kind: File
name: out
hosts: here
spec: {path: /srv/out/escaped, content: "x\n"}
END
expect 1 hearth apply --yes File/out
says "File/out@here" "leads out"
[ ! -e "$work/escaped" ] || broken "it was written outside"
withdraw out

step "where nothing runs, a unit can be written and enabled, and what cannot be done is said"
manifest service <<'END'
kind: Service
name: thermostat
hosts: here
spec:
  state: running
  unit: |
    [Service]
    ExecStart=/bin/sleep infinity
END
status=0
hearth apply --yes >"$work/said" 2>&1 || status=$?
cat "$work/said"
[ "$status" -eq 1 ] || [ "$status" -eq 6 ] || broken "status $status"
grep -q "no systemd" "$work/said" || broken "does not say that no systemd runs there"
