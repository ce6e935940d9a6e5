#include "reconciler/manifest/expander.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "reconciler/manifest/fan_out_report.h"
#include "reconciler/manifest/host_text.h"
#include "reconciler/manifest/merge.h"
#include "reconciler/manifest/spec_check.h"
#include "reconciler/manifest/suggester.h"

namespace hearth {

namespace {

constexpr std::string_view node_kind = "Node";
constexpr std::string_view cluster_kind = "Cluster";

bool is_kind(const Manifest& manifest, std::string_view kind) {
  return manifest.kind != nullptr && manifest.kind->kind() == kind;
}

class Expander {
 public:
  Expander(const std::vector<Manifest>& manifests, const SchemaRegistry& schemas, Diagnostics& diagnostics)
      : manifests_(manifests), schemas_(schemas), diagnostics_(diagnostics) {}

  Expansion expand() {
    for (const auto& manifest : manifests_) {
      if (!is_kind(manifest, cluster_kind)) continue;
      for (const auto& item : manifest.items) out_.clusters.push_back(item.name);
    }
    // Nodes first, wherever they stand: everybody else lands on them. Their drafts wait for their place in
    // the order.
    for (const auto& manifest : manifests_) {
      if (is_kind(manifest, node_kind)) expand_manifest(manifest);
    }
    std::vector<Draft> nodes = std::move(out_.drafts);
    out_.drafts.clear();
    std::size_t next_node = 0;
    for (const auto& manifest : manifests_) {
      if (!is_kind(manifest, node_kind)) {
        expand_manifest(manifest);
        continue;
      }
      for (; next_node < nodes.size() && nodes[next_node].manifest == &manifest; ++next_node) {
        out_.index[nodes[next_node].resource.address] = out_.drafts.size();
        out_.drafts.push_back(std::move(nodes[next_node]));
      }
    }
    report_.flush(diagnostics_);
    return std::move(out_);
  }

 private:
  // nullptr among the hosts stands for the cluster.
  using Places = std::vector<const Host*>;

  void complain(std::string rule, Position position, std::string path, std::string message,
                std::string hint = {}) {
    diagnostics_.add(
        {Severity::error, std::move(rule), position, std::move(path), std::move(message), std::move(hint)});
  }

  void expand_manifest(const Manifest& manifest) {
    bool sound = manifest.sound;
    Places places;
    if (manifest.kind != nullptr && manifest.kind->host_scoped()) {
      sound = select_hosts(manifest, places) && sound;
      sound = check_per_host(manifest, places) && sound;
    } else {
      places.push_back(nullptr);
    }
    sound = check_cluster(manifest) && sound;
    if (!sound) {
      const std::string kind = manifest.kind == nullptr ? "" : manifest.kind->kind();
      for (const auto& item : manifest.items) out_.uncertain.insert(kind + "/" + item.name);
    }
    if (manifest.kind == nullptr) return;
    for (const auto& item : manifest.items) expand_item(manifest, item, places, sound);
  }

  // ---- Where
  // ----------------------------------------------------------------------------------------------------

  const Host* find_host(std::string_view name) const {
    const auto found = host_index_.find(std::string(name));
    return found == host_index_.end() ? nullptr : &out_.hosts[found->second];
  }

  void complain_unknown_host(const PlacedText& name, const std::string& path) {
    complain("unknown-host", name.position, path, "no Node \"" + name.text + "\" is declared",
             suggester_.suggest(name.text, host_names(), "declare it with a manifest of kind Node"));
  }

  // Made on the first complaint; all Nodes are known by then.
  const std::vector<std::string>& host_names() {
    if (host_names_.empty()) {
      for (const auto& host : out_.hosts) host_names_.push_back(host.name);
    }
    return host_names_;
  }

