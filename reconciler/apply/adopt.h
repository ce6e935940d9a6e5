// Remembers what needs nothing done.
#pragma once

#include "reconciler/core/diagnostic.h"
#include "reconciler/journal/journal.h"
#include "reconciler/plan/survey.h"

namespace hearth {

// After a person's apply, the journal also knows what was in order already: that somebody wants it so is what drift and
// prune go by. Resources with an action are left to the applier, unknown ones to a later run. How many were new.
Result<std::size_t> adopt(const Survey& survey, Journal& journal, bool by_person, std::int64_t now);

}  // namespace hearth
