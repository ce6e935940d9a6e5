// Looks at the world and plans: what `plan`, `apply`, `drift` and `status` have in common.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "reconciler/apply/progress.h"
#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/planner.h"

namespace hearth {

// One look at everything that a command is about.
struct Survey {
  Subjects subjects;
  std::map<Address, Live> lives;
  Plan plan;
};

// Observes all subjects, all hosts side by side, and plans. DONE is called once, on the loop. What INPUT refers to must
// live until then.
void survey(Loop& loop, Observer& observer, ProgressListener& progress, const PlanInput& input,
            std::function<void(std::unique_ptr<Survey>)> done);

}  // namespace hearth
