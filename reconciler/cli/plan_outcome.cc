#include "reconciler/cli/plan_outcome.h"

namespace hearth {

ExitCode exit_code_of(const Plan& plan) {
  std::set<ExitCode> codes;
  for (const Action& action : plan.actions) {
    // Forgetting touches nothing but the journal.
    if (action.type == ActionType::forget) continue;
    codes.insert(action.refused.empty() ? ExitCode::differs : ExitCode::refused);
  }
  for (const Note& note : plan.notes) {
    switch (note.type) {
      case Note::Type::unknown:
      case Note::Type::waiting: codes.insert(ExitCode::incomplete); break;
      case Note::Type::reported:
      case Note::Type::failing: codes.insert(ExitCode::differs); break;
      case Note::Type::held:
      case Note::Type::pending:
      case Note::Type::unmanaged:
      case Note::Type::retained:
      case Note::Type::asleep:
      case Note::Type::info: break;
    }
  }
  return most_important(codes);
}

}  // namespace hearth
