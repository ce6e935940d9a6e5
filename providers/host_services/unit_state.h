// What systemd says of a unit, in the words of the Service kind.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/core/value.h"
#include "reconciler/transport/operation.h"

namespace hearth {

// "running", "stopped"; else "failed", "starting" or "stopping", which equal neither. DESIRED ("" when not
// declared) decides the two cases with two readings: a oneshot that succeeded and ended is `running`, a
// failed unit is `stopped`.
std::string unit_state(const UnitReply& reply, std::string_view desired);

// Whether the unit is masked, for good or until the next boot.
bool is_masked(const UnitReply& reply);

// Whether it starts at boot; unknown, with a reason, when it is DESIRED that it does and it cannot be
// enabled.
Value enabled_state(const UnitReply& reply, bool desired);

// Whether what runs read something else, when it started, than what lies on the disk now.
bool is_stale(const UnitReply& reply);

// The lines of the [Install] section(s) of TEXT, without comments and spaces at their ends; "" when there are
// none.
std::string install_section(std::string_view text);

}  // namespace hearth
