// Every rule id that hearth can complain with, and what `hearth explain RULE` says of it.
#pragma once

#include <string_view>
#include <vector>

namespace hearth {

struct Rule {
  std::string_view id;       // kebab-case, as in Diagnostic::rule; never renamed once released
  std::string_view summary;  // one line: what is the case when this is reported
  std::string_view why;      // why hearth insists
  std::string_view how;      // what satisfies it
};

// The entry of ID, or nullptr. The table lives as long as the process; any thread may read it.
const Rule* find_rule(std::string_view id);

// All entries, grouped by area as they stand in the table.
const std::vector<Rule>& all_rules();

}  // namespace hearth
