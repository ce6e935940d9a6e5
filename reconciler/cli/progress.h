// What a person sees while hearth works.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>

#include "reconciler/apply/progress.h"
#include "reconciler/cli/invocation.h"
#include "reconciler/cli/live_lines.h"

namespace hearth {

// On a terminal one live line for each host that is busy; else one line for each action that has ended.
class TextProgress final : public ProgressListener {
 public:
  // COLUMNS and ROWS as in LiveLines.
  TextProgress(std::ostream& out, const TextStyle& style, std::size_t columns, std::size_t rows)
      : lines_(out, columns, rows), style_(style) {}

  void observing(const std::string& host) override;
  void observed(const HostState& host) override;
  void action_started(const Action& action) override;
  void step_started(const Action& action, const Operation& operation) override;
  void action_ended(const Action& action, Outcome outcome, const std::string& detail) override;

 private:
  void show(const std::string& host);

  LiveLines lines_;
  TextStyle style_;
  std::map<std::string, std::map<std::string, std::string>> under_way_;  // by host: what each action is doing
};

// For INVOCATION: to standard error, because standard output is the answer's; silent with -o json.
std::unique_ptr<ProgressListener> make_progress(const Invocation& invocation);

}  // namespace hearth
