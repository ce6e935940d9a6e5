// Who refers to whom: names, paths, and the order that follows from them.
#pragma once

#include "reconciler/core/diagnostic.h"
#include "reconciler/manifest/expander.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

// Three passes over all drafts, in this order. Each goes on after a mistake.

// `dependsOn` and the fields with x-hearth-reference: makes an edge to the resource named and puts in the
// place of its name what identifies it (for kinds that one field identifies), so that a provider sees what
// the system calls it. UNREAD: some text could not be read, what is missing may stand there.
void resolve_references(Expansion& set, const SchemaRegistry& schemas, bool unread, Diagnostics& diagnostics);

// Fills in the claims of all resources, complains where two hold one, and makes the edges of fields with
// x-hearth-path.
void resolve_claims(Expansion& set, Diagnostics& diagnostics);

// Complains about resources that wait for each other, with the whole way round.
void check_cycles(const Expansion& set, Diagnostics& diagnostics);

}  // namespace hearth
