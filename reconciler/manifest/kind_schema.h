// A kind as its schema file describes it, compiled once into what the engine asks about.
//
// Keywords beyond JSON Schema draft 7, all in schemas/<Kind>.schema.json (which describes the kind's `spec`):
//
//   top level  x-hearth-kind: {
//     kind, scope: host|cluster, provider: <plugin folder>,
//     observeOnly: true            only looked at, never repaired (Check, Node)
//     onRemove: retain|delete      default of the manifest word
//     identity: [FIELD…]           fields that say which real thing it is; immutable
//     claims: [{space, template, each, when}]   `when: FIELD`: only where that is declared. template: text with {FIELD} (and {key}, where `each: FIELD` walks a map's keys);
//                                  skipped when a field it names is not declared; `space: path` is lexically normalised, and so is
//                                  `space: mount`: what is at or below such a path waits until that is as declared
//                                  `part: true`: not the thing itself but a part of it (lines of a shared file). Parts
//                                  get along with each other, and with nobody who claims the whole. In a part's template
//                                  {FIELD.OTHER} is the field OTHER of the resource that FIELD refers to;
//                                  `unless: [FIELD or FIELD.OTHER...]`: only where none of those is declared;
//                                  `where: {FIELD: VALUE}`: only where they are declared so
//     refresh: FIELD               boolean live-only field: false when the thing runs on outdated inputs; the engine desires
//                                  true, and foresees false when a resource reached by an `input` reference changes
//     leaf: true                   its paths are files: nothing else can be declared below one, and none is /
//   }
//   a property x-hearth-name-default: TEMPLATE   value when left out, `{name}` replaced (identity fields)
//              x-hearth-live: false              steers hearth, is no state of the system: never diffed
//              x-hearth-list: ordered | set | map:KEY    how lists compare (default ordered)
//              x-hearth-absent: VALUE            what an absent live value equals
//              x-hearth-form: path | mode | size | duration | unit | sysctl | address | schedule   strings compared by meaning
//              x-hearth-effect: none|reload|restart|reboot|destroy   what changing it does (default none)
//              x-hearth-write: online | pending | create-only        (default online)
//              x-hearth-immutable, x-hearth-secret, x-hearth-write-only: true
//              x-hearth-reference: KIND          the value (or each element) names a resource of KIND
//                                                (the same host's, else the cluster's); in `desired` stands then what
//                                                identifies that one, where KIND's identity is a single field
//              x-hearth-reference-optional: true   what no resource declares is taken as it stands: the system has it already
//              x-hearth-path: within | input     the value (or each element) is a path: an edge to whoever claims it, or
//                                                claims the nearest folder above it; `input`: read when this one starts
//              x-hearth-null: false              there is no such thing as none of it: null is refused
//              x-hearth-expected: TEXT           what a pattern or combination means, for people: "an absolute path"
//              x-hearth-message: TEXT            what is said, instead of the validator's own words, when this schema (also one
//                                                in a `then`, `else` or `not`) is not met: where the schema knows better
//              readOnly: true                    read from the live system for the engine and the views, refused in manifests
//
// Structure (fields, entries, elements) comes from `properties`, `items`, `patternProperties` (one) and
// `additionalProperties`, through $ref to definitions, and from all branches of allOf, anyOf and oneOf. Beside $ref only
// annotations may stand. An object with `properties` has to say what `additionalProperties` are: else misspelt fields
// would pass. Defaults and examples must be valid.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/effect.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"

namespace hearth {

// One field of a spec, or the elements of a list, or the entries of a map.
struct FieldSchema {
  enum class ListOrder : std::uint8_t { ordered, set, map_by_key };
  enum class Form : std::uint8_t { plain, path, mode, size, duration, unit, sysctl, address, schedule };
  enum class Write : std::uint8_t { online, pending, create_only };
  enum class PathEdge : std::uint8_t { none, within, input };

  std::string name;
  std::string description;  // `description` of the schema: the documentation
  std::string type;         // "string", "string or null", "list of strings", …: for people
  std::vector<Value> enumeration;
  std::vector<Value> examples;
  std::optional<Value> default_value;  // acts on create only
  std::optional<Value> absent;         // what an absent live value equals
  std::string name_default;
  bool required = false;
  bool live = true;
  bool immutable = false;
  bool secret = false;
  bool write_only = false;
  ListOrder list_order = ListOrder::ordered;
  std::string list_key;  // of ListOrder::map_by_key
  Form form = Form::plain;
  Write write = Write::online;
  Effect effect = Effect::none;
  std::string reference;  // a kind, or ""
  bool reference_optional = false;
  PathEdge path_edge = PathEdge::none;

  std::vector<FieldSchema> fields;  // `properties`
  std::shared_ptr<const FieldSchema>
      entries;  // `additionalProperties` or `patternProperties` (maps of entries)
  std::shared_ptr<const FieldSchema> elements;  // `items`

  // The field NAME below this one; entries' schema for a key of a map; nullptr when there is none.
  [[nodiscard]] const FieldSchema* find(std::string_view field) const;
};

struct ClaimTemplate {
  std::string space;
  std::string text;
  std::string each;
  std::string when;
  bool part = false;
  std::vector<std::string> unless{};
  std::vector<std::pair<std::string, std::string>> where{};
};

// TEXT in the one form that stands for all that mean the same; nothing when it has no such form. Idempotent.
std::optional<std::string> canonical(FieldSchema::Form form, std::string_view text);

class SchemaValidator;

class KindSchema {
 public:
  ~KindSchema();

  // Compiles the schema document of one kind. Refuses what it does not understand: an unknown x-hearth keyword or a
  // JSON Schema keyword that the validator does not support is an error of the schema's author, found at start.
  static Result<std::unique_ptr<KindSchema>> compile(Value document, std::string_view file);

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] const std::string& provider() const { return provider_; }
  [[nodiscard]] bool host_scoped() const { return host_scoped_; }
  [[nodiscard]] bool observe_only() const { return observe_only_; }
  [[nodiscard]] OnRemove on_remove() const { return on_remove_; }
  [[nodiscard]] const std::vector<std::string>& identity() const { return identity_; }
  [[nodiscard]] const std::vector<ClaimTemplate>& claims() const { return claims_; }
  // Name of the live-only "runs with its current inputs" field, or "".
  [[nodiscard]] const std::string& refresh() const { return refresh_; }
  // Whether its paths are files: no other path can lie below one, and none is /.
  [[nodiscard]] bool leaf() const { return leaf_; }
  [[nodiscard]] const FieldSchema& root() const { return root_; }    // of `spec` itself
  [[nodiscard]] const Value& document() const { return document_; }  // the JSON Schema itself
  [[nodiscard]] const std::string& description() const { return root_.description; }

  // All that is wrong with SPEC: JSON Schema, and what manifests mean by null and secrets (see SchemaValidator).
  [[nodiscard]] Diagnostics validate(const Value& spec, std::string_view path = "spec") const;

 private:
  friend class KindCompiler;

  KindSchema();

  std::string kind_;
  std::string provider_;
  bool host_scoped_ = true;
  bool observe_only_ = false;
  OnRemove on_remove_ = OnRemove::remove;
  std::vector<std::string> identity_;
  std::vector<ClaimTemplate> claims_;
  std::string refresh_;
  bool leaf_ = false;
  FieldSchema root_;
  Value document_;
  std::unique_ptr<const SchemaValidator> validator_;
};

}  // namespace hearth
