#include "reconciler/manifest/references.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/core/canonical.h"
#include "reconciler/graph/dependency_graph.h"
#include "reconciler/manifest/claims.h"
#include "reconciler/manifest/fan_out_report.h"
#include "reconciler/manifest/manifest.h"
#include "reconciler/manifest/suggester.h"

namespace hearth {

namespace {

// Every value of a spec that its schema makes a reference (by name or by path), with the schema that says so.
// VISIT(schema, value, path); elements of lists one by one.
class FieldWalker {
 public:
  // Whether there is anything to visit in a spec of this kind: most kinds have no references, and most
  // resources are of few kinds.
  static bool refers(const FieldSchema& schema) {
    if (!schema.reference.empty() || schema.path_edge != FieldSchema::PathEdge::none) return true;
    if (schema.entries != nullptr && refers(*schema.entries)) return true;
    if (schema.elements != nullptr && refers(*schema.elements)) return true;
    return std::any_of(schema.fields.begin(), schema.fields.end(), refers);
  }

  template <typename Visit>
  static void walk(const FieldSchema& schema, Value& value, std::string& path, const Visit& visit) {
    const bool marked = !schema.reference.empty() || schema.path_edge != FieldSchema::PathEdge::none;
    const std::size_t length = path.size();
    if (value.is_string()) {
      if (marked) visit(schema, value, path);
    } else if (value.is_list()) {
      for (std::size_t i = 0; i < value.as_list().size(); ++i) {
        Value& element = value.as_list()[i];
        path += "[" + std::to_string(i) + "]";
        // The mark stands on the list or on its elements; never twice, as the inner one decides.
        if (schema.elements != nullptr && refers(*schema.elements)) {
          walk(*schema.elements, element, path, visit);
        } else if (marked && element.is_string()) {
          visit(schema, element, path);
        }
        path.resize(length);
      }
    } else if (value.is_map()) {
      for (auto& member : value.as_map()) {
        const FieldSchema* field = schema.find(member.key);
        if (field == nullptr) continue;
        path += "." + member.key;
        walk(*field, member.value, path, visit);
        path.resize(length);
      }
    }
  }
};

// Kinds whose specs refer to nothing are passed over.
class ReferringKinds {
 public:
  bool contains(const KindSchema& kind) {
    const auto [found, is_new] = known_.emplace(&kind, false);
    if (is_new) found->second = FieldWalker::refers(kind.root());
    return found->second;
  }

 private:
  std::unordered_map<const KindSchema*, bool> known_;
};

// Adds an edge once. Of several reasons to wait for one resource, that stays which says most: an input makes
// stale, a declared one was somebody's own word.
void add_dependency(Resource& resource, const Address& on, Dependency::Type type, Position position) {
  const auto weight = [](Dependency::Type of) {
    switch (of) {
      case Dependency::Type::input: return 3;
      case Dependency::Type::declared: return 2;
      case Dependency::Type::reference: return 1;
      case Dependency::Type::within: return 0;
    }
    return 0;
  };
  for (auto& known : resource.dependencies) {
    if (known.on != on) continue;
    if (weight(type) > weight(known.type)) {
      known.type = type;
      known.position = position;
    }
    return;
  }
  resource.dependencies.push_back({on, type, position});
}

// ---- Names
// ------------------------------------------------------------------------------------------------------------

class NameResolver {
 public:
  NameResolver(Expansion& set, const SchemaRegistry& schemas, bool unread, Diagnostics& diagnostics)
      : set_(set), schemas_(schemas), unread_(unread), diagnostics_(diagnostics) {}

  void resolve() {
    for (auto& draft : set_.drafts) {
      resolve_cluster(draft);
      resolve_wishes(draft);
      if (!referring_.contains(*draft.resource.kind)) continue;
      std::string path = "spec";
      const KindSchema& kind = *draft.resource.kind;
      FieldWalker::walk(kind.root(), draft.resource.desired, path,
                        [&](const FieldSchema& schema, Value& value, const std::string& here) {
                          if (!schema.reference.empty()) resolve_field(draft, schema, value, here);
                        });
    }
    report_.flush(diagnostics_);
  }

