// hearth.yaml: what holds for a whole set of manifests.
#pragma once

#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/manifest_set.h"

namespace hearth {

// DOCUMENTS are those of hearth.yaml, FILE is its name for messages. What is wrong keeps its default.
Settings read_settings(const std::vector<Value>& documents, const std::string& file,
                       Diagnostics& diagnostics);

}  // namespace hearth
