#include <string>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/journal/journal.h"
#include "reconciler/plugin/abi.h"

namespace hearth {

ExitCode run_version(const Invocation& invocation) {
  if (invocation.json()) {
    print_document(invocation, Map{{"version", HEARTH_VERSION},
                                   {"abi", HEARTH_ABI_TAG},
                                   {"schemas", schemas_folder()},
                                   {"plugins", plugins_folder()},
                                   {"journal", default_journal_path()}});
    return ExitCode::clean;
  }
  print("hearth " HEARTH_VERSION "\n");
  // Where things are is what one asks when something is not found, not every time.
  if (invocation.style.verbose) {
    print("  modules fit  " HEARTH_ABI_TAG "\n  schemas      " + schemas_folder() + "\n  plugins      " +
          plugins_folder() + "\n  journal      " + default_journal_path() + "\n");
  }
  return ExitCode::clean;
}

}  // namespace hearth