 private:
  // KIND/NAME as seen from HOST: the same host's, else the cluster's.
  const Draft* find(const std::string& kind, const std::string& name, const std::string& host) const {
    auto found = set_.index.find(Address{kind, name, host});
    if (found == set_.index.end() && !host.empty()) found = set_.index.find(Address{kind, name, ""});
    return found == set_.index.end() ? nullptr : &set_.drafts[found->second];
  }

  // An unknown one has been complained about when hosts and clusters were looked at.
  void resolve_cluster(Draft& draft) {
    if (draft.resource.cluster.empty()) return;
    const Draft* cluster = find("Cluster", draft.resource.cluster, "");
    if (cluster == nullptr) return;
    add_dependency(draft.resource, cluster->resource.address, Dependency::Type::reference,
                   draft.manifest->cluster->position);
  }

  void resolve_wishes(Draft& draft) {
    for (std::size_t i = 0; i < draft.manifest->depends_on.size(); ++i) {
      const auto& wish = draft.manifest->depends_on[i];
      const KindSchema* kind = schemas_.find(wish.on.kind);
      if (kind == nullptr) {
        draft.sound = false;
        diagnostics_.add({Severity::error, "unknown-kind", wish.position, wish.path,
                          "there is no kind \"" + wish.on.kind + "\"",
                          suggester_.suggest(wish.on.kind, schemas_.kinds())});
        continue;
      }
      if (!wish.on.host.empty() && !kind->host_scoped()) {
        draft.sound = false;
        diagnostics_.add(
            {Severity::error, "bad-address", wish.position, wish.path,
             wish.on.kind + " belongs to the cluster: \"" + wish.on.to_string() + "\" cannot name a host",
             "write " + wish.on.kind + "/" + wish.on.name});
        continue;
      }
      const bool elsewhere = !wish.on.host.empty();
      if (elsewhere && set_.index.count(Address{"Node", wish.on.host, ""}) == 0) {
        draft.sound = false;
        diagnostics_.add({Severity::error, "unknown-host", wish.position, wish.path,
                          "no Node \"" + wish.on.host + "\" is declared",
                          suggester_.suggest(wish.on.host, names_of("Node").all)});
        continue;
      }
      const Draft* other =
          find(wish.on.kind, wish.on.name, elsewhere ? wish.on.host : draft.resource.address.host);
      if (other != nullptr) {
        add_dependency(draft.resource, other->resource.address, Dependency::Type::declared, wish.position);
      } else {
        draft.sound = false;
        complain_unknown(draft.resource, wish.on.kind, wish.on.name, wish.on.host, wish.position, wish.path);
      }
    }
  }

  void resolve_field(Draft& draft, const FieldSchema& schema, Value& value, const std::string& path) {
    const std::string& kind = schema.reference;
    const Draft* other = find(kind, value.as_string(), draft.resource.address.host);
    if (other == nullptr) {
      if (schema.reference_optional) return;
      draft.sound = false;
      complain_unknown(draft.resource, kind, value.as_string(), {}, value.position(), path);
      return;
    }
    add_dependency(draft.resource, other->resource.address, Dependency::Type::reference, value.position());
    const auto& identity = other->resource.kind->identity();
    if (identity.size() != 1) return;  // no single value could stand for it
    const Value* identifying = other->resource.desired.find(identity.front());
    if (identifying == nullptr || !scalar_text(*identifying)) return;
    const Position position = value.position();
    value = Value(*identifying);
    value.set_position(position);
  }

