// A node that mounts its own NFS export hangs with it: refused before anything is contacted.
#pragma once

#include "reconciler/core/diagnostic.h"
#include "reconciler/manifest/expander.h"

namespace hearth {

// Complains about each Mount whose source is an export of its own host: by the Node's name or address, a name that a
// HostsEntry gives it, or a name of every machine for itself.
void check_own_exports(const Expansion& set, Diagnostics& diagnostics);

}  // namespace hearth
