// What a plan means for the exit code.
#pragma once

#include "reconciler/cli/exit_code.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// Of a command that only looks.
ExitCode exit_code_of(const Plan& plan);

}  // namespace hearth
