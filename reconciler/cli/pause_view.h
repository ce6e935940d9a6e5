// Pauses for people and programs.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/value.h"
#include "reconciler/journal/journal.h"

namespace hearth {

// `everything until 2026-11-23 06:41:38 (root@pve: moving house)`
std::string pause_text(const PauseRecord& pause);

Value pauses_json(const std::vector<PauseRecord>& pauses);

}  // namespace hearth
