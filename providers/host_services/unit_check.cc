#include "providers/host_services/unit_check.h"

#include <string_view>

namespace hearth {

namespace {

// systemd-analyze wants the file under its real name, so it is laid out in a folder that systemd searches
// first: what is there wins over /etc, everything else is found as usual. Its exit code alone says too much
// (any remark about this unit, also on a package's lines, makes it 1), so the remarks that the new text does
// not cause are taken out; so is what systemd ignores because it does not know it, as a text for a newer systemd has it.
// 75: nothing was judged.
constexpr std::string_view script = R"sh(unit=$1 place=$2 file=$3
folder=$(mktemp -d) || exit 75
trap 'rm -rf -- "$folder"' EXIT
mkdir -p -- "$folder/$(dirname -- "$place")" && cp -- "$file" "$folder/$place" && cd / || exit 75
said=$(LC_ALL=C SYSTEMD_UNIT_PATH="$folder:" \
  systemd-analyze verify --man=no --recursive-errors=no -- "$unit" 2>&1) && exit 0
faults=$(printf '%s\n' "$said" | sed "s|^$folder/||" | grep -v -e '^$' -e '^/' -e ': Command .* is not executable: ' \
  -e ': Unknown key ' -e ': Unknown lvalue ' -e ': Unknown section ')
[ -z "$faults" ] && exit 0
printf '%s\n' "$faults" >&2
exit 1)sh";

}  // namespace

std::vector<std::string> unit_check(const std::string& unit, const std::string& place) {
  return {"sh", "-c", std::string(script), "hearth-unit-check", unit, place, "{}"};
}

}  // namespace hearth
