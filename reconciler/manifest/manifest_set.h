// What a manifests folder says, read, merged, fanned out and resolved.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/reconcile_policy.h"

namespace hearth {

class SchemaRegistry;

// secrets, of hearth.yaml: how those in the repository are encrypted
struct SecretSettings {
  std::vector<std::string> recipients;  // public keys: all who may read each of them
  std::string identity;                 // the file of this machine's private key; "" when not given
};

// hearth.yaml
struct Settings {
  std::int64_t format = 1;
  std::string cluster;         // display name; "" when not given
  Value policy = Map{};        // as written; what hearth knows of it has members of its own
  Value notification = Map{};  // as written
  // policy.proveWithin: how long a change that could lock the operator out may take to be proven harmless.
  std::chrono::seconds prove_within{120};
  SecretSettings secrets;
  ReconcilePolicy reconcile;  // policy.reconcile
};

struct ManifestSet {
  Settings settings;
  std::vector<Host> hosts;          // the Nodes, in order of declaration
  std::vector<Resource> resources;  // in order of declaration, hosts in order of declaration
  Diagnostics diagnostics;          // all errors and warnings of all files, sorted
  // Every file was read and understood. Only a complete set may ever delete something.
  bool complete = false;
  // Where each resource stands in RESOURCES; find() searches where it is missing (sets made by hand).
  std::unordered_map<Address, std::size_t> index;

  [[nodiscard]] const Host* find_host(std::string_view name) const;
  [[nodiscard]] const Resource* find(const Address& address) const;
};

// Loads FOLDER (hearth.yaml and all *.yaml below it, hidden folders left out). Never throws, never stops at
// the first error; contacts nothing.
ManifestSet load_manifests(const std::string& folder, const SchemaRegistry& schemas);

// The same for texts that are in memory already: (file name, text), hearth.yaml among them. For tests and
// fuzzing.
ManifestSet load_manifest_texts(const std::vector<std::pair<std::string, std::string>>& texts,
                                const SchemaRegistry& schemas);

// SHA-256 over everything that SET declares (settings, resources, dependencies, policies), whatever file it
// stands in and in whatever order: equal for sets that ask for the same. For saved plans, which must not
// outlive their manifests.
std::string fingerprint(const ManifestSet& set);

}  // namespace hearth
