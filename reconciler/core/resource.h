// What the manifests declare, after fan-out: the engine's unit of work.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/core/address.h"
#include "reconciler/core/position.h"
#include "reconciler/core/value.h"

namespace hearth {

class KindSchema;

// The real thing that a resource owns, normalised. Two resources never hold one claim; prune goes by claims.
struct Claim {
  std::string space;  // "path", "unit", "vmid", "node", …: spaces cross kinds
  std::string host;   // "" where the space is cluster-wide
  std::string id;     // as in `/etc/motd`

  // `path:/etc/motd@pve`
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Claim&, const Claim&) = default;
  friend bool operator==(const Claim&, const Claim&) = default;
};

// Why one resource waits for another.
struct Dependency {
  enum class Type : std::uint8_t {
    declared,   // dependsOn
    reference,  // a field names the other
    within,     // a path below the other's path
    input,      // the other's content is read by this one when it starts: a change there makes this one stale
  };
  Address on;
  Type type = Type::declared;
  Position position;
};

enum class DriftPolicy : std::uint8_t { correct, report, ignore };
enum class OnRemove : std::uint8_t { retain, remove };

struct Resource {
  Address address;
  Position position;                 // of the name or the item's key
  const KindSchema* kind = nullptr;  // owned by the SchemaRegistry, which outlives all resources
  std::string cluster;               // the Cluster that it belongs to; "" where nobody has to name it
  Value desired;                     // `spec` merged with the item and perHost, ${host.…} replaced: a map
  std::map<std::string, std::string> labels;
  std::vector<Dependency> dependencies;  // declared and implied, addresses that exist, no duplicates
  bool exclusive_all = false;  // `exclusive: true`: every additive map of this resource is owned whole
  std::vector<std::string> exclusive_fields;
  bool protect = false;
  DriftPolicy drift = DriftPolicy::correct;
  OnRemove on_remove = OnRemove::remove;
  std::vector<Claim> claims;  // the first is primary
  // Keyed hashes of the secrets that DESIRED names, by name: what the journal remembers of them.
  std::map<std::string, std::string> secret_hashes;
  // Fields that were last applied with a secret in them: what lies there may still be one.
  std::vector<std::string> once_secret;

  [[nodiscard]] bool is_exclusive(std::string_view field) const;
  // Neither side of FIELD may be shown: a secret is, or was, part of it.
  [[nodiscard]] bool hides(std::string_view field) const;
};

// A machine that hearth reaches: the decoded `Node` resource.
struct Host {
  std::string name;
  std::string address;  // name or IP to connect to; "local" transport when `local` is set
  bool local = false;   // this machine, no SSH
  std::string root;     // local only: a folder that stands for / (tests, no nspawn); "" is /
  std::string user = "root";
  std::uint16_t port = 22;
  std::vector<std::string> keys;  // private key files, tried after the agent; ~ expanded by the transport
  std::string host_key;           // pinned fingerprint, `SHA256:…`; "" means known_hosts
  std::string become;             // "" or "sudo"
  std::string proxy_jump;         // `[user@]host[:port]`, or ""
  bool on_demand = false;         // `power: onDemand`: may sleep without anybody being told
  std::map<std::string, std::string> labels;
  std::string cluster;  // the Cluster that it is a member of: the one named, else the only one
  Value fields;         // the Node's own spec, for ${host.FIELD}
};

}  // namespace hearth
