// What a person told reconcile to leave alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reconciler/core/address.h"
#include "reconciler/journal/journal.h"

namespace hearth {

// The pauses of RECORDS (oldest first) that have neither expired at NOW nor were taken back as a whole.
std::vector<PauseRecord> open_pauses(const std::vector<PauseRecord>& records, std::int64_t now);

// The pause that holds ADDRESS at NOW, the one that lasts longest; a resumption of any pattern that matches ADDRESS ends
// all pauses before it for ADDRESS.
std::optional<PauseRecord> paused(const std::vector<PauseRecord>& records, const Address& address,
                                  std::int64_t now);

// When ADDRESS was last resumed; 0 when it never was.
std::int64_t last_resumed(const std::vector<PauseRecord>& records, const Address& address);

}  // namespace hearth
