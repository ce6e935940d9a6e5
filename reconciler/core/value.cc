#include "reconciler/core/value.h"

#include <algorithm>

namespace hearth {

Map::Map() = default;
Map::Map(std::initializer_list<std::pair<std::string, Value>> members) {
  for (const auto& [key, value] : members) set(key, value);
}
Map::Map(const Map&) = default;
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(const Map&) = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;

bool Map::empty() const {
  return members_.empty();
}
std::size_t Map::size() const {
  return members_.size();
}

// Maps of manifests are small, and the large ones (`items`) are walked, not searched: a linear search beats an index.
const Value* Map::find(std::string_view key) const {
  for (const auto& member : members_) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Value* Map::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Position Map::key_position(std::string_view key) const {
  for (const auto& member : members_) {
    if (member.key == key) return member.key_position;
  }
  return {};
}

Value& Map::set(std::string key, Value value) {
  return set(std::move(key), Position{}, std::move(value));
}

Value& Map::set(std::string key, Position key_position, Value value) {
  for (auto& member : members_) {
    if (member.key != key) continue;
    member.key_position = key_position;
    member.value = std::move(value);
    return member.value;
  }
  return append(std::move(key), key_position, std::move(value));
}

Value& Map::append(std::string key, Position key_position, Value value) {
  members_.push_back({std::move(key), key_position, std::move(value)});
  return members_.back().value;
}

bool Map::erase(std::string_view key) {
  return std::erase_if(members_, [&](const Member& member) { return member.key == key; }) > 0;
}

std::vector<Map::Member>::const_iterator Map::begin() const {
  return members_.begin();
}
std::vector<Map::Member>::const_iterator Map::end() const {
  return members_.end();
}
std::vector<Map::Member>::iterator Map::begin() {
  return members_.begin();
}
std::vector<Map::Member>::iterator Map::end() {
  return members_.end();
}

double Value::as_number() const {
  return is_integer() ? static_cast<double>(as_integer()) : std::get<double>(data_);
}

const Value* Value::find(std::string_view key) const {
  return is_map() ? as_map().find(key) : nullptr;
}
Value* Value::find(std::string_view key) {
  return is_map() ? as_map().find(key) : nullptr;
}

std::string Value::string_or(std::string_view key, std::string_view otherwise) const {
  const Value* member = find(key);
  return member != nullptr && member->is_string() ? member->as_string() : std::string(otherwise);
}

std::int64_t Value::integer_or(std::string_view key, std::int64_t otherwise) const {
  const Value* member = find(key);
  return member != nullptr && member->is_integer() ? member->as_integer() : otherwise;
}

bool Value::boolean_or(std::string_view key, bool otherwise) const {
  const Value* member = find(key);
  return member != nullptr && member->is_boolean() ? member->as_boolean() : otherwise;
}

std::string_view Value::type_name(Type type) {
  switch (type) {
    case Type::null: return "null";
    case Type::boolean: return "a boolean";
    case Type::integer: return "an integer";
    case Type::real: return "a number";
    case Type::string: return "a string";
    case Type::list: return "a list";
    case Type::map: return "a map";
    case Type::secret: return "a secret";
    case Type::unknown: return "unknown";
  }
  return "?";
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_integer() && b.is_integer()) return a.as_integer() == b.as_integer();
    return a.as_number() == b.as_number();
  }
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Value::Type::null: return true;
    case Value::Type::boolean: return a.as_boolean() == b.as_boolean();
    case Value::Type::string: return a.as_string() == b.as_string();
    case Value::Type::list: return a.as_list() == b.as_list();
    case Value::Type::map: {
      const Map& left = a.as_map();
      const Map& right = b.as_map();
      return left.size() == right.size() &&
             std::all_of(left.begin(), left.end(), [&](const Map::Member& member) {
               const Value* other = right.find(member.key);
               return other != nullptr && member.value == *other;
             });
    }
    case Value::Type::secret: return a.as_secret() == b.as_secret();
    case Value::Type::unknown:
    case Value::Type::integer:
    case Value::Type::real: return false;
  }
  return false;
}

}  // namespace hearth
