#include "reconciler/manifest/schema_validator.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/core/utf8.h"
#include "reconciler/manifest/schema_tree.h"

namespace hearth {

namespace {

constexpr std::size_t max_findings = 100;
// Branches within branches multiply. No schema of ours comes near; one that does must not hang the program.
constexpr std::size_t max_checks = 20'000'000;
constexpr std::size_t max_listed = 12;  // names in one message: more is noise

// ---- Values for people -----------------------------------------------------------------------------------

std::string describe(const Value& value) {
  switch (value.type()) {
    case Value::Type::boolean:
    case Value::Type::integer:
    case Value::Type::real: return to_json(value);
    case Value::Type::string: return "the string " + quote(value.as_string());
    case Value::Type::null:
    case Value::Type::list:
    case Value::Type::map:
    case Value::Type::secret:
    case Value::Type::unknown: return std::string(value.type_name());
  }
  return {};
}

// As one writes it in a manifest.
std::string literal(const Value& value) {
  if (value.is_string()) return quote(value.as_string());
  return to_json(value);
}

std::string joined(const std::vector<std::string>& words, std::string_view last_separator) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == max_listed && words.size() > max_listed + 1) {
      return out + ", … (" + std::to_string(words.size() - max_listed) + " more)";
    }
    if (i > 0) out += i + 1 == words.size() ? last_separator : std::string_view(", ");
    out += words[i];
  }
  return out;
}

std::vector<std::string> quote_all(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  out.reserve(words.size());
  for (const auto& word : words) out.push_back(quote(word));
  return out;
}

std::string plural(std::size_t count, std::string_view singular, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : many);
}

std::string type_names(std::uint8_t types) {
  std::vector<std::string> names;
  // In the order in which one would say them; null last.
  if ((types & SchemaNode::boolean_type) != 0) names.emplace_back("a boolean");
  if ((types & SchemaNode::number_type) != 0) {
    names.emplace_back("a number");
  } else if ((types & SchemaNode::integer_type) != 0) {
    names.emplace_back("an integer");
  }
  if ((types & SchemaNode::string_type) != 0) names.emplace_back("a string");
  if ((types & SchemaNode::list_type) != 0) names.emplace_back("a list");
  if ((types & SchemaNode::map_type) != 0) names.emplace_back("a map");
  if ((types & SchemaNode::null_type) != 0) names.emplace_back("null");
  return joined(names, " or ");
}

// ---- Values by content -----------------------------------------------------------------------------------

// Equal values have equal hashes: numbers by what they amount to, maps without regard to order.
std::size_t hash_of(const Value& value) {
  const auto mix = [](std::size_t a, std::size_t b) {
    return (a ^ (b + 0x9E3779B97F4A7C15U)) * 0x100000001B3U;
  };
  switch (value.type()) {
    case Value::Type::boolean: return value.as_boolean() ? 3 : 2;
    case Value::Type::integer:
    case Value::Type::real: return mix(5, std::hash<double>{}(value.as_number()));
    case Value::Type::string: return mix(7, std::hash<std::string>{}(value.as_string()));
    case Value::Type::list: {
      std::size_t hash = 11;
      for (const auto& element : value.as_list()) hash = mix(hash, hash_of(element));
      return hash;
    }
    case Value::Type::map: {
      std::size_t hash = 13;
      for (const auto& member : value.as_map()) {
        hash += mix(std::hash<std::string>{}(member.key), hash_of(member.value));
      }
      return hash;
    }
    case Value::Type::secret: return mix(17, std::hash<std::string>{}(value.as_secret().name));
    case Value::Type::null:
    case Value::Type::unknown: return 1;
  }
  return 0;
}

// Below zero, zero or above. Integers are compared exactly: as doubles, large neighbours would be equal.
int compare(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) {
    return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer() ? 1 : 0;
  }
  return a.as_number() < b.as_number() ? -1 : a.as_number() > b.as_number() ? 1 : 0;
}

bool is_multiple(const Value& value, const Value& of) {
  if (value.is_integer() && of.is_integer()) return value.as_integer() % of.as_integer() == 0;
  const double quotient = value.as_number() / of.as_number();
  // 19.99 / 0.01 is 1998.9999999999998: what decimal fractions lose in binary must not count.
  return std::isfinite(quotient) &&
         std::abs(quotient - std::round(quotient)) <= 1e-12 * std::max(1.0, std::abs(quotient));
}

std::uint8_t type_bits_of(const Value& value) {
  switch (value.type()) {
    case Value::Type::null: return SchemaNode::null_type;
    case Value::Type::boolean: return SchemaNode::boolean_type;
    case Value::Type::integer: return SchemaNode::integer_type | SchemaNode::number_type;
    case Value::Type::real: {
      const bool integral = value.as_number() == std::floor(value.as_number());
      return integral ? SchemaNode::integer_type | SchemaNode::number_type : SchemaNode::number_type;
    }
    case Value::Type::string: return SchemaNode::string_type;
    case Value::Type::list: return SchemaNode::list_type;
    case Value::Type::map: return SchemaNode::map_type;
    case Value::Type::secret:
    case Value::Type::unknown: return 0;
  }
  return 0;
}

