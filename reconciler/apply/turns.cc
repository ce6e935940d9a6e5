#include "reconciler/apply/turns.h"

#include <algorithm>

#include "reconciler/graph/dependency_graph.h"

namespace hearth {

namespace {

bool changes_accounts(const Action& action) {
  return std::any_of(action.rounds.begin(), action.rounds.end(), [](const std::vector<Step>& steps) {
    return std::any_of(steps.begin(), steps.end(), [](const Step& step) { return !step.account.empty(); });
  });
}

}  // namespace

Turns::Turns(const Plan& plan) : plan_(plan) {
  DependencyGraph graph(plan.units.size());
  for (const Action& action : plan.actions) {
    for (const Index before : action.after) {
      if (action.unit != plan.actions[before].unit) graph.add(action.unit, plan.actions[before].unit);
    }
  }
  group_of_unit_ = graph.strong_components();
}

bool Turns::same_group(Index i, Index k) const {
  return group_of_unit_[plan_.actions[i].unit] == group_of_unit_[plan_.actions[k].unit];
}

bool Turns::is_exclusive(std::size_t u) const {
  const Unit& unit = plan_.units[u];
  return unit.guard || std::any_of(unit.actions.begin(), unit.actions.end(),
                                   [&](Index i) { return changes_accounts(plan_.actions[i]); });
}

bool Turns::take(Index i, const Is& settled) {
  const std::size_t u = plan_.actions[i].unit;
  if (!is_exclusive(u)) return true;
  const std::string& host = plan_.units[u].host;
  const auto turn = turns_.find(host);
  if (turn != turns_.end()) return turn->second == group_of_unit_[u];
  for (Index member = 0; member < plan_.actions.size(); ++member) {
    if (!same_group(member, i)) continue;
    for (const Index before : plan_.actions[member].after) {
      if (!same_group(member, before) && !settled(before)) return false;
    }
  }
  turns_.emplace(host, group_of_unit_[u]);
  return true;
}

void Turns::end(std::size_t u, const Is& under_way) {
  const auto turn = turns_.find(plan_.units[u].host);
  if (turn == turns_.end() || turn->second != group_of_unit_[u]) return;
  for (Index i = 0; i < plan_.actions.size(); ++i) {
    if (group_of_unit_[plan_.actions[i].unit] == turn->second && under_way(i)) return;
  }
  turns_.erase(turn);
}

}  // namespace hearth
