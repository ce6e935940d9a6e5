#!/bin/sh
# SambaServer, SambaShare and SambaUser on a real node: from nothing to as declared, as a client sees it; what a person wrote
# in smb.conf stays; a password changed by hand is seen and set back; nothing invalid goes live; a transfer is not cut.
# shellcheck disable=SC2016 # what is expanded is expanded on the node
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

export HEARTH_SECRETS="$work/secrets"
mkdir -p "$HEARTH_SECRETS/samba"
chmod 700 "$HEARTH_SECRETS"
secret() (
    umask 077
    printf '%s\n' "$2" >"$HEARTH_SECRETS/samba/$1"
)
secret alice 'correct horse "battery"'
secret bob 'Tr0ub4dor-ü'

# client USER%PASSWORD SHARE COMMAND: as a client, on the node itself
client() { on pve smbclient -m SMB3 -U "$1" "//127.0.0.1/$2" -c "$3"; }
comes_in() { client "$@" >"$work/client" 2>&1 || broken "$1 does not come in: $(cat "$work/client")"; }
stays_out() {
    ! client "$@" >"$work/client" 2>&1 || broken "$1 comes in and does: $3"
    grep -Eq "$4" "$work/client" || broken "another refusal than $4: $(cat "$work/client")"
}
alice='alice%correct horse "battery"'
bob='bob%Tr0ub4dor-ü'

shares() {
    manifest samba <<END
kind: SambaServer
name: samba
hosts: pve
spec: {workgroup: LAB, mapToGuest: never, loadPrinters: false, minProtocol: SMB2, settings: {"log level": 1}}
---
kind: Service
name: smbd
hosts: pve
dependsOn: [SambaServer/samba]
spec: {enabled: true, state: running}
---
kind: User
hosts: pve
spec: {shell: /usr/sbin/nologin, createHome: false}
items: {alice: {}, bob: {}}
---
kind: SambaUser
hosts: pve
items:
  alice: {password: {secret: samba/alice}}
  bob: {password: {secret: samba/bob}}
---
kind: Directory
hosts: pve
spec: {mode: "0777"}
items: {storage: {path: /srv/storage}, readonly: {path: /srv/readonly}}
---
kind: SambaShare
hosts: pve
spec: {guestOk: false}
items:
  Storage:
    path: /srv/storage
    validUsers: [alice]
    writable: true
    preset: apple
    recycle: .recycle
    createMask: "0640"
    settings: {"recycle:keeptree": true}
    ${1:-}
  Films: {path: /srv/readonly, validUsers: [alice, bob], writable: false, writeList: [bob]}
END
}

fresh pve
declare_nodes pve
on pve systemctl stop smbd nmbd
# As a person writes it.
on pve sh -c 'printf "; the house\\n[Global]\\n\\tWork Group = OLD   \\n  # who may\\n hosts allow = 127.0.0.1, \\\\\\n    192.168.1.0/24\\n\\n[films]\\n  Directory=/srv/readonly/\\n  ; only us\\n  Write Able = TRUE\\n# the end" >/etc/samba/smb.conf; cp /etc/samba/smb.conf /root/before'
shares

step "from nothing: a plan touches nothing, an apply does it all"
expect 2 hearth plan
says "SambaServer/samba@pve" "SambaShare/Storage@pve" "SambaUser/alice@pve" "reload"
expect 0 on pve cmp /etc/samba/smb.conf /root/before
expect 0 hearth apply --yes
plan_is_empty
expect 0 hearth apply --yes

step "what a person wrote is still there, and only that has changed"
node_prints pve '; the house
[Global]
	Work Group = LAB
  # who may
 hosts allow = 127.0.0.1, \
    192.168.1.0/24' sh -c 'head -n 6 /etc/samba/smb.conf | sed "s/ *$//"'
node_says pve '  ; only us
  Write Able = no' cat /etc/samba/smb.conf
node_says pve '# the end' cat /etc/samba/smb.conf

step "Apple clients' options are in effect"
on pve testparm -s --section-name=Storage >"$work/storage" 2>/dev/null
for option in 'vfs objects = recycle fruit streams_xattr' 'fruit:metadata = stream' 'fruit:posix_rename = yes' \
    'fruit:veto_appledouble = no' 'recycle:repository = .recycle' 'recycle:keeptree = yes' 'create mask = 0640'; do
    grep -qF "$option" "$work/storage" || broken "not in effect: $option: $(cat "$work/storage")"
done

step "the right password comes in; a wrong one, a guest and one who is not named stay out"
comes_in "$alice" Storage 'put /etc/hostname here; ls'
node_prints pve '640 alice' stat -c '%a %U' /srv/storage/here
stays_out 'alice%wrong' Storage ls LOGON_FAILURE
stays_out "$bob" Storage ls ACCESS_DENIED
stays_out % Storage ls 'ACCESS_DENIED|LOGON_FAILURE'
stays_out 'nobody%' Storage ls 'ACCESS_DENIED|LOGON_FAILURE'

step "writing where that is declared, and nowhere else"
stays_out "$alice" Films 'put /etc/hostname here' ACCESS_DENIED
comes_in "$bob" Films 'put /etc/hostname here; ls'
comes_in "$alice" Films 'ls'
comes_in "$alice" Storage 'rm here'
expect 0 on pve test -e /srv/storage/.recycle/here