// ---- Where one is ----------------------------------------------------------------------------------------

// A place in the instance, linked upwards: its text is made only when there is something to complain of.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;  // of the root: the path given
  std::size_t index = 0;
  bool is_index = false;

  [[nodiscard]] std::string path() const {
    if (parent == nullptr) return std::string(key);
    std::string out = parent->path();
    if (is_index) return out + "[" + std::to_string(index) + "]";
    // A key with a dot or a bracket in it would read as several.
    if (key.empty() || key.find_first_of(".[]\" ") != std::string_view::npos)
      return out + "[" + quote(key) + "]";
    return (out.empty() ? "" : out + ".") + std::string(key);
  }
};

struct Finding {
  // How much a finding says against the branch of an anyOf that it is from.
  enum class Weight : std::uint8_t {
    detail,  // this branch is meant, and something in it is wrong
    choice,  // a constant differs: likely another branch is meant
    type,    // the value itself is of another type: another branch is meant
  };
  Diagnostic diagnostic;
  Weight weight = Weight::detail;
  const Value* at = nullptr;
  std::uint8_t types = 0;  // Weight::type: what would have done
  // What makes it wrong, in words, the nearest first: it would be right otherwise.
  std::vector<std::string> conditions;
  bool in_own_words = false;  // x-hearth-message: nothing is to be added
};

using Findings = std::vector<Finding>;

