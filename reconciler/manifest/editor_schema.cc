#include "reconciler/manifest/editor_schema.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth {

namespace {

constexpr std::string_view name_pattern = "^[A-Za-z0-9._:+-]+$";

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Value reference_to(const std::string& definition) {
  return Map{{"$ref", "#/definitions/" + definition}};
}

Value described(Map schema, std::string_view description) {
  schema.set("description", description);
  return schema;
}

// One kind's spec, in plain draft 7. References are written out: definitions of several kinds would get in
// each other's way, and a kind's schema never refers back to itself.
class SpecWriter {
 public:
  explicit SpecWriter(const KindSchema& kind) : kind_(kind) {}

  // PARTIAL: no field has to be there, because others may come from `items` or `perHost`.
  Value write(bool partial) {
    partial_ = partial;
    return written(kind_.document(), kind_.identity());
  }

 private:
  [[nodiscard]] Value resolved(const Value& schema) const {
    const Value* reference = schema.find("$ref");
    if (reference == nullptr) return schema;
    static constexpr std::string_view prefix = "#/definitions/";
    const Value* target = kind_.document()
                              .find("definitions")
                              ->find(std::string_view(reference->as_string()).substr(prefix.size()));
    Value out = resolved(*target);
    for (const auto& member : schema.as_map()) {
      if (member.key != "$ref") out.as_map().set(member.key, member.value);
    }
    return out;
  }

  // IDENTITY: fields that cannot be null although they need not be there.
  Value written(const Value& unresolved, const std::vector<std::string>& identity = {}) {
    Value schema = resolved(unresolved);
    if (!schema.is_map()) return schema;
    if (const Value* secret = schema.find("x-hearth-secret"); secret != nullptr && *secret == Value(true)) {
      return secret_form(schema);
    }
    const bool is_object = schema.find("properties") != nullptr || schema.string_or("type", "") == "object";
    Map out;
    for (const auto& member : schema.as_map()) {
      const std::string& key = member.key;
      if (key.starts_with("x-hearth-") || is_one_of(key, {"$schema", "$id", "title", "definitions"}))
        continue;
      // What holds only of the whole cannot be asked of a part.
      if (partial_ && is_object && is_about_the_whole(key)) continue;
      if (key == "properties") {
        out.set(key, properties(member.value, schema, identity));
      } else if (key == "patternProperties") {
        Map patterns;
        for (const auto& one : member.value.as_map()) patterns.set(one.key, nullable(written(one.value)));
        out.set(key, std::move(patterns));
      } else if (key == "additionalProperties") {
        out.set(key, nullable(written(member.value)));
      } else if (key == "items") {
        // Lists are never merged: each element is whole.
        const bool partial = std::exchange(partial_, false);
        out.set(key, written(member.value));
        partial_ = partial;
      } else if (is_one_of(key, {"allOf", "anyOf", "oneOf"})) {
        List branches;
        for (const auto& branch : member.value.as_list()) branches.push_back(written(branch));
        out.set(key, std::move(branches));
      } else if (is_one_of(key, {"then", "else"})) {
        out.set(key, written(member.value));
      } else if (key == "pattern") {
        out.set(key, "(?:" + member.value.as_string() + R"()|\$\{host\.)");
      } else {
        out.set(key, member.value);
      }
    }
    const Value* required = out.find("required");
    if (required != nullptr && !out.contains("properties"))
      out.set("properties", not_null(required->as_list()));
    return out;
  }

  // In a branch that asks for fields which are described elsewhere: null is as good as not there.
  static Map not_null(const List& fields) {
    Map out;
    for (const auto& field : fields) out.set(field.as_string(), Map{{"not", Map{{"type", "null"}}}});
    return out;
  }

  static bool is_about_the_whole(std::string_view key) {
    return is_one_of(key, {"required", "minProperties", "dependencies", "allOf", "anyOf", "oneOf", "not",
                           "if", "then", "else"});
  }

