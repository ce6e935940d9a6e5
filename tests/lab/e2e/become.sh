#!/bin/sh
# The ways to a node: an account with sudo, through another node, with a pinned host key, with one that a person has
# trusted. A key that is not the known one stops everything on that node, and what to do is said.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

# A home of this test's own, so that what it learns is not learnt by whoever runs it.
export HOME="$work/home"
mkdir -p "$HOME/.ssh" && chmod 700 "$HOME/.ssh"
known=$HOME/.ssh/known_hosts

one_node() {
    printf 'format: 1\n' >"$manifests/hearth.yaml"
    node_manifest "$@" | manifest nodes
}

unpinned() { sed -i '/hostKey/d' "$manifests/nodes.yaml"; }

motd() {
    manifest motd <<END
kind: File
name: motd
hosts: all
spec: {path: /etc/motd, content: "$1\n"}
END
}

fresh agent pve

step "an account that is not root, with sudo: everything converges as with root"
one_node agent "user: operator" "become: sudo"
declare_web agent "hello through sudo"
motd "written by operator"
expect 0 hearth apply --yes
node_prints agent "hello through sudo" curl -s http://127.0.0.1:8080/
node_prints agent "root:root 644" stat -c '%U:%G %a' /etc/motd
node_says agent "operator : " journalctl -q -b -t sudo
plan_is_empty
withdraw web
expect 0 hearth apply --yes --allow destroy
motd one

step "… without sudo: said before anything is done"
one_node agent "user: operator"
expect 1 hearth plan
says "nodes.yaml:" "become"
on agent sh -c 'echo "operator ALL=(ALL) ALL" >/etc/sudoers.d/zz-asks; chmod 440 /etc/sudoers.d/zz-asks; echo operator:secret | chpasswd'
one_node agent "user: operator" "become: sudo"
expect 6 hearth plan
says "agent" "sudo" "NOPASSWD"
on agent rm /etc/sudoers.d/zz-asks

step "a host key that is not the pinned one: refused, with both, and nothing sent to that machine"
one_node agent
sed -i "s|hostKey: .*|hostKey: \"$(host_key pve)\"|" "$manifests/nodes.yaml"
before=$(execs agent)
expect 6 hearth apply --yes
says "agent" "another key" "$(host_key pve)" "$(host_key agent)"
[ "$(execs agent)" -eq "$before" ] || broken "commands were run all the same"
node_prints agent "written by operator" cat /etc/motd

step "a host key that nobody knows: hearth trust is what helps"
one_node agent
unpinned
expect 6 hearth plan
says "agent" "hearth trust agent" "$(host_key agent)"
[ ! -e "$known" ] || broken "the key was learnt without being asked"
step "… which asks first, and without anybody to ask does nothing"
expect 64 hearth trust agent
says "--yes"
[ ! -e "$known" ] || broken "the key was learnt without an answer"
expect 0 hearth trust agent --yes
says "$(host_key agent)"
expect 0 ssh-keygen -F "$(address_of agent)" -f "$known"
expect 0 hearth apply --yes
node_prints agent one cat /etc/motd
step "… once is enough"
expect 0 hearth trust agent --yes
plan_is_empty

step "a machine that was installed anew has another key: that is never learnt silently"
fresh agent
motd two
expect 6 hearth apply --yes
says "agent" "HAS CHANGED" "$(host_key agent)" "hearth trust agent"
node_fails agent grep two /etc/motd
expect 1 hearth trust agent --yes
says "ssh-keygen -R"
expect 0 ssh-keygen -q -R "$(address_of agent)" -f "$known"
expect 0 hearth trust agent --yes
expect 0 hearth apply --yes
node_prints agent two cat /etc/motd

step "through another node"
rm "$known"
motd three
one_node agent "proxyJump: root@$(address_of pve)"
printf '%s ' "$(address_of pve)" >"$known"
cut -d' ' -f1,2 "$HEARTH_LAB_STATE/nodes/pve/ssh_host_ed25519_key.pub" >>"$known"
expect 0 hearth apply --yes
node_prints agent three cat /etc/motd
node_says agent "from $(address_of pve)" journalctl -q -b -t sshd-session -g "Accepted publickey" -n 1
plan_is_empty
step "… whose key must be known as well"
rm "$known"
motd four
expect 6 hearth apply --yes
says "$(address_of pve)" "host key"
node_prints agent three cat /etc/motd

step "no key that the node takes: which ones were tried, and for whom"
one_node agent "user: nobody"
expect 6 hearth plan
says "agent" "nobody" "$HEARTH_LAB_KEY"
step "a key file that is not there"
one_node agent
sed -i 's|keys: .*|keys: [/nowhere/id_ed25519]|' "$manifests/nodes.yaml"
expect 6 hearth plan
says "/nowhere/id_ed25519"
step "an address that nobody has, a port that nobody listens on, a name that is none"
one_node agent
sed -i 's|address: .*|address: 192.168.1.99|' "$manifests/nodes.yaml"
expect 6 hearth plan
says "agent: not reached"
one_node agent "port: 2222"
expect 6 hearth plan
says "agent" "2222" "refused"
sed -i 's|address: .*|address: no.such.host.invalid|' "$manifests/nodes.yaml"
expect 6 hearth plan
says "no.such.host.invalid"
