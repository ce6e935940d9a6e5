#!/bin/sh
# hearth killed outright, at every point where its journal reaches the disk and in the middle of what it sends: no file on
# the node is ever half written, the next run finishes, and daemons run on the new content. The same where disks are full
# and where sshd is restarted meanwhile.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/manifests.sh
. "$lab_folder/lib/manifests.sh"

node=pve
: "${HEARTH_KILL_SHIM:?names the library that kills hearth; tests/run sets it}"
live_files="/etc/web/greeting /etc/systemd/system/web.service.d/10-generation.conf /etc/motd /srv/big /srv/one /srv/two"

# declare_generation NAME: everything that is declared changes with NAME.
declare_generation() {
    {
        web_program | sed "s/__HOSTS__/$node/"
        web_greeting "$node" "This is the $1 one."
        web_service "$node" "dropIns: {10-generation: \"[Service]\\nEnvironment=GENERATION=$1\\n\"}"
    } | manifest web
    manifest plain <<END_PLAIN
kind: File
hosts: $node
items:
  motd: {path: /etc/motd, content: "$1\n"}
  one: {path: /srv/one, content: "one of $1\n"}
  two: {path: /srv/two, content: "two of $1\n", mode: "0600"}
END_PLAIN
    # Some 300 kB, so that it takes many sends.
    {
        printf 'kind: File\nname: big\nhosts: %s\nspec:\n  path: /srv/big\n  content: |\n' "$node"
        seq 12000 | sed "s/^/    $1: line /"
    } | manifest big
}

# killable POINT CMD…: CMD with the library that kills hearth at POINT.
killable() (
    HEARTH_KILL_AT=$1
    shift
    export HEARTH_KILL_AT LD_PRELOAD="$HEARTH_KILL_SHIM"
    export ASAN_OPTIONS="verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
    exec "$@"
)
traced() (
    export HEARTH_KILL_TRACE="$work/trace"
    killable none "$@"
)

# What the live files are: content, owner, mode and type.
facts() {
    # shellcheck disable=SC2086  # several names
    on "$node" sh -c 'sha256sum "$@" && stat -c "%n %F %a %U:%G" "$@"' sh $live_files
}

# all_whole FACTS-FILE: each live file is entirely as the old or as the new generation left it.
all_whole() {
    [ "$(grep -c . "$1")" -eq "$(grep -c . "$work/facts-old")" ] || return 1
    ! grep -vxF -f "$work/facts-old" -f "$work/facts-new" "$1"
}

temporaries() { on "$node" find /etc /srv /usr/local /run/hearth /var/lib/hearth -name '.hearth-*' -o -name '.new-*'; }
# Nothing of hearth's own lies beside the files that it keeps, nor a copy of what they were. Those copies are dropped last:
# a run that died just before it did that leaves them until the next change of that file.
nothing_is_left() {
    [ -z "$(temporaries)" ] || broken "temporary files are left: $(temporaries)"
    node_fails "$node" test -e /run/hearth/lease
    [ "${1:-}" = "but copies" ] || node_fails "$node" test -e /var/lib/hearth/undo
}

# The node does what it had been given to the end; then the lease of the dead run is taken away, as if it were over.
settle_down() {
    on "$node" sh -c 'flock -w 60 /run/hearth/busy true && rm -f /run/hearth/lease' ||
        broken "an operation of the killed run does not end"
}

# converges NAME [but copies]: the next run finishes what is declared, generation NAME.
converges() {
    expect 0 hearth apply --yes
    plan_is_empty
    facts >"$work/facts"
    diff "$work/facts-$1" "$work/facts" || broken "the node is not as the $1 generation"
    [ "$(greeting_of "$node")" = "This is the $1 one." ] || broken "the service runs on old content"
    node_says "$node" "GENERATION=$1" systemctl show -P Environment web
    nothing_is_left "${2:-}"
}

current=old
other=new
turn() {
    was=$current
    current=$other
    other=$was
    declare_generation "$current"
}

