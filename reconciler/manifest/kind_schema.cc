#include "reconciler/manifest/kind_schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <map>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/core/schedule.h"
#include "reconciler/core/utf8.h"
#include "reconciler/manifest/schema_validator.h"

namespace hearth {

std::optional<std::string> canonical(FieldSchema::Form form, std::string_view text) {
  switch (form) {
    case FieldSchema::Form::plain: return std::string(text);
    case FieldSchema::Form::path: return canonical_path(text);
    case FieldSchema::Form::mode: return canonical_mode(text);
    case FieldSchema::Form::size: return canonical_size(text);
    case FieldSchema::Form::duration: return canonical_duration(text);
    case FieldSchema::Form::unit: return canonical_unit(text);
    case FieldSchema::Form::sysctl: return canonical_sysctl(text);
    case FieldSchema::Form::address: return canonical_address(text);
    case FieldSchema::Form::schedule: return canonical_schedule(text);
  }
  return std::nullopt;
}

const FieldSchema* FieldSchema::find(std::string_view field) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const FieldSchema& one) { return one.name == field; });
  return found == fields.end() ? entries.get() : &*found;
}

KindSchema::KindSchema() = default;
KindSchema::~KindSchema() = default;

Diagnostics KindSchema::validate(const Value& spec, std::string_view path) const {
  return validator_->validate(spec, path);
}

namespace {

constexpr std::size_t max_nesting = 32;  // a reference that leads back to itself ends here

constexpr std::array<std::string_view, 17> field_keywords = {
    "x-hearth-name-default", "x-hearth-live",      "x-hearth-list",
    "x-hearth-absent",       "x-hearth-form",      "x-hearth-effect",
    "x-hearth-write",        "x-hearth-immutable", "x-hearth-secret",
    "x-hearth-write-only",   "x-hearth-reference", "x-hearth-path",
    "x-hearth-expected",     "x-hearth-kind",      "x-hearth-reference-optional",
    "x-hearth-null",         "x-hearth-message"};

// What may stand beside $ref: it says something about this use, not about what is valid.
constexpr std::array<std::string_view, 6> beside_reference = {"$ref",     "description", "default",
                                                              "examples", "title",       "$comment"};

// Parts of a schema that judge but do not describe: a keyword for the engine in there would be lost without a
// word.
constexpr std::array<std::string_view, 7> judging = {"if",       "then",          "else",        "not",
                                                     "contains", "propertyNames", "dependencies"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

// "string" → "strings", "list of maps" → "lists of maps".
std::string plural(std::string_view type) {
  const std::size_t end = std::min(type.find(' '), type.size());
  if (type.substr(end).starts_with(" or ")) return "(" + std::string(type) + ")";
  if (type.starts_with("any")) return "anything";
  return std::string(type.substr(0, end)) + "s" + std::string(type.substr(end));
}

}  // namespace

// Compiles one document. The first thing that is wrong ends the whole: nobody runs with half a kind.
class KindCompiler {
 public:
  KindCompiler(Value document, std::string_view file) : document_(std::move(document)), file_(file) {}

  Result<std::unique_ptr<KindSchema>> compile() {
    Diagnostics diagnostics;
    std::unique_ptr<KindSchema> kind(new KindSchema);
    kind->validator_ = SchemaValidator::compile(document_, file_, diagnostics);
    if (kind->validator_ == nullptr) return tl::unexpected(diagnostics.all().front());
    read_kind(*kind);
    if (!problem_) kind->root_ = field("spec", document_, "#", 0);
    if (!problem_) check_root(*kind);
    if (!problem_) check_defaults(kind->root_, "#");
    if (problem_) return tl::unexpected(*problem_);
    kind->document_ = std::move(document_);
    return kind;
  }