step "a password changed by hand is drift, and is set back; a new secret is set"
on pve sh -c 'printf "by hand\nby hand\n" | smbpasswd -s alice'
stays_out "$alice" Storage ls LOGON_FAILURE
differs SambaUser/alice@pve password
before=$(on pve pdbedit -L -w)
expect 2 hearth drift
says "SambaUser/alice@pve" "password"
[ "$before" = "$(on pve pdbedit -L -w)" ] || broken "to look for drift has changed the database"
expect 0 hearth apply --yes
comes_in "$alice" Storage ls
secret bob 'another one'
differs SambaUser/bob@pve password
expect 0 hearth apply --yes
comes_in 'bob%another one' Films ls
step "neither password nor hash is in anything that was told or kept"
hash=$(on pve pdbedit -L -w | sed -n 's/^alice:[0-9]*:[^:]*:\([^:]*\):.*/\1/p')
[ "${#hash}" -eq 32 ] || broken "no hash: $hash"
for text in "$hash" 'correct horse'; do
    ! grep -raqF "$text" "$work/journal" "$work/stdout" "$work/stderr" || broken "$text is told"
    node_fails pve grep -raqF "$text" /etc /run/hearth /var/lib/hearth /var/log
done

step "what Samba does not understand never goes live"
on pve cp /etc/samba/smb.conf /root/before
shares 'hostsAllow: [127.0.0.1]'
sed -i 's/"recycle:keeptree": true/"recycle:keeptree": true, no such thing: 1/' "$manifests/samba.yaml"
expect 1 hearth apply --yes
says "no such thing"
sed -i 's/no such thing: 1/oplocks: perhaps/' "$manifests/samba.yaml"
expect 1 hearth apply --yes
says "oplocks"
expect 0 on pve cmp /etc/samba/smb.conf /root/before
sed -i 's/oplocks: perhaps/public: true/' "$manifests/samba.yaml"
expect 6 hearth plan
says "guestOk"

step "a share changes while a transfer is under way, which is not cut"
shares
plan_is_empty
on pve sh -c 'head -c 40000000 /dev/urandom >/srv/storage/big; mkfifo /run/lab-get'
# Whoever opens the pipe's other end lets it go on.
on pve sh -c 'smbclient -m SMB3 -U "$1" //127.0.0.1/Storage -c "get big /run/lab-get" </dev/null >/root/get 2>&1; echo $? >>/root/get' \
    transfer "$alice" &
transfer=$!
within 20 on pve sh -c 'smbstatus -L 2>/dev/null | grep -q big'
session=$(on pve smbstatus -b | awk '$2 == "alice" { print $1; exit }')
[ -n "$session" ] || broken "no session of alice"
shares 'comment: with a comment, during a transfer'
expect 2 hearth plan
says "SambaShare/Storage@pve" "reload"
expect 0 hearth apply --yes --allow reload
plan_is_empty
[ "$session" = "$(on pve smbstatus -b | awk '$2 == "alice" { print $1; exit }')" ] || broken "the session has ended"
on pve sh -c 'sha256sum </run/lab-get >/root/got'
wait "$transfer"
node_prints pve 0 sh -c 'tail -n 1 /root/get'
expect 0 on pve sh -c '[ "$(cat /root/got)" = "$(sha256sum </srv/storage/big)" ]'
within 5 on pve sh -c 'smbclient -m SMB3 -U "$1" -L //127.0.0.1 | grep -q "during a transfer"' list "$alice"

step "what an included file says is read, and not edited"
on pve sh -c 'echo "guest ok = yes" >/etc/samba/more.conf; printf "\ninclude = /etc/samba/more.conf\n" >>/etc/samba/smb.conf'
expect 6 hearth plan
says "/etc/samba/more.conf, line 1"
on pve sh -c 'echo "guest ok = no" >/etc/samba/more.conf'
plan_is_empty

step "import says what is there, and a plan of that is empty"
withdraw samba
with_journal "$work/other" expect 0 hearth import SambaShare SambaServer SambaUser --out "$manifests/found"
cat "$manifests"/found/*
for text in 'preset: apple' 'recycle: ".recycle"' 'userName: alice' 'workgroup: LAB' '/srv/readonly'; do
    grep -rqF "$text" "$manifests/found" || broken "not imported: $text"
done
with_journal "$work/other" plan_is_empty
rm -r "$manifests/found"
shares 'comment: with a comment, during a transfer'

step "a share is taken away by name only, and its files stay"
sed -i '/^kind: SambaShare/a onRemove: delete' "$manifests/samba.yaml"
expect 0 hearth apply --yes
sed -i '/^  Storage:/,/^    comment/d' "$manifests/samba.yaml"
expect 2 hearth apply --yes
says "SambaShare/Storage@pve" "destroy"
expect 0 hearth apply --yes --allow destroy --deletions 1
node_fails pve grep -qi '\[storage\]' /etc/samba/smb.conf
expect 0 on pve test -s /srv/storage/big
comes_in "$alice" Films ls
