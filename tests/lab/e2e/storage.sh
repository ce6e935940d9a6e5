#!/bin/sh
# Disks on a real node: mounted by UUID from one line of a file that a person wrote, again after a reboot; a pulled one is said,
# and nothing is written where it would be; what is old on one goes, and nothing else; what cannot go live does not; a node's own
# NFS export is not mounted on it.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

fresh pve
declare_nodes pve
uuid=2c7a28db-2f10-4cb7-8d0c-3f6f1f2a5b77
image=/root/disk

# Loop devices are the machine's: each is let go at the end, whatever happens.
plug_in() {
    device=$(on pve sh -ec "
        number=\$(for each in \$(seq 20 60); do [ -e /sys/block/loop\$each/loop ] || { echo \$each; break; }; done)
        [ -b /dev/loop\$number ] || mknod /dev/loop\$number b 7 \$number
        losetup /dev/loop\$number $image
        echo /dev/loop\$number")
}
pull() { on pve sh -c "umount -l /mnt/films 2>/dev/null; losetup -d $device; rm -f $device"; }
put_node() { on pve sh -c "[ -b $device ] || mknod $device b 7 ${device#/dev/loop}"; }
let_go() {
    [ -z "${device:-}" ] || { put_node && pull; } || true
}
leave() {
    let_go
    conclude "$1"
}
trap 'leave $?' EXIT

step "A disk in a file, and an fstab as people write it"
on pve sh -ec "truncate -s 8M $image; mkfs.ext4 -q -U $uuid -L films $image; mkdir -p /root/tmp"
on pve sh -c 'printf "# /etc/fstab\n\n#   mine:  do not touch\nnone\t/root/tmp   tmpfs  size=1M,noauto\n  # the end" >/etc/fstab; cp /etc/fstab /root/fstab'
plug_in

declare_all() {
    manifest storage <<END
kind: Mount
name: films
hosts: pve
spec: {path: /mnt/films, source: UUID=$uuid, type: ext4, options: [nofail, noatime], fsckOrder: 2, state: mounted}
---
kind: Directory
hosts: pve
items:
  root-of-films: {path: /mnt/films, mode: "0750"}
  recordings: {path: /mnt/films/recordings, mode: "0755"}
---
kind: File
name: readme
hosts: pve
spec: {path: /mnt/films/README, content: "Films.\n"}
---
kind: Retention
name: recordings
hosts: pve
spec: {path: /mnt/films/recordings, days: 4}
END
}
declare_all
expect 2 hearth plan
says "Mount/films@pve" "Directory/recordings@pve" "File/readme@pve"
expect 0 hearth apply --yes
plan_is_empty
on pve sh -ec "{ cat /root/fstab; echo; echo 'UUID=$uuid /mnt/films ext4 nofail,noatime 0 2'; } | cmp - /etc/fstab"
node_prints pve "/mnt/films ext4" findmnt -no TARGET,FSTYPE /mnt/films
node_prints pve "Films." cat /mnt/films/README

step "Somebody takes it down, and changes how it is mounted"
on pve umount /mnt/films
expect 2 hearth plan Mount
says "state" "unmounted" "mounted"
expect 0 hearth apply --yes
plan_is_empty
on pve mount -o remount,ro /mnt/films
expect 2 hearth plan
says "current"
expect 0 hearth apply --yes
plan_is_empty
on pve touch /mnt/films/writable

step "After a reboot its line brings it back"
lab reboot pve
# In a container systemd passes over disks: what a boot does then is done by hand.
put_node
on pve mount -a
plan_is_empty

step "Old recordings go, and nothing else"
# shellcheck disable=SC2016 # the node's shell expands it
on pve sh -ec 'cd /mnt/films/recordings; for each in 1 2 3 4 5 6; do echo new >$each; done
    mkdir -p deep /root/outside; echo old >deep/old; echo old >"odd
name"; echo kept >/root/outside/kept; ln -s /root/outside link; touch -d "9 days ago" deep/old "odd
name" /root/outside/kept
    mkdir memory; mount -t tmpfs tmpfs memory; echo old >memory/old; touch -d "9 days ago" memory/old'
expect 2 hearth plan
says "Retention/recordings@pve" "2 files" "of 8 files"
expect 2 hearth plan --steps
says "delete at most 2 files below /mnt/films/recordings"
expect 0 hearth apply --yes
plan_is_empty
on pve sh -ec 'cd /mnt/films/recordings; test -e 1 -a -e memory/old -a -e /root/outside/kept -a -L link -a -d deep; ! test -e deep/old; ! ls odd*; umount memory'
step "Most of them at once is destruction"
on pve sh -ec 'cd /mnt/films/recordings; touch -d "9 days ago" 1 2 3 4 5'
expect 2 hearth apply --yes
says "--allow destroy"
on pve test -e /mnt/films/recordings/1
expect 0 hearth apply --yes --allow destroy=Retention/recordings@pve
on pve sh -ec 'cd /mnt/films/recordings; ! test -e 1; test -e 6'
step "A clock that jumped deletes nothing"
on pve sh -ec 'touch -d "10 days" /mnt/films/recordings/6; echo old >/mnt/films/recordings/7; touch -d "9 days ago" /mnt/films/recordings/7'
expect 6 hearth plan
says "modified" "after what the clock of pve says"
on pve sh -ec 'touch /mnt/films/recordings/6; rm /mnt/films/recordings/7'
plan_is_empty

step "A pulled disk is said, and nothing is written where it would be"
pull
expect 6 hearth plan
says "the disk UUID=$uuid is not plugged in at pve" "Directory/recordings@pve" "waits for Mount/films@pve"
expect 6 hearth apply --yes
expect 6 hearth apply --yes File/readme@pve
says "waits for Mount/films@pve"
node_prints pve "" ls -A /mnt/films
plug_in
expect 0 hearth apply --yes
node_prints pve "Films." cat /mnt/films/README

step "What cannot be mounted, and what findmnt refuses, does not stay"
on pve cp /etc/fstab /root/fstab
manifest broken <<END
kind: Mount
name: wrong
hosts: pve
spec: {path: /mnt/wrong, source: UUID=$uuid, type: xfs, options: [defaults], state: mounted}
END
expect 1 hearth apply --yes Mount/wrong@pve
says_not "going back failed"
on pve cmp /etc/fstab /root/fstab
manifest broken <<END
kind: Mount
name: nowhere
hosts: pve
spec: {path: /mnt/nowhere, source: UUID=$uuid, type: ext4, options: [noatime], state: unmounted}
END
expect 1 hearth apply --yes Mount/nowhere@pve
says "the live file is as it was" "unreachable on boot required target"
on pve cmp /etc/fstab /root/fstab
withdraw broken

step "A node's own export is not mounted on it"
manifest own <<END
kind: Mount
name: own
hosts: pve
spec: {path: /mnt/own, source: "192.168.1.74:/mnt/films", type: nfs4, state: mounted}
END
expect 1 hearth validate
says "own-export" "itself"
withdraw own

step "An NFS export where the kernel serves none is unknown"
manifest export <<END
kind: NfsExport
name: films
hosts: pve
spec: {path: /mnt/films, clients: {192.168.1.60: [rw, no_subtree_check]}}
END
expect 6 hearth plan
says "the kernel of pve serves no NFS"
