// The tree that everything speaks: manifests, schemas, live state, plans and JSON output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/core/position.h"

namespace hearth {

class Value;

// The name of a secret, as in `{secret: samba/demehouse}`; never its content (that is core/secret.h).
struct SecretName {
  std::string name;
  friend bool operator==(const SecretName&, const SecretName&) = default;
};

// A live value that could not be read, and why. Never the same as absent, nor equal to anything, itself included.
struct UnknownValue {
  std::string why;
};

// Key/value pairs in the order in which they were written. Keys are unique.
class Map {
 public:
  struct Member;

  Map();
  Map(std::initializer_list<std::pair<std::string, Value>> members);
  Map(const Map&);
  Map(Map&&) noexcept;
  Map& operator=(const Map&);
  Map& operator=(Map&&) noexcept;
  ~Map();

  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;
  // The value at KEY, or nullptr.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  [[nodiscard]] bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Where KEY itself is written (its value may stand elsewhere); nowhere when there is no such key.
  [[nodiscard]] Position key_position(std::string_view key) const;

  // Sets KEY to VALUE, in place when it is there already.
  Value& set(std::string key, Value value);
  Value& set(std::string key, Position key_position, Value value);
  // Adds a key that the caller knows to be new: set() without the search, for readers of large documents.
  Value& append(std::string key, Position key_position, Value value);
  bool erase(std::string_view key);

  [[nodiscard]] std::vector<Member>::const_iterator begin() const;
  [[nodiscard]] std::vector<Member>::const_iterator end() const;
  [[nodiscard]] std::vector<Member>::iterator begin();
  [[nodiscard]] std::vector<Member>::iterator end();

 private:
  std::vector<Member> members_;
};

using List = std::vector<Value>;

// One node. Equality compares content, never positions; maps compare without regard to order; an integer equals
// the same number as a real.
class Value {
 public:
  // In the order of the variant below.
  enum class Type : std::uint8_t { null, boolean, integer, real, string, list, map, secret, unknown };

  Value() = default;
  Value(std::nullptr_t) {}                              // NOLINT(google-explicit-constructor)
  Value(bool boolean) : data_(boolean) {}               // NOLINT
  Value(int integer) : data_(std::int64_t{integer}) {}  // NOLINT
  Value(std::int64_t integer) : data_(integer) {}       // NOLINT
  Value(std::uint64_t integer) : data_(static_cast<std::int64_t>(integer)) {}  // NOLINT
  Value(double real) : data_(real) {}                                          // NOLINT
  Value(std::string text) : data_(std::move(text)) {}                          // NOLINT
  Value(std::string_view text) : data_(std::string(text)) {}                   // NOLINT
  Value(const char* text) : data_(std::string(text)) {}                        // NOLINT
  Value(List list) : data_(std::move(list)) {}                                 // NOLINT
  Value(Map map) : data_(std::move(map)) {}                                    // NOLINT
  Value(SecretName secret) : data_(std::move(secret)) {}                       // NOLINT
  Value(UnknownValue unknown) : data_(std::move(unknown)) {}                   // NOLINT

  [[nodiscard]] Type type() const { return static_cast<Type>(data_.index()); }
  [[nodiscard]] bool is_null() const { return type() == Type::null; }
  [[nodiscard]] bool is_boolean() const { return type() == Type::boolean; }
  [[nodiscard]] bool is_integer() const { return type() == Type::integer; }
  [[nodiscard]] bool is_number() const { return is_integer() || type() == Type::real; }
  [[nodiscard]] bool is_string() const { return type() == Type::string; }
  [[nodiscard]] bool is_list() const { return type() == Type::list; }
  [[nodiscard]] bool is_map() const { return type() == Type::map; }
  [[nodiscard]] bool is_secret() const { return type() == Type::secret; }
  [[nodiscard]] bool is_unknown() const { return type() == Type::unknown; }

  // Each as_X() requires is_X(); asking for another type is a programming error (std::bad_variant_access).
  [[nodiscard]] bool as_boolean() const { return std::get<bool>(data_); }
  [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(data_); }
  [[nodiscard]] double as_number() const;
  [[nodiscard]] const std::string& as_string() const { return std::get<std::string>(data_); }
  [[nodiscard]] const List& as_list() const { return std::get<List>(data_); }
  [[nodiscard]] List& as_list() { return std::get<List>(data_); }
  [[nodiscard]] const Map& as_map() const { return std::get<Map>(data_); }
  [[nodiscard]] Map& as_map() { return std::get<Map>(data_); }
  [[nodiscard]] const SecretName& as_secret() const { return std::get<SecretName>(data_); }
  [[nodiscard]] const std::string& why_unknown() const { return std::get<UnknownValue>(data_).why; }

  // The member KEY of a map; nullptr when this is no map or has no such key.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  // The member KEY if it is of that type, else OTHERWISE: for reading values that a schema has validated.
  [[nodiscard]] std::string string_or(std::string_view key, std::string_view otherwise) const;
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;
  [[nodiscard]] bool boolean_or(std::string_view key, bool otherwise) const;

  [[nodiscard]] const Position& position() const { return position_; }
  void set_position(Position position) { position_ = position; }

  // "null", "a boolean", "an integer", "a map", …: for messages.
  [[nodiscard]] static std::string_view type_name(Type type);
  [[nodiscard]] std::string_view type_name() const { return type_name(type()); }

  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map, SecretName, UnknownValue>
      data_;
  Position position_;
};

struct Map::Member {
  std::string key;
  Position key_position;
  Value value;
};

}  // namespace hearth
