// How an action can end.
#pragma once

#include <cstdint>
#include <string_view>

namespace hearth {

enum class Outcome : std::uint8_t {
  done,     // applied, observed again, and found as declared
  pending,  // written; takes effect later
  failed,
  unknown,      // it was sent and nobody knows whether it happened
  skipped,      // never started: something that it waits for did not end well, or its host cannot be reached
  withheld,     // never started: it needs more than was allowed
  refused,      // by a safety rule, or because the world moved since the plan
  cancelled,    // never started: the operator stopped the run
  rolled_back,  // the old state is back and running
};

// "done", "pending", …, "rolled back"
std::string_view to_string(Outcome outcome);

}  // namespace hearth