  // ASKED_HOST is the host that the reference itself names, or "".
  void complain_unknown(const Resource& from, const std::string& kind, const std::string& name,
                        const std::string& asked_host, Position position, const std::string& path) {
    if (set_.is_uncertain({kind, name, ""})) return;  // its own manifest has been complained about
    const KindSchema* schema = schemas_.find(kind);
    const bool on_hosts = schema != nullptr && schema->host_scoped();
    std::string message = "no " + kind + "/" + name + " is declared";
    if (!asked_host.empty()) message += " on " + asked_host;
    Diagnostic complaint{Severity::error, "unknown-reference", position, path, std::move(message), ""};
    const Names& names = names_of(kind);
    const auto elsewhere = names.first.find(name);
    if (elsewhere != names.first.end()) {
      complaint.hint = "there is " + set_.drafts[elsewhere->second].resource.address.to_string();
      // Only dependsOn can name another host.
      complaint.hint +=
          path.rfind("dependsOn", 0) == 0 ? ": write that, if it is meant" : "; declare one here too";
    } else {
      complaint.hint = suggester_.suggest(name, names.all, "declare it with a manifest of kind " + kind);
      if (unread_) complaint.hint += " (it may stand in a text that could not be read)";
    }
    report_.add(std::move(complaint), on_hosts && asked_host.empty() ? from.address.host : std::string());
  }

  struct Names {
    std::vector<std::string> all;
    std::unordered_map<std::string, std::size_t> first;  // the first draft of a name
  };

  // Collected on the first complaint only: a set without mistakes has no use for it.
  const Names& names_of(const std::string& kind) {
    if (names_.empty()) {
      for (std::size_t i = 0; i < set_.drafts.size(); ++i) {
        const Address& address = set_.drafts[i].resource.address;
        Names& names = names_[address.kind];
        if (names.first.emplace(address.name, i).second) names.all.push_back(address.name);
      }
    }
    return names_[kind];
  }

  Expansion& set_;
  const SchemaRegistry& schemas_;
  bool unread_;
  Diagnostics& diagnostics_;
  FanOutReport report_;
  ReferringKinds referring_;
  std::unordered_map<std::string, Names> names_;
  Suggester suggester_;
};

// ---- Claims and paths
// -------------------------------------------------------------------------------------------------

class ClaimResolver {
 public:
  ClaimResolver(Expansion& set, Diagnostics& diagnostics) : set_(set), diagnostics_(diagnostics) {}

  void resolve() {
    for (std::size_t i = 0; i < set_.drafts.size(); ++i) take_claims(i);
    for (std::size_t i = 0; i < set_.drafts.size(); ++i) check_parts(i);
    for (std::size_t i = 0; i < set_.drafts.size(); ++i) check_places(i);
    report_.flush(diagnostics_);
    ReferringKinds referring;
    for (std::size_t i = 0; i < set_.drafts.size(); ++i) {
      if (referring.contains(*set_.drafts[i].resource.kind)) add_path_edges(i);
    }
  }

 private:
  void take_claims(std::size_t number) {
    Draft& draft = set_.drafts[number];
    Resource& resource = draft.resource;
    for (auto& claim : claims_of(resource)) {
      const auto holder = index_.take(claim, number);
      if (!holder) {
        resource.claims.push_back(std::move(claim));
        continue;
      }
      draft.sound = false;
      const Resource& first = set_.drafts[*holder].resource;
      Diagnostic complaint{
          Severity::error,
          "doubly-held-claim",
          resource.position,
          "",
          "",
          "one real thing has one resource: delete one of the two, or correct what identifies it"};
      const std::string thing = claim.space + " " + claim.id;
      const std::string name = resource.address.kind + "/" + resource.address.name;
      if (*holder == number) {
        complaint.message = name + " declares " + thing + " twice";
        complaint.hint = "delete one of the two entries";
        report_.add(std::move(complaint), resource.address.host);
      } else {
        complaint.message =
            name + " and " + first.address.kind + "/" + first.address.name + " both declare " + thing;
        report_.add(std::move(complaint), resource.address.host,
                    "; the first stands at " + first.position.to_string());
      }
    }
  }