// The fields of the value itself that CONDITION looks at, in the schema's order.
void collect_fields(const SchemaNode& condition, std::vector<std::string>& out) {
  const auto add = [&](const std::string& name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  if (condition.reference != nullptr) return collect_fields(*condition.reference, out);
  for (const auto& name : condition.property_names) add(name);
  for (const auto& name : condition.required) add(name);
  for (const auto* branches : {&condition.all_of, &condition.any_of, &condition.one_of}) {
    for (const SchemaNode* branch : *branches) collect_fields(*branch, out);
  }
  if (condition.negated != nullptr) collect_fields(*condition.negated, out);
}

// The values of the field NAME that CONDITION knows by name.
void collect_known(const SchemaNode& condition, std::string_view name, std::vector<Value>& out) {
  if (condition.reference != nullptr) return collect_known(*condition.reference, name, out);
  if (const auto found = condition.properties.find(name); found != condition.properties.end()) {
    for (const SchemaNode* node : {found->second, found->second->negated}) {
      if (node == nullptr) continue;
      if (node->constant) out.push_back(*node->constant);
      if (node->enumeration) out.insert(out.end(), node->enumeration->begin(), node->enumeration->end());
    }
  }
  for (const auto* branches : {&condition.all_of, &condition.any_of, &condition.one_of}) {
    for (const SchemaNode* branch : *branches) collect_known(*branch, name, out);
  }
  if (condition.negated != nullptr) collect_known(*condition.negated, name, out);
}

// What is the case in INSTANCE as far as CONDITION looks: `"masked" is true`. Of a text only what the schema itself
// knows is shown: others may be secrets that stand in the wrong place.
std::vector<std::string> circumstances(const SchemaNode& condition, const Value& instance) {
  std::vector<std::string> out;
  if (!instance.is_map()) return out;
  std::vector<std::string> fields;
  collect_fields(condition, fields);
  for (const auto& name : fields) {
    const Value* member = instance.find(name);
    std::vector<Value> known;
    collect_known(condition, name, known);
    if (member == nullptr) {
      out.push_back(quote(name) + " is not given");
    } else if (std::find(known.begin(), known.end(), *member) != known.end() || member->is_boolean() ||
               member->is_null()) {
      out.push_back(quote(name) + " is " + literal(*member));
    } else if (known.size() == 1) {
      out.push_back(quote(name) + " is not " + literal(known.front()));
    } else {
      out.push_back(quote(name) + " is given");
    }
  }
  return out;
}

// ---- Judging ---------------------------------------------------------------------------------------------

// One run over one instance. Each check says whether INSTANCE passes; with OUT it also says why not and goes
// on, and without it stops at the first thing that is wrong.
class Judgement {
 public:
  explicit Judgement(SchemaValidator::Dialect dialect)
      : hearth_(dialect == SchemaValidator::Dialect::hearth) {}

  bool judge(const SchemaNode& root, const Value& instance, std::string_view path, Findings* out) {
    const Place place{nullptr, path, 0, false};
    const bool valid = check(root, instance, place, out);
    return refuse_stray_secrets(instance, place, out) && valid;
  }

 private:
  bool check(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    if (out == nullptr || node.message.empty()) return check_parts(node, instance, place, out);
    // The schema knows better what is wrong: one message for all that its parts would say.
    Findings found;
    if (check_parts(node, instance, place, &found)) return true;
    if (found.empty() || out->size() >= max_findings) return false;
    found.front().diagnostic.message = node.message;
    found.front().diagnostic.hint.clear();
    found.front().in_own_words = true;
    out->push_back(std::move(found.front()));
    return false;
  }

  bool check_parts(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    if (++checks_ > max_checks) return give_up(instance, place, out);
    if (hearth_) {
      if (instance.is_unknown()) return true;  // complained of where it was read
      if (node.secret) return check_secret(instance, place, out);
    }
    if (node.reference != nullptr) return check(*node.reference, instance, place, out);
    if (node.constant_verdict) {
      return *node.constant_verdict ||
             complain(out, "bad-combination", instance, place, "nothing is allowed here", "delete it");
    }
    if (!check_type(node, instance, place, out) || !check_constants(node, instance, place, out)) return false;
    bool valid = true;
    const auto also = [&](bool passed) {
      valid = valid && passed;
      return passed || out != nullptr;  // whether to go on
    };
    if (instance.is_number() && !also(check_number(node, instance, place, out))) return false;
    if (instance.is_string() && !also(check_string(node, instance, place, out))) return false;
    if (instance.is_list() && !also(check_list(node, instance, place, out))) return false;
    if (instance.is_map() && !also(check_map(node, instance, place, out))) return false;
    return check_combinations(node, instance, place, out) && valid;
  }

  // ---- Complaining ---------------------------------------------------------------------------------------

  // Always false, so that a check can end with it.
  static bool complain(Findings* out, std::string_view rule, const Value& instance, const Place& place,
                       std::string message, std::string hint = {},
                       Finding::Weight weight = Finding::Weight::detail) {
    if (out == nullptr) return false;  // no path is made for nobody
    return complain_at(out, rule, instance.position(), instance, place.path(), std::move(message),
                       std::move(hint), weight);
  }

  static bool complain_at(Findings* out, std::string_view rule, Position position, const Value& instance,
                          std::string path, std::string message, std::string hint,
                          Finding::Weight weight = Finding::Weight::detail) {
    if (out == nullptr || out->size() >= max_findings) return false;
    Finding finding{failure(rule, std::move(message), std::move(hint)), weight, &instance, 0, {}, false};
    finding.diagnostic.position = position;
    finding.diagnostic.path = std::move(path);
    out->push_back(std::move(finding));
    return false;
  }

  bool give_up(const Value& instance, const Place& place, Findings* out) {
    if (gave_up_ || out == nullptr) return false;
    gave_up_ = true;
    return complain(out, "bad-schema", instance, place, "judging this takes too long",
                    "the schema tries too many branches within branches");
  }

  // ---- Any value -----------------------------------------------------------------------------------------

  bool check_secret(const Value& instance, const Place& place, Findings* out) {
    if (instance.is_secret()) {
      allowed_secrets_.insert(&instance);
      return !instance.as_secret().name.empty() ||
             complain(out, "bad-format", instance, place, "the name of the secret is empty",
                      "write {secret: NAME}");
    }
    if (instance.is_null()) {
      return complain(out, "null-not-allowed", instance, place, "a secret is expected here, not null",
                      "write {secret: NAME}");
    }
    if (instance.is_map()) {
      return complain(out, "wrong-type", instance, place, "a secret is expected here, not a map",
                      "write {secret: NAME}, with NAME a string", Finding::Weight::type);
    }
    return complain(out, "plaintext-secret", instance, place, "a secret stands here in plain text",
                    "write {secret: NAME}, put it into the file NAME of hearth's secrets (`hearth explain "
                    "missing-secret`), and change it where it was used");
  }

  bool check_type(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    if (instance.is_secret()) {
      // Whether somebody allows it is seen at the end; a type, or a list of values, is a no.
      if (node.types == 0 && !node.enumeration && !node.constant) return true;
      return complain(out, "secret-not-allowed", instance, place,
                      "this field is not secret: its content would be shown in plans and logs",
                      "write " + expectation(node), Finding::Weight::type);
    }
    if (node.types == 0 || (type_bits_of(instance) & node.types) != 0) return true;
    if (out == nullptr) return false;
    if (hearth_ && node.types == SchemaNode::null_type && names_a_field(place)) {
      return complain(out, "bad-combination", instance, place, quote(place.key) + " cannot be given",
                      "delete it", Finding::Weight::choice);
    }
    complain(out, "wrong-type", instance, place,
             "expected " + expectation(node) + ", found " + describe(instance),
             type_hint(node.types, instance), Finding::Weight::type);
    out->back().types = node.types;
    return false;
  }

  static bool names_a_field(const Place& place) { return place.parent != nullptr && !place.is_index; }

  static std::string expectation(const SchemaNode& node) {
    if (!node.expected.empty()) return node.expected;
    if (node.types != 0) return type_names(node.types);
    return "a value of another kind";
  }

  // What people mean most often when the type is wrong.
  static std::string type_hint(std::uint8_t types, const Value& instance) {
    const bool wants_number = (types & (SchemaNode::integer_type | SchemaNode::number_type)) != 0;
    const bool wants_boolean = (types & SchemaNode::boolean_type) != 0;
    if (instance.is_string()) {
      const std::string& text = instance.as_string();
      const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
      if (wants_number && digits) return "write it without quotes";
      if (wants_boolean && (text == "true" || text == "false")) return "write it without quotes";
      if (wants_boolean) return "write true or false";
    }
    const bool is_scalar = instance.is_boolean() || instance.is_number() || instance.is_string();
    if (is_scalar && !instance.is_string() && (types & SchemaNode::string_type) != 0)
      return "put it in quotes";
    if (is_scalar && (types & SchemaNode::list_type) != 0) return "write [" + literal(instance) + "]";
    return {};
  }

  bool check_constants(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    if (node.constant && !(instance == *node.constant)) {
      if (out == nullptr) return false;
      return complain(
          out, "bad-value", instance, place,
          names_a_field(place) && within_condition_
              ? quote(place.key) + " must be " + literal(*node.constant) + ", not " + describe(instance)
              : "expected " + literal(*node.constant) + ", found " + describe(instance),
          {}, Finding::Weight::choice);
    }
    if (!node.enumeration) return true;
    const auto& allowed = *node.enumeration;
    if (std::find(allowed.begin(), allowed.end(), instance) != allowed.end()) return true;
    if (out == nullptr) return false;
    std::vector<std::string> words;
    std::vector<std::string> texts;
    for (const auto& one : allowed) {
      words.push_back(literal(one));
      if (one.is_string()) texts.push_back(one.as_string());
    }
    return complain(out, "bad-value", instance, place,
                    describe(instance) + " is none of the values allowed: " + joined(words, ", "),
                    instance.is_string() ? suggestion(instance.as_string(), texts) : std::string{},
                    Finding::Weight::choice);
  }

  // Comparing is quadratic in the length of words: nobody means a field by typing a kilobyte.
  static std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    return word.size() > 64 ? std::string{} : did_you_mean(word, candidates);
  }

  // ---- Numbers and strings -------------------------------------------------------------------------------

  static bool check_number(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    const std::string value = out == nullptr ? std::string{} : to_json(instance);
    if (node.minimum && compare(instance, *node.minimum) < 0) {
      return complain(out, "out-of-range", instance, place,
                      value + " is too small: the least is " + to_json(*node.minimum));
    }
    if (node.maximum && compare(instance, *node.maximum) > 0) {
      return complain(out, "out-of-range", instance, place,
                      value + " is too large: the greatest is " + to_json(*node.maximum));
    }
    if (node.exclusive_minimum && compare(instance, *node.exclusive_minimum) <= 0) {
      return complain(out, "out-of-range", instance, place,
                      value + " is too small: it must be above " + to_json(*node.exclusive_minimum));
    }
    if (node.exclusive_maximum && compare(instance, *node.exclusive_maximum) >= 0) {
      return complain(out, "out-of-range", instance, place,
                      value + " is too large: it must be below " + to_json(*node.exclusive_maximum));
    }
    if (node.multiple_of && !is_multiple(instance, *node.multiple_of)) {
      return complain(out, "bad-value", instance, place,
                      value + " is not a multiple of " + to_json(*node.multiple_of));
    }
    return true;
  }

  bool check_string(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    const std::string& text = instance.as_string();
    if (node.min_length || node.max_length) {
      const std::size_t length = count_characters(text);
      if (node.min_length && length < *node.min_length) {
        return complain(out, "bad-size", instance, place,
                        length == 0 ? "the text must not be empty"
                                    : "the text has " + plural(length, "character", "characters") +
                                          "; the least is " + std::to_string(*node.min_length));
      }
      if (node.max_length && length > *node.max_length) {
        return complain(out, "bad-size", instance, place,
                        "the text has " + plural(length, "character", "characters") + "; the most is " +
                            std::to_string(*node.max_length));
      }
    }
    const bool has_form = !hearth_ || node.form == nullptr || node.form->canonical(text).has_value();
    if (has_form && (!node.pattern || node.pattern->is_found_in(text))) return true;
    if (out == nullptr) return false;
    const std::string expected = !node.expected.empty() ? node.expected
                                 : node.form != nullptr ? std::string(node.form->expected)
                                                        : std::string{};
    return complain(out, "bad-format", instance, place,
                    expected.empty() ? quote(text) + " does not match the pattern " + node.pattern->text()
                                     : "expected " + expected + ", found " + quote(text));
  }

  // ---- Lists ---------------------------------------------------------------------------------------------

  bool check_list(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    const List& list = instance.as_list();
    bool valid =
        check_size(node.min_items, node.max_items, list.size(), "entry", "entries", instance, place, out);
    if (!valid && out == nullptr) return false;
    for (std::size_t i = 0; i < list.size() && (valid || out != nullptr); ++i) {
      const Place below{&place, {}, i, true};
      valid = check_element(node, instance, list[i], below, out) && valid;
    }
    if (!valid && out == nullptr) return false;
    if (node.unique_items) valid = check_unique(list, place, out) && valid;
    if (node.contains != nullptr) {
      const bool found = std::any_of(list.begin(), list.end(), [&](const Value& element) {
        return check(*node.contains, element, place, nullptr);
      });
      if (!found) {
        const std::string& what = node.contains->expected;
        valid = complain(
            out, "bad-combination", instance, place,
            "the list holds nothing that " + (what.empty() ? "it must hold at least once" : "is " + what));
      }
    }
    return valid;
  }

  bool check_element(const SchemaNode& node, const Value& list, const Value& element, const Place& place,
                     Findings* out) {
    const SchemaNode* schema = node.elements;
    if (!node.tuple.empty()) {
      schema = place.index < node.tuple.size() ? node.tuple[place.index] : node.additional_elements;
      if (place.index >= node.tuple.size() && schema != nullptr && schema->constant_verdict == false) {
        // Said once, at the first that is too many.
        return place.index > node.tuple.size()
                   ? false
                   : complain(out, "bad-size", list, *place.parent,
                              "the list has " + plural(list.as_list().size(), "entry", "entries") +
                                  "; the most is " + std::to_string(node.tuple.size()));
      }
    }
    if (hearth_ && element.is_null() && (schema == nullptr || !admits_null(*schema))) {
      return complain(out, "null-not-allowed", element, place, "an entry of a list cannot be null",
                      "delete the entry");
    }
    return schema == nullptr || check(*schema, element, place, out);
  }

  static bool check_unique(const List& list, const Place& place, Findings* out) {
    bool valid = true;
    std::unordered_map<std::size_t, std::vector<const Value*>> seen;  // by hash
    for (std::size_t i = 0; i < list.size() && (valid || out != nullptr); ++i) {
      auto& alike = seen[hash_of(list[i])];
      const auto first =
          std::find_if(alike.begin(), alike.end(), [&](const Value* one) { return *one == list[i]; });
      if (first == alike.end()) {
        alike.push_back(&list[i]);
        continue;
      }
      const Position& position = (*first)->position();
      valid =
          complain(out, "duplicate-element", list[i], Place{&place, {}, i, true},
                   "the list names " + describe(list[i]) + " twice",
                   position.known() ? "the first is in line " + std::to_string(position.line) + ", column " +
                                          std::to_string(position.column) + "; delete one of them"
                                    : "delete one of them");
    }
    return valid;
  }

  static bool check_size(const std::optional<std::size_t>& least, const std::optional<std::size_t>& most,
                         std::size_t size, std::string_view singular, std::string_view many,
                         const Value& instance, const Place& place, Findings* out) {
    const auto count = [&](std::size_t number) { return plural(number, singular, many); };
    if (least && size < *least) {
      return complain(out, "bad-size", instance, place,
                      "it has " + (size == 0 ? "no " + std::string(many) : count(size)) + "; the least is " +
                          std::to_string(*least));
    }
    if (most && size > *most) {
      return complain(out, "bad-size", instance, place,
                      "it has " + count(size) + "; the most is " + std::to_string(*most));
    }
    return true;
  }

  // ---- Maps ----------------------------------------------------------------------------------------------

  bool check_map(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    const Map& map = instance.as_map();
    bool valid = check_size(node.min_properties, node.max_properties, map.size(), "field", "fields", instance,
                            place, out);
    for (const auto& member : map) {
      if (!valid && out == nullptr) return false;
      const Place below{&place, member.key, 0, false};
      if (node.names != nullptr) valid = check_name(*node.names, member, below, out) && valid;
      valid = check_member(node, member, below, out) && valid;
    }
    if (!valid && out == nullptr) return false;
    for (const auto& name : node.required) valid = check_required(node, name, instance, place, out) && valid;
    for (const auto& name : node.identity) {
      const Value* member = hearth_ ? map.find(name) : nullptr;
      // Required ones were complained of just now.
      const bool is_required =
          std::find(node.required.begin(), node.required.end(), name) != node.required.end();
      if (member == nullptr || !member->is_null() || is_required) continue;
      valid = complain(out, "null-not-allowed", *member, Place{&place, name, 0, false},
                       quote(name) + " says which thing is meant and cannot be null");
    }
    for (const auto& dependency : node.dependencies) {
      valid = check_dependency(node, dependency, instance, place, out) && valid;
    }
    return valid;
  }

  // The schemas that NODE has for the member KEY; both ways of naming one count at once.
  template <typename Visitor>
  static bool visit_schemas_for(const SchemaNode& node, std::string_view key, Visitor visit) {
    bool named = false;
    if (const auto found = node.properties.find(key); found != node.properties.end()) {
      named = true;
      visit(*found->second);
    }
    for (const auto& pattern : node.pattern_properties) {
      if (!pattern.pattern.is_found_in(key)) continue;
      named = true;
      visit(*pattern.node);
    }
    return named;
  }

  bool check_member(const SchemaNode& node, const Map::Member& member, const Place& place, Findings* out) {
    bool valid = true;
    const auto check_against = [&](const SchemaNode& schema) {
      if (schema.constant_verdict == false) {
        valid = complain_at(out, "unknown-field", member.key_position, member.value, place.path(),
                            "the field " + quote(member.key) + " cannot be given here", "delete it");
        return;
      }
      if (hearth_ && schema.read_only) {
        valid = complain_at(out, "read-only-field", member.key_position, member.value, place.path(),
                            quote(member.key) + " is read by hearth and cannot be declared",
                            "delete it; hearth looks at it by itself");
        return;
      }
      // null: must be unset. Whether that can be is a matter of `required`.
      if (hearth_ && member.value.is_null() && schema.never_null) {
        valid = complain(out, "null-not-allowed", member.value, place,
                         quote(member.key) + " cannot be null: there is no such thing without it",
                         "give it a value, or leave it out to have it as it is");
        return;
      }
      if (hearth_ && member.value.is_null() && !admits_null(schema)) return;
      valid = check(schema, member.value, place, out) && valid;
    };
    if (visit_schemas_for(node, member.key, check_against) || node.additional_properties == nullptr)
      return valid;
    if (node.additional_properties->constant_verdict == false)
      return refuse_unknown(node, member, place, out);
    check_against(*node.additional_properties);
    return valid;
  }

  static bool refuse_unknown(const SchemaNode& node, const Map::Member& member, const Place& place,
                             Findings* out) {
    if (out == nullptr || out->size() >= max_findings) return false;
    std::vector<std::string> names;
    std::copy_if(node.property_names.begin(), node.property_names.end(), std::back_inserter(names),
                 [&](const std::string& name) { return !node.properties.at(name)->read_only; });
    std::string hint = suggestion(member.key, names);
    if (hint.empty() && !names.empty()) {
      hint = "known here: " + joined(names, ", ");
    } else if (hint.empty() && !node.expected.empty()) {
      hint = "expected " + node.expected;
    }
    return complain_at(out, "unknown-field", member.key_position, member.value, place.path(),
                       "there is no field " + quote(member.key), std::move(hint));
  }

  bool check_name(const SchemaNode& names, const Map::Member& member, const Place& place, Findings* out) {
    Value name(member.key);
    name.set_position(member.key_position);
    if (out == nullptr) return check(names, name, place, nullptr);
    Findings found;
    if (check(names, name, place, &found)) return true;
    for (auto& finding : found) {
      finding.diagnostic.message = "the name " + quote(member.key) + ": " + finding.diagnostic.message;
      finding.weight = Finding::Weight::detail;
      finding.at = &member.value;  // NAME is gone when this is read
      out->push_back(std::move(finding));
    }
    return false;
  }

  bool check_required(const SchemaNode& node, const std::string& name, const Value& instance,
                      const Place& place, Findings* out) {
    const auto property = node.properties.find(name);
    const SchemaNode* schema = property == node.properties.end() ? nullptr : property->second;
    if (const Value* member = instance.find(name)) {
      if (!hearth_ || !member->is_null() || (schema != nullptr && admits_null(*schema))) return true;
      return complain(out, "null-not-allowed", *member, Place{&place, name, 0, false},
                      quote(name) + " is required and cannot be null", "give it a value");
    }
    return out != nullptr && missing(out, name, instance, place, "the field " + quote(name) + " is missing",
                                     schema == nullptr ? std::string{} : first_sentence(*schema));
  }

  // Where the map stands, as the field itself stands nowhere.
  static bool missing(Findings* out, const std::string& name, const Value& instance, const Place& place,
                      std::string message, const std::string& description) {
    return complain_at(out, "missing-field", instance.position(), instance,
                       Place{&place, name, 0, false}.path(), std::move(message),
                       description.empty() ? "add it" : "add it: " + description);
  }

  static std::string first_sentence(const SchemaNode& node) {
    const std::string& text = node.description.empty() && node.reference != nullptr
                                  ? node.reference->description
                                  : node.description;
    return text.substr(0, std::min(text.find(". "), text.find_last_not_of(". \n") + 1));
  }

  bool check_dependency(const SchemaNode& node, const SchemaNode::Dependency& dependency,
                        const Value& instance, const Place& place, Findings* out) {
    const Value* trigger = instance.find(dependency.field);
    if (trigger == nullptr || (hearth_ && trigger->is_null())) return true;
    if (dependency.node != nullptr) return check(*dependency.node, instance, place, out);
    bool valid = true;
    for (const auto& needed : dependency.needs) {
      const Value* member = instance.find(needed);
      if (member != nullptr && !(hearth_ && member->is_null())) continue;
      const auto property = node.properties.find(needed);
      valid = missing(out, needed, instance, place,
                      "the field " + quote(needed) + " is missing; " + quote(dependency.field) + " needs it",
                      property == node.properties.end() ? std::string{} : first_sentence(*property->second));
    }
    return valid;
  }

  // Whether NODE gives null a meaning of its own. Not so where it just does not care.
  static bool admits_null(const SchemaNode& node) {
    if (node.reference != nullptr) return admits_null(*node.reference);
    if (node.types != 0) return (node.types & SchemaNode::null_type) != 0;
    if (node.constant) return node.constant->is_null();
    if (node.enumeration) {
      return std::any_of(node.enumeration->begin(), node.enumeration->end(),
                         [](const Value& one) { return one.is_null(); });
    }
    const auto admits = [](const SchemaNode* branch) { return admits_null(*branch); };
    return std::any_of(node.any_of.begin(), node.any_of.end(), admits) ||
           std::any_of(node.one_of.begin(), node.one_of.end(), admits) ||
           std::any_of(node.all_of.begin(), node.all_of.end(), admits);
  }

  // ---- Combinations --------------------------------------------------------------------------------------

  bool check_combinations(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    bool valid = true;
    for (const SchemaNode* part : node.all_of) {
      valid = check(*part, instance, place, out) && valid;
      if (!valid && out == nullptr) return false;
    }
    if (!node.any_of.empty()) valid = check_any_of(node, instance, place, out) && valid;
    if (!node.one_of.empty() && (valid || out != nullptr))
      valid = check_one_of(node, instance, place, out) && valid;
    if (node.negated != nullptr && check(*node.negated, instance, place, nullptr)) {
      valid = out != nullptr && node.expected.empty() ? explain_negated(*node.negated, instance, place, out)
                                                      : complain_combination(node, instance, place, out, {});
    }
    if (node.condition != nullptr) {
      const bool holds = check(*node.condition, instance, place, nullptr);
      const SchemaNode* branch = holds ? node.then_node : node.else_node;
      if (branch != nullptr) valid = check_branch(*node.condition, *branch, instance, place, out) && valid;
    }
    return valid;
  }

  // What is wrong in a branch is wrong only because of the condition: that is said with it.
  bool check_branch(const SchemaNode& condition, const SchemaNode& branch, const Value& instance,
                    const Place& place, Findings* out) {
    if (out == nullptr) return check(branch, instance, place, nullptr);
    Findings found;
    const bool was_within = std::exchange(within_condition_, true);
    const bool valid = check(branch, instance, place, &found);
    within_condition_ = was_within;
    const std::vector<std::string> because = circumstances(condition, instance);
    for (auto& finding : found) {
      if (out->size() >= max_findings) break;
      if (!finding.in_own_words)
        finding.conditions.insert(finding.conditions.end(), because.begin(), because.end());
      out->push_back(std::move(finding));
    }
    return valid;
  }

  // INSTANCE is what NEGATED describes, and must not be: says by what.
  bool explain_negated(const SchemaNode& negated, const Value& instance, const Place& place, Findings* out) {
    if (negated.reference != nullptr) return explain_negated(*negated.reference, instance, place, out);
    const std::string name = names_a_field(place) ? quote(place.key) + ": " : "";
    if (instance.is_map() && negated.only_required) {
      if (negated.required.size() > 1) {
        return complain(out, "bad-combination", instance, place,
                        joined(quote_all(negated.required), " and ") + " cannot be given together",
                        "delete one of them");
      }
      if (const Value* member = instance.find(negated.required.front())) {
        return complain(out, "bad-combination", *member, Place{&place, negated.required.front(), 0, false},
                        quote(negated.required.front()) + " cannot be given", "delete it");
      }
    }
    if (!negated.any_of.empty() && are_only_required(negated.any_of)) {
      for (const SchemaNode* branch : negated.any_of) {
        if (check(*branch, instance, place, nullptr)) explain_negated(*branch, instance, place, out);
      }
      return false;
    }
    const std::vector<std::string> because = circumstances(negated, instance);
    return complain(out, "bad-combination", instance, place,
                    because.empty() ? name + describe(instance) + " is not allowed here"
                                    : name + "it is not allowed that " + joined(because, " and "));
  }

  static bool complain_combination(const SchemaNode& node, const Value& instance, const Place& place,
                                   Findings* out, std::string message, std::string hint = {}) {
    if (!node.expected.empty()) message = "expected " + node.expected + ", found " + describe(instance);
    return complain(out, "bad-combination", instance, place, std::move(message), std::move(hint));
  }

  // anyOf and oneOf of `required` alone say which fields exclude or replace each other: they get plain words.
  static bool are_only_required(const std::vector<const SchemaNode*>& branches) {
    return std::all_of(branches.begin(), branches.end(),
                       [](const SchemaNode* one) { return one->only_required; });
  }

  static std::string groups(const std::vector<const SchemaNode*>& branches) {
    std::vector<std::string> out;
    out.reserve(branches.size());
    for (const SchemaNode* branch : branches) out.push_back(joined(quote_all(branch->required), " with "));
    return joined(out, " or ");
  }

  bool check_any_of(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    // All that pass, not just the first: each may allow a secret.
    bool passed = false;
    for (const SchemaNode* branch : node.any_of) passed = check(*branch, instance, place, nullptr) || passed;
    if (passed || out == nullptr) return passed;
    if (instance.is_map() && are_only_required(node.any_of)) {
      return complain(out, "missing-field", instance, place,
                      "one of " + groups(node.any_of) + " must be given");
    }
    return explain_best(node, node.any_of, instance, place, out);
  }

  bool check_one_of(const SchemaNode& node, const Value& instance, const Place& place, Findings* out) {
    const auto passed = std::count_if(node.one_of.begin(), node.one_of.end(), [&](const SchemaNode* branch) {
      return check(*branch, instance, place, nullptr);
    });
    if (passed == 1 || out == nullptr) return passed == 1;
    const bool plain = instance.is_map() && are_only_required(node.one_of);
    if (passed > 1 && plain) {
      std::vector<const SchemaNode*> given;
      std::copy_if(node.one_of.begin(), node.one_of.end(), std::back_inserter(given),
                   [&](const SchemaNode* branch) { return check(*branch, instance, place, nullptr); });
      return complain_combination(node, instance, place, out,
                                  "only one of " + groups(given) + " can be given",
                                  "keep the one that is meant");
    }
    if (passed > 1) {
      return complain_combination(node, instance, place, out,
                                  (names_a_field(place) ? quote(place.key) : std::string("this")) +
                                      " can be read in more than one way; give what belongs to one of them");
    }
    if (plain) {
      return complain(out, "missing-field", instance, place,
                      "one of " + groups(node.one_of) + " must be given");
    }
    return explain_best(node, node.one_of, instance, place, out);
  }

  // Of several ways none of which passes, complains about the one that was most likely meant.
  bool explain_best(const SchemaNode& node, const std::vector<const SchemaNode*>& branches,
                    const Value& instance, const Place& place, Findings* out) {
    struct Score {
      std::size_t types = 0;  // of INSTANCE itself
      std::size_t choices = 0;
      std::size_t all = 0;
      auto operator<=>(const Score&) const = default;
    };
    Findings best;
    Score best_score;
    std::uint8_t types = 0;
    bool of_another_type = true;  // every branch wants another type
    for (const SchemaNode* branch : branches) {
      Findings found;
      check(*branch, instance, place, &found);
      Score score;
      score.all = found.size();
      for (const auto& finding : found) {
        const bool here = finding.at == &instance && finding.weight == Finding::Weight::type;
        score.types += here ? 1U : 0U;
        score.choices += finding.weight == Finding::Weight::choice ? 1U : 0U;
        if (here) types |= finding.types;
      }
      of_another_type = of_another_type && score.types > 0;
      if (best.empty() || score < best_score) {
        best = std::move(found);
        best_score = score;
      }
    }
    if (of_another_type && types != 0 && !instance.is_secret()) {
      const std::string expected = node.expected.empty() ? type_names(types) : node.expected;
      complain(out, "wrong-type", instance, place, "expected " + expected + ", found " + describe(instance),
               type_hint(types, instance), Finding::Weight::type);
      if (!out->empty()) out->back().types = types;
      return false;
    }
    // One's own words beat those of a branch that may not be meant.
    if (!node.expected.empty() && !instance.is_map() && !instance.is_list()) {
      return complain(out, "bad-format", instance, place,
                      "expected " + node.expected + ", found " + describe(instance));
    }
    for (auto& finding : best) {
      if (out->size() < max_findings) out->push_back(std::move(finding));
    }
    return false;
  }

  // ---- Secrets -------------------------------------------------------------------------------------------

  // A secret that no schema allowed stands in a part that none describes: it would not be kept out of sight.
  bool refuse_stray_secrets(const Value& instance, const Place& place, Findings* out) {
    if (!hearth_) return true;
    bool valid = true;
    if (instance.is_secret()) {
      if (allowed_secrets_.contains(&instance)) return true;
      const bool said = out != nullptr && std::any_of(out->begin(), out->end(), [&](const Finding& finding) {
                          return finding.at == &instance;
                        });
      return !said && complain(out, "secret-not-allowed", instance, place,
                               "this field is not secret: its content would be shown in plans and logs",
                               "write the value itself, or use the field that is meant for the secret");
    }
    if (instance.is_list()) {
      std::size_t i = 0;
      for (const auto& element : instance.as_list()) {
        valid = refuse_stray_secrets(element, Place{&place, {}, i++, true}, out) && valid;
      }
    } else if (instance.is_map()) {
      for (const auto& member : instance.as_map()) {
        valid = refuse_stray_secrets(member.value, Place{&place, member.key, 0, false}, out) && valid;
      }
    }
    return valid;
  }

  bool hearth_;
  bool within_condition_ = false;  // in a `then` or `else`
  std::size_t checks_ = 0;
  bool gave_up_ = false;
  std::unordered_set<const Value*> allowed_secrets_;
};

}  // namespace

