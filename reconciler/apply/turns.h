// Who may work on a host when not everybody may at once.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reconciler/plan/plan.h"

namespace hearth {

// One at a time on each host: guarded units, and all that changes accounts. An undo puts back what was there before its own
// change; two of them at once over the account databases would take each other's changes back.
//
// Units that wait for each other in a circle (a file, what depends on it, and the service that reads the file and depends on
// that) cannot wait for each other's end. They are one group, and a turn is a whole group's.
class Turns {
 public:
  using Index = std::size_t;  // of an action of the plan
  using Is = std::function<bool(Index)>;

  // PLAN must outlive the turns.
  explicit Turns(const Plan& plan);

  // Whether actions I and K belong to units that are the same or wait for each other.
  [[nodiscard]] bool same_group(Index i, Index k) const;

  // Whether action I may begin. Takes the turn on its host where one is needed: only when nothing outside of the group is
  // waited for any more (SETTLED says of an action that it is not), so who has the turn never waits for somebody who wants it.
  bool take(Index i, const Is& settled);

  // Ends the turn of unit U's group, unless one of its actions is UNDER_WAY.
  void end(std::size_t u, const Is& under_way);

 private:
  [[nodiscard]] bool is_exclusive(std::size_t u) const;

  const Plan& plan_;
  std::vector<std::size_t> group_of_unit_;
  std::map<std::string, std::size_t> turns_;  // by host: the group of units whose turn it is
};

}  // namespace hearth
