# Drift made by hand on the node pve, seen and repaired: what tests of kinds' fields share. Cases stand at the beginning of a
# line, `drifts KIND.FIELD …`: cases_of_fields finds them by that.
# shellcheck shell=sh

# The KIND.FIELDs that some end-to-end test has a case for.
cases_of_fields() {
    # shellcheck disable=SC2154  # e2e.sh's
    sed -n 's/^drifts \([A-Za-z]*\.[A-Za-z]*\) .*/\1/p' "$lab_folder"/e2e/*.sh | sort -u
}

# drifts KIND.FIELD ADDRESS CHANGE WANTED PROOF…: after CHANGE (run by a shell on the node) the plan has just that field of
# ADDRESS; after an apply PROOF prints WANTED again.
drifts() {
    field=$1
    address=$2
    change=$3
    wanted=$4
    shift 4
    step "$field: $change"
    node_prints pve "$wanted" "$@"
    on pve sh -c "$change"
    [ "$(on pve "$@" 2>&1)" != "$wanted" ] || broken "the change changes nothing"
    case $field in
        # A thing that is not where it should be is not there at all.
        *.path | *.unitName | *.userName | *.groupName | AuthorizedKey.user | *.file | *.address | Package.name)
            expect 2 hearth plan -o json
            json '[.actions[] | "\(.type) \(.address)"] | join(", ")' "create $address"
            ;;
        *) differs "$address" "${field#*.}${entry:+.$entry}" ;;
    esac
    json '[.actions[].cause] | join(" ")' drift
    expect 2 hearth drift
    says "$address"
    case $field in
        *.path | *.unitName | *.userName | *.groupName | AuthorizedKey.user | *.file | *.address | Package.name) ;;
        *) says "${field#*.}" ;;
    esac
    expect 0 hearth apply --yes
    node_prints pve "$wanted" "$@"
}
entry=
