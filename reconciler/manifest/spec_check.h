// A merged spec against its kind.
#pragma once

#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/position.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

// Gives the identity fields that SPEC leaves out the values that the schema derives from NAME. They stand
// where the name stands.
void apply_name_defaults(Value& spec, const KindSchema& kind, std::string_view name, Position position);

// Everything that is wrong with SPEC, a map. Returns false when it, or the reader of the text before it,
// complained.
bool check_spec(const Value& spec, const KindSchema& kind, Diagnostics& diagnostics);

}  // namespace hearth
