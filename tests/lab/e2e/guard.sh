#!/bin/sh
# What may lock the operator out is undone by the node alone, unless a new login has proven that it did not: with hearth
# alive, with hearth killed, with the link cut, after a power cycle. Nothing is left behind.
# shellcheck disable=SC2317  # is_changed and is_restored are called by shut_out_and_back
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

node=pve
drop_in=/etc/ssh/sshd_config.d/50-test.conf

# The real client: a new connection and login, by ssh itself.
gets_in() { ssh -F "$HEARTH_LAB_SSH_CONFIG" -o BatchMode=yes -o ConnectTimeout=5 "$node" true; }
is_shut() { ! gets_in; }

declare_sshd() {
    manifest sshd <<END
kind: File
name: sshd
hosts: $node
spec:
  path: $drop_in
  content: |
    $1
END
}

# Without units, files and timers of a guard.
is_clean() {
    on "$node" sh -c '! ls -d /etc/systemd/system/hearth-* /etc/systemd/system/sysinit.target.wants/hearth-* \
        /var/lib/hearth/guard /var/lib/hearth/undo /etc/ssh/sshd_config.d/.hearth-* 2>/dev/null | grep . &&
        ! systemctl list-units --all --no-legend "hearth-*" | grep .'
}

put_back() { [ "$(on "$node" cat "$drop_in")" = "$1" ]; }
# A killed hearth still holds its lease for half a minute; leases.sh shows that. Here it is as if that were over.
lease_is_over() { on "$node" rm -f /run/hearth/lease; }
killed() {
    kill -KILL "$(pid_of apply)"
    ended apply 137
}
is_armed() { on "$node" sh -c 'ls /var/lib/hearth/guard/*/undo' >/dev/null 2>&1; }
goes_live() { [ "$(on "$node" cat "$drop_in")" = "$1" ]; }

fresh "$node"
declare_nodes "$node"
printf 'format: 1\npolicy: {proveWithin: 10}\n' >"$manifests/hearth.yaml"
good="X11Forwarding no"
bad="DenyUsers root"

step "a good change is proven over a new connection, and disarmed"
declare_sshd "$good"
before=$(logins "$node")
expect 0 hearth apply --yes
[ $(($(logins "$node") - before)) -eq 2 ] || broken "not exactly one further login"
node_prints "$node" "x11forwarding no" sh -c "sshd -T | grep -i x11forwarding"
is_clean || broken "something was left behind"
plan_is_empty

step "the plan says that an undo is armed first"
declare_sshd "MaxAuthTries 5"
expect 2 hearth plan --steps
says "arm an undo that the node carries out in 10 s" "disarm the undo"
declare_sshd "$good"

step "a change that shuts the operator out is taken back while hearth looks on"
declare_sshd "$bad"
expect 1 hearth apply --yes
says "rolled back" "a new login failed after the change"
put_back "$good" || broken "the old file is not back"
gets_in || broken "nobody gets in"
node_fails "$node" sh -c 'sshd -T | grep -i denyusers'
is_clean || broken "something was left behind"

step "with hearth killed the node does it by itself"
begin apply hearth apply --yes
within 30 goes_live "$bad"
killed
within 5 is_shut
within 30 put_back "$good"
within 10 gets_in
within 10 is_clean
lease_is_over

step "no run starts on top of one"
printf 'format: 1\npolicy: {proveWithin: 60}\n' >"$manifests/hearth.yaml"
begin apply hearth apply --yes
within 30 goes_live "$bad"
lease_is_over
killed
is_armed || broken "no undo is armed"
on "$node" sh -c 'mv /etc/ssh/sshd_config.d/50-test.conf /root/ && systemctl reload ssh' # so that hearth gets there at all
expect 4 hearth apply --yes
says "error[undo-armed]: an undo is armed on $node: it puts back File/sshd@$node at "
within 90 put_back "$good"
within 10 is_clean
printf 'format: 1\npolicy: {proveWithin: 10}\n' >"$manifests/hearth.yaml"

step "with the link cut"
declare_sshd "$bad"
begin apply hearth apply --yes
within 30 goes_live "$bad"
lab cut "$node"
within 30 put_back "$good"
lab heal "$node"
within 60 gets_in
ended apply 1
says "rolled back"
within 10 is_clean

step "after a power cycle while armed"
printf 'format: 1\npolicy: {proveWithin: 600}\n' >"$manifests/hearth.yaml"
lease_is_over
begin apply hearth apply --yes
within 30 goes_live "$bad"
killed
is_armed || broken "no undo is armed"
lab powercycle "$node"
put_back "$good" || broken "the old file is not back"
within 10 gets_in
within 10 is_clean
printf 'format: 1\npolicy: {proveWithin: 10}\n' >"$manifests/hearth.yaml"

