// What people read.
#pragma once

#include <string>

#include "reconciler/cli/text_style.h"
#include "reconciler/core/diagnostic.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// The plan as a person wants to judge it: what, why, and what the world will feel. Ends in the line that sums
// it up.
// One line for each undo that is armed on HOST: what it puts back and when. "" where there is none.
std::string armed_text(const HostState& host, const TextStyle& style);

std::string plan_text(const Plan& plan, const TextStyle& style);

// Of `hearth drift`: the part of a plan in which the live system moved.
std::string drift_text(const Plan& drift, const TextStyle& style);

// The last line of plan_text() alone.
std::string plan_summary(const Plan& plan);

// What moved since it was last applied: PLAN holds nothing else.
std::string drift_text(const Plan& plan, const TextStyle& style);

// `plan --steps`: every operation, round by round. Between two rounds the engine observes; a value that is
// only known by then stands as `<from step N>`.
std::string steps_text(const Plan& plan, const TextStyle& style);

// `file:line:column: error[RULE]: message` for each, as Diagnostics::to_string() with colours.
std::string diagnostics_text(const Diagnostics& diagnostics, const TextStyle& style);

}  // namespace hearth