 private:
  // Remembers the first failure; says false, so that a check can end with it.
  bool fail(const std::string& pointer, std::string message, std::string hint = {}) {
    if (problem_) return false;
    problem_ = failure("bad-schema", std::move(message), std::move(hint));
    problem_->position.file = intern_file_name(file_);
    problem_->path = pointer;
    return false;
  }

  // ---- Keywords with a value of one type -----------------------------------------------------------------

  std::string text(const Value& schema, std::string_view keyword, const std::string& pointer) {
    const Value* value = schema.find(keyword);
    if (value == nullptr) return {};
    if (value->is_string()) return value->as_string();
    fail(pointer, std::string(keyword) + " must be a string");
    return {};
  }

  bool flag(const Value& schema, std::string_view keyword, const std::string& pointer, bool otherwise) {
    const Value* value = schema.find(keyword);
    if (value == nullptr) return otherwise;
    if (value->is_boolean()) return value->as_boolean();
    return fail(pointer, std::string(keyword) + " must be true or false");
  }

  template <typename Enum>
  Enum choice(const Value& schema, std::string_view keyword, const std::string& pointer, Enum otherwise,
              std::initializer_list<std::pair<std::string_view, Enum>> choices) {
    if (schema.find(keyword) == nullptr) return otherwise;
    const std::string word = text(schema, keyword, pointer);
    std::vector<std::string> allowed;
    for (const auto& [name, value] : choices) {
      if (name == word) return value;
      allowed.emplace_back(name);
    }
    fail(pointer, std::string(keyword) + " cannot be " + quote(word), "use one of: " + joined(allowed, ", "));
    return otherwise;
  }

  std::vector<std::string> names(const Value& schema, std::string_view keyword, const std::string& pointer) {
    std::vector<std::string> out;
    const Value* value = schema.find(keyword);
    if (value == nullptr) return out;
    if (!value->is_list()) {
      fail(pointer, std::string(keyword) + " must be a list of names");
      return out;
    }
    for (const auto& one : value->as_list()) {
      if (one.is_string()) {
        out.push_back(one.as_string());
      } else {
        fail(pointer, std::string(keyword) + " must be a list of names");
      }
    }
    return out;
  }

  // ---- x-hearth-kind -------------------------------------------------------------------------------------

  void read_kind(KindSchema& kind) {
    static constexpr std::array<std::string_view, 9> known = {
        "kind", "scope", "provider", "observeOnly", "onRemove", "identity", "claims", "refresh", "leaf"};
    const std::string pointer = "#/x-hearth-kind";
    const Value* header = document_.find("x-hearth-kind");
    if (header == nullptr || !header->is_map()) {
      fail("#", "the schema of a kind needs a map x-hearth-kind");
      return;
    }
    for (const auto& member : header->as_map()) {
      if (!contains(known, member.key)) {
        fail(pointer, "x-hearth-kind has no key " + quote(member.key),
             did_you_mean(member.key, {known.begin(), known.end()}));
      }
    }
    kind.kind_ = text(*header, "kind", pointer);
    kind.provider_ = text(*header, "provider", pointer);
    kind.host_scoped_ = choice(*header, "scope", pointer, false, {{"host", true}, {"cluster", false}});
    kind.observe_only_ = flag(*header, "observeOnly", pointer, false);
    kind.on_remove_ = choice(*header, "onRemove", pointer, OnRemove::remove,
                             {{"retain", OnRemove::retain}, {"delete", OnRemove::remove}});
    kind.identity_ = names(*header, "identity", pointer);
    kind.refresh_ = text(*header, "refresh", pointer);
    kind.leaf_ = flag(*header, "leaf", pointer, false);
    read_claims(kind, *header, pointer + "/claims");

    const auto is_name = [](std::string_view name) {
      return !name.empty() && name.front() >= 'A' && name.front() <= 'Z' &&
             std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
    };
    if (!is_name(kind.kind_))
      fail(pointer, "the kind must be a word such as SambaShare, not " + quote(kind.kind_));
    if (!header->as_map().contains("scope"))
      fail(pointer, "the scope is missing", "use one of: host, cluster");
    if (kind.provider_.empty()) fail(pointer, "the provider is missing", "name its folder below providers/");
    const std::string_view base = std::string_view(file_).substr(file_.find_last_of('/') + 1);
    if (base.ends_with(".schema.json") && base != kind.kind_ + ".schema.json") {
      fail(pointer, "the schema of " + kind.kind_ + " must be in the file " + kind.kind_ + ".schema.json");
    }
  }

