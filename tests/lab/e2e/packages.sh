#!/bin/sh
# Package on a real node, from an archive that the operator's machine serves over HTTP: installed, at a version, held, removed, as
# dpkg sees it; each field's drift told and put right; nothing else ever goes; the archive is asked only for news.
# shellcheck source=tests/lab/e2e.sh
. "$(dirname -- "$0")/../e2e.sh"
# shellcheck source=tests/lab/lib/drifts.sh
. "$lab_folder/lib/drifts.sh"

archive=$work/archive
mkdir -p "$archive"

# package NAME VERSION [CONTROL-LINE…]: into the archive
package() {
    tree=$work/tree
    rm -rf "$tree"
    mkdir -p "$tree/DEBIAN" "$tree/etc" "$tree/usr/share/$1"
    echo "$2" >"$tree/usr/share/$1/version"
    echo "of $2" >"$tree/etc/$1.conf"
    echo "/etc/$1.conf" >"$tree/DEBIAN/conffiles"
    deb=$1_$2_all.deb
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n' "$1" "$2"
        shift 2
        [ $# -eq 0 ] || printf '%s\n' "$@"
        echo "Description: made by a test"
    } >"$tree/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$tree" "$archive/$deb" >/dev/null
    {
        cat "$tree/DEBIAN/control"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$archive/$deb")" \
            "$(sha256sum "$archive/$deb" | cut -d ' ' -f 1)"
    } >>"$archive/Packages"
}
# How often the archive was asked for what it has.
asked() { grep -c 'GET .*/Packages HTTP' "$work/archive.log" || true; }

package pantry 1.0
package pantry 2.0
package cellar 1.0 "Depends: pantry"
package rival 1.0 "Conflicts: pantry"
package extras 1.0 "Recommends: rival"

fresh pve
declare_nodes pve
begin archive sh -c "exec python3 -u -m http.server --bind 192.168.1.10 --directory '$archive' 8099 >>'$work/archive.log' 2>&1"
within 10 curl -sf http://192.168.1.10:8099/Packages
on pve sh -c 'echo "deb [trusted=yes] http://192.168.1.10:8099/ ./" >/etc/apt/sources.list.d/test.list'
# shellcheck disable=SC2016  # dpkg-query's own
package_is() { node_prints pve "$2" dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1"; }

step "from nothing: the host has not heard of them, so the archive is asked; what is recommended is not installed"
manifest packages <<'END'
kind: Package
hosts: pve
items:
  pantry: {state: present, version: "1.0", held: false}
  extras: {state: present}
  hello: {}
END
expect 2 hearth plan
says "Package/pantry@pve" "Package/extras@pve" "Package/hello@pve"
expect 0 hearth apply --yes
plan_is_empty
package_is pantry "ii 1.0"
package_is extras "ii 1.0"
node_fails pve dpkg -s rival
node_prints pve "Hello, world!" hello

drifts Package.version Package/pantry@pve 'apt-get -q -y install pantry=2.0 >&2' 1.0 cat /usr/share/pantry/version
drifts Package.held Package/pantry@pve 'apt-mark hold pantry' "" apt-mark showhold
drifts Package.name Package/hello@pve 'apt-get -q -y remove hello >&2' "Hello, world!" hello
on pve sh -c 'echo mine >/etc/pantry.conf'

step "another version: what a person changed stays, it counts as a restart, the archive is not asked for what is known"
before=$(asked)
sed -i 's/version: "1.0"/version: "2.0"/; s/held: false/held: true/' "$manifests/packages.yaml"
differs Package/pantry@pve version held
json '.actions[0].effect' restart
expect 0 hearth apply --yes
package_is pantry "hi 2.0"
node_prints pve mine cat /etc/pantry.conf
[ "$(asked)" = "$before" ] || broken "the archive was asked again"
plan_is_empty

step "a downgrade, of what hearth itself holds"
sed -i 's/version: "2.0"/version: "1.0"/' "$manifests/packages.yaml"
expect 0 hearth apply --yes
package_is pantry "hi 1.0"
plan_is_empty

step "what a person holds stays where it is, and that is said"
sed -i 's/version: "1.0", held: true/version: "2.0"/' "$manifests/packages.yaml"
expect 6 hearth plan
says "Package/pantry@pve" "held at 1.0 by a person"
on pve apt-mark unhold pantry
expect 0 hearth apply --yes
package_is pantry "ii 2.0"

step "a package that the archive got meanwhile: it is asked, once"
package news 1.0
before=$(asked)
manifest more <<'END'
kind: Package
hosts: pve
items: {news: {}, cellar: {}}
END
expect 0 hearth apply --yes
package_is news "ii 1.0"
[ "$(asked)" = $((before + 1)) ] || broken "the archive was asked $(asked) times, not once after $before"
withdraw more

step "one that does not exist"
manifest more <<'END'
kind: Package
name: no-such-thing
hosts: pve
spec: {}
END
expect 1 hearth apply --yes
says "no-such-thing"
withdraw more

step "an installation that would take others away is refused"
manifest more <<'END'
kind: Package
name: rival
hosts: pve
spec: {}
END
expect 1 hearth apply --yes
says "rival" "pantry"
package_is pantry "ii 2.0"
withdraw more

step "a removal too"
sed -i 's/pantry: .*/pantry: {state: absent}/' "$manifests/packages.yaml"
differs Package/pantry@pve state
expect 1 hearth apply --yes
says "without pantry these could not stay: cellar"
package_is pantry "ii 2.0"
package_is cellar "ii 1.0"

step "where both are to go, both go; configuration stays"
manifest more <<'END'
kind: Package
name: cellar
hosts: pve
spec: {state: absent}
END
sed -i 's/^hosts: pve/&\ndependsOn: [Package\/cellar]/' "$manifests/packages.yaml"
expect 0 hearth apply --yes
package_is pantry "rc 2.0"
package_is cellar "rc 1.0"
node_prints pve mine cat /etc/pantry.conf
plan_is_empty

step "absent drifts as well"
# shellcheck disable=SC2016  # dpkg-query's own
drifts Package.state Package/pantry@pve 'apt-get -q -y install pantry >&2' "rc " dpkg-query -W -f '${db:Status-Abbrev}' pantry

step "pending security updates are told by status, from what the host knows already"
manifest checks <<'END'
kind: Check
hosts: pve
items:
  patched: {updates: {}, timeout: 60}
  newest: {updates: {from: any}, timeout: 60}
END
expect 0 hearth status
says "no security update is pending" "no update is pending"
package extras 1.1 "Recommends: rival"
printf 'Label: Debian-Security\nSuite: stable-security\nSHA256:\n %s %s Packages\n' \
    "$(sha256sum "$archive/Packages" | cut -d ' ' -f 1)" "$(stat -c %s "$archive/Packages")" >"$archive/Release"
before=$(asked)
expect 0 hearth status
[ "$(asked)" = "$before" ] || broken "the archive was asked"
on pve apt-get -q update
expect 2 hearth status
says "1 security update is pending: extras" "1 update is pending: extras"
withdraw checks

step "what is no longer declared stays installed"
withdraw packages more
expect 0 hearth apply --yes
package_is extras "ii 1.0"
plan_is_empty
