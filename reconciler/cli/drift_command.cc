#include <cstdio>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

namespace {

// The part of PLAN in which the live system moved since it was last applied. What only the manifests changed is a plan's
// business, and what was never applied cannot have drifted.
Plan drift_of(Plan plan) {
  std::vector<Action> drifted;
  std::size_t intended = 0;
  for (Action& action : plan.actions) {
    if (action.cause == Cause::drift || action.cause == Cause::both) {
      action.after.clear();
      action.unit = 0;
      drifted.push_back(std::move(action));
    } else {
      ++intended;
    }
  }
  plan.actions = std::move(drifted);
  plan.units.clear();
  if (intended > 0) {
    plan.notes.push_back({Note::Type::info,
                          {},
                          std::to_string(intended) +
                              " more differ because the manifests changed or were never applied: "
                              "hearth plan"});
  }
  return plan;
}

}  // namespace

ExitCode run_drift(const Invocation& invocation, const DriftOptions& options) {
  auto session = Session::open(invocation);
  if (!session) return fail(invocation, session.error());
  const auto selection = (*session)->select(options.addresses);
  if (!selection) return fail(invocation, selection.error(), ExitCode::usage);
  if (const Diagnostics missing = (*session)->missing_secrets(*selection); missing.has_errors())
    return fail(invocation, missing);
  if ((*session)->journal() == nullptr) {
    return fail(invocation,
                failure("no-journal", "the journal cannot be used: " + (*session)->journal_trouble(),
                        "drift is told from what was last applied; without that, see: hearth plan"));
  }
  const auto progress = make_progress(invocation);
  const auto survey = (*session)->look(*selection, *progress);
  const Plan drift = drift_of(std::move(survey->plan));
  if (invocation.json()) {
    print_document(invocation, plan_to_value(drift).as_map());
  } else {
    print(drift_text(drift, invocation.style));
  }
  return exit_code_of(drift);
}

}  // namespace hearth
