#include "reconciler/plan/way_back.h"

#include <algorithm>

namespace hearth {

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
  back.insert(back.end(), activation.begin(), activation.end());
  return back;
}

}  // namespace hearth