  static constexpr std::array<std::string_view, 7> claim_keys = {"space", "template", "each", "when",
                                                                 "part",  "unless",   "where"};

  void read_claims(KindSchema& kind, const Value& header, const std::string& pointer) {
    const Value* claims = header.find("claims");
    if (claims == nullptr) return;
    if (!claims->is_list()) {
      fail(pointer, "claims must be a list");
      return;
    }
    for (const auto& claim : claims->as_list()) {
      if (!claim.is_map()) {
        fail(pointer, "a claim must be a map");
        return;
      }
      for (const auto& member : claim.as_map()) {
        if (!contains(claim_keys, member.key)) {
          fail(pointer, "a claim has no key " + quote(member.key),
               "it has space, template, each, when, part, unless and where");
        }
      }
      ClaimTemplate made{text(claim, "space", pointer), text(claim, "template", pointer),
                         text(claim, "each", pointer), text(claim, "when", pointer)};
      made.part = flag(claim, "part", pointer, false);
      made.unless = names(claim, "unless", pointer);
      if (const Value* where = claim.find("where"); where != nullptr && where->is_map()) {
        for (const auto& member : where->as_map())
          made.where.emplace_back(member.key, text(*where, member.key, pointer));
      }
      if (!made.part && (!made.unless.empty() || claim.find("where") != nullptr))
        fail(pointer, "only a claim with part: true can have unless and where");
      if (made.part && !made.each.empty()) fail(pointer, "a claim with part: true cannot have each");
      if (made.space.empty() || made.text.empty()) fail(pointer, "a claim needs a space and a template");
      kind.claims_.push_back(std::move(made));
    }
  }

  // ---- Fields --------------------------------------------------------------------------------------------

  // SCHEMA with its $ref followed: what it refers to, overlaid by the annotations beside the reference.
  Value resolved(const Value& schema, const std::string& pointer) {
    const Value* reference = schema.find("$ref");
    if (reference == nullptr) return schema;
    static constexpr std::string_view prefix = "#/definitions/";
    const std::string& target =
        reference->as_string();  // the validator compiled it: it is a string and leads somewhere
    const Value* definitions = document_.find("definitions");
    const Value* found = definitions == nullptr || !target.starts_with(prefix)
                             ? nullptr
                             : definitions->find(std::string_view(target).substr(prefix.size()));
    if (found == nullptr) {
      fail(pointer, "the reference " + quote(target) + " does not lead to a definition",
           "put it at #/definitions/NAME, with a NAME of letters");
      return schema;
    }
    if (++references_ > 1000) {
      fail(pointer, "there are too many references, or one leads back to itself");
      return schema;
    }
    Value out = resolved(*found, pointer);
    if (!out.is_map()) {
      fail(pointer, "the definition " + quote(target) + " must be a map");
      return schema;
    }
    for (const auto& member : schema.as_map()) {
      if (!contains(beside_reference, member.key) && !member.key.starts_with("x-hearth-")) {
        fail(pointer, quote(member.key) + " has no effect beside $ref", "put both into allOf");
      }
      if (member.key != "$ref") out.as_map().set(member.key, member.value);
    }
    return out;
  }

