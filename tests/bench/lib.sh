# Measuring, for tests/bench/run and what it starts. Expects $work, a folder, and $rows, a file in it.
# shellcheck shell=bash
work=${work:?} rows=${rows:?}

# measure NAME CMD…: how many milliseconds CMD takes, added to what is known of NAME. CMD has to succeed.
measure() {
    local name=$1 began=$EPOCHREALTIME ended status=0
    shift
    "$@" >"$work/output" 2>&1 </dev/null || status=$?
    ended=$EPOCHREALTIME
    if ((status != 0)); then
        echo "status $status: $*" >&2
        tail -n 40 "$work/output" >&2
        return 1
    fi
    awk -v began="$began" -v ended="$ended" 'BEGIN { printf "%.1f\n", (ended - began) * 1000 }' >>"$work/times-$name"
}

median() {
    sort -n "$work/times-$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# row NAME VALUE BASELINE BUDGET: the budget is one for VALUE/BASELINE, or for VALUE where there is no baseline. Without
# budget the row is there to know.
row() {
    awk -v OFS='\t' -v name="$1" -v value="$2" -v baseline="$3" -v budget="$4" 'BEGIN {
        ratio = baseline == "" ? "" : sprintf("%.2f", value / baseline)
        counts = baseline == "" ? value : value / baseline
        print name, value, baseline, ratio, budget, budget == "" ? "" : counts + 0 <= budget + 0 ? "ok" : "no"
    }' >>"$rows"
    tail -n 1 "$rows" | tr '\t' ' '
}

# Nodes that nobody ever contacts.
plain_nodes() {
    local number=0 node
    for node in "$@"; do
        number=$((number + 1))
        printf -- '---\nkind: Node\nname: %s\nspec: {address: 192.0.2.%d}\n' "$node" "$number"
    done
}

# The program in the build folder $1.
hearth_in() {
    find "$PWD/$1" -type f -name hearth -perm -u+x ! -path '*/CMakeFiles/*' -print -quit
}