SchemaValidator::SchemaValidator(std::unique_ptr<const SchemaTree> tree, Dialect dialect)
    : tree_(std::move(tree)), dialect_(dialect) {}
SchemaValidator::~SchemaValidator() = default;

std::unique_ptr<const SchemaValidator> SchemaValidator::compile(const Value& schema, std::string_view file,
                                                                Diagnostics& diagnostics, Dialect dialect) {
  auto tree = compile_schema(schema, file, diagnostics);
  if (tree == nullptr) return nullptr;
  return std::unique_ptr<const SchemaValidator>(new SchemaValidator(std::move(tree), dialect));
}

Diagnostics SchemaValidator::validate(const Value& instance, std::string_view path) const {
  Findings findings;
  Judgement(dialect_).judge(*tree_->root, instance, path, &findings);
  Diagnostics diagnostics;
  for (auto& finding : findings) {
    std::string& message = finding.diagnostic.message;
    if (!finding.conditions.empty()) {
      message += (finding.diagnostic.rule == "missing-field" ? "; it is needed while " : " while ") +
                 joined(finding.conditions, " and ");
    }
    diagnostics.add(std::move(finding.diagnostic));
  }
  return diagnostics;
}

bool SchemaValidator::is_valid(const Value& instance) const {
  return Judgement(dialect_).judge(*tree_->root, instance, {}, nullptr);
}

Diagnostics check_schema(const Value& schema, std::string_view file) {
  Diagnostics diagnostics;
  compile_schema(schema, file, diagnostics);
  return diagnostics;
}

Diagnostics validate(const Value& schema, const Value& instance, std::string_view path) {
  Diagnostics diagnostics;
  const auto validator = SchemaValidator::compile(schema, "schema", diagnostics);
  return validator == nullptr ? diagnostics : validator->validate(instance, path);
}

}  // namespace hearth