  FieldSchema field(std::string name, const Value& unresolved, const std::string& pointer,
                    std::size_t depth) {
    FieldSchema made;
    made.name = std::move(name);
    if (depth > max_nesting) {
      fail(pointer, "fields are nested too deep, or a reference leads back to itself");
      return made;
    }
    const Value schema = resolved(unresolved, pointer);
    if (problem_ || !schema.is_map()) {
      made.type = "anything";  // `true`: no field of a kind should be that, but entries of a map may
      return made;
    }
    refuse_unknown_keywords(schema, pointer, depth);
    made.description = text(schema, "description", pointer);
    if (const Value* value = schema.find("enum")) made.enumeration = value->as_list();
    if (const Value* value = schema.find("examples"); value != nullptr && value->is_list())
      made.examples = value->as_list();
    if (const Value* value = schema.find("default")) made.default_value = *value;
    if (const Value* value = schema.find("x-hearth-absent")) made.absent = *value;
    made.name_default = text(schema, "x-hearth-name-default", pointer);
    made.live = flag(schema, "x-hearth-live", pointer, true);
    made.immutable = flag(schema, "x-hearth-immutable", pointer, false);
    made.secret = flag(schema, "x-hearth-secret", pointer, false);
    made.write_only = flag(schema, "x-hearth-write-only", pointer, false);
    made.reference = text(schema, "x-hearth-reference", pointer);
    made.reference_optional = flag(schema, "x-hearth-reference-optional", pointer, false);
    using Form = FieldSchema::Form;
    made.form = choice(schema, "x-hearth-form", pointer, Form::plain,
                       {{"path", Form::path},
                        {"mode", Form::mode},
                        {"size", Form::size},
                        {"duration", Form::duration},
                        {"unit", Form::unit},
                        {"sysctl", Form::sysctl},
                        {"address", Form::address},
                        {"schedule", Form::schedule}});
    using Write = FieldSchema::Write;
    made.write =
        choice(schema, "x-hearth-write", pointer, Write::online,
               {{"online", Write::online}, {"pending", Write::pending}, {"create-only", Write::create_only}});
    made.effect = choice(schema, "x-hearth-effect", pointer, Effect::none,
                         {{"none", Effect::none},
                          {"reload", Effect::reload},
                          {"restart", Effect::restart},
                          {"reboot", Effect::reboot},
                          {"destroy", Effect::destroy}});
    using PathEdge = FieldSchema::PathEdge;
    made.path_edge = choice(schema, "x-hearth-path", pointer, PathEdge::none,
                            {{"within", PathEdge::within}, {"input", PathEdge::input}});
    read_structure(made, schema, pointer, depth);
    made.type = type_of(made, schema);
    read_list_order(made, schema, pointer);
    check_form(made, schema, pointer);
    return made;
  }

  void refuse_unknown_keywords(const Value& schema, const std::string& pointer, std::size_t depth) {
    for (const auto& member : schema.as_map()) {
      if (contains(judging, member.key)) refuse_lost_keywords(member.value, pointer + "/" + member.key);
      if (!member.key.starts_with("x-hearth-")) continue;
      if (!contains(field_keywords, member.key)) {
        fail(pointer, "there is no keyword " + quote(member.key),
             did_you_mean(member.key, {field_keywords.begin(), field_keywords.end()}));
      } else if (member.key == "x-hearth-kind" && depth > 0) {
        fail(pointer, "x-hearth-kind belongs to the top of the schema");
      }
    }
  }

  void refuse_lost_keywords(const Value& value, const std::string& pointer) {
    if (value.is_list()) {
      for (const auto& element : value.as_list()) refuse_lost_keywords(element, pointer);
    }
    if (!value.is_map()) return;
    for (const auto& member : value.as_map()) {
      if (member.key.starts_with("x-hearth-") && member.key != "x-hearth-expected" &&
          member.key != "x-hearth-message") {
        fail(pointer, quote(member.key) + " has no effect here", "say it where the field is described");
      }
      refuse_lost_keywords(member.value, pointer + "/" + member.key);
    }
  }

