// The compiled form of a schema: what the compiler hands to the validator. Internal to those two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/pattern.h"

namespace hearth {

// A form of text that has more than one spelling.
struct TextForm {
  std::string_view name;
  std::string_view expected;  // for people
  std::optional<std::string> (*canonical)(std::string_view text);
};

// One schema: an object, or a boolean. A keyword that is not there is nullptr, nullopt or empty.
struct SchemaNode {
  // Bits of `types`. An integer is a number, too, and 1.0 is an integer.
  static constexpr std::uint8_t null_type = 1;
  static constexpr std::uint8_t boolean_type = 2;
  static constexpr std::uint8_t integer_type = 4;
  static constexpr std::uint8_t number_type = 8;
  static constexpr std::uint8_t string_type = 16;
  static constexpr std::uint8_t list_type = 32;
  static constexpr std::uint8_t map_type = 64;

  struct NamedPattern {
    Pattern pattern;
    const SchemaNode* node = nullptr;
  };
  struct Dependency {
    std::string field;
    std::vector<std::string> needs;
    const SchemaNode* node = nullptr;
  };

  // For people.
  std::string description;
  std::string expected;            // x-hearth-expected
  std::string message;             // x-hearth-message
  bool secret = false;             // x-hearth-secret
  bool read_only = false;          // readOnly: what the live system says, and no manifest
  const TextForm* form = nullptr;  // x-hearth-form

  std::optional<bool> constant_verdict;  // `true` and `false` as schemas
  const SchemaNode* reference = nullptr;

  std::uint8_t types = 0;  // 0: any
  std::optional<std::vector<Value>> enumeration;
  std::optional<Value> constant;

  std::optional<Value> minimum;
  std::optional<Value> maximum;
  std::optional<Value> exclusive_minimum;
  std::optional<Value> exclusive_maximum;
  std::optional<Value> multiple_of;

  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::optional<Pattern> pattern;

  const SchemaNode* elements = nullptr;  // `items`, one schema for all
  std::vector<const SchemaNode*> tuple;  // `items`, one schema each
  const SchemaNode* additional_elements = nullptr;
  const SchemaNode* contains = nullptr;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
  bool unique_items = false;

  std::vector<std::string> property_names;                             // in the schema's order
  std::unordered_map<std::string_view, const SchemaNode*> properties;  // keys view into property_names
  std::vector<NamedPattern> pattern_properties;
  const SchemaNode* additional_properties = nullptr;
  const SchemaNode* names = nullptr;  // `propertyNames`
  std::vector<std::string> required;
  std::vector<std::string> identity;  // of x-hearth-kind: must not be null
  std::vector<Dependency> dependencies;
  std::optional<std::size_t> min_properties;
  std::optional<std::size_t> max_properties;

  std::vector<const SchemaNode*> all_of;
  std::vector<const SchemaNode*> any_of;
  std::vector<const SchemaNode*> one_of;
  const SchemaNode* negated = nullptr;
  const SchemaNode* condition = nullptr;
  const SchemaNode* then_node = nullptr;
  const SchemaNode* else_node = nullptr;

  bool never_null = false;  // x-hearth-null: false

  // Says nothing but which fields must be there: combinations of such schemas get messages of their own.
  bool only_required = false;
};

struct SchemaTree {
  std::deque<SchemaNode> nodes;  // a deque, because nodes point at each other
  const SchemaNode* root = nullptr;
};

// Complaints go to DIAGNOSTICS (rule bad-schema); then nothing comes back.
std::unique_ptr<const SchemaTree> compile_schema(const Value& schema, std::string_view file,
                                                 Diagnostics& diagnostics);

}  // namespace hearth
