#include "reconciler/manifest/schema_tree.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/core/schedule.h"
#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

constexpr std::size_t max_nesting = 100;

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> type_bits = {{
    {"null", SchemaNode::null_type},
    {"boolean", SchemaNode::boolean_type},
    {"integer", SchemaNode::integer_type},
    {"number", SchemaNode::number_type},
    {"string", SchemaNode::string_type},
    {"array", SchemaNode::list_type},
    {"object", SchemaNode::map_type},
}};

// Keywords that say something to people and tools, and nothing about validity.
constexpr std::array<std::string_view, 11> annotations = {
    "$schema", "$comment", "title",     "description",      "default",        "examples",
    "format",  "readOnly", "writeOnly", "contentMediaType", "contentEncoding"};

constexpr std::array<TextForm, 8> text_forms = {{
    {"path", "an absolute path", canonical_path},
    {"mode", "permission bits such as \"0644\"", canonical_mode},
    {"size", "a size such as 4GiB", canonical_size},
    {"duration", "a span of time such as 90s", canonical_duration},
    {"unit", "the name of a systemd unit", canonical_unit},
    {"sysctl", "a kernel parameter such as net.ipv4.ip_forward", canonical_sysctl},
    {"address", "an IPv4 or IPv6 address", canonical_address},
    {"schedule", "a schedule of cron such as `30 2 * * mon-fri` or @daily", canonical_schedule},
}};

