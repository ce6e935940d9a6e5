// schemas/hearth.schema.json: what editors check manifests with while one types.
#pragma once

#include "reconciler/core/value.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

// One draft-7 schema for a manifest of any kind: the engine's words and each kind's spec. It uses nothing but
// draft 7, so it says in those terms what hearth's own validator adds: null for "must be unset", {secret:
// NAME}, and text that holds ${host.FIELD}. Where a manifest is put together from several parts (items,
// perHost), no part has to be whole.
//
// It is a help, not the judge: whatever hearth takes it takes, but not everything that it takes is right.
Value manifest_schema(const SchemaRegistry& schemas);

}  // namespace hearth