  Value properties(const Value& properties, const Value& schema, const std::vector<std::string>& identity) {
    const Value* required = schema.find("required");
    Map out;
    for (const auto& property : properties.as_map()) {
      const bool is_required =
          required != nullptr && std::find(required->as_list().begin(), required->as_list().end(),
                                           Value(property.key)) != required->as_list().end();
      const bool identifies = std::find(identity.begin(), identity.end(), property.key) != identity.end();
      // Refused in manifests: an editor is not to offer it.
      if (property.value.is_map() && property.value.boolean_or("readOnly", false)) continue;
      Value below = written(property.value);
      const Value* null = property.value.is_map() ? property.value.find("x-hearth-null") : nullptr;
      const bool never_null = is_required || identifies || (null != nullptr && *null == Value(false));
      out.set(property.key, never_null ? std::move(below) : nullable(std::move(below)));
    }
    return out;
  }

  static Value secret_form(const Value& schema) {
    Map out{{"type", "object"},
            {"properties", Map{{"secret", Map{{"type", "string"}, {"minLength", 1}}}}},
            {"required", List{"secret"}},
            {"additionalProperties", false}};
    if (const Value* description = schema.find("description")) out.set("description", *description);
    return out;
  }

  // SCHEMA, or null: "must be unset".
  static Value nullable(Value schema) {
    if (!schema.is_map()) return schema;
    Map& map = schema.as_map();
    const bool combines = std::any_of(map.begin(), map.end(), [](const Map::Member& member) {
      return is_one_of(member.key, {"allOf", "anyOf", "oneOf", "not", "if"});
    });
    if (combines) {
      Map out;
      if (const Value* description = map.find("description")) out.set("description", *description);
      out.set("anyOf", List{std::move(schema), Map{{"type", "null"}}});
      return out;
    }
    if (Value* type = map.find("type")) {
      if (!type->is_list()) *type = List{*type};
      add_once(type->as_list(), "null");
    }
    if (const Value* constant = map.find("const")) {
      List both{*constant};
      map.erase("const");
      map.set("enum", std::move(both));
    }
    if (Value* allowed = map.find("enum")) add_once(allowed->as_list(), nullptr);
    return schema;
  }

  static void add_once(List& list, const Value& value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  }

