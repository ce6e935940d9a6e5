#!/bin/sh
# hearth as the timer runs it, on a node of its own, with nobody there: what a person has applied once is put back when it
# drifts, what nobody applied is only reported; a pause holds and expires; a broken commit and an emptied one do no harm.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

unit=hearth-reconcile.service

# The program with all that it is linked to, as a package would bring it: the node may run another Debian than this machine,
# so only the C library is the node's own.
install_hearth() {
    prefix=$(dirname -- "$(dirname -- "$HEARTH_BIN")")
    root=$work/image
    mkdir -p "$root/usr/lib/hearth/bin" "$root/usr/lib/hearth/lib/hearth/providers" "$root/usr/lib/hearth/share/hearth/schemas" \
        "$root/usr/bin" "$root/etc/systemd/system"
    cp "$HEARTH_BIN" "$root/usr/lib/hearth/bin/"
    cp "$prefix"/lib/hearth/providers/*.so "$root/usr/lib/hearth/lib/hearth/providers/"
    cp "$schemas"/*.json "$root/usr/lib/hearth/share/hearth/schemas/"
    ldd "$HEARTH_BIN" "$prefix"/lib/hearth/providers/*.so | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
        grep -vE '/(libc|libm|ld-linux[^/]*)\.so' |
        while read -r library; do cp -L "$library" "$root/usr/lib/hearth/lib/"; done
    printf '#!/bin/sh\nexport LD_LIBRARY_PATH=/usr/lib/hearth/lib\nexec /usr/lib/hearth/bin/hearth "$@"\n' >"$root/usr/bin/hearth"
    chmod 755 "$root/usr/bin/hearth"
    cp "$lab_folder"/../../reconciler/systemd/hearth-reconcile.* "$root/etc/systemd/system/"
    # A test's hours are seconds.
    mkdir "$root/etc/systemd/system/hearth-reconcile.timer.d" "$root/etc/systemd/system/$unit.d"
    printf '[Unit]\nStartLimitIntervalSec=0\n' >"$root/etc/systemd/system/$unit.d/often.conf"
    printf '[Timer]\nOnCalendar=\nOnCalendar=*:*:0/1\nAccuracySec=1ms\nRandomizedDelaySec=0\n' \
        >"$root/etc/systemd/system/hearth-reconcile.timer.d/often.conf"
    # The library path of the copied program is no business of git and ssh.
    tar -C "$root" --owner=root --group=root -cf - . | on "$controller" tar -C / -xf -
    on "$controller" sh -c 'mkdir -p -m 700 /root/.ssh && cat >/root/.ssh/id_ed25519 && chmod 600 /root/.ssh/id_ed25519' <"$HEARTH_LAB_KEY"
    on "$controller" sh -c 'cat >/root/.ssh/known_hosts' <"$HEARTH_LAB_KNOWN_HOSTS"
    on "$controller" systemctl daemon-reload
}

# commit MESSAGE: the working copy's files, published.
commit() {
    git -C "$work/copy" add -A
    git -C "$work/copy" commit --quiet --allow-empty -m "$1"
    git -C "$work/copy" bundle create --quiet "$work/bundle" main
    on pve sh -c 'cat >/srv/bundle && git -C /srv/homelab.git fetch --quiet --force /srv/bundle main:main' <"$work/bundle"
}

# What the last run wrote to systemd's journal.
last_words() {
    on "$controller" sh -c "journalctl --sync; journalctl -q -b -o cat -u $unit |
        awk '/^Starting /{ text = \"\" } { text = text \$0 \"\\n\" } END { printf \"%s\", text }'"
}

# Starts the timer's unit by hand and waits: what the timer does, without its waiting.
run_once() {
    on "$controller" systemctl start "$unit" 2>/dev/null || true
    last="systemctl start $unit"
    last_words
}
result_is() { node_prints "$controller" "$1" systemctl show -P Result "$unit"; }
exit_is() {
    expect 0 there history -n 1 -o json
    json '.runs[0].exitCode' "$1"
}
content_is() { [ "$(on pve cat "$1")" = "$2" ]; }
# TEXT is somewhere in what the last run wrote to systemd's journal.
journal_says() {
    case $(last_words) in
        *"$1"*) ;;
        *) broken "the last run does not say: $1" ;;
    esac
}
there() { on "$controller" hearth -C /etc/hearth/manifests "$@" </dev/null; }

controller=agent
export GIT_AUTHOR_NAME=eve GIT_AUTHOR_EMAIL=eve@lab GIT_COMMITTER_NAME=eve GIT_COMMITTER_EMAIL=eve@lab
fresh agent pve
install_hearth
git init --quiet -b main "$work/copy"
manifests=$work/copy
declare_nodes pve
sed -i "s|^  keys:.*|  keys: [/root/.ssh/id_ed25519]|" "$manifests/nodes.yaml"
manifest motd <<'END'
kind: File
name: motd
hosts: pve
spec: {path: /etc/motd, content: "hello\n"}
END
on pve git init --quiet --bare -b main /srv/homelab.git
commit one
# Over the network, with ssh: as most have it.
on "$controller" sh -c "mkdir -p /etc/hearth && git clone --quiet ssh://root@$(address_of pve)/srv/homelab.git /etc/hearth/manifests"
before=$(on pve cat /etc/motd)

step "the units are what this systemd understands"
expect 0 on "$controller" systemd-analyze verify --man=no "$unit" hearth-reconcile.timer
prints ""

step "what no person has applied is only reported"
run_once
result_is success
exit_is 2
content_is /etc/motd "$before" || broken "it was written"
journal_says "no person has applied it yet"

step "applied once by a person, drift made by hand is put back by the timer"
expect 0 there apply --yes
on "$controller" systemctl enable --now hearth-reconcile.timer
on pve sh -c 'echo mine >/etc/motd'
within 60 content_is /etc/motd hello
step "… and what is pushed arrives"
sed -i 's/hello/good evening/' "$manifests/motd.yaml"
commit two
within 60 content_is /etc/motd "good evening"
on "$controller" systemctl stop hearth-reconcile.timer
within 60 on "$controller" sh -c "systemctl show -P ActiveState $unit | grep -qx inactive"
expect 0 there status
says "Last reconcile:" "the timer"

step "a pause holds, and ends by itself"
expect 0 there pause File/motd --for 6s --why "moving house"
says "File/motd" "moving house"
on pve sh -c 'echo mine >/etc/motd'
run_once
result_is success
content_is /etc/motd mine || broken "the pause did not hold"
journal_says "moving house"
not_paused() { there plan | grep -q moving && return 1 || return 0; }
within 20 not_paused
run_once
content_is /etc/motd "good evening" || broken "the pause did not end"

step "the other side is gone: the commit at hand counts"
on pve mv /srv/homelab.git /srv/away.git
on pve sh -c 'echo mine >/etc/motd'
run_once
result_is success
content_is /etc/motd "good evening" || broken "drift was not corrected"
journal_says "warning[git-unreachable]"
on pve mv /srv/away.git /srv/homelab.git

step "what is changed again and again is not corrected any more"
for each in 1 2 3; do
    on pve sh -c "echo $each >/etc/motd"
    run_once
done
on pve sh -c 'echo again >/etc/motd'
run_once
result_is success
content_is /etc/motd again || broken "it was corrected"
journal_says "flapping: corrected"
expect 0 there apply --yes
content_is /etc/motd "good evening" || broken "not even by a person"

step "a broken commit: the last good one counts, and the unit fails"
echo 'kind: [' >"$manifests/broken.yaml"
commit broken
on pve sh -c 'echo mine >/etc/motd'
run_once
result_is exit-code
exit_is 1
content_is /etc/motd "good evening" || broken "drift was not corrected"
journal_says "the last good one"
expect 1 there status
says "Last reconcile: by the timer" "(exit 1)" "error[manifests-broken]"
withdraw broken

step "an emptied repository: nothing is deleted"
manifest extra <<'END'
kind: File
name: extra
hosts: pve
onRemove: delete
spec: {path: /srv/extra, content: "precious\n"}
END
commit extra
on "$controller" git -C /etc/hearth/manifests pull --quiet
expect 0 there apply --yes
rm "$manifests"/*.yaml
commit nothing
run_once
result_is exit-code
journal_says "the last good one"
content_is /srv/extra precious || broken "it was deleted"
content_is /etc/motd "good evening" || broken "it was deleted"
printf 'format: 1\n' >"$manifests/hearth.yaml"
commit "nothing but hearth.yaml"
run_once
result_is success
content_is /srv/extra precious || broken "it was deleted"
journal_says "nothing is deleted"
