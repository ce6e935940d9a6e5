#include "reconciler/cli/exit_code.h"

namespace hearth {

ExitCode most_important(const std::set<ExitCode>& all) {
  for (const ExitCode code : {ExitCode::usage, ExitCode::lease_held, ExitCode::stale_plan, ExitCode::refused,
                              ExitCode::error, ExitCode::incomplete, ExitCode::differs}) {
    if (all.contains(code)) return code;
  }
  return ExitCode::clean;
}

}  // namespace hearth
