#include <cstdio>
#include <string>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

ExitCode run_plan(const Invocation& invocation, const PlanOptions& options) {
  auto session = Session::open(invocation);
  if (!session) return report(invocation, session.error());
  const auto selection = (*session)->select(options.addresses);
  if (!selection) return report(invocation, selection.error(), ExitCode::usage);

  const auto progress = make_progress(invocation);
  const auto survey = (*session)->look(*selection, *progress);
  const Plan& plan = survey->plan;
  if (!options.out.empty()) {
    if (const auto written = write_plan_file(options.out, plan); !written) return report(invocation, written.error());
  }
  if (invocation.json) {
    std::puts(to_json(plan_to_value(plan), true).c_str());
  } else {
    const TextStyle style = text_style(invocation);
    std::fputs((options.steps ? steps_text(plan, style) : plan_text(plan, style)).c_str(), stdout);
    if (!options.out.empty()) std::printf("Saved to %s; carry it out with: hearth apply %s\n", options.out.c_str(), options.out.c_str());
  }
  return exit_code_of(plan);
}

}  // namespace hearth
