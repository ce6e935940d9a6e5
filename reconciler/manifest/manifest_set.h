// What a manifests folder says, read, merged, fanned out and resolved.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"

namespace hearth {

class SchemaRegistry;

// hearth.yaml
struct Settings {
  std::int64_t format = 1;
  std::string cluster;   // display name; "" when not given
  Value policy;          // a map, validated by schemas/hearth-settings.schema.json
};

struct ManifestSet {
  Settings settings;
  std::vector<Host> hosts;           // the Nodes, in order of declaration
  std::vector<Resource> resources;   // in order of declaration, hosts in order of declaration
  Diagnostics diagnostics;           // all errors and warnings of all files, sorted
  // Every file was read and understood. Only a complete set may ever delete something.
  bool complete = false;

  [[nodiscard]] const Host* find_host(std::string_view name) const;
  [[nodiscard]] const Resource* find(const Address& address) const;
};

// Loads FOLDER (hearth.yaml and all *.yaml below it, hidden folders left out). Never throws, never stops at the first
// error; contacts nothing.
ManifestSet load_manifests(const std::string& folder, const SchemaRegistry& schemas);

// The same for texts that are in memory already: (file name, text), hearth.yaml among them. For tests and fuzzing.
ManifestSet load_manifest_texts(const std::vector<std::pair<std::string, std::string>>& texts,
                                const SchemaRegistry& schemas);

// A hash over everything that MANIFESTS declare: a saved plan is good only for the same.
std::string fingerprint(const ManifestSet& manifests);

}  // namespace hearth
