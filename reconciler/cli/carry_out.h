// What `apply` and `reconcile` do with a plan that is to become true.
#pragma once

#include <string>
#include <vector>

#include "reconciler/apply/applier.h"
#include "reconciler/cli/session.h"

namespace hearth {

// Applies PLAN as run RUN; OPTIONS' token and holder are filled in here. Blocks (the loop runs inside). Ctrl-C finishes what is
// in flight, a second one stops at once.
ApplyReport carry_out(Session& session, ProgressListener& progress, const Plan& plan, RunId run,
                      ApplyOptions options);

// The declared Checks, after what was applied has had its effect: what they say now takes the place of what they said before in
// NOTES, which was often that the thing to check was not there yet. Answers with those that fail, for people.
std::string look_again_at_checks(Session& session, const Survey& survey, std::vector<Note>& notes);

}  // namespace hearth