  void read_structure(FieldSchema& made, const Value& schema, const std::string& pointer, std::size_t depth) {
    if (const Value* properties = schema.find("properties")) {
      if (schema.find("additionalProperties") == nullptr) {
        fail(pointer, "properties without additionalProperties let misspelt fields pass",
             "add \"additionalProperties\": false");
      }
      const auto required = names(schema, "required", pointer);
      for (const auto& member : properties->as_map()) {
        if (member.value.is_boolean()) continue;  // `true` or `false` in a branch: no description of a field
        FieldSchema below = field(member.key, member.value, pointer + "/properties/" + member.key, depth + 1);
        below.required = std::find(required.begin(), required.end(), member.key) != required.end();
        made.fields.push_back(std::move(below));
      }
    }
    if (const Value* patterns = schema.find("patternProperties")) {
      if (patterns->as_map().size() != 1) fail(pointer, "only one pattern of patternProperties is supported");
      for (const auto& member : patterns->as_map()) {
        made.entries = shared_field(member.value, pointer + "/patternProperties/" + member.key, depth);
      }
    }
    const Value* additional = schema.find("additionalProperties");
    if (additional != nullptr && additional->is_map()) {
      if (made.entries != nullptr)
        fail(pointer, "entries are described twice", "set additionalProperties to false");
      made.entries = shared_field(*additional, pointer + "/additionalProperties", depth);
    }
    if (const Value* items = schema.find("items")) {
      if (items->is_list()) {
        fail(pointer, "a list of items by place is not supported", "describe all elements with one schema");
      } else {
        made.elements = shared_field(*items, pointer + "/items", depth);
      }
    }
    for (const std::string_view combination : {"allOf", "anyOf", "oneOf"}) {
      const Value* branches = schema.find(combination);
      if (branches == nullptr) continue;
      for (std::size_t i = 0; i < branches->as_list().size(); ++i) {
        add_branch(made, branches->as_list()[i],
                   pointer + "/" + std::string(combination) + "/" + std::to_string(i), depth);
      }
    }
  }

  std::shared_ptr<const FieldSchema> shared_field(const Value& schema, const std::string& pointer,
                                                  std::size_t depth) {
    return std::make_shared<const FieldSchema>(field({}, schema, pointer, depth + 1));
  }

  // What a branch describes beside what stands at the field itself. Branches that only require something
  // describe none.
  void add_branch(FieldSchema& made, const Value& schema, const std::string& pointer, std::size_t depth) {
    const bool describes =
        schema.is_map() &&
        std::any_of(schema.as_map().begin(), schema.as_map().end(), [](const auto& member) {
          return member.key != "required" && !contains(judging, member.key);
        });
    if (!describes) return;
    FieldSchema branch = field({}, schema, pointer, depth + 1);
    made.secret = made.secret || branch.secret;
    if (made.form == FieldSchema::Form::plain) made.form = branch.form;
    if (made.elements == nullptr) made.elements = std::move(branch.elements);
    if (made.entries == nullptr) made.entries = std::move(branch.entries);
    for (auto& one : branch.fields) {
      const bool is_new = std::none_of(made.fields.begin(), made.fields.end(),
                                       [&](const FieldSchema& other) { return other.name == one.name; });
      one.required = false;  // only where this branch is meant
      if (is_new) made.fields.push_back(std::move(one));
    }
    if (!branch.type.empty() && branch.type != "anything") branch_types_[&made].push_back(branch.type);
  }