# dies_at POINT
dies_at() {
    step "killed at $1 ($other -> $current)"
    last="hearth apply, killed at $1"
    status=0
    killable "$1" "$HEARTH_BIN" -C "$manifests" apply --yes </dev/null >"$work/stdout" 2>"$work/stderr" || status=$?
    case $status in
        137) killed=$((killed + 1)) ;;
        0) echo "(this run had less to do, and ended)" ;;
        *)
            cat "$work/stdout" "$work/stderr"
            broken "status $status"
            ;;
    esac
    facts >"$work/facts"
    all_whole "$work/facts" || broken "a live file is neither old nor new"
    settle_down
    facts >"$work/facts"
    all_whole "$work/facts" || broken "a live file is neither old nor new"
    [ -z "$(temporaries)" ] || echo "(temporary files are left for the next run: $(temporaries))"
    converges "$current" "but copies"
}

# spread COUNT: that many of the numbers on standard input, with the first and the last.
spread() {
    awk -v count="$1" '{ all[NR] = $1 }
        END { if (count > NR) count = NR
              for (i = 0; i < count; i++) print all[1 + int(i * (NR - 1) / (count > 1 ? count - 1 : 1) + 0.5)] }' | uniq
}

fresh "$node"
declare_nodes "$node"

step "the two generations, undisturbed; the points where the second one can be killed"
declare_generation old
expect 0 hearth apply --yes
facts | tee "$work/facts-old"
turn
expect 0 traced "$HEARTH_BIN" -C "$manifests" apply --yes
facts | tee "$work/facts-new"
plan_is_empty
fsyncs=$(awk '$1 == "fsync" { print $2 }' "$work/trace")
# The file that takes many sends: its first to its last full packet.
big=$(awk '$1 == "send" && $3 > largest { largest = $3 } { size[NR] = $3; number[NR] = $2; kind[NR] = $1 }
    END { for (i = 1; i <= NR; i++) if (kind[i] == "send" && size[i] > largest / 2) print number[i] }' "$work/trace" | spread 4)
sends=$({
    awk '$1 == "send" { print $2 }' "$work/trace" | spread 8
    echo "$big"
} | sort -nu)
points=$(
    for point in $fsyncs; do echo "fsync:$point"; done
    for point in $sends; do echo "send:$point"; done
)
printf '%s fsyncs, %s sends; killed at:\n%s\n' "$(grep -c fsync "$work/trace")" "$(grep -c send "$work/trace")" "$points"

killed=0
deaths=0
for point in $points; do
    deaths=$((deaths + 1))
    turn
    dies_at "$point"
done
# How often it sends is not quite the same each time: the last points may not be reached.
[ "$killed" -ge $((deaths - 2)) ] || broken "only $killed of $deaths runs were killed"

step "an undisturbed change leaves nothing of all that behind"
turn
converges "$current"

# --- Full disks -----------------------------------------------------------------------------------------------------------

# fill NODE-FOLDER: until nothing more goes in.
fill() {
    # shellcheck disable=SC2016  # the inner shell expands it
    on "$node" sh -c 'cat /dev/zero >"$1/filler" 2>/dev/null; [ "$(df --output=avail "$1" | tail -n 1)" -eq 0 ]' sh "$1"
}

step "the node's disk is full: the old file stays whole, the message says so, the rest is done"
on "$node" sh -c 'mkdir -p /srv/small && mount -t tmpfs -o size=600k tmpfs /srv/small'
small_file() {
    {
        printf 'kind: File\nname: small\nhosts: %s\nspec:\n  path: /srv/small/file\n  content: |\n' "$node"
        seq "$2" | sed "s/^/    $1: line /"
    } | manifest small
}
small_file old 1000
expect 0 hearth apply --yes
before=$(on "$node" sha256sum /srv/small/file)
fill /srv/small
small_file new 12000
turn
expect 1 hearth apply --yes
says "File/small@$node" "No space left on device" "1 failed"
node_prints "$node" "$before" sha256sum /srv/small/file
node_prints "$node" "file
filler" ls -A /srv/small
node_prints "$node" "one of $current" cat /srv/one
expect 2 hearth plan -o json
json '[.actions[].address] | join(" ")' "File/small@$node"
on "$node" rm /srv/small/filler
expect 0 hearth apply --yes
node_prints "$node" "12000" sh -c 'wc -l </srv/small/file'
plan_is_empty
nothing_is_left

step "the disk for what lay there before is full: what could not go back is not changed"
on "$node" sh -c 'mkdir -p /var/lib/hearth && mount -t tmpfs -o size=64k tmpfs /var/lib/hearth'
fill /var/lib/hearth
turn
expect 1 hearth apply --yes
says "cannot keep the previous state of /etc/web/greeting" "No space left on device"
facts >"$work/facts"
all_whole "$work/facts" || broken "a live file is neither old nor new"
[ "$(greeting_of "$node")" = "This is the $other one." ] || broken "the service was disturbed"
on "$node" umount /var/lib/hearth
converges "$current"

step "there is no room for a lease: nothing is changed"
on "$node" sh -c 'mount -t tmpfs -o size=64k tmpfs /run/hearth'
fill /run/hearth
turn
expect 1 hearth apply --yes
says "its /run is full" "No space left on device" "free some space"
facts >"$work/facts"
diff "$work/facts-$other" "$work/facts" || broken "something was changed"
on "$node" umount /run/hearth
converges "$current"

step "the disk for the journal is full: nothing is changed on the node"
# `lab run` gives a mount namespace to each test: nobody else sees this, and it ends with the test.
mkdir "$work/tiny"
mount -t tmpfs -o size="$(($(stat -c %s "$work/journal/journal.db") / 1024 + 4096))k" tmpfs "$work/tiny"
conclude_tiny() {
    umount -q "$work/tiny" || true
    conclude "$1"
}
trap 'conclude_tiny $?' EXIT
cp "$work/journal/journal.db" "$work/tiny/journal.db"
cat /dev/zero >"$work/tiny/filler" 2>/dev/null || true
turn
expect 1 with_journal "$work/tiny/journal.db" hearth apply --yes
says "no room to write the journal $work/tiny/journal.db" "free some space"
facts >"$work/facts"
diff "$work/facts-$other" "$work/facts" || broken "something was changed"
nothing_is_left
rm "$work/tiny/filler"
with_journal "$work/tiny/journal.db" converges "$current"

step "the disk for the journal fills up in the middle of an apply: what is under way ends, nothing more begins"
turn
declare_slow "$node" 3
manifest after <<END_AFTER
kind: File
name: after-slow
hosts: $node
dependsOn: [Service/slow]
spec: {path: /srv/after-slow, content: "after the slow one\n"}
END_AFTER
begin apply env HEARTH_JOURNAL="$work/tiny/journal.db" "$HEARTH_BIN" -C "$manifests" apply --yes
within 30 is_starting "$node"
cat /dev/zero >"$work/tiny/filler" 2>/dev/null || true
within 120 is_over apply
status=0
wait "$(pid_of apply)" || status=$?
rm "$work/apply.pid"
cat "$work/apply.stdout" "$work/apply.stderr" | tee "$work/told"
[ "$status" -eq 1 ] || broken "status $status"
grep -q "journal" "$work/told" || broken "nobody says that it is the journal"
! on "$node" test -e /srv/after-slow || broken "something was begun without a record of it"
on "$node" systemctl is-active slow || broken "what was under way did not end"
rm "$work/tiny/filler"
within 60 with_journal "$work/tiny/journal.db" hearth apply --yes
node_prints "$node" "after the slow one" cat /srv/after-slow
with_journal "$work/tiny/journal.db" converges "$current"
umount "$work/tiny"
on "$node" sh -c 'systemctl disable --now slow; rm -f /etc/systemd/system/slow.service /srv/after-slow; systemctl daemon-reload'
rm "$manifests/after.yaml"

step "sshd is restarted in the middle of an apply: it ends, and the next run finishes"
turn
declare_slow "$node" 3
begin apply hearth apply --yes
within 30 is_starting "$node"
on "$node" systemctl restart ssh
within 120 is_over apply
status=0
wait "$(pid_of apply)" || status=$?
rm "$work/apply.pid"
cat "$work/apply.stdout" "$work/apply.stderr"
case $status in
    0 | 6) ;; # done, or unknown
    *) broken "status $status" ;;
esac
within 60 hearth apply --yes
converges "$current"
node_prints "$node" active systemctl is-active slow