  bool select_hosts(const Manifest& manifest, Places& places) {
    const HostSelection& selection = manifest.hosts;
    bool good = true;
    switch (selection.form) {
      case HostSelection::Form::none: return false;  // complained about when it was read
      case HostSelection::Form::all:
        for (const auto& host : out_.hosts) places.push_back(&host);
        break;
      case HostSelection::Form::named:
        for (const auto& name : selection.names) {
          if (const Host* host = find_host(name.text)) {
            places.push_back(host);
          } else {
            good = false;
            complain_unknown_host(name, "hosts");
          }
        }
        std::sort(places.begin(), places.end());  // hosts lie in one array, in order of declaration
        return good;
      case HostSelection::Form::labelled:
        for (const auto& host : out_.hosts) {
          const bool fits =
              std::all_of(selection.labels.begin(), selection.labels.end(), [&](const auto& label) {
                const auto found = host.labels.find(label.first);
                return found != host.labels.end() && found->second == label.second;
              });
          if (fits) places.push_back(&host);
        }
        break;
    }
    if (!places.empty()) return true;
    // A manifest whose labels were refused has been complained about already.
    if (!manifest.sound) return false;
    if (out_.hosts.empty()) {
      complain("empty-selection", selection.position, "hosts", "no Node is declared, so this lands nowhere",
               "declare the machines with manifests of kind Node");
    } else {
      complain("empty-selection", selection.position, "hosts", "no Node has all of these labels",
               "correct the labels, or add them to a Node with its word `labels`");
    }
    return false;
  }

  bool check_per_host(const Manifest& manifest, const Places& places) {
    if (manifest.hosts.form == HostSelection::Form::none) return false;
    bool good = true;
    for (const auto& [name, overlay] : manifest.per_host) {
      const Host* host = find_host(name);
      if (host == nullptr) {
        complain_unknown_host({name, overlay.position}, "perHost." + name);
      } else if (!std::binary_search(places.begin(), places.end(), host)) {
        complain("per-host-outside", overlay.position, "perHost." + name,
                 "\"" + name + "\" is none of the hosts that `hosts` selects",
                 "add it to `hosts`, or take it away here");
      } else {
        continue;
      }
      good = false;
    }
    return good;
  }

  // `cluster` says which one where there are several.
  bool check_cluster(const Manifest& manifest) {
    if (manifest.kind == nullptr) return true;
    const bool needed = out_.clusters.size() > 1 && !manifest.kind->host_scoped() &&
                        !is_kind(manifest, node_kind) && !is_kind(manifest, cluster_kind);
    if (!manifest.cluster) {
      if (!needed) return true;
      complain("cluster-word", manifest.position, "",
               "several Clusters are declared, and this does not say which is meant", "add `cluster: NAME`");
      return false;
    }
    const auto& [name, position] = *manifest.cluster;
    if (manifest.kind->host_scoped() || is_kind(manifest, cluster_kind) || is_kind(manifest, node_kind)) {
      complain("cluster-word", position, "cluster",
               "`cluster` has no meaning beside `kind: " + manifest.kind->kind() + "`",
               "take it away; a Node says under `spec` which cluster it is in");
    } else if (std::find(out_.clusters.begin(), out_.clusters.end(), name) == out_.clusters.end()) {
      complain("unknown-reference", position, "cluster", "no Cluster \"" + name + "\" is declared",
               suggester_.suggest(name, out_.clusters, "declare it with a manifest of kind Cluster"));
    } else if (!needed) {
      complain("cluster-word", position, "cluster", "there is one Cluster only, nobody has to name it",
               "take `cluster` away");
    } else {
      return true;
    }
    return false;
  }

  // ---- What
  // -----------------------------------------------------------------------------------------------------

  void expand_item(const Manifest& manifest, const Manifest::Item& item, const Places& places, bool sound) {
    Value common = manifest.named ? manifest.spec : merge(manifest.spec, item.spec);
    // What is the same on every host is checked once: one mistake, one message, and a quarter of the work on
    // four hosts.
    const bool same_everywhere = manifest.kind->host_scoped() && !mentions_host(common);
    std::optional<bool> common_good;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Host* host = places[i];
      Draft draft;
      draft.manifest = &manifest;
      Resource& resource = draft.resource;
      resource.address = {manifest.kind->kind(), item.name, host == nullptr ? std::string() : host->name};
      resource.position = item.position;
      if (is_duplicate(resource)) continue;
      const auto overlay =
          host == nullptr ? manifest.per_host.end() : manifest.per_host.find(std::string_view(host->name));
      const bool own = overlay != manifest.per_host.end();
      // The last resource takes the value, the others copy it.
      resource.desired = i + 1 == places.size() ? std::move(common) : common;
      if (own) resource.desired = merge(std::move(resource.desired), overlay->second.spec);
      apply_name_defaults(resource.desired, *manifest.kind, item.name, item.position);
      if (!item.readable) {
        draft.sound = false;
      } else if (same_everywhere && !own) {
        if (!common_good) common_good = finish(resource.desired, manifest, host);
        draft.sound = *common_good;
      } else {
        draft.sound = finish(resource.desired, manifest, host);
      }
      draft.sound = draft.sound && sound;
      copy_words(manifest, resource);
      add(std::move(draft));
    }
  }

