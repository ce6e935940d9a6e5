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

# Nothing of hearth's own lies beside the files that it keeps.
temporaries() { on "$node" find /etc /srv /usr/local /run/hearth -name '.hearth-*'; }
nothing_is_left() {
    [ -z "$(temporaries)" ] || broken "temporary files are left: $(temporaries)"
    node_fails "$node" ls -A /var/lib/hearth/undo
    node_fails "$node" test -e /run/hearth/lease
}

# The node does what it had been given to the end; then the lease of the dead run is taken away, as if it were over.
settle_down() {
    on "$node" sh -c 'flock -w 60 /run/hearth/busy true && rm -f /run/hearth/lease' ||
        broken "an operation of the killed run does not end"
}

# converges NAME: the next run finishes what is declared, generation NAME.
converges() {
    expect 0 hearth apply --yes
    plan_is_empty
    facts >"$work/facts"
    diff "$work/facts-$1" "$work/facts" || broken "the node is not as the $1 generation"
    [ "$(greeting_of "$node")" = "This is the $1 one." ] || broken "the service runs on old content"
    node_says "$node" "GENERATION=$1" systemctl show -P Environment web
    nothing_is_left
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
    converges "$current"
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
cp "$work/trace" /tmp/crash-trace
fsyncs=$(awk '$1 == "fsync" { print $2 }' "$work/trace")
# The file that takes many sends: its first to its last full packet.
big=$(awk '$1 == "send" && $3 > largest { largest = $3 } { size[NR] = $3; number[NR] = $2; kind[NR] = $1 }
    END { for (i = 1; i <= NR; i++) if (kind[i] == "send" && size[i] > largest / 2) print number[i] }' "$work/trace" | spread 4)
sends=$({
    awk '$1 == "send" { print $2 }' "$work/trace" | spread 8
    echo "$big"
} | sort -nu)
echo "fsyncs:" $fsyncs
echo "sends:" $sends "of $(grep -c send "$work/trace")"

killed=0
for point in $fsyncs; do
    turn
    dies_at "fsync:$point"
done
for point in $sends; do
    turn
    dies_at "send:$point"
done
