// What may lock the operator out of a host: the steps that are only taken with an undo armed.
#pragma once

#include <string>
#include <vector>

#include "providers/provider.h"
#include "reconciler/core/resource.h"

namespace hearth {

// Whether STEP may close the way by which hearth and its operator come to HOST: what sshd, sudo and PAM read, the ssh units,
// the account that is logged into, its keys. A machine that is not reached over the network has no way in to lose.
bool touches_way_in(const Step& step, const Host& host);

// The files that useradd(8), usermod(8), groupmod(8) and their like write: to take such a command back, whatever it did, is
// to put these back.
const std::vector<std::string>& account_databases();

}  // namespace hearth