  bool is_duplicate(const Resource& resource) {
    const auto found = out_.index.find(resource.address);
    if (found == out_.index.end()) return false;
    const Address& address = resource.address;
    const Position first = out_.drafts[found->second].resource.position;
    report_.add(
        {Severity::error, "duplicate-name", resource.position, "",
         address.kind + "/" + address.name + " is declared twice", "rename one of the two, or delete it"},
        address.host, "; the first stands at " + first.to_string());
    return true;
  }

  // ${host.…}, then everything that the schema says.
  bool finish(Value& spec, const Manifest& manifest, const Host* host) {
    bool good = true;
    if (mentions_host(spec)) {
      const HostTextSource source{host, schemas_.find(node_kind), manifest.kind->kind()};
      good = replace_host_text(spec, source, "spec", report_, diagnostics_);
    }
    return check_spec(spec, *manifest.kind, diagnostics_) && good;
  }

  static void copy_words(const Manifest& manifest, Resource& resource) {
    resource.kind = manifest.kind;
    if (manifest.cluster) resource.cluster = manifest.cluster->text;
    resource.labels = manifest.labels;
    resource.exclusive_all = manifest.exclusive_all;
    resource.exclusive_fields = manifest.exclusive_fields;
    resource.protect = manifest.protect;
    resource.drift = manifest.drift;
    resource.on_remove = manifest.on_remove;
  }

  void add(Draft draft) {
    const Resource& resource = draft.resource;
    out_.index.emplace(resource.address, out_.drafts.size());
    if (is_kind(*draft.manifest, node_kind)) add_host(resource);
    out_.drafts.push_back(std::move(draft));
  }

  void add_host(const Resource& node) {
    host_index_.emplace(node.address.name, out_.hosts.size());
    Host host = decode_host(node);
    if (host.cluster.empty() && out_.clusters.size() == 1) host.cluster = out_.clusters.front();
    out_.hosts.push_back(std::move(host));
  }

  const std::vector<Manifest>& manifests_;
  const SchemaRegistry& schemas_;
  Diagnostics& diagnostics_;
  FanOutReport report_;
  Suggester suggester_;
  Expansion out_;
  std::vector<std::string> host_names_;
  std::unordered_map<std::string, std::size_t> host_index_;
};

}  // namespace

bool Expansion::is_uncertain(const Address& address) const {
  return uncertain.count(address.kind + "/" + address.name) > 0 || uncertain.count("/" + address.name) > 0;
}

Expansion expand(const std::vector<Manifest>& manifests, const SchemaRegistry& schemas,
                 Diagnostics& diagnostics) {
  return Expander(manifests, schemas, diagnostics).expand();
}

Host decode_host(const Resource& node) {
  const Value& spec = node.desired;
  Host host;
  host.name = node.address.name;
  host.address = spec.string_or("address", host.name);
  host.local = spec.string_or("transport", "") == "local";
  host.root = spec.string_or("root", "");
  host.user = spec.string_or("user", host.user);
  const std::int64_t port = spec.integer_or("port", host.port);
  if (port > 0 && port <= std::numeric_limits<std::uint16_t>::max())
    host.port = static_cast<std::uint16_t>(port);
  if (const Value* keys = spec.find("keys"); keys != nullptr && keys->is_list()) {
    for (const auto& key : keys->as_list()) {
      if (key.is_string()) host.keys.push_back(key.as_string());
    }
  }
  host.host_key = spec.string_or("hostKey", "");
  host.become = spec.string_or("become", "");
  host.proxy_jump = spec.string_or("proxyJump", "");
  host.on_demand = spec.string_or("power", "") == "onDemand";
  host.labels = node.labels;
  host.cluster = spec.string_or("cluster", "");
  host.fields = spec;
  return host;
}

}  // namespace hearth