  // Who owns a part of what another one declares whole: each would undo what the other does.
  void check_parts(std::size_t number) {
    Draft& draft = set_.drafts[number];
    const Resource& resource = draft.resource;
    const auto find = [&](const Address& address) -> const Resource* {
      const auto found = set_.index.find(address);
      return found == set_.index.end() ? nullptr : &set_.drafts[found->second].resource;
    };
    for (const Claim& part : parts_of(resource, find)) {
      const auto holder = index_.holder_of(part);
      if (!holder || *holder == number) continue;
      const Resource& whole = set_.drafts[*holder].resource;
      const std::string name = whole.address.kind + "/" + whole.address.name;
      draft.sound = false;
      report_.add({Severity::error, "whole-and-part", resource.position, "",
                   resource.address.kind + "/" + resource.address.name + " keeps a part of " + part.space +
                       " " + part.id + ", all of which " + name + " declares",
                   "each would undo what the other does: delete " + name +
                       " and declare the parts, or put all of it there"},
                  resource.address.host, "; that one stands at " + whole.position.to_string());
    }
  }

  // Where nothing can lie: a file that is /, anything below a file.
  void check_places(std::size_t number) {
    Draft& draft = set_.drafts[number];
    const Resource& resource = draft.resource;
    const std::string name = resource.address.kind + "/" + resource.address.name;
    for (const auto& claim : resource.claims) {
      if (claim.space != "path") continue;
      Diagnostic complaint{Severity::error, "impossible-path", resource.position, "", "", ""};
      if (claim.id == "/" && resource.kind->leaf()) {
        complaint.message = name + " declares /, which is a folder";
        complaint.hint = "name the file that is meant";
        draft.sound = false;
        report_.add(std::move(complaint), resource.address.host);
        continue;
      }
      const auto holder = leaf_above(claim.host, claim.id);
      if (!holder || *holder == number) continue;
      const Resource& above = set_.drafts[*holder].resource;
      complaint.message = name + " declares " + claim.id + ", below what " + above.address.kind + "/" +
                          above.address.name + " declares as a file";
      complaint.hint = "correct one of the two paths: a file holds no other files";
      draft.sound = false;
      report_.add(std::move(complaint), resource.address.host,
                  "; that one stands at " + above.position.to_string());
    }
  }

  [[nodiscard]] std::optional<std::size_t> leaf_above(const std::string& host, std::string_view path) const {
    constexpr std::size_t longest = 4096;  // of any path that a kernel takes
    if (path.size() > longest) return std::nullopt;
    for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
         slash = path.rfind('/')) {
      path = path.substr(0, slash);
      const auto holder = index_.holder_of_path(host, path);
      if (holder && set_.drafts[*holder].resource.kind->leaf()) return holder;
    }
    return std::nullopt;
  }

  void add_path_edges(std::size_t number) {
    Resource& resource = set_.drafts[number].resource;
    const std::vector<std::string> hosts = hosts_of(resource);
    std::string path = "spec";
    FieldWalker::walk(resource.kind->root(), resource.desired, path,
                      [&](const FieldSchema& schema, const Value& value, const std::string&) {
                        if (schema.path_edge == FieldSchema::PathEdge::none) return;
                        for (const auto& host : hosts) add_path_edge(number, host, schema.path_edge, value);
                      });
  }