  // "string or null", "list of strings": for people.
  std::string type_of(const FieldSchema& made, const Value& schema) {
    std::vector<std::string> types = take_branch_types(made);
    if (made.secret && types.empty()) return "secret";
    const Value* declared = schema.find("type");
    if (declared != nullptr) {
      types.clear();
      for (const auto& type : declared->is_list() ? declared->as_list() : List{*declared}) {
        types.push_back(type_in_words(type.as_string(), made));
      }
    } else if (types.empty()) {
      for (const auto& value : made.enumeration) types.push_back(type_of_constant(value));
      if (const Value* constant = schema.find("const")) types.push_back(type_of_constant(*constant));
    }
    std::vector<std::string> unique;
    for (auto& type : types) {
      if (std::find(unique.begin(), unique.end(), type) == unique.end()) unique.push_back(std::move(type));
    }
    return unique.empty() ? "anything" : joined(unique, " or ");
  }

  std::vector<std::string> take_branch_types(const FieldSchema& made) {
    const auto found = branch_types_.find(&made);
    if (found == branch_types_.end()) return {};
    auto types = std::move(found->second);
    branch_types_.erase(found);
    return types;
  }

  static std::string type_in_words(const std::string& type, const FieldSchema& made) {
    if (type == "array") return made.elements == nullptr ? "list" : "list of " + plural(made.elements->type);
    if (type != "object") return type;
    return made.entries == nullptr || !made.fields.empty() ? "map" : "map of " + plural(made.entries->type);
  }

  static std::string type_of_constant(const Value& value) {
    if (value.is_string()) return "string";
    if (value.is_boolean()) return "boolean";
    if (value.is_integer()) return "integer";
    return value.is_null() ? "null" : value.is_number() ? "number" : value.is_list() ? "list" : "map";
  }

  // ---- What must go together -----------------------------------------------------------------------------

  void read_list_order(FieldSchema& made, const Value& schema, const std::string& pointer) {
    if (schema.find("x-hearth-list") == nullptr) return;
    const std::string order = text(schema, "x-hearth-list", pointer);
    if (made.elements == nullptr) fail(pointer, "x-hearth-list is for lists, with items");
    if (order == "set") {
      made.list_order = FieldSchema::ListOrder::set;
    } else if (order.starts_with("map:") && order.size() > 4) {
      made.list_order = FieldSchema::ListOrder::map_by_key;
      made.list_key = order.substr(4);
      if (made.elements != nullptr && made.elements->find(made.list_key) == nullptr) {
        fail(pointer, "the elements have no field " + quote(made.list_key) + " to go by");
      }
    } else if (order != "ordered") {
      fail(pointer, "x-hearth-list cannot be " + quote(order), "use one of: ordered, set, map:KEY");
    }
  }

  void check_form(const FieldSchema& made, const Value& schema, const std::string& pointer) {
    const bool takes_text = made.type.find("string") != std::string::npos || made.type == "anything";
    if (schema.find("x-hearth-form") != nullptr && (!takes_text || made.elements != nullptr)) {
      fail(pointer, "x-hearth-form is for strings", "for the strings of a list, put it into items");
    }
    if (made.form != FieldSchema::Form::plain && made.default_value && made.default_value->is_string() &&
        !canonical(made.form, made.default_value->as_string())) {
      fail(pointer, "the default " + quote(made.default_value->as_string()) +
                        " does not have the form that x-hearth-form names");
    }
  }

  void check_root(KindSchema& kind) {
    const Value* type = document_.find("type");
    if (type == nullptr || !(*type == Value("object"))) fail("#", "the type of a spec must be \"object\"");
    const Value* additional = document_.find("additionalProperties");
    if (additional == nullptr || !(*additional == Value(false))) {
      fail("#", "additionalProperties of a spec must be false", "else misspelt fields would pass");
    }
    const std::string pointer = "#/x-hearth-kind";
    for (const auto& name : kind.identity_) {
      FieldSchema* field = root_field(kind, name);
      if (field == nullptr) {
        fail(pointer, "the identity " + quote(name) + " is no field");
      } else {
        field->immutable = true;  // another one would be another thing
      }
    }
    if (!kind.refresh_.empty()) {
      const FieldSchema* field = root_field(kind, kind.refresh_);
      if (field == nullptr || field->type != "boolean") {
        fail(pointer, "refresh must name a boolean field, which " + quote(kind.refresh_) + " is not");
      }
    }
    for (const auto& claim : kind.claims_) check_claim(kind, claim, pointer + "/claims");
  }

