// What came of an apply.
#pragma once

#include <string>

#include "reconciler/apply/applier.h"
#include "reconciler/cli/exit_code.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/core/value.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// What did not end well, with why and what to do next, then the line that sums it up.
std::string apply_text(const Plan& plan, const ApplyReport& report, const TextStyle& style);

// `Applied: 11 done, 1 rolled back.`
std::string apply_summary(const ApplyReport& report);

Value apply_json(const Plan& plan, const ApplyReport& report, ExitCode code);

ExitCode exit_code_of(const Plan& plan, const ApplyReport& report);

}  // namespace hearth
