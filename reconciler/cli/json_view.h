// What programs read. Described by schemas/output.schema.json and schemas/plan.schema.json; a test holds them
// together.
#pragma once

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

Value diagnostic_json(const Diagnostic& diagnostic);
Value diagnostics_json(const Diagnostics& diagnostics);

}  // namespace hearth
