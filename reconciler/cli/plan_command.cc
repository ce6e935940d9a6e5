#include <cstdio>
#include <string>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

ExitCode run_plan(const Invocation& invocation, const PlanOptions& options) {
  auto session = Session::open(invocation);
  if (!session) return fail(invocation, session.error());
  const auto selection = (*session)->select(options.addresses);
  if (!selection) return fail(invocation, selection.error(), ExitCode::usage);
  if (const Diagnostics missing = (*session)->missing_secrets(*selection); missing.has_errors())
    return fail(invocation, missing);

  const auto progress = make_progress(invocation);
  const auto survey = (*session)->look(*selection, *progress);
  const Plan& plan = survey->plan;
  if (!options.out_file.empty()) {
    if (const auto written = write_plan_file(options.out_file, plan); !written)
      return fail(invocation, written.error());
  }
  if (invocation.json()) {
    print_document(invocation, plan_to_value(plan).as_map());
  } else {
    const TextStyle style = invocation.style;
    print((options.steps ? steps_text(plan, style) : plan_text(plan, style)));
    if (!options.out_file.empty())
      std::printf("Saved to %s; carry it out with: hearth apply %s\n", options.out_file.c_str(),
                  options.out_file.c_str());
  }
  return exit_code_of(plan);
}

}  // namespace hearth
