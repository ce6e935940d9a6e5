#include "reconciler/cli/commands.h"
#include "reconciler/cli/report.h"

namespace hearth {

ExitCode run_completion(const Invocation& invocation, const CompletionOptions& options,
                        const ProgramDescription& program) {
  std::string script;
  switch (options.shell) {
    case CompletionOptions::Shell::bash: script = bash_completion(program); break;
    case CompletionOptions::Shell::zsh: script = zsh_completion(program); break;
    case CompletionOptions::Shell::fish: script = fish_completion(program); break;
  }
  if (invocation.json()) {
    print_document(invocation, Map{{"script", script}});
  } else {
    print(script);
  }
  return ExitCode::clean;
}

}  // namespace hearth
