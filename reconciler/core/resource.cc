#include "reconciler/core/resource.h"

#include <algorithm>

namespace hearth {

std::string Claim::to_string() const {
  std::string out = space + ":" + id;
  if (!host.empty()) out += "@" + host;
  return out;
}

bool Resource::is_exclusive(std::string_view field) const {
  return exclusive_all ||
         std::find(exclusive_fields.begin(), exclusive_fields.end(), field) != exclusive_fields.end();
}

}  // namespace hearth
