#include "reconciler/plan/way_back.h"

#include <algorithm>

namespace hearth {

namespace {

// What systemd has to have heard before the next can work: a unit's text, then whether it may be started at all.
int turn_of(const Operation& operation) {
  const auto* control = std::get_if<ControlUnit>(&operation);
  if (control == nullptr) return 2;
  switch (control->verb) {
    case ControlUnit::Verb::daemon_reload: return 0;
    case ControlUnit::Verb::enable:
    case ControlUnit::Verb::disable:
    case ControlUnit::Verb::mask:
    case ControlUnit::Verb::unmask: return 1;
    case ControlUnit::Verb::start:
    case ControlUnit::Verb::stop:
    case ControlUnit::Verb::restart:
    case ControlUnit::Verb::reload:
    case ControlUnit::Verb::try_reload: break;
  }
  return 2;
}

}  // namespace

bool is_content(const Operation& operation) {
  return !std::holds_alternative<ControlUnit>(operation) && !std::holds_alternative<RunCommand>(operation);
}

std::vector<Operation> way_back(const std::vector<const Step*>& steps) {
  std::vector<Operation> back;
  std::vector<Operation> activation;
  for (const Step* step : steps) {
    for (const Operation& operation : step->undo) {
      std::vector<Operation>& list = is_content(operation) ? back : activation;
      if (std::find(list.begin(), list.end(), operation) == list.end()) list.push_back(operation);
    }
  }
  std::reverse(back.begin(), back.end());
  std::stable_sort(activation.begin(), activation.end(),
                   [](const Operation& a, const Operation& b) { return turn_of(a) < turn_of(b); });
  back.insert(back.end(), activation.begin(), activation.end());
  return back;
}

}  // namespace hearth