  const KindSchema& kind_;
  bool partial_ = false;
};

// ---- The engine's words ----------------------------------------------------------------------------------

Value label_map() {
  return Map{{"type", "object"},
             {"additionalProperties", Map{{"type", List{"string", "number", "boolean"}}}}};
}

Value name_text() {
  return Map{{"type", "string"}, {"pattern", name_pattern}};
}

// Names of the fields that may be `exclusive`: the maps.
List exclusive_fields(const KindSchema& kind) {
  List out;
  for (const auto& field : kind.root().fields) {
    if (field.entries != nullptr || !field.fields.empty()) out.emplace_back(field.name);
  }
  return out;
}

Map engine_words(const KindSchema& kind) {
  const std::string part = kind.kind() + ".part";
  Map words;
  words.set("kind", Map{{"const", kind.kind()}, {"description", kind.description()}});
  words.set("name", described(name_text().as_map(),
                              "What this resource is called; renaming it changes nothing else."));
  words.set("items", described({{"type", "object"},
                                {"minProperties", 1},
                                {"propertyNames", Map{{"pattern", name_pattern}}},
                                {"additionalProperties", reference_to(part)}},
                               "Several resources by name, each with what it adds to `spec`."));
  if (kind.host_scoped()) {
    const Value names =
        Map{{"type", "array"}, {"minItems", 1}, {"uniqueItems", true}, {"items", name_text()}};
    words.set(
        "hosts",
        described({{"anyOf", List{name_text(), names, label_map()}}},
                  "Where it lives: all, a Node, a list of Nodes, or the labels that a Node must have."));
    words.set("perHost", described({{"type", "object"}, {"additionalProperties", reference_to(part)}},
                                   "What differs on one Node: merged into `spec`."));
  }
  words.set("cluster", described({{"type", "string"}}, "Which Cluster, where several are declared."));
  words.set("labels", described(label_map().as_map(), "Free words to select by."));
  words.set("dependsOn",
            described({{"anyOf", List{Map{{"type", "string"}},
                                      Map{{"type", "array"}, {"items", Map{{"type", "string"}}}}}}},
                      "What must be in its state before: KIND/NAME, or KIND/NAME@NODE."));
  const List fields = exclusive_fields(kind);
  if (!fields.empty()) {
    words.set(
        "exclusive",
        described(
            {{"anyOf",
              List{Map{{"type", "boolean"}}, Map{{"type", "array"}, {"items", Map{{"enum", fields}}}}}}},
            "Which maps are owned whole, so that entries nobody declares are taken away; true for all."));
  } else {
    words.set("exclusive",
              described({{"anyOf", List{Map{{"type", "boolean"}}, Map{{"type", "array"}, {"maxItems", 0}}}}},
                        "Which maps are owned whole; this kind has none."));
  }
  words.set("protect", described({{"type", "boolean"}}, "Never delete it, whatever a command line allows."));
  words.set("drift", described({{"enum", List{"correct", "report", "ignore"}}, {"default", "correct"}},
                               "What to do when the live system moved away from what was applied."));
  words.set("onRemove", described({{"enum", List{"retain", "delete"}},
                                   {"default", kind.on_remove() == OnRemove::retain ? "retain" : "delete"}},
                                  "What becomes of the thing when no manifest declares it any more."));
  words.set("spec", reference_to(part));
  return words;
}

// A manifest of one kind.
Value kind_definition(const KindSchema& kind) {
  List required{"kind"};
  if (kind.host_scoped()) required.emplace_back("hosts");
  // Everything is said in `spec` when there are neither items nor perHost: then it must be whole.
  Map whole{{"properties", Map{{"spec", reference_to(kind.kind() + ".spec")}}}};
  const Value* spec_required = kind.document().find("required");
  if (spec_required != nullptr && !spec_required->as_list().empty()) whole.set("required", List{"spec"});
  Map out;
  out.set("type", "object");
  out.set("properties", engine_words(kind));
  out.set("required", std::move(required));
  out.set("additionalProperties", false);
  out.set("oneOf", List{Map{{"required", List{"name"}}}, Map{{"required", List{"items"}}}});
  out.set("if", Map{{"required", List{"name"}}, {"not", Map{{"required", List{"perHost"}}}}});
  out.set("then", std::move(whole));
  return out;
}

}  // namespace

Value manifest_schema(const SchemaRegistry& schemas) {
  List names;
  List choices;
  Map definitions;
  for (const auto& name : schemas.kinds()) {
    const KindSchema& kind = *schemas.find(name);
    names.emplace_back(name);
    choices.emplace_back(
        Map{{"if", Map{{"properties", Map{{"kind", Map{{"const", name}}}}}, {"required", List{"kind"}}}},
            {"then", reference_to(name)}});
    SpecWriter writer(kind);
    definitions.set(name, kind_definition(kind));
    definitions.set(name + ".spec", writer.write(false));
    definitions.set(name + ".part", writer.write(true));
  }
  Map out;
  out.set("$schema", "http://json-schema.org/draft-07/schema#");
  out.set("title", "hearth manifest");
  out.set("description",
          "One document of a manifests folder. Made from the schemas of the kinds: do not edit.");
  out.set("type", "object");
  out.set("properties", Map{{"kind", Map{{"enum", names}, {"description", "What this document declares."}}}});
  out.set("required", List{"kind"});
  if (!choices.empty()) out.set("allOf", std::move(choices));
  out.set("definitions", std::move(definitions));
  return out;
}

}  // namespace hearth