  static FieldSchema* root_field(KindSchema& kind, std::string_view name) {
    auto& fields = kind.root_.fields;
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const FieldSchema& one) { return one.name == name; });
    return found == fields.end() ? nullptr : &*found;
  }

  void check_claim(KindSchema& kind, const ClaimTemplate& claim, const std::string& pointer) {
    // What lies behind the dot is a field of another kind.
    const auto is_known = [&](std::string_view name) {
      const auto dot = name.find('.');
      const FieldSchema* field = root_field(kind, name.substr(0, dot));
      return field != nullptr && (dot == std::string_view::npos || (claim.part && !field->reference.empty()));
    };
    for (const auto& name : claim.unless) {
      if (!is_known(name)) fail(pointer, "unless must name fields, which " + quote(name) + " is not");
    }
    for (const auto& [name, value] : claim.where) {
      if (root_field(kind, name) == nullptr)
        fail(pointer, "where must name fields, which " + quote(name) + " is not");
    }
    if (!claim.when.empty() && root_field(kind, claim.when) == nullptr) {
      fail(pointer, "when must name a field, which " + quote(claim.when) + " is not");
    }
    const FieldSchema* walked = claim.each.empty() ? nullptr : root_field(kind, claim.each);
    if (!claim.each.empty() && (walked == nullptr || walked->entries == nullptr)) {
      fail(pointer,
           "each must name a field that is a map of entries, which " + quote(claim.each) + " is not");
    }
    std::string_view rest = claim.text;
    for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
      const auto close = rest.find('}', open);
      if (close == std::string_view::npos) {
        fail(pointer, "a { of the template " + quote(claim.text) + " is not closed");
        return;
      }
      const std::string_view name = rest.substr(open + 1, close - open - 1);
      const bool is_key = name == "key" && !claim.each.empty();
      if (!is_key && !is_known(name)) {
        fail(pointer, "the template " + quote(claim.text) + " names " + quote(name) + ", which is no field");
      }
      rest.remove_prefix(close + 1);
    }
  }

  // A default that its own schema refuses would fail at the first create, examples mislead.
  void check_defaults(const FieldSchema& root, const std::string& pointer) {
    const Value* properties = document_.find("properties");
    for (const auto& field : root.fields) {
      const Value* schema = properties == nullptr ? nullptr : properties->find(field.name);
      if (schema == nullptr || field.secret) continue;
      const std::string here = pointer + "/properties/" + field.name;
      if (field.default_value) check_instance(*schema, *field.default_value, "the default", here);
      for (const auto& example : field.examples) check_instance(*schema, example, "an example", here);
    }
  }

  void check_instance(const Value& schema, const Value& instance, std::string_view what,
                      const std::string& pointer) {
    // The definitions go along, for references.
    Map alone{{"allOf", List{schema}}};
    if (const Value* definitions = document_.find("definitions")) alone.set("definitions", *definitions);
    Diagnostics diagnostics;
    const auto validator = SchemaValidator::compile(Value(std::move(alone)), file_, diagnostics);
    if (validator != nullptr) diagnostics = validator->validate(instance, {});
    if (diagnostics.has_errors()) {
      fail(pointer, std::string(what) + " is not valid: " + diagnostics.all().front().message);
    }
  }

  Value document_;
  std::string file_;
  std::optional<Diagnostic> problem_;
  std::size_t references_ = 0;
  std::map<const FieldSchema*, std::vector<std::string>> branch_types_;  // of fields being made
};

Result<std::unique_ptr<KindSchema>> KindSchema::compile(Value document, std::string_view file) {
  return KindCompiler(std::move(document), file).compile();
}

}  // namespace hearth
