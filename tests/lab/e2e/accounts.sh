#!/bin/sh
# Users, groups and keys on a real node: made from nothing, proven by a login, every field's drift seen and repaired, what
# nobody declared left as it is, and taken away without a trace of anybody else's.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/drifts.sh
. "$lab_folder/lib/drifts.sh"

keys=/home/alice/.ssh/authorized_keys
for name in laptop desk stranger; do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$work/$name"
done
key() { cut -d' ' -f1,2 "$work/$1.pub"; }
# login USER KEY COMMAND…
login() {
    who=$1
    with=$2
    shift 2
    timeout 30 ssh -F "$HEARTH_LAB_SSH_CONFIG" -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none \
        -o ControlMaster=no -o ControlPath=none -i "$work/$with" "$who@pve" "$@" </dev/null
}

# declare_accounts [WORD]: WORD is a line for the keys' manifest
declare_accounts() {
    manifest accounts <<END_OF_ACCOUNTS
kind: Group
hosts: pve
items:
  readers: {gid: 3000, members: [games, news]}
  helpers: {gid: 3001}
---
kind: User
hosts: pve
items:
  alice: {uid: 3100, group: helpers, shell: /bin/bash, comment: "Alice, at home"}
  bob:
    uid: 3101
    group: helpers
    groups: [dialout, audio]
    home: /home/bob
    shell: /bin/sh
    comment: Bob
    locked: true
    expires: "2099-12-31"
  gauge: {system: true, home: /var/lib/gauge, shell: /usr/sbin/nologin}
  dora: {uid: 3102, home: /srv/dora, group: helpers}
  box: {userName: box$, uid: 3103, createHome: false, group: helpers}
---
kind: AuthorizedKey
name: alice
hosts: pve
${1:-}
spec:
  keys:
    laptop: $(key laptop)
    desk: from="192.168.1.0/24",environment="TEA=two spoons" $(key desk) at my desk
---
kind: AuthorizedKey
hosts: pve
items:
  dora: {keys: {laptop: $(key laptop)}}
  gauge: {file: /etc/gauge-keys, keys: {laptop: $(key laptop)}}
END_OF_ACCOUNTS
}

fresh pve
declare_nodes pve
declare_accounts

step "from nothing"
expect 0 hearth apply --yes
node_prints pve "uid=3100(alice) gid=3001(helpers) groups=3001(helpers)" id alice
node_prints pve "alice:x:3100:3001:Alice, at home:/home/alice:/bin/bash" getent passwd alice
node_prints pve "bob:x:3101:3001:Bob:/home/bob:/bin/sh" getent passwd bob
node_prints pve "readers:x:3000:games,news" getent group readers
# shellcheck disable=SC2016  # for the node's shell
node_prints pve "yes" sh -c '[ "$(id -u gauge)" -lt 1000 ] && [ ! -e /var/lib/gauge ] && [ ! -e "/home/box$" ] && echo yes'
node_prints pve "/bin/bash" sh -c "getent passwd 'box\$' | cut -d: -f7"
node_prints pve "700 alice
600 alice" stat -c '%a %U' /home/alice/.ssh $keys
node_prints pve "700 dora 3001 600 dora 3001" sh -c "stat -c '%a %U %g' /srv/dora/.ssh /srv/dora/.ssh/authorized_keys | paste -sd' '"
node_prints pve "600 gauge" stat -c '%a %U' /etc/gauge-keys
plan_is_empty

step "the keys let in, and others do not"
expect 0 login alice laptop id -un
prints alice
expect 0 login alice desk id -un
expect 0 login dora laptop id -un
prints dora
expect 255 login alice stranger id -un

step "what nobody declared stays, to the byte"
on pve sh -c "printf '# mine\r\n\r\nno-pty,command=\"echo \\\\\"a b\\\\\"\" %s\r\nwhat is this' '$(cat "$work/stranger.pub")' >>$keys"
on pve useradd -m carol
on pve cp $keys /root/before
plan_is_empty
on pve sed -i '/laptop/d' $keys
expect 0 hearth apply --yes
node_prints pve "same" sh -c "grep -v laptop /root/before >/root/a; grep -v laptop $keys >/root/b; cmp /root/a /root/b && echo same"
expect 0 login alice laptop id -un
expect 0 login alice stranger ignored
prints "a b"
node_prints pve carol id -un carol
plan_is_empty

