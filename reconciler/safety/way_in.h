// What may lock the operator out of a host: the steps that are only taken with an undo armed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/provider.h"
#include "reconciler/core/resource.h"

namespace hearth {

// Whether STEP may close the way by which hearth and its operator come to HOST: what sshd, sudo and PAM read, the ssh units,
// the account that is logged into, its keys. A machine that is not reached over the network has no way in to lose.
bool touches_way_in(const Step& step, const Host& host);

// Why DESIRED would close the way in without any login noticing at once, and what to do instead; nothing when it would not.
// Such a thing cannot be proven harmless: sshd that is to be gone, or not to start any more, still serves whoever tries.
// REMOVING: it is no longer declared, and would be taken away.
std::optional<std::string> closes_way_in(const Resource& resource, bool removing, const Host& host);

// The files that useradd(8), usermod(8), groupmod(8) and their like write: to take such a command back, whatever it did, is
// to put these back.
const std::vector<std::string>& account_databases();

}  // namespace hearth
