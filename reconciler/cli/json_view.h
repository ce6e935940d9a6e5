// What programs read of complaints. Plans are plan/plan_file's; both are described by
// schemas/output.schema.json.
#pragma once

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

Value diagnostic_json(const Diagnostic& diagnostic);
Value diagnostics_json(const Diagnostics& diagnostics);

}  // namespace hearth
