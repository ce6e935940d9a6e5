// What programs read. Described by schemas/output.schema.json and schemas/plan.schema.json; a test holds them
// together.
#pragma once

#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// All of the plan but what secrets are: also what a saved plan consists of.
Value plan_json(const Plan& plan);

Value diagnostic_json(const Diagnostic& diagnostic);
Value diagnostics_json(const Diagnostics& diagnostics);

// The words of design for each: "create", "update", "delete", "forget"; "held", "unknown", …; "intent",
// "drift", ….
std::string_view to_string(ActionType type);
std::string_view to_string(Note::Type type);
std::string_view to_string(Cause cause);

}  // namespace hearth
