// The real engine and the real providers in a world where everything goes wrong at random, reproducibly: one seed is one
// history. What must hold "always" and "never" is watched while it happens, not only at the end.
#pragma once

#include <cstdint>
#include <string>

namespace hearth {

// One deliberate fault in the engine, made at its ports. The simulation has to notice each of them: that shows that it
// watches at all.
enum class Mutation : std::uint8_t {
  none,
  lost_verify,   // "done" is said without looking
  lost_lease,    // writes go out under no lease
  doubled_step,  // a step is sent twice
  wrong_order,   // dependencies are forgotten
  unknown_taken_for_absent,
  stale_plan_accepted,  // what lies there now is overwritten, whatever the plan saw
  undo_not_armed,       // what is replaced is not kept
  journal_after_step,   // intents are recorded when the answer has come
  nothing_held_back,    // the timer does what a person does
};

struct SimulationResult {
  std::string broken;  // the invariant that did not hold, and how; "" when all did
  int runs = 0;        // how many times the engine ran
  int crashes = 0;
  int operations = 0;   // that reached a host
  int corrections = 0;  // actions that the timer began
};

SimulationResult simulate(std::uint64_t seed, Mutation mutation = Mutation::none);

}  // namespace hearth
