#!/bin/sh
# What a manifest does not name is not hearth's business: fields left out, entries beside those of an additive map, a
# manifest under another name. What it no longer names is said once and stays. `null` is a wish of its own: unset.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"

# left_out KIND HOST SPEC: a manifest with one resource for each optional live field of KIND in SPEC (JSON, with the
# identity under IDENTITY-less names): all of SPEC but that field. Prints YAML, which JSON is.
left_out() {
    jq --arg host "$2" --argjson spec "$3" '
        .["x-hearth-kind"] as $kind | ($kind.identity[0]) as $identity
        | [.properties | to_entries[] | select(.value["x-hearth-live"] != false) | .key]
        - [$identity] - (if $kind.refresh then [$kind.refresh] else [] end)
        | ($spec | keys) as $given
        | (if (. - $given) == [] then . else error("no value for \(. - $given)") end)
        | {kind: $kind.kind, hosts: $host,
           items: (map({key: "no-\(ascii_downcase)", value: (. as $field | $spec | del(.[$field]))}) | from_entries
                   | with_entries(.key as $name | .value[$identity] |= "\(.)\($name)"))}' "$schemas/$1.schema.json"
}

fresh agent
declare_nodes agent

step "every optional field left out, while the node has it otherwise than any default"
left_out File agent '{"path": "/srv/file-", "content": "mine\n", "mode": "0604", "owner": "operator", "group": "users"}' | manifest files
left_out Directory agent '{"path": "/srv/folder-", "mode": "0705", "owner": "operator", "group": "users"}' | manifest folders
# shellcheck disable=SC2016  # the inner shell expands it
on agent sh -c '
    for field in content mode owner group; do
        echo mine >/srv/file-no-$field
        mkdir /srv/folder-no-$field
        chmod 604 /srv/file-no-$field
        chmod 705 /srv/folder-no-$field
        chown operator:users /srv/file-no-$field /srv/folder-no-$field
    done
    echo theirs >/srv/file-no-content
    chmod 4755 /srv/file-no-mode; chmod 1777 /srv/folder-no-mode
    chown daemon /srv/file-no-owner /srv/folder-no-owner
    chgrp daemon /srv/file-no-group /srv/folder-no-group'
plan_is_empty

step "a unit of which nothing but the name is declared, in whatever state it is"
manifest services <<'END'
kind: Service
hosts: agent
items: {cron: {}, dpkg-db-backup.timer: {}, chrony-or-not: {}}
END
# shellcheck disable=SC2016  # the inner shell expands it
on agent sh -c 'mkdir -p /etc/systemd/system/cron.service.d
    printf "[Service]\nNice=5\n" >/etc/systemd/system/cron.service.d/mine.conf
    systemctl daemon-reload; systemctl disable --now cron; systemctl stop dpkg-db-backup.timer; systemctl mask dpkg-db-backup.timer'
plan_is_empty

step "each field of a unit left out, while the others are declared"
unit='[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n'
other='[Service]\nExecStart=/bin/sleep 1d\n[Install]\nWantedBy=multi-user.target\n'
on agent sh -c "cd /etc/systemd/system
    for field in unit dropins enabled masked state; do
        printf '$unit' >no-\$field.service
        mkdir no-\$field.service.d
        printf '[Service]\nNice=5\n' >no-\$field.service.d/10-nice.conf
    done
    printf '$other' >no-unit.service
    printf '[Service]\nNice=9\n' >no-dropins.service.d/10-nice.conf
    printf '[Service]\nCPUWeight=9\n' >no-unit.service.d/20-not-declared.conf
    systemctl daemon-reload
    systemctl enable no-unit no-dropins no-masked no-state
    systemctl start no-unit no-dropins no-masked no-enabled"
left_out Service agent "$(jq -n --arg unit "$(printf '%b' "$unit")" \
    '{unitName: "", unit: ($unit + "\n"), dropIns: {"10-nice": "[Service]\nNice=5\n"}, enabled: true, masked: false, state: "running"}')" |
    manifest units
plan_is_empty
withdraw units services

step "a manifest under another name, in another file, keeps what it claims: nothing happens"
cat "$manifests/files.yaml" "$manifests/folders.yaml" >"$work/both"
manifest files <<'END'
kind: File
name: note
hosts: agent
spec: {path: /srv/note, content: "note\n", mode: "0640"}
END
expect 0 hearth apply --yes
before=$(on agent stat -c '%i %Y %Z' /srv/note)
withdraw files
manifest renamed <<'END'
kind: File
name: letter
hosts: agent
spec: {path: /srv//note, content: "note\n", mode: "640"}
END
plan_is_empty
says_not "File/note"
expect 0 hearth apply --yes
plan_is_empty
node_prints agent "$before" stat -c '%i %Y %Z' /srv/note

step "a field that is no longer declared is said to stay, and stays"
manifest renamed <<'END'
kind: File
name: letter
hosts: agent
spec: {path: /srv/note, content: "note\n"}
END
expect 0 hearth plan
says "File/letter@agent" "mode" "no longer managed" "0640"
expect 0 hearth apply --yes
node_prints agent 640 stat -c %a /srv/note
on agent chmod 600 /srv/note
step "… and said once: after an apply it is history"
plan_is_empty
says_not "no longer managed"

step "null means unset"
manifest cron <<'END'
kind: Service
name: cron
hosts: agent
spec:
  unit: null
  dropIns: {mine: null}
END
# shellcheck disable=SC2016  # the inner shell expands it
on agent sh -c 'sed s/^Description=.*/Description=Mine/ /usr/lib/systemd/system/cron.service >/etc/systemd/system/cron.service
    printf "[Service]\nMemoryMax=1G\n" >/etc/systemd/system/cron.service.d/other.conf; systemctl daemon-reload; systemctl start cron'
differs Service/cron@agent unit dropIns.mine
expect 0 hearth apply --yes
node_prints agent /usr/lib/systemd/system/cron.service systemctl show -P FragmentPath cron
node_prints agent other.conf ls /etc/systemd/system/cron.service.d
node_prints agent active systemctl is-active cron
plan_is_empty

step "additive maps leave other entries alone until they are declared exclusive"
manifest cron <<'END'
kind: Service
name: cron
hosts: agent
exclusive: [dropIns]
spec:
  dropIns: {limits: "[Service]\nMemoryMax=2G\n"}
END
differs Service/cron@agent dropIns.limits dropIns.other
expect 0 hearth apply --yes
node_prints agent limits.conf ls /etc/systemd/system/cron.service.d
node_prints agent $((2 * 1024 * 1024 * 1024)) systemctl show -P MemoryMax cron
plan_is_empty

step "a comment, another order of fields and of documents change nothing"
manifest cron <<'END'
# limits for cron
exclusive:
  - dropIns
spec: {dropIns: {limits: "[Service]\nMemoryMax=2G\n"}}
hosts: [agent]
name: cron
kind: Service
END
plan_is_empty
