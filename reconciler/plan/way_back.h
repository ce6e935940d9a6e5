// How steps are taken back.
#pragma once

#include <vector>

#include "providers/provider.h"

namespace hearth {

// Puts content back, or makes something take content up (which comes after all content).
bool is_content(const Operation& operation);

// What takes STEPS (in the order in which they were taken) back: the latest content first; then everything that takes
// content up: systemd's own view, what may start, then what runs, each in the order in which it was done. Each once.
std::vector<Operation> way_back(const std::vector<const Step*>& steps);

}  // namespace hearth
