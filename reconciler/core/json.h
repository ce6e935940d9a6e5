// JSON text from and to Value. The only door to nlohmann/json.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

// One line, or indented by two spaces. Secrets appear as {"secret": NAME}, unknown values as {"unknown": WHY}.
// What lies deeper than 512 levels appears as {"unknown": "nested too deeply"}.
// Text that is not UTF-8 is written with U+FFFD in place of the bad bytes.
std::string to_json(const Value& value, bool pretty = false);

// As to_json, with keys sorted: equal values give equal text. For fingerprints and comparisons.
std::string to_canonical_json(const Value& value);

// Reads TEXT; FILE is for messages only. Positions are not kept (JSON here is read from machines, not from people).
// Text that nests deeper than 512 levels is refused.
// An object of the one key "secret" stays an object: only manifests have secrets.
Result<Value> parse_json(std::string_view text, std::string_view file = "json");

}  // namespace hearth
