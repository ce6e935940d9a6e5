// Which secrets a set of manifests needs, read before anything is contacted.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/secret.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/plan/planner.h"

namespace hearth {

// A secret that cannot be had, and who needs it.
struct MissingSecret {
  Address address;
  Diagnostic error;
};

// As prepare_secrets(), for who does not need all of them: a secret that is missing is no matter of resources that do not
// use it.
std::vector<MissingSecret> read_secrets(ManifestSet& set, Secrets& secrets, const Journal* journal);
// What of MISSING is needed by what SELECTION names, each place once.
Diagnostics missing_for(const std::vector<MissingSecret>& missing, const Selection& selection);

// Reads every secret that SET names and notes on its resources what is remembered of them: keyed hashes, and (from
// JOURNAL, when there is one) which fields have held a secret. An error for each place that names a secret which cannot be
// had.
Diagnostics prepare_secrets(ManifestSet& set, Secrets& secrets, const Journal* journal);

// Where a manifest names a secret.
struct SecretUse {
  std::string name;
  std::string address;  // of the resource
  std::string path;     // within the document, as in `spec.content[1]`
  Position position;
};
// All that SET names, in order of declaration: a manifest for many hosts is many uses.
std::vector<SecretUse> secret_uses(const ManifestSet& set);

// The fields of SPEC, a map, that hold secrets.
std::vector<std::string> secret_fields(const Value& spec);

}  // namespace hearth
