#include "reconciler/manifest/spec_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "reconciler/manifest/schema_validator.h"

namespace hearth {

namespace {

bool contains(const Value& value, Value::Type type) {
  if (value.type() == type) return true;
  if (value.is_list()) {
    const auto& list = value.as_list();
    return std::any_of(list.begin(), list.end(),
                       [&](const Value& element) { return contains(element, type); });
  }
  if (!value.is_map()) return false;
  const auto& map = value.as_map();
  return std::any_of(map.begin(), map.end(),
                     [&](const Map::Member& member) { return contains(member.value, type); });
}

using Place = std::tuple<const std::string*, std::uint32_t, std::uint32_t>;
Place place(const Position& position) {
  return {position.file, position.line, position.column};
}

// Sorts the nulls of a spec: those that mean "must be unset" are taken out of the copy that the validator
// sees (it would take them for values of the wrong type), the others are complained about.
class NullSorter {
 public:
  NullSorter(const KindSchema& kind, Diagnostics& diagnostics) : kind_(kind), diagnostics_(diagnostics) {}

  Value sort(const Value& spec) { return without_nulls(spec, &kind_.root(), "spec"); }

  // Where a null was refused already: the validator has nothing to add there.
  [[nodiscard]] bool refused(const Position& position) const { return refused_.count(place(position)) > 0; }
  // Where the key of a map's entry stands that is null: the key itself is still the validator's to judge.
  [[nodiscard]] bool entry_key(const Position& position) const {
    return entry_keys_.count(place(position)) > 0;
  }
  [[nodiscard]] bool has_entry_keys() const { return !entry_keys_.empty(); }

 private:
  void refuse(const Value& null, const std::string& path, std::string message) {
    refused_.insert(place(null.position()));
    diagnostics_.add({Severity::error, "null-not-allowed", null.position(), path, std::move(message),
                      "give a value, or leave it out"});
  }

  Value without_nulls(const Value& value, const FieldSchema* schema, const std::string& path) {
    if (value.is_map()) return map_without_nulls(value, schema, path);
    if (!value.is_list()) return value;
    List list;
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      const Value& element = value.as_list()[i];
      const std::string here = path + "[" + std::to_string(i) + "]";
      if (element.is_null())
        refuse(element, here, "an element of a list cannot be null: lists are owned whole");
      list.push_back(without_nulls(element, schema == nullptr ? nullptr : schema->elements.get(), here));
    }
    Value out = std::move(list);
    out.set_position(value.position());
    return out;
  }

  Value map_without_nulls(const Value& value, const FieldSchema* schema, const std::string& path) {
    Map map;
    for (const auto& member : value.as_map()) {
      const FieldSchema* field = schema == nullptr ? nullptr : schema->find(member.key);
      const std::string here = path + "." + member.key;
      // A field that the schema does not know stays, so that the validator complains about it.
      if (member.value.is_null() && field != nullptr) {
        if (is_identity(schema, member.key)) {
          refuse(member.value, here, "\"" + member.key + "\" says which thing is meant and cannot be null");
        } else if (field->required) {
          refuse(member.value, here, "\"" + member.key + "\" is required and cannot be null");
        } else {
          if (field == schema->entries.get()) entry_keys_.insert(place(member.key_position));
          continue;
        }
      }
      map.append(member.key, member.key_position, without_nulls(member.value, field, here));
    }
    Value out = std::move(map);
    out.set_position(value.position());
    return out;
  }

  [[nodiscard]] bool is_identity(const FieldSchema* schema, const std::string& field) const {
    if (schema != &kind_.root()) return false;
    const auto& identity = kind_.identity();
    return std::find(identity.begin(), identity.end(), field) != identity.end();
  }

  const KindSchema& kind_;
  Diagnostics& diagnostics_;
  std::set<Place> refused_;
  std::set<Place> entry_keys_;
};

}  // namespace

void apply_name_defaults(Value& spec, const KindSchema& kind, std::string_view name, Position position) {
  static constexpr std::string_view placeholder = "{name}";
  for (const auto& field : kind.root().fields) {
    if (field.name_default.empty() || spec.find(field.name) != nullptr) continue;
    std::string text = field.name_default;
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + name.size())) {
      text.replace(at, placeholder.size(), name);
    }
    Value value = std::move(text);
    value.set_position(position);
    spec.as_map().append(field.name, position, std::move(value));
  }
}

bool check_spec(const Value& spec, const KindSchema& kind, Diagnostics& diagnostics) {
  Diagnostics found;
  if (!contains(spec, Value::Type::null)) {
    found = validate(kind.document(), spec, "spec");
  } else {
    NullSorter sorter(kind, found);
    const Value instance = sorter.sort(spec);
    for (const auto& complaint : validate(kind.document(), instance, "spec").all()) {
      if (!sorter.refused(complaint.position)) found.add(complaint);
    }
    if (sorter.has_entry_keys()) {
      for (const auto& complaint : validate(kind.document(), spec, "spec").all()) {
        if (sorter.entry_key(complaint.position)) found.add(complaint);
      }
    }
  }
  // The reader puts an unknown value where it has complained already.
  const bool good = !found.has_errors() && !contains(spec, Value::Type::unknown);
  diagnostics.append(std::move(found));
  return good;
}

}  // namespace hearth
