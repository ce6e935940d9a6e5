# What tests of drift share: `drifts` makes one, sees it told and put right, and notes the field as covered; the test
# drift_every_field.sh fails for fields that no test has a case for. Sourced after e2e.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154  # $work is e2e.sh's

covered=$work/covered
: >"$covered"

# drifts KIND.FIELD ADDRESS CHANGE WANTED PROOF…: after CHANGE (run by a shell on the node) the plan has just that field of
# ADDRESS; after an apply PROOF prints WANTED again.
drifts() {
    field=$1
    address=$2
    change=$3
    wanted=$4
    shift 4
    step "$field: $change"
    echo "$field" >>"$covered"
    node_prints pve "$wanted" "$@"
    on pve sh -c "$change"
    [ "$(on pve "$@" 2>&1)" != "$wanted" ] || broken "the change changes nothing"
    case $field in
        # A thing that is not where it should be is not there at all.
        *.path | *.unitName | *.file | *.address | Package.name)
            expect 2 hearth plan -o json
            json '[.actions[] | "\(.type) \(.address)"] | join(", ")' "create $address"
            ;;
        *) differs "$address" "${field#*.}${entry:+.$entry}" ;;
    esac
    json '[.actions[].cause] | join(" ")' drift
    expect 2 hearth drift
    says "$address"
    case $field in
        *.path | *.unitName | *.file | *.address | Package.name) ;;
        *) says "${field#*.}" ;;
    esac
    expect 0 hearth apply --yes
    node_prints pve "$wanted" "$@"
}
entry=


# covered_by SCRIPT KIND…: notes the fields of KIND that SCRIPT, another test of this folder, has cases for.
covered_by() {
    script=$lab_folder/e2e/$1
    shift
    for kind; do
        sed -n "s/^drifts \\($kind\\.[A-Za-z]*\\) .*/\\1/p" "$script" >>"$covered"
    done
}
