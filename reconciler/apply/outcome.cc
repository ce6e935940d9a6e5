#include "reconciler/apply/outcome.h"

namespace hearth {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::pending: return "pending";
    case Outcome::failed: return "failed";
    case Outcome::unknown: return "unknown";
    case Outcome::skipped: return "skipped";
    case Outcome::withheld: return "withheld";
    case Outcome::refused: return "refused";
    case Outcome::cancelled: return "cancelled";
    case Outcome::rolled_back: return "rolled back";
  }
  return "?";
}

}  // namespace hearth
