// The exit codes of design, in one place.
#pragma once

#include <set>

namespace hearth {

// When several hold, the one that stands first here wins.
enum class ExitCode : int {
  usage = 64,      // the command line is wrong
  lease_held = 4,  // somebody else is applying
  stale_plan = 3,  // the world moved since the plan
  refused = 5,     // by a safety rule
  error = 1,
  incomplete = 6,  // something could not be observed
  differs = 2,     // changes or drift remain
  clean = 0,       // nothing to do, or all done
};

ExitCode most_important(const std::set<ExitCode>& all);

}  // namespace hearth
