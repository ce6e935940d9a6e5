// A plan as a document: for `-o json`, for `plan --out`, and to see later whether the world has moved.
#pragma once

#include <string>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// Described by schemas/plan.schema.json. Holds every step with its exact content, and what each was based on; no secrets.
Value plan_to_value(const Plan& plan);
// The undos that are armed on HOST.
Value armed_to_value(const HostState& host);

Result<void> write_plan_file(const std::string& path, const Plan& plan);
Result<Value> read_plan_file(const std::string& path);

// Whether FRESH, made just now, is the plan that was SAVED. If not: rule `stale-plan`, and what moved by address and field.
Result<void> check_still_true(const Value& saved, const Plan& fresh);

}  // namespace hearth