// Escapes a key for a JSON pointer.
std::string pointer_to(const std::string& parent, std::string_view key) {
  std::string out = parent + "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The value that POINTER (`/definitions/size`) names within ROOT, or nullptr.
const Value* resolve_pointer(const Value& root, std::string_view pointer) {
  const Value* at = &root;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string key;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const bool escape = raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1');
      key += escape ? (raw[++i] == '0' ? '~' : '/') : raw[i];
    }
    if (at->is_list()) {
      const bool is_number =
          !key.empty() && key.size() < 9 && key.find_first_not_of("0123456789") == std::string::npos;
      const std::size_t index = is_number ? std::stoul(key) : at->as_list().size();
      at = index < at->as_list().size() ? &at->as_list()[index] : nullptr;
    } else {
      at = at->find(key);
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

class SchemaCompiler {
 public:
  SchemaCompiler(const Value& root, std::string_view file, Diagnostics& diagnostics)
      : root_(root),
        file_(intern_file_name(file)),
        diagnostics_(diagnostics),
        tree_(std::make_unique<SchemaTree>()) {}

  std::unique_ptr<const SchemaTree> compile() {
    tree_->root = node(root_, "#");
    if (!failed_) refuse_endless_references();
    if (failed_) return nullptr;
    return std::move(tree_);
  }

 private:
  using Handler = void (SchemaCompiler::*)(SchemaNode&, const Value&, const std::string&);

  void fail(const std::string& pointer, const Value& place, std::string message, std::string hint = {}) {
    failed_ = true;
    Diagnostic diagnostic = failure("bad-schema", std::move(message), std::move(hint));
    diagnostic.position = place.position();
    if (!diagnostic.position.known()) diagnostic.position.file = file_;
    diagnostic.path = pointer;
    diagnostics_.add(std::move(diagnostic));
  }

  // The node of SCHEMA; one node for one place, however often it is referred to.
  const SchemaNode* node(const Value& schema, const std::string& pointer) {
    const auto [found, is_new] = compiled_.try_emplace(&schema, nullptr);
    if (!is_new) return found->second;
    SchemaNode& made = tree_->nodes.emplace_back();
    found->second = &made;
    if (schema.is_boolean()) {
      made.constant_verdict = schema.as_boolean();
    } else if (!schema.is_map()) {
      fail(pointer, schema, "a schema must be a map or a boolean, not " + std::string(schema.type_name()));
    } else if (depth_ == max_nesting) {
      fail(pointer, schema, "schemas are nested more than " + std::to_string(max_nesting) + " deep");
    } else {
      ++depth_;
      fill(made, schema.as_map(), schema, pointer);
      --depth_;
    }
    return &made;
  }

  void fill(SchemaNode& made, const Map& schema, const Value& place, const std::string& pointer) {
    read_annotations(made, schema);
    if (const Value* reference = schema.find("$ref")) {
      // Draft 7: whatever else stands beside $ref does not count. The definitions are still checked.
      if (const Value* definitions = schema.find("definitions")) {
        compile_definitions(made, *definitions, pointer_to(pointer, "definitions"));
      }
      compile_reference(made, *reference, pointer_to(pointer, "$ref"));
      return;
    }
    bool only_required = schema.contains("required");
    for (const auto& member : schema) {
      const std::string here = pointer_to(pointer, member.key);
      if (std::find(annotations.begin(), annotations.end(), member.key) != annotations.end() ||
          member.key.starts_with("x-hearth-")) {
        continue;
      }
      if (member.key == "$id") {
        if (&place != &root_) fail(here, member.value, "$id is supported only at the top of a schema");
        continue;
      }
      only_required = only_required && member.key == "required";
      const auto& handlers = keyword_handlers();
      const auto handler = handlers.find(member.key);
      if (handler != handlers.end()) {
        (this->*handler->second)(made, member.value, here);
      } else {
        fail(here, member.value, "the keyword " + quote(member.key) + " is not supported",
             "this validator knows JSON Schema draft 7 and x-hearth-* keywords");
      }
    }
    made.only_required = only_required;
  }

  static void read_annotations(SchemaNode& made, const Map& schema) {
    if (const Value* text = schema.find("description"); text != nullptr && text->is_string()) {
      made.description = text->as_string();
    }
    if (const Value* text = schema.find("x-hearth-expected"); text != nullptr && text->is_string()) {
      made.expected = text->as_string();
    }
    if (const Value* text = schema.find("x-hearth-message"); text != nullptr && text->is_string()) {
      made.message = text->as_string();
    }
    if (const Value* flag = schema.find("readOnly"); flag != nullptr && flag->is_boolean()) {
      made.read_only = flag->as_boolean();
    }
    if (const Value* flag = schema.find("x-hearth-secret"); flag != nullptr && flag->is_boolean()) {
      made.secret = flag->as_boolean();
    }
    if (const Value* flag = schema.find("x-hearth-null"); flag != nullptr && *flag == Value(false)) {
      made.never_null = true;
    }
    if (const Value* form = schema.find("x-hearth-form"); form != nullptr && form->is_string()) {
      const auto* found = std::find_if(text_forms.begin(), text_forms.end(),
                                       [&](const TextForm& one) { return one.name == form->as_string(); });
      if (found != text_forms.end()) made.form = found;
    }
    const Value* kind = schema.find("x-hearth-kind");
    const Value* identity = kind == nullptr ? nullptr : kind->find("identity");
    if (identity == nullptr || !identity->is_list()) return;
    for (const auto& field : identity->as_list()) {
      if (field.is_string()) made.identity.push_back(field.as_string());
    }
  }

  void compile_reference(SchemaNode& made, const Value& reference, const std::string& pointer) {
    if (!reference.is_string()) {
      fail(pointer, reference, "$ref must be a string");
      return;
    }
    const std::string& text = reference.as_string();
    if (!text.starts_with('#') || (text.size() > 1 && text[1] != '/')) {
      fail(pointer, reference, "the reference " + quote(text) + " leads out of the document",
           "only references such as #/definitions/size are supported");
      return;
    }
    const Value* target = resolve_pointer(root_, percent_decoded(std::string_view(text).substr(1)));
    if (target == nullptr) {
      fail(pointer, reference, "the reference " + quote(text) + " leads nowhere");
      return;
    }
    made.reference = node(*target, text);
  }

  // ---- Keywords
  // ----------------------------------------------------------------------------------------------

  static const std::unordered_map<std::string_view, Handler>& keyword_handlers() {
    using C = SchemaCompiler;
    static const std::unordered_map<std::string_view, Handler> handlers = {
        {"definitions", &C::compile_definitions},
        {"type", &C::compile_type},
        {"enum", &C::compile_enum},
        {"const", &C::compile_const},
        {"minimum", &C::number<&SchemaNode::minimum>},
        {"maximum", &C::number<&SchemaNode::maximum>},
        {"exclusiveMinimum", &C::number<&SchemaNode::exclusive_minimum>},
        {"exclusiveMaximum", &C::number<&SchemaNode::exclusive_maximum>},
        {"multipleOf", &C::compile_multiple_of},
        {"minLength", &C::count<&SchemaNode::min_length>},
        {"maxLength", &C::count<&SchemaNode::max_length>},
        {"pattern", &C::compile_pattern},
        {"items", &C::compile_items},
        {"additionalItems", &C::subschema<&SchemaNode::additional_elements>},
        {"contains", &C::subschema<&SchemaNode::contains>},
        {"minItems", &C::count<&SchemaNode::min_items>},
        {"maxItems", &C::count<&SchemaNode::max_items>},
        {"uniqueItems", &C::compile_unique_items},
        {"properties", &C::compile_properties},
        {"patternProperties", &C::compile_pattern_properties},
        {"additionalProperties", &C::subschema<&SchemaNode::additional_properties>},
        {"propertyNames", &C::subschema<&SchemaNode::names>},
        {"required", &C::compile_required},
        {"dependencies", &C::compile_dependencies},
        {"minProperties", &C::count<&SchemaNode::min_properties>},
        {"maxProperties", &C::count<&SchemaNode::max_properties>},
        {"allOf", &C::subschemas<&SchemaNode::all_of>},
        {"anyOf", &C::subschemas<&SchemaNode::any_of>},
        {"oneOf", &C::subschemas<&SchemaNode::one_of>},
        {"not", &C::subschema<&SchemaNode::negated>},
        {"if", &C::subschema<&SchemaNode::condition>},
        {"then", &C::subschema<&SchemaNode::then_node>},
        {"else", &C::subschema<&SchemaNode::else_node>},
    };
    return handlers;
  }

  template <auto Member>
  void subschema(SchemaNode& made, const Value& value, const std::string& pointer) {
    made.*Member = node(value, pointer);
  }

  template <auto Member>
  void subschemas(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_list() || value.as_list().empty()) {
      fail(pointer, value, "must be a list of at least one schema");
      return;
    }
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      (made.*Member).push_back(node(value.as_list()[i], pointer + "/" + std::to_string(i)));
    }
  }

  template <auto Member>
  void number(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_number()) fail(pointer, value, "must be a number");
    made.*Member = value;
  }

  template <auto Member>
  void count(SchemaNode& made, const Value& value, const std::string& pointer) {
    const double number = value.is_number() ? value.as_number() : -1;
    if (number < 0 || number != std::floor(number) || number > 1e15) {
      fail(pointer, value, "must be a whole number that is not negative");
      return;
    }
    made.*Member = static_cast<std::size_t>(number);
  }

  void compile_multiple_of(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_number() || value.as_number() <= 0) fail(pointer, value, "must be a number above 0");
    made.multiple_of = value;
  }

  void compile_definitions(SchemaNode&, const Value& value, const std::string& pointer) {
    if (!value.is_map()) {
      fail(pointer, value, "must be a map of schemas");
      return;
    }
    for (const auto& member : value.as_map()) node(member.value, pointer_to(pointer, member.key));
  }

  void compile_type(SchemaNode& made, const Value& value, const std::string& pointer) {
    const List names = value.is_list() ? value.as_list() : List{value};
    for (const auto& name : names) {
      const auto* found = std::find_if(type_bits.begin(), type_bits.end(), [&](const auto& one) {
        return name.is_string() && one.first == name.as_string();
      });
      if (found == type_bits.end()) {
        fail(pointer, value,
             "must name a type of JSON: null, boolean, integer, number, string, array or object");
        return;
      }
      made.types |= found->second;
    }
    if (names.empty()) fail(pointer, value, "must name at least one type");
  }

  void compile_enum(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_list() || value.as_list().empty()) {
      fail(pointer, value, "must be a list of at least one value");
      return;
    }
    made.enumeration = value.as_list();
  }

  void compile_const(SchemaNode& made, const Value& value, const std::string&) { made.constant = value; }

  std::optional<Pattern> pattern(const Value& place, const std::string& text, const std::string& pointer) {
    auto compiled = Pattern::compile(text);
    if (compiled) return std::move(*compiled);
    fail(pointer, place, "the pattern " + quote(text) + " cannot be used: " + compiled.error());
    return std::nullopt;
  }

  void compile_pattern(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_string()) {
      fail(pointer, value, "must be a string");
      return;
    }
    made.pattern = pattern(value, value.as_string(), pointer);
  }

  void compile_items(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_list()) {
      made.elements = node(value, pointer);
      return;
    }
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      made.tuple.push_back(node(value.as_list()[i], pointer + "/" + std::to_string(i)));
    }
  }

  void compile_unique_items(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_boolean()) fail(pointer, value, "must be a boolean");
    made.unique_items = value.is_boolean() && value.as_boolean();
  }

  void compile_properties(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_map()) {
      fail(pointer, value, "must be a map of schemas");
      return;
    }
    // All names before the index: it views into them.
    for (const auto& member : value.as_map()) made.property_names.push_back(member.key);
    std::size_t i = 0;
    for (const auto& member : value.as_map()) {
      made.properties.emplace(made.property_names[i++], node(member.value, pointer_to(pointer, member.key)));
    }
  }

  void compile_pattern_properties(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_map()) {
      fail(pointer, value, "must be a map of schemas");
      return;
    }
    for (const auto& member : value.as_map()) {
      const std::string here = pointer_to(pointer, member.key);
      auto compiled = pattern(member.value, member.key, here);
      const SchemaNode* below = node(member.value, here);
      if (compiled) made.pattern_properties.push_back({std::move(*compiled), below});
    }
  }

  std::vector<std::string> names(const Value& value, const std::string& pointer) {
    std::vector<std::string> out;
    const bool all_strings = value.is_list() && std::all_of(value.as_list().begin(), value.as_list().end(),
                                                            [](const Value& one) { return one.is_string(); });
    if (!all_strings) {
      fail(pointer, value, "must be a list of names");
      return out;
    }
    for (const auto& one : value.as_list()) out.push_back(one.as_string());
    return out;
  }

  void compile_required(SchemaNode& made, const Value& value, const std::string& pointer) {
    made.required = names(value, pointer);
  }

  void compile_dependencies(SchemaNode& made, const Value& value, const std::string& pointer) {
    if (!value.is_map()) {
      fail(pointer, value, "must be a map");
      return;
    }
    for (const auto& member : value.as_map()) {
      const std::string here = pointer_to(pointer, member.key);
      SchemaNode::Dependency dependency{member.key, {}, nullptr};
      if (member.value.is_list()) {
        dependency.needs = names(member.value, here);
      } else {
        dependency.node = node(member.value, here);
      }
      made.dependencies.push_back(std::move(dependency));
    }
  }

  // ---- References without end
  // --------------------------------------------------------------------------------

  // Schemas that judge the same value as NODE does, not a part of it.
  static std::vector<const SchemaNode*> in_place(const SchemaNode& node) {
    std::vector<const SchemaNode*> out = {node.reference, node.negated, node.condition, node.then_node,
                                          node.else_node};
    for (const auto* list : {&node.all_of, &node.any_of, &node.one_of})
      out.insert(out.end(), list->begin(), list->end());
    for (const auto& dependency : node.dependencies) out.push_back(dependency.node);
    std::erase(out, nullptr);
    return out;
  }

  // A schema that comes back to itself without stepping into the value would be judged for ever.
  void refuse_endless_references() {
    std::unordered_set<const SchemaNode*> done;
    std::unordered_set<const SchemaNode*> open;
    struct Visit {
      const SchemaNode* node;
      std::vector<const SchemaNode*> rest;
    };
    for (const auto& start : tree_->nodes) {
      if (done.contains(&start)) continue;
      std::vector<Visit> path;
      path.push_back({&start, in_place(start)});
      open.insert(&start);
      while (!path.empty()) {
        if (path.back().rest.empty()) {
          open.erase(path.back().node);
          done.insert(path.back().node);
          path.pop_back();
          continue;
        }
        const SchemaNode* next = path.back().rest.back();
        path.back().rest.pop_back();
        if (open.contains(next)) {
          fail("#", root_, "a reference leads back to itself without end");
          return;
        }
        if (done.contains(next)) continue;
        open.insert(next);
        path.push_back({next, in_place(*next)});
      }
    }
  }

  const Value& root_;
  const std::string* file_;
  Diagnostics& diagnostics_;
  std::unique_ptr<SchemaTree> tree_;
  std::unordered_map<const Value*, const SchemaNode*> compiled_;
  std::size_t depth_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<const SchemaTree> compile_schema(const Value& schema, std::string_view file,
                                                 Diagnostics& diagnostics) {
  return SchemaCompiler(schema, file, diagnostics).compile();
}

}  // namespace hearth
