// Manifests to resources: who declares what on which host.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/manifest/manifest.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

// A resource on its way. One that is not sound stays until all passes are done: others refer to it, and its
// claims count, so that one mistake is not reported as many.
struct Draft {
  Resource resource;
  const Manifest* manifest = nullptr;
  bool sound = true;
};

struct Expansion {
  std::vector<Host> hosts;    // in order of declaration
  std::vector<Draft> drafts;  // in order of declaration, hosts in order of declaration
  std::unordered_map<Address, std::size_t> index;
  std::vector<std::string> clusters;  // names of the Clusters, in order of declaration
  // `Kind/name`, or `/name` where the kind is not known: declared by a manifest that is not sound. Where it
  // lives is uncertain.
  std::unordered_set<std::string> uncertain;

  [[nodiscard]] bool is_uncertain(const Address& address) const;
};

// Selects hosts, merges, replaces ${host.…} and validates. MANIFESTS are those of a whole set, in order; they
// and SCHEMAS must outlive the result. Every mistake goes to DIAGNOSTICS.
Expansion expand(const std::vector<Manifest>& manifests, const SchemaRegistry& schemas,
                 Diagnostics& diagnostics);

// A Node's resource as the engine uses it; what its spec leaves out (or gives in a wrong type) keeps Host's
// defaults.
Host decode_host(const Resource& node);

}  // namespace hearth
