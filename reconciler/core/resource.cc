#include "reconciler/core/resource.h"

#include <algorithm>

#include "reconciler/core/secret.h"

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

bool Resource::hides(std::string_view field) const {
  if (std::find(once_secret.begin(), once_secret.end(), field) != once_secret.end()) return true;
  const Value* value = desired.find(field);
  return value != nullptr && holds_secret(*value);
}

}  // namespace hearth
