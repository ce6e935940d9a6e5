// How `spec`, an item and `perHost` become one spec.
#pragma once

#include "reconciler/core/value.h"

namespace hearth {

// BASE with OVERLAY laid over it: where both are maps they merge key by key, everything else (lists, secrets,
// null) replaces what was there. Every value keeps the position where it was written; a merged map keeps its
// base's. Keys of BASE come first, in their order, then the new ones of OVERLAY in theirs. Linear in both.
Value merge(Value base, const Value& overlay);

}  // namespace hearth
