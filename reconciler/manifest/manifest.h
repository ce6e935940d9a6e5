// One YAML document with the engine's own words read: what is declared, before it fans out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

// A word of a manifest, and where it stands.
struct PlacedText {
  std::string text;
  Position position;
};

// `hosts`: where the resources of a manifest live.
struct HostSelection {
  enum class Form : std::uint8_t { none, all, named, labelled };
  Form form = Form::none;
  std::vector<PlacedText> names;              // of Form::named
  std::map<std::string, std::string> labels;  // of Form::labelled: a host must have all of them
  Position position;
};

struct Manifest {
  struct Item {
    std::string name;
    Position position;
    Value spec;            // a map: what `items` says of this one; empty for a manifest with `name`
    bool readable = true;  // false: a spec of another form was given, so that there is nothing to judge
  };
  struct Overlay {
    Position position;  // of the host's name
    Value spec;         // a map
  };
  // An entry of `dependsOn`: Kind/name or Kind/name@host.
  struct Wish {
    Address on;
    Position position;
    std::string path;  // `dependsOn[0]`
  };

  Position position;
  const KindSchema* kind = nullptr;
  std::vector<Item> items;  // one without a spec of its own for `name`
  bool named = false;       // `name` rather than `items`
  Value spec;               // a map, common to all items
  HostSelection hosts;
  std::map<std::string, Overlay, std::less<>> per_host;
  std::optional<PlacedText> cluster;
  std::map<std::string, std::string> labels;
  std::vector<Wish> depends_on;
  bool exclusive_all = false;
  std::vector<std::string> exclusive_fields;
  bool protect = false;
  DriftPolicy drift = DriftPolicy::correct;
  OnRemove on_remove = OnRemove::remove;

  // No complaint about any of its words. One that is not sound still says which names are declared, so that
  // whoever refers to them is not blamed too.
  bool sound = true;
};

// Letters, digits and `._:+-`, at least one.
bool is_name(std::string_view text);

// A scalar as people write it: text as it is, numbers in decimal, true and false. Nothing for everything
// else.
std::optional<std::string> scalar_text(const Value& value);

// Reads the words of DOCUMENT. Scope is judged here (host or cluster), specs are not. Where the kind is
// unknown the result has none and only its names are of use.
Manifest read_manifest(Value document, const SchemaRegistry& schemas, Diagnostics& diagnostics);

}  // namespace hearth
