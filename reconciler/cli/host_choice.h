// Which hosts a command is about, as people name them.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/manifest/manifest_set.h"

namespace hearth {

// The hosts that WORDS name (a Node's name, `all`, or `label=value`), each once, in order of declaration. A word that
// names nobody is an error, and so is a Node that is but a folder (`root`): commands do not run there.
Result<std::vector<const Host*>> choose_hosts(const ManifestSet& manifests,
                                              const std::vector<std::string>& words);

}  // namespace hearth
