#include "reconciler/manifest/spec_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/core/secret.h"

namespace hearth {

namespace {

bool contains_unknown(const Value& value) {
  if (value.is_unknown()) return true;
  if (value.is_list()) {
    const auto& list = value.as_list();
    return std::any_of(list.begin(), list.end(), contains_unknown);
  }
  if (!value.is_map()) return false;
  const auto& map = value.as_map();
  return std::any_of(map.begin(), map.end(),
                     [](const Map::Member& member) { return contains_unknown(member.value); });
}

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
  Diagnostics found = kind.validate(spec);
  const bool good = !found.has_errors();
  diagnostics.append(std::move(found));
  bool closed = true;
  if (good && holds_secret(spec)) {
    for (const auto& field : kind.root().fields) {
      const Value* mode = spec.find(field.name);
      if (field.form != FieldSchema::Form::mode || mode == nullptr || !mode->is_string() ||
          !is_open_to_others(mode->as_string())) {
        continue;
      }
      closed = false;
      diagnostics.add({Severity::error, "secret-open-to-others", mode->position(), "spec." + field.name,
                       "with " + mode->as_string() + " everybody on the host may use what holds a secret",
                       "end the mode with 0, as in \"0640\", and give the group to who has to read it"});
    }
  }
  // The reader puts an unknown value where it has complained already.
  return good && closed && !contains_unknown(spec);
}

}  // namespace hearth
