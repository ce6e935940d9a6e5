// Lists of text, as values of a spec and as C++ has them.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/value.h"

namespace hearth {

// The strings in LIST; none when there is no list. What else is in it the schema has refused.
std::vector<std::string> strings(const Value* list);

List list_of(const std::vector<std::string>& strings);

}  // namespace hearth
