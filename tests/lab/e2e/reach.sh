#!/bin/sh
# The ground that all other end-to-end tests stand on: the four nodes answer to the lab's key, in an account that may do
# everything, and commands are counted.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

to() { timeout 30 ssh -F "$HEARTH_LAB_SSH_CONFIG" -o BatchMode=yes "$@" </dev/null; }

fresh
for node in Home pve agent1 agent; do
    step "$node"
    before=$(execs "$node")
    expect 0 to "$node" 'id -un; uname -n'
    prints "root
$node"
    expect 0 to "operator@$node" sudo -n id -un
    prints root
    node_prints "$node" "$node" hostname
    expect 0 [ "$(($(execs "$node") - before))" -eq 2 ]
done

step "what declare_nodes writes names each of them with its own key"
declare_nodes
expect 0 grep -c '^kind: Node$' "$manifests/nodes.yaml"
prints 4
expect 0 sh -c "grep -o 'SHA256:.*' '$manifests/nodes.yaml' | sort -u | wc -l"
prints 4
