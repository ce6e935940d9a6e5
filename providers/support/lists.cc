#include "providers/support/lists.h"

namespace hearth {

std::vector<std::string> strings(const Value* list) {
  std::vector<std::string> out;
  if (list == nullptr || !list->is_list()) return out;
  for (const Value& one : list->as_list()) {
    if (one.is_string()) out.push_back(one.as_string());
  }
  return out;
}

List list_of(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

}  // namespace hearth
