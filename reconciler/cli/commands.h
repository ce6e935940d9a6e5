// The commands: one options struct and one function each, defined in cli/<command>_command.cc. The functions
// print, ask where a person is there to be asked, and answer with the exit code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reconciler/cli/exit_code.h"
#include "reconciler/cli/invocation.h"
#include "reconciler/cli/program.h"

namespace hearth {

// ---- Without contacting anything
// ---------------------------------------------------------------------------------

ExitCode run_validate(const Invocation& invocation);

struct GraphOptions {
  enum class Format : std::uint8_t { dot, svg };
  Format format = Format::dot;
  bool all_edges = false;  // also those that others imply
};
ExitCode run_graph(const Invocation& invocation, const GraphOptions& options);

struct ExplainOptions {
  std::string topic;  // "", KIND, KIND.FIELD, RULE, "rules"
};
ExitCode run_explain(const Invocation& invocation, const ExplainOptions& options);

struct HistoryOptions {
  std::string topic;  // "", a run's number, an address
  std::size_t most = 20;
};
ExitCode run_history(const Invocation& invocation, const HistoryOptions& options);

ExitCode run_version(const Invocation& invocation);

struct CompletionOptions {
  enum class Shell : std::uint8_t { bash, zsh, fish };
  Shell shell = Shell::bash;
};
ExitCode run_completion(const Invocation& invocation, const CompletionOptions& options,
                        const ProgramDescription& program);

struct SecretOptions {
  enum class Action : std::uint8_t { list, check, set };
  Action action = Action::list;
  std::string name;  // of `set`
};
ExitCode run_secret(const Invocation& invocation, const SecretOptions& options);

// ---- Against live systems
// ----------------------------------------------------------------------------------------

struct TrustOptions {
  std::vector<std::string> nodes;
  bool yes = false;
};
ExitCode run_trust(const Invocation& invocation, const TrustOptions& options);

// ADDR of the options below is a pattern as plan/planner's Selection reads it: `Kind/name@host`, `Kind/name`,
// `Kind`, with `*` for any part.
struct PlanOptions {
  std::vector<std::string> addresses;  // empty: everything
  std::string out_file;                // "": do not save
  bool steps = false;
};
ExitCode run_plan(const Invocation& invocation, const PlanOptions& options);

struct ApplyCommandOptions {
  std::vector<std::string> targets;  // addresses, or one plan file; empty: everything
  std::vector<std::string> allow;    // `CLASS[=ADDR,…]`, as given
  int deletions = -1;                // how many deletions were said to be right; -1: not said
  bool yes = false;
  bool stage = false;
};
ExitCode run_apply(const Invocation& invocation, const ApplyCommandOptions& options);

struct DriftOptions {
  std::vector<std::string> addresses;
};
ExitCode run_drift(const Invocation& invocation, const DriftOptions& options);

struct ReconcileOptions {
  std::vector<std::string> allow;  // as of apply; beside what policy.reconcile.allow says
};
ExitCode run_reconcile(const Invocation& invocation, const ReconcileOptions& options);

struct PauseOptions {
  std::vector<std::string> addresses;  // empty: everything
  std::string duration;                // as core/time_span reads it
  std::string why;
};
ExitCode run_pause(const Invocation& invocation, const PauseOptions& options);

struct ResumeOptions {
  std::vector<std::string> addresses;
};
ExitCode run_resume(const Invocation& invocation, const ResumeOptions& options);

struct ExecOptions {
  std::vector<std::string> hosts;  // names of Nodes, `all`, `label=value`
  std::vector<std::string> words;  // behind `--`: one is a text for the host's shell, several are a command
  std::vector<std::string> allow;  // ids of safety/command_rules
  int timeout = 60;                // seconds
};
ExitCode run_exec(const Invocation& invocation, const ExecOptions& options);

struct ImportOptions {
  std::vector<std::string> kinds;  // empty: all
  std::vector<std::string> hosts;  // as of exec; empty: all
  std::string out_folder;          // "": standard output
};
ExitCode run_import(const Invocation& invocation, const ImportOptions& options);

struct StatusOptions {
  std::vector<std::string> addresses;
};
ExitCode run_status(const Invocation& invocation, const StatusOptions& options);

}  // namespace hearth
