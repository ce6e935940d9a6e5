#!/bin/sh
# What people set up by hand becomes manifests that say just that: a plan right after an import finds nothing to do, a second
# import finds nothing to import, and no secret gets into a file.
# shellcheck disable=SC2016 # what is expanded is expanded on the node
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

fresh pve
declare_nodes pve

step "what a fresh node has of its own, declared by nobody"
expect 0 hearth import --out "$manifests/found"
plan_is_empty
expect 0 hearth import
[ ! -s "$work/stdout" ] || broken "a second import finds something"
says "Nothing to import"

step "a node that hearth has converged is declared already"
manifest web <<'END'
kind: File
name: job
hosts: pve
spec: {path: /etc/cron.d/job, content: "1 0 * * * root true\n"}
---
kind: Service
name: app
hosts: pve
spec:
  unit: |
    [Service]
    ExecStart=/bin/sleep infinity
    [Install]
    WantedBy=multi-user.target
  enabled: true
  state: running
END
expect 0 hearth apply --yes
expect 0 hearth import
[ ! -s "$work/stdout" ] || broken "it is imported although it is declared"

step "… and without the manifests it is found as it is"
withdraw web
expect 0 hearth import --out "$manifests/again"
says "2 resources"
expect 0 hearth validate
expect 0 hearth plan
says_not "create" "change"
rm -r "$manifests/again"

step "a node set up by hand, in odd ways"
on pve sh -e <<'END'
systemctl disable --now app.service
rm -f /etc/systemd/system/app.service /etc/cron.d/job
cd /etc/systemd/system
printf '[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n' >plain.service
mkdir -p plain.service.d cron.service.d
printf '[Service]\nNice=5\n' >plain.service.d/10-nice.conf
printf '[Service]\nNice=6' >'plain.service.d/odd name.conf'
printf '# CRLF\r\n[Service]\r\nEnvironment=A=b\r\n' >plain.service.d/20-crlf.conf
printf '[Unit]\nDescription=Müll — täglich ${host.name} %%i\n[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n' >trash.timer
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' >trash.service
printf '[Service]\nExecStart=/bin/sleep %%i' >nap@.service
printf '[Service]\nExecStart=/bin/sleep infinity\nEnvironment=API_TOKEN=hunter2secret\n' >leaky.service
mkdir -p /opt/units 'optional dir'
printf '[Service]\nExecStart=/bin/sleep infinity\n' >/opt/units/linked.service
ln -sf /opt/units/linked.service linked.service
ln -sf plain.service other-name.service
: >empty.service
systemctl mask masked.service
systemctl daemon-reload
systemctl enable --now plain.service trash.timer
systemctl enable getty@tty2.service
systemctl start leaky.service nap@1000.service

printf 'PATH=/usr/bin\n# tabs\t\n*/5\t*\t* * *\troot\ttest -e "$HOME" && echo %%\n' >/etc/cron.d/tabs
printf '1 0 * * * root true' >/etc/cron.d/unfinished
printf '1 0 * * * root true\r\n2 0 * * * root true\r\n' >/etc/cron.d/crlf
: >/etc/cron.d/empty
printf '\n\n  leading\n\n\n' >/etc/cron.d/blank
printf 'x\n' >"/etc/cron.d/odd name: #1 'quoted' \"twice\" \$(id)"
printf 'x\n' >'/etc/cron.d/odd-name: 1'
printf 'naïve\n' >'/etc/cron.d/ünïcode-日本'
printf 'no: off\n- ~\n---\n...\n%%YAML\n' >/etc/cron.d/yaml
printf '\177ELF\000\001' >/usr/local/bin/tool
chmod 4750 /usr/local/bin/tool
head -c 100000 /dev/zero | tr '\0' x >/usr/local/bin/large
ln -s /opt/x /usr/local/bin/link
mkfifo /usr/local/bin/pipe
printf 'DB_PASSWORD=hunter2secret\n' >/usr/local/bin/conf
printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2secret\n' >/etc/profile.d/x.sh
printf 'hunter2secret\n' >/usr/local/sbin/site.key
printf 'hunter2secret\n' >/usr/local/sbin/.env
printf 'A=hunter2secret\n' >/usr/local/sbin/app.env
chmod 600 /usr/local/sbin/app.env
chown 4242:4243 /etc/cron.d/tabs
mkdir -p '/srv/two words' /opt/app
chmod 2770 '/srv/two words'
END
expect 0 hearth apply --yes # the journal forgets what a person has removed
expect 0 hearth import -o json
json '[.resources[].address | select(startswith("Service/"))] | sort | join(" ")' "Service/empty@pve Service/getty-tty2@pve Service/leaky@pve Service/masked@pve Service/plain@pve Service/trash.timer@pve Service/trash@pve"
expect 0 hearth import --out "$manifests/odd"
says "not-imported" "odd name" "nap-" "usr-local-bin-tool" "no text" "larger than 64 KiB" "symbolic link" "private key" "password" "linked"
step "… a plan right after it finds nothing to do"
plan_is_empty
expect 0 hearth validate
step "… another import finds nothing new"
expect 0 hearth import
[ ! -s "$work/stdout" ] || broken "a second import finds something"
step "… writing it again says the same, byte for byte"
cp -r "$manifests/odd" "$work/first"
rm -r "$manifests/odd"
expect 0 hearth import --out "$work/second"
expect 0 diff -r "$work/first" "$work/second"
step "… and no secret is in it"
if grep -r hunter2secret "$work/first" "$work/stdout" "$work/stderr"; then broken "a secret was written"; fi

step "what it wrote is put to work: what is changed by hand comes back"
cp -r "$work/first" "$manifests/odd"
expect 0 hearth apply --yes
on pve sh -c 'echo changed >/etc/cron.d/crlf; systemctl stop plain.service; chmod 644 /etc/cron.d/yaml; chmod 755 "/srv/two words"'
expect 0 hearth apply --yes
plan_is_empty
node_prints pve "2" sh -c 'grep -c "$(printf "\r")" /etc/cron.d/crlf'
node_prints pve active systemctl is-active plain.service

step "files that say something else are not written over"
rm -r "$manifests/odd"
expect 0 hearth import --out "$work/second"
echo "# mine" >>"$work/second/file.yaml"
rm "$work/second/service.yaml"
expect 1 hearth import --out "$work/second"
says "file-exists" "file.yaml"
[ ! -e "$work/second/service.yaml" ] || broken "something was written all the same"

step "some kinds only; one that does not exist"
expect 0 hearth import Directory
says "kind: Directory" "two words"
says_not "kind: File"
expect 64 hearth import Directroy
says "Directory"

step "a node that cannot be reached is left out, and said"
lab cut pve
expect 6 hearth import
says "pve was not reached" "from what could be looked at"
expect 6 hearth import -o json
lab heal pve