expires=$(($(date -u -d 2099-12-31 +%s) / 86400))
drifts User.uid User/bob@pve 'usermod -u 3999 bob' 3101 id -u bob
drifts User.group User/bob@pve 'usermod -g users bob' helpers id -gn bob
drifts User.groups User/bob@pve 'gpasswd -d bob audio' "helpers dialout audio" id -Gn bob
drifts User.groups User/bob@pve 'usermod -aG video bob' "helpers dialout audio" id -Gn bob
drifts User.home User/bob@pve 'usermod -d /srv bob' /home/bob sh -c 'getent passwd bob | cut -d: -f6'
drifts User.shell User/bob@pve 'usermod -s /bin/bash bob' /bin/sh sh -c 'getent passwd bob | cut -d: -f7'
drifts User.comment User/bob@pve 'usermod -c Rob bob' Bob sh -c 'getent passwd bob | cut -d: -f5'
# shellcheck disable=SC2016  # a hash
drifts User.locked User/bob@pve 'usermod -p "\$6\$salt\$hash" bob' L sh -c 'passwd -S bob | cut -d" " -f2'
drifts User.expires User/bob@pve 'chage -E -1 bob' "$expires" sh -c 'getent shadow bob | cut -d: -f8'
drifts User.userName User/bob@pve 'userdel bob' "uid=3101(bob) gid=3001(helpers) groups=3001(helpers),20(dialout),29(audio)" id bob
drifts Group.gid Group/readers@pve 'groupmod -g 3999 readers' 3000 sh -c 'getent group readers | cut -d: -f3'
drifts Group.members Group/readers@pve 'gpasswd -d games readers' games,news sh -c 'getent group readers | cut -d: -f4'
drifts Group.members Group/readers@pve 'gpasswd -a bin readers' games,news sh -c 'getent group readers | cut -d: -f4'
drifts Group.groupName Group/readers@pve 'groupdel readers' readers:x:3000:games,news getent group readers
entry=laptop
drifts AuthorizedKey.keys AuthorizedKey/alice@pve "sed -i '/laptop/d' $keys" 1 grep -c laptop $keys
entry=desk
drifts AuthorizedKey.keys AuthorizedKey/alice@pve "sed -i 's/^from=[^ ]* spoons\" //' $keys" 1 grep -c '^from=' $keys
drifts AuthorizedKey.keys AuthorizedKey/alice@pve "sed -i 's/ at my desk/ elsewhere/' $keys" 1 grep -c 'at my desk' $keys
entry=
drifts AuthorizedKey.user AuthorizedKey/alice@pve "rm $keys" "600 alice" stat -c '%a %U' $keys
plan_is_empty

step "no hash is in anything that was written down"
# shellcheck disable=SC2016  # a hash
on pve sh -c 'usermod -p "\$6\$tasty\$tastyhash" bob'
expect 2 hearth plan --steps -o json
says_not tasty
expect 0 hearth apply --yes
says_not tasty
# shellcheck disable=SC2031  # this one is the test's own
expect 1 grep -ac tastyhash "$HEARTH_JOURNAL"

step "exclusive: other keys go, lines that are no key stay"
on pve sh -c "printf '# mine\n%s\n' '$(cat "$work/stranger.pub")' >>$keys"
declare_accounts "exclusive: [keys]"
differs AuthorizedKey/alice@pve keys.stranger
expect 0 hearth apply --yes
expect 255 login alice stranger id -un
expect 0 login alice laptop id -un
node_prints pve 1 grep -c '^# mine' $keys
plan_is_empty

step "a link that the user could turn is not written through"
on pve sh -c "mv $keys /home/alice/keys; ln -s /home/alice/keys $keys; sed -i /laptop/d /home/alice/keys"
expect 6 hearth apply --yes
says "symbolic link"
on pve mv /home/alice/keys $keys
expect 0 hearth apply --yes

step "root's own link, as a cluster has it, is: what it points at gets the key, and the link stays"
on pve sh -c 'mkdir -p /etc/pve/priv && mv /root/.ssh/authorized_keys /etc/pve/priv/ &&
    ln -s /etc/pve/priv/authorized_keys /root/.ssh/authorized_keys'
manifest root <<END
kind: AuthorizedKey
name: root
hosts: pve
spec:
  keys:
    desk: $(key desk)
END
expect 0 hearth apply --yes
node_prints pve "symbolic link 2" sh -c 'stat -c %F /root/.ssh/authorized_keys | tr "\n" " "; grep -c ssh- /etc/pve/priv/authorized_keys'
expect 0 login root desk id -un
withdraw root
expect 0 hearth apply --yes --allow destroy
node_prints pve 1 grep -c ssh- /etc/pve/priv/authorized_keys

step "names that come from a network, and names that stand there twice, are not touched"
on pve sh -c "cp -p /etc/passwd /root/passwd; echo 'bob:x:3999:100::/:/bin/sh' >>/etc/passwd; sed -i 's/^gauge:/+gauge:/' /etc/passwd"
expect 6 hearth plan
says "two lines for bob" "comes from a network"
on pve cp -p /root/passwd /etc/passwd
plan_is_empty

step "withdrawn: keys go, accounts stay"
manifest accounts <<'END'
kind: Group
name: helpers
hosts: pve
spec: {gid: 3001}
END
expect 0 hearth apply --yes --allow destroy
node_prints pve 0 grep -c ssh-ed25519 $keys
node_prints pve "alice" id -un alice
expect 255 login alice laptop id -un
expect 255 login dora laptop id -un
plan_is_empty
