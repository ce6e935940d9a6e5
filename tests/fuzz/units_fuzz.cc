// Any bytes as a unit's text and as what a host lists of its units.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_services/unit_discovery.h"
#include "providers/host_services/unit_state.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"
#include "reconciler/core/digest.h"

namespace {

using namespace hearth;

void require(bool holds) {
  if (!holds) std::abort();
}

// What stands in [Install] is all of that section and of no other.
void try_install(std::string_view text) {
  const std::string install = install_section(text);
  require(install.empty() || install.ends_with('\n'));
  require(install_section("[Install]\n" + install) == install);
  require(install_section("[Service]\n" + install).empty());
  const std::string more = std::string(text) + "\n[Install]\nAlias=hearth.service\n";
  require(install_section(more) == install + "Alias=hearth.service\n");
}

void try_discovery(std::string_view text) {
  for (const Found& found : found_units(text)) {
    require(found.kind == "Service");
    if (found.spec.is_null()) {
      require(!found.remark.empty());
      continue;
    }
    for (const char* field : {"unit", "unitName"}) {
      if (const Value* value = found.spec.find(field)) require(value->is_string());
    }
    if (const Value* unit = found.spec.find("unit")) require(is_text(unit->as_string()));
    const Value* drop_ins = found.spec.find("dropIns");
    if (drop_ins == nullptr) continue;
    for (const auto& [name, position, value] : drop_ins->as_map()) require(is_text(value.as_string()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_install(text);
  try_discovery(text);
  // The same bytes as the text of a unit that is listed: a fuzzer does not find its way through base64.
  const std::string listed = "U " + base64("a.service") + " " + base64(text) + "\nD " + base64("a.service") +
                             " " + base64("10-x") + " " + base64(text) + "\n";
  const auto found = found_units(listed);
  require(found.size() == 1);
  if (is_text(text) && !text.empty()) {
    require(found[0].spec.find("unit")->as_string() == text);
    require(found[0].spec.find("dropIns")->find("10-x")->as_string() == text);
  }
  return 0;
}