step "an invalid sshd configuration or sudoers file never goes live"
declare_sshd "PermitRootLogin perhaps"
expect 1 hearth apply --yes
says "PermitRootLogin"
put_back "$good" || broken "the invalid file went live"
declare_sshd "$good"
manifest sudo <<END
kind: File
name: sudo
hosts: $node
spec: {path: /etc/sudoers.d/test, content: "operator ALL=(ALL ALL\n", mode: "0440"}
END
expect 1 hearth apply --yes
says "syntax error"
node_fails "$node" test -e /etc/sudoers.d/test
is_clean || broken "something was left behind"
withdraw sudo
declare_sshd "$good"

# shut_out_and_back TITLE: what stands in $manifests shuts the operator out; whatever becomes of hearth, the node is as before.
shut_out_and_back() {
    step "$1: taken back while hearth looks on"
    expect 1 hearth apply --yes
    says "rolled back"
    as_before || broken "not as before"
    is_clean || broken "something was left behind"

    step "$1: taken back by the node alone, with hearth killed"
    begin apply hearth apply --yes
    within 30 is_changed
    killed
    within 30 as_before
    within 10 is_clean
    lease_is_over

    step "$1: taken back by the node alone, with the link cut"
    begin apply hearth apply --yes
    within 30 is_changed
    lab cut "$node"
    within 30 is_restored
    lab heal "$node"
    within 60 as_before
    ended apply 1
    says "rolled back"
    within 10 is_clean
    lease_is_over

    step "$1: taken back when the node boots"
    printf 'format: 1\npolicy: {proveWithin: 600}\n' >"$manifests/hearth.yaml"
    begin apply hearth apply --yes
    within 30 is_changed
    killed
    is_armed || broken "no undo is armed"
    lab powercycle "$node"
    within 10 as_before
    within 10 is_clean
    printf 'format: 1\npolicy: {proveWithin: 10}\n' >"$manifests/hearth.yaml"
}

withdraw sshd
expect 0 hearth apply --yes --allow destroy
node_fails "$node" test -e "$drop_in"
node_manifest "$node" "user: operator" "become: sudo" | manifest nodes
as_before() { is_restored && as_operator; }
as_operator() { ssh -F "$HEARTH_LAB_SSH_CONFIG" -o BatchMode=yes -o ConnectTimeout=5 "operator@$node" sudo -n true; }

sudoers_of() { on "$node" sh -c 'cat /etc/sudoers.d/*'; }
before=$(sudoers_of)
manifest way <<END
kind: File
name: sudo
hosts: $node
spec: {path: /etc/sudoers.d/zz-test, content: "operator ALL=(ALL) !ALL\n", mode: "0440"}
END
is_restored() { [ "$(sudoers_of)" = "$before" ]; }
is_changed() { on "$node" test -e /etc/sudoers.d/zz-test; }
as_before || broken "the operator cannot use sudo to begin with"
shut_out_and_back "a sudoers rule"

account_of() { on "$node" sh -c 'getent passwd operator; getent shadow operator; id operator'; }
before=$(account_of)
is_restored() { [ "$(account_of)" = "$before" ]; }
is_changed() { on "$node" sh -c 'getent passwd operator | grep -q nologin'; }
manifest way <<END
kind: User
name: operator
hosts: $node
spec: {shell: /usr/sbin/nologin}
END
shut_out_and_back "the shell of the account in use"

keys_of() { on "$node" sh -c 'stat -c "%a %U" ~operator/.ssh/authorized_keys; cat ~operator/.ssh/authorized_keys'; }
before=$(keys_of)
is_restored() { [ "$(keys_of)" = "$before" ]; }
is_changed() { on "$node" sh -c 'grep -q other@elsewhere ~operator/.ssh/authorized_keys'; }
ssh-keygen -q -t ed25519 -N "" -C other@elsewhere -f "$work/other"
manifest way <<END
kind: AuthorizedKey
name: operator
hosts: $node
exclusive: [keys]
spec:
  user: operator
  keys:
    other: "$(cat "$work/other.pub")"
END
shut_out_and_back "the key in use"
withdraw way

step "the home of the account in use opened to everybody, so that sshd takes no key of it: taken back"
before=$(on "$node" stat -c %a /home/operator)
manifest way <<END
kind: Directory
name: home
hosts: $node
spec: {path: /home/operator, mode: "0777"}
END
expect 1 hearth apply --yes
says "Directory/home@$node" "rolled back" "a new login failed"
node_prints "$node" "$before" stat -c %a /home/operator
as_operator || broken "the operator does not get in"
is_clean || broken "something was left behind"

step "a good change of the account in use is proven and stays"
manifest way <<END
kind: User
name: operator
hosts: $node
spec: {comment: The operator}
END
expect 0 hearth apply --yes
node_says "$node" "The operator" getent passwd operator
as_operator || broken "the operator does not get in"
is_clean || broken "something was left behind"
plan_is_empty