  void add_path_edge(std::size_t number, const std::string& host, FieldSchema::PathEdge edge,
                     const Value& value) {
    const auto canonical = canonical_path(value.as_string());
    if (!canonical) return;  // the schema judges its form
    const std::string& path = *canonical;
    auto type = edge == FieldSchema::PathEdge::input ? Dependency::Type::input : Dependency::Type::within;
    // What lies on a mount waits for it, also the folder that its root is; the mount itself for that below which it lies.
    if (const auto mount = index_.holder_of_mount(host, path, number)) {
      add_dependency(set_.drafts[number].resource, set_.drafts[*mount].resource.address,
                     Dependency::Type::within, value.position());
    }
    auto holder = index_.holder_of_path(host, path);
    const auto& claims = set_.drafts[number].resource.claims;
    const bool mounts_here = std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
      return claim.space == mount_space && claim.id == path;
    });
    if (!holder || *holder == number || mounts_here) {
      // Whoever holds a folder above it does not say what is in the file: the order matters, the content does
      // not.
      type = Dependency::Type::within;
      holder = index_.holder_of_folder_above(host, path, number);
    }
    if (!holder) return;
    add_dependency(set_.drafts[number].resource, set_.drafts[*holder].resource.address, type,
                   value.position());
  }

  // On which hosts the paths of RESOURCE lie: its own; for the cluster's, those of the Nodes that it names,
  // else all.
  [[nodiscard]] std::vector<std::string> hosts_of(const Resource& resource) const {
    if (!resource.address.host.empty()) return {resource.address.host};
    std::vector<std::string> hosts;
    for (const auto& dependency : resource.dependencies) {
      if (dependency.on.kind == "Node") hosts.push_back(dependency.on.name);
    }
    if (hosts.empty()) {
      for (const auto& host : set_.hosts) hosts.push_back(host.name);
    }
    return hosts;
  }

  Expansion& set_;
  Diagnostics& diagnostics_;
  FanOutReport report_;
  ClaimIndex index_;
};

// ---- Cycles
// -----------------------------------------------------------------------------------------------------------

std::string_view reason(Dependency::Type type) {
  switch (type) {
    case Dependency::Type::declared: return "by dependsOn";
    case Dependency::Type::reference: return "which it names";
    case Dependency::Type::within: return "in whose folder it lies";
    case Dependency::Type::input: return "which it reads";
  }
  return "";
}

const Dependency& edge_between(const Resource& from, const Resource& to) {
  return *std::find_if(from.dependencies.begin(), from.dependencies.end(),
                       [&](const Dependency& dependency) { return dependency.on == to.address; });
}

}  // namespace

void resolve_references(Expansion& set, const SchemaRegistry& schemas, bool unread,
                        Diagnostics& diagnostics) {
  NameResolver(set, schemas, unread, diagnostics).resolve();
}

void resolve_claims(Expansion& set, Diagnostics& diagnostics) {
  ClaimResolver(set, diagnostics).resolve();
}

void check_cycles(const Expansion& set, Diagnostics& diagnostics) {
  DependencyGraph graph(set.drafts.size());
  for (std::size_t i = 0; i < set.drafts.size(); ++i) {
    for (const auto& dependency : set.drafts[i].resource.dependencies)
      graph.add(i, set.index.at(dependency.on));
  }
  std::unordered_set<std::string> said;  // a manifest that fans out goes round once a host: one mistake
  for (auto cycle : graph.cycles()) {
    // Begin where a person would: with what is declared first.
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    std::string names;
    std::string steps;
    std::string places;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const Resource& from = set.drafts[cycle[i]].resource;
      const Resource& to = set.drafts[cycle[(i + 1) % cycle.size()]].resource;
      const Dependency& edge = edge_between(from, to);
      names += from.address.to_string() + " → ";
      steps += from.address.to_string() + " waits for " + to.address.to_string() + ", " +
               std::string(reason(edge.type)) + " (" + edge.position.to_string() + ")\n    ";
      places += edge.position.to_string() + "\n";
    }
    if (!said.insert(places).second) continue;
    const Resource& first = set.drafts[cycle.front()].resource;
    names += first.address.to_string();
    const Resource& second = set.drafts[cycle[1 % cycle.size()]].resource;
    diagnostics.add({Severity::error, "dependency-cycle", edge_between(first, second).position, "",
                     "these wait for each other: " + names, steps + "take one of these away"});
  }
}

}  // namespace hearth
