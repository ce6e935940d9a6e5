#include "providers/host_services/unit_discovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

// Prints `U unit text` for units, `D unit drop-in text` for drop-ins, `M unit` for what is masked, `I unit` for
// instances of templates that somebody enabled, `L unit target` for links to unit files elsewhere (all but the letter in
// base64), `P package: path` for what dpkg owns of them, and `S Id=…` blocks with each unit's state. Templates
// (foo@.service) have no state of their own. getty@tty1 is enabled by systemd's own package.
constexpr std::string_view list_script = R"sh(cd /etc/systemd/system || exit 0
encode() { printf %s "$1" | base64 -w0; }
instances=
for file in *.service *.socket *.timer *.mount *.automount *.path *.target *.slice *.swap; do
  if [ -L "$file" ]; then
    target=$(readlink -- "$file")
    case $target in
      /dev/null) echo "M $(encode "$file")" ;;
      /lib/* | /usr/lib/* | ../* | /etc/systemd/system/*) ;; # another name of a unit
      */*) echo "L $(encode "$file") $(encode "$target")" ;;
    esac
    continue
  fi
  [ -f "$file" ] || continue
  echo "U $(encode "$file") $(base64 -w0 <"$file")"
  dpkg-query -S -- "$PWD/$file" 2>/dev/null | sed 's/^/P /'
done
for file in *.d/*.conf; do
  [ -f "$file" ] && [ ! -L "$file" ] || continue
  unit=${file%%.d/*}
  name=${file##*/}
  echo "D $(encode "$unit") $(encode "${name%.conf}") $(base64 -w0 <"$file")"
done
for link in *.wants/*@?*.*; do
  unit=${link##*/}
  [ -L "$link" ] && [ "$unit" != getty@tty1.service ] || continue
  echo "I $(encode "$unit")"
  instances="$instances
$unit"
done
{
  ls -d -- *.d *.service *.socket *.timer *.mount *.automount *.path *.target *.slice *.swap 2>/dev/null | sed 's/\.d$//'
  echo "$instances"
} | sort -u | while IFS= read -r unit; do
  case $unit in *@.*) continue ;; *.*) ;; *) continue ;; esac
  [ -L "$unit" ] || systemctl show -p Id -p ActiveState -p UnitFileState -- "$unit" </dev/null | sed 's/^/S /'
done)sh";

struct Unit {
  std::optional<std::string> text;
  Map drop_ins;
  std::string package;
  bool masked = false;
  bool instance = false;
  std::string linked_to;
  std::string remark;
  std::string active;
  std::string file_state;
};

// The next word of TEXT, which loses it.
std::string_view next_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::map<std::string, Unit> read_units(std::string_view output) {
  std::map<std::string, Unit> units;
  std::string current;  // the unit that P and S lines speak of
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    const std::string_view letter = next_word(line);
    if (letter == "M" || letter == "I" || letter == "L") {
      const auto unit = from_base64(next_word(line));
      const auto target = from_base64(next_word(line));
      if (!unit || unit->empty()) continue;
      current = *unit;
      if (letter == "M") units[*unit].masked = true;
      if (letter == "I") units[*unit].instance = true;
      if (letter == "L") units[*unit].linked_to = target.value_or("");
    } else if (letter == "U" || letter == "D") {
      const auto unit = from_base64(next_word(line));
      const auto name = letter == "D" ? from_base64(next_word(line)) : std::optional<std::string>("");
      const auto text = from_base64(next_word(line));
      current = unit.value_or("");
      if (!unit || !name || !text) continue;
      if (!is_text(*text)) {
        units[*unit].remark =
            letter == "U" ? "its unit file is no text" : "a drop-in is left out: it is no text";
        continue;
      }
      if (letter == "U") {
        units[*unit].text = *text;
      } else if (!text->empty()) {
        units[*unit].drop_ins.set(*name, *text);
      }
    } else if (letter == "P" && !line.starts_with("diversion ")) {
      units[current].package = std::string(line.substr(0, line.find(':')));
    } else if (letter == "S") {
      const std::size_t equals = std::min(line.find('='), line.size());
      const std::string_view key = line.substr(0, equals);
      const std::string value(line.substr(std::min(equals + 1, line.size())));
      if (key == "Id") current = value;
      if (key == "ActiveState") units[current].active = value;
      if (key == "UnitFileState") units[current].file_state = value;
    }
  }
  return units;
}

}  // namespace

RunProbe probe_units() {
  return {.argv = {"sh", "-c", std::string(list_script), "hearth-discover"},
          .timeout = std::chrono::seconds(30)};
}

std::vector<Found> found_units(std::string_view output) {
  std::vector<Found> found;
  for (auto& [unit, what] : read_units(output)) {
    const bool declarable = what.text || !what.drop_ins.empty() || what.masked || what.instance;
    if (!what.linked_to.empty()) {
      what.remark = "its unit file is a symbolic link to " +
                    (is_text(what.linked_to) ? what.linked_to : "elsewhere") + ": declare that as a File";
    }
    if (!declarable && what.remark.empty()) continue;
    // A name of `wol` reads better than `wol.service`, and means the same.
    const std::string_view suffix = ".service";
    const std::string brief = unit.ends_with(suffix) ? unit.substr(0, unit.size() - suffix.size()) : unit;
    const std::string name = fit_name(brief);
    Map spec;
    if (canonical_unit(name) != unit) spec.set("unitName", unit);
    if (!declarable || !what.linked_to.empty()) {
      found.push_back(
          {.kind = "Service", .name = name, .spec = nullptr, .owner = what.package, .remark = what.remark});
      continue;
    }
    if (what.masked) {
      // Whatever else lies there is out of force.
      spec.set("masked", true);
      found.push_back({.kind = "Service",
                       .name = name,
                       .spec = std::move(spec),
                       .owner = what.package,
                       .remark = what.remark});
      continue;
    }
    if (what.text) spec.set("unit", *what.text);
    if (!what.drop_ins.empty()) spec.set("dropIns", what.drop_ins);
    // Other states (static, generated, …) are nothing that anybody can declare.
    if (what.file_state == "enabled" || what.file_state == "disabled")
      spec.set("enabled", what.file_state == "enabled");
    if (what.active == "active") spec.set("state", "running");
    found.push_back({.kind = "Service",
                     .name = name,
                     .spec = std::move(spec),
                     .owner = what.package,
                     .remark = what.remark});
  }
  return found;
}

}  // namespace hearth
