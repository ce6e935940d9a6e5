#include "reconciler/cli/commands.h"

namespace hearth {

ExitCode run_import(const Invocation&, const ImportOptions&) {
  return ExitCode::error;
}

}  // namespace hearth
