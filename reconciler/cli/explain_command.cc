#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/core/rules.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

namespace {

constexpr std::size_t page_width = 100;

// TEXT broken between words so that no line is longer than the page; every line starts with INDENT spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    if (!line.empty() && indent + columns(line) + 1 + columns(word) > page_width) flush();
    line.append(line.empty() ? "" : " ").append(word);
  }
  flush();
  return out;
}

std::string first_sentence(const std::string& text) {
  const auto end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string facts_text(const Facts& facts, const TextStyle& style) {
  std::size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, columns(fact.first));
  std::string out;
  for (const auto& [name, what] : facts) {
    const std::string body = wrapped(what, 2 + width + 2);
    // The first line's indentation holds the name.
    out +=
        "  " + paint(style, Color::dim, padded(name, width)) + body.substr(std::min(body.size(), 2 + width));
  }
  return out;
}

std::string joined(const std::vector<Value>& values) {
  std::string out;
  for (const Value& value : values) out += (out.empty() ? "" : ", ") + inline_text(value);
  return out;
}

// ---- Fields
// ----------------------------------------------------------------------------------------------------------

std::string_view word_of(FieldSchema::ListOrder order) {
  switch (order) {
    case FieldSchema::ListOrder::ordered: return "ordered";
    case FieldSchema::ListOrder::set: return "set";
    case FieldSchema::ListOrder::map_by_key: return "map";
  }
  return "";
}

std::string_view word_of(FieldSchema::Write write) {
  switch (write) {
    case FieldSchema::Write::online: return "online";
    case FieldSchema::Write::pending: return "pending";
    case FieldSchema::Write::create_only: return "create-only";
  }
  return "";
}

std::string effect_sentence(const FieldSchema& field) {
  std::string out;
  switch (field.effect) {
    case Effect::none: out = "none: a change disturbs nobody"; break;
    case Effect::reload: out = "reload: a change makes the service read its configuration again"; break;
    case Effect::restart: out = "restart: a change restarts the service; clients feel it"; break;
    case Effect::reboot: out = "reboot: a change takes a reboot"; break;
    case Effect::destroy: out = "destroy: a change loses data"; break;
  }
  if (field.write == FieldSchema::Write::pending) out += "; written at once, takes effect later";
  if (field.write == FieldSchema::Write::create_only) out += "; only ever written when the thing is made";
  return out;
}

bool is_list(const FieldSchema& field) {
  return field.elements != nullptr;
}

Facts facts_of(const FieldSchema& field) {
  Facts facts;
  if (field.required) facts.emplace_back("required", "yes");
  if (!field.enumeration.empty()) facts.emplace_back("one of", joined(field.enumeration));
  if (field.default_value) facts.emplace_back("default on create", inline_text(*field.default_value));
  if (!field.name_default.empty())
    facts.emplace_back("when left out", "made from the name: " + field.name_default);
  if (field.immutable)
    facts.emplace_back("immutable", "yes: a change is refused, because it would need a new thing");
  if (field.live) {
    facts.emplace_back("effect", effect_sentence(field));
  } else {
    facts.emplace_back("compared", "no: it steers hearth and is no state of the system");
  }
  if (field.absent) facts.emplace_back("not set is", inline_text(*field.absent));
  if (field.secret) facts.emplace_back("secret", "yes: write {secret: NAME}, never the text itself");
  if (field.write_only)
    facts.emplace_back("write-only", "yes: no system gives it back; sent on create and rotation");
  if (is_list(field)) {
    switch (field.list_order) {
      case FieldSchema::ListOrder::ordered: facts.emplace_back("order", "matters"); break;
      case FieldSchema::ListOrder::set: facts.emplace_back("order", "does not matter"); break;
      case FieldSchema::ListOrder::map_by_key:
        facts.emplace_back("order", "does not matter; elements are told apart by " + field.list_key);
        break;
    }
  }
  if (!field.reference.empty()) facts.emplace_back("names a", field.reference + ", which is applied first");
  switch (field.path_edge) {
    case FieldSchema::PathEdge::none: break;
    case FieldSchema::PathEdge::within:
      facts.emplace_back("waits for", "whatever is declared at this path or above it");
      break;
    case FieldSchema::PathEdge::input:
      facts.emplace_back("waits for", "whatever is declared at this path, and is stale when that changes");
      break;
  }
  if (!field.examples.empty()) facts.emplace_back("examples", joined(field.examples));
  return facts;
}

// Fields below FIELD, whether it is a map of known fields, a map of entries or a list of maps.
const std::vector<FieldSchema>& fields_below(const FieldSchema& field) {
  if (field.fields.empty() && field.entries != nullptr) return fields_below(*field.entries);
  if (field.fields.empty() && field.elements != nullptr) return fields_below(*field.elements);
  return field.fields;
}

std::string field_table(const std::vector<FieldSchema>& fields, const TextStyle& style) {
  std::size_t names = 0;
  std::size_t types = 0;
  for (const FieldSchema& field : fields) {
    names = std::max(names, columns(field.name) + (field.required ? 1 : 0));
    types = std::max(types, columns(field.type));
  }
  types = std::min<std::size_t>(types, 24);
  std::string out;
  bool any_required = false;
  for (const FieldSchema& field : fields) {
    any_required = any_required || field.required;
    const std::string name = field.name + (field.required ? "*" : "");
    const std::string body = wrapped(first_sentence(field.description), 4 + names + 2 + types + 2);
    const std::size_t left = 4 + names + 2 + types + 2;
    out += "    " + paint(style, Color::bold, padded(name, names)) + "  " +
           padded(cut(field.type, types), types) + "  ";
    out += body.empty() ? "\n" : body.substr(std::min(body.size(), left));
  }
  if (any_required) out += "    * required\n";
  return out;
}

Value field_json(const FieldSchema& field) {
  Map out{{"name", field.name},
          {"type", field.type},
          {"description", field.description},
          {"required", field.required}};
  if (!field.enumeration.empty()) out.set("oneOf", List(field.enumeration.begin(), field.enumeration.end()));
  if (!field.examples.empty()) out.set("examples", List(field.examples.begin(), field.examples.end()));
  if (field.default_value) out.set("defaultOnCreate", *field.default_value);
  if (!field.name_default.empty()) out.set("nameDefault", field.name_default);
  if (field.absent) out.set("absentEquals", *field.absent);
  out.set("compared", field.live);
  out.set("effect", to_string(field.effect));
  out.set("write", word_of(field.write));
  if (field.immutable) out.set("immutable", true);
  if (field.secret) out.set("secret", true);
  if (field.write_only) out.set("writeOnly", true);
  if (is_list(field)) out.set("order", word_of(field.list_order));
  if (!field.reference.empty()) out.set("reference", field.reference);
  List below;
  for (const FieldSchema& inner : fields_below(field)) below.push_back(field_json(inner));
  if (!below.empty()) out.set("fields", std::move(below));
  return out;
}

// ---- Topics
// ----------------------------------------------------------------------------------------------------------

struct Answer {
  std::string text;
  Map document;
};

Answer explain_overview(const SchemaRegistry& schemas, const TextStyle& style) {
  Answer answer;
  std::size_t width = 0;
  for (const auto& kind : schemas.kinds()) width = std::max(width, columns(kind));
  answer.text = "Kinds:\n";
  List kinds;
  for (const auto& name : schemas.kinds()) {
    const KindSchema& kind = *schemas.find(name);
    const std::string summary = first_sentence(kind.description());
    const std::string body = wrapped(summary, 2 + width + 2);
    answer.text +=
        "  " + paint(style, Color::bold, padded(name, width)) + body.substr(std::min(body.size(), 2 + width));
    kinds.emplace_back(
        Map{{"kind", name}, {"scope", kind.host_scoped() ? "host" : "cluster"}, {"summary", summary}});
  }
  answer.text +=
      "\nhearth explain KIND, KIND.FIELD, or the rule in the brackets of a message; all rules: hearth "
      "explain rules\n";
  answer.document.set("kinds", std::move(kinds));
  return answer;
}

Answer explain_kind(const KindSchema& kind, const TextStyle& style) {
  Answer answer;
  answer.text = paint(style, Color::bold, kind.kind()) + "\n" + wrapped(kind.description(), 2) + "\n";
  Facts facts = {{"address", kind.kind() + (kind.host_scoped() ? "/NAME@HOST" : "/NAME")}};
  List claims;
  std::string claims_text;
  std::string parts_text;
  for (const ClaimTemplate& claim : kind.claims()) {
    std::string& text = claim.part ? parts_text : claims_text;
    text += (text.empty() ? "" : ", ") + claim.space + " " + claim.text;
    Map said{{"space", claim.space}, {"template", claim.text}};
    if (claim.part) said.set("part", true);
    claims.emplace_back(std::move(said));
  }
  if (!claims_text.empty()) facts.emplace_back("owns", claims_text);
  if (!parts_text.empty()) facts.emplace_back("owns a part of", parts_text);
  const bool removes = kind.on_remove() == OnRemove::remove;
  if (kind.observe_only()) {
    facts.emplace_back("changed by hearth", "never: only looked at");
  } else {
    facts.emplace_back("when taken out", removes
                                             ? "deleted, where that is allowed; `onRemove: retain` keeps it"
                                             : "stays; `onRemove: delete` deletes it, where that is allowed");
  }
  answer.text += facts_text(facts, style) + "\n  Fields of spec:\n" + field_table(kind.root().fields, style);
  if (!kind.root().fields.empty()) {
    answer.text +=
        "\nMore on one: hearth explain " + kind.kind() + "." + kind.root().fields.front().name + "\n";
  }

  List fields;
  for (const FieldSchema& field : kind.root().fields) fields.push_back(field_json(field));
  answer.document.set("kind", Map{{"kind", kind.kind()},
                                  {"description", kind.description()},
                                  {"scope", kind.host_scoped() ? "host" : "cluster"},
                                  {"provider", kind.provider()},
                                  {"observeOnly", kind.observe_only()},
                                  {"onRemove", removes ? "delete" : "retain"},
                                  {"claims", std::move(claims)},
                                  {"fields", std::move(fields)}});
  return answer;
}

Answer explain_field(const std::string& path, const FieldSchema& field, const TextStyle& style) {
  Answer answer;
  answer.text = paint(style, Color::bold, path) + "  " + field.type + "\n" + wrapped(field.description, 2) +
                "\n" + facts_text(facts_of(field), style);
  if (const auto& below = fields_below(field); !below.empty()) {
    answer.text += "\n  Fields" + std::string(field.entries != nullptr ? " of each entry" : "") +
                   (is_list(field) ? " of each element" : "") + ":\n" + field_table(below, style);
  }
  Value document = field_json(field);
  document.as_map().set("path", path);
  answer.document.set("field", std::move(document));
  return answer;
}

Value rule_json(const Rule& rule) {
  return Map{{"rule", rule.id}, {"summary", rule.summary}, {"why", rule.why}, {"how", rule.how}};
}

Answer explain_rule(const Rule& rule, const TextStyle& style) {
  Answer answer;
  answer.text = paint(style, Color::bold, rule.id) + "\n" + wrapped(rule.summary, 2) + "\n" +
                facts_text({{"why", std::string(rule.why)}, {"what to do", std::string(rule.how)}}, style);
  answer.document.set("rules", List{rule_json(rule)});
  return answer;
}

Answer explain_rules(const TextStyle& style) {
  Answer answer;
  std::size_t width = 0;
  for (const Rule& rule : all_rules()) width = std::max(width, columns(rule.id));
  List rules;
  for (const Rule& rule : all_rules()) {
    const std::string body = wrapped(rule.summary, 2 + width + 2);
    answer.text += "  " + paint(style, Color::bold, padded(rule.id, width)) +
                   body.substr(std::min(body.size(), 2 + width));
    rules.push_back(rule_json(rule));
  }
  answer.document.set("rules", std::move(rules));
  return answer;
}

Diagnostic unknown_topic(const std::string& topic, const std::vector<std::string>& kinds) {
  std::vector<std::string> candidates = kinds;
  for (const Rule& rule : all_rules()) candidates.emplace_back(rule.id);
  const std::string nearest = did_you_mean(topic, candidates);
  return failure(
      "unknown-topic", "there is no kind or rule \"" + printable(topic) + "\"",
      nearest.empty() ? "`hearth explain` lists the kinds, `hearth explain rules` the rules" : nearest);
}

// Below a map of entries, a list or its elements, the next word of the path is a field of those.
const FieldSchema* step_into(const FieldSchema& field, const std::string& name) {
  const auto& below = fields_below(field);
  const auto found =
      std::find_if(below.begin(), below.end(), [&](const FieldSchema& inner) { return inner.name == name; });
  return found == below.end() ? field.find(name) : &*found;
}

Result<Answer> explain(const std::string& topic, const SchemaRegistry& schemas, const TextStyle& style) {
  if (topic.empty()) return explain_overview(schemas, style);
  const auto dot = topic.find('.');
  const std::string kind_name = topic.substr(0, dot);
  const KindSchema* kind = schemas.find(kind_name);
  if (kind == nullptr) return tl::unexpected(unknown_topic(kind_name, schemas.kinds()));
  if (dot == std::string::npos) return explain_kind(*kind, style);

  const FieldSchema* field = &kind->root();
  std::string path = kind_name;
  for (std::size_t begin = dot + 1; begin <= topic.size();) {
    const std::size_t end = std::min(topic.find('.', begin), topic.size());
    const std::string name = topic.substr(begin, end - begin);
    // People copy paths from messages, which start at `spec`.
    const bool prefix = path == kind_name && name == "spec" && field->find(name) == nullptr;
    const FieldSchema* next = prefix ? field : step_into(*field, name);
    if (next == nullptr) {
      std::vector<std::string> names;
      for (const FieldSchema& inner : fields_below(*field)) names.push_back(inner.name);
      const std::string nearest = did_you_mean(name, names);
      return tl::unexpected(
          failure("unknown-topic", path + " has no field \"" + printable(name) + "\"",
                  nearest.empty() ? "`hearth explain " + path + "` lists its fields" : nearest));
    }
    if (!prefix) path += "." + name;
    field = next;
    begin = end + 1;
  }
  if (field == &kind->root()) return explain_kind(*kind, style);
  return explain_field(path, *field, style);
}

}  // namespace

ExitCode run_explain(const Invocation& invocation, const ExplainOptions& options) {
  // Rules need no schemas, and are what one asks about when the installation is broken.
  Result<Answer> answer = Answer{};
  if (const Rule* rule = find_rule(options.topic)) {
    answer = explain_rule(*rule, invocation.style);
  } else if (options.topic == "rules") {
    answer = explain_rules(invocation.style);
  } else {
    const auto schemas = SchemaRegistry::load(schemas_folder());
    if (!schemas) return fail(invocation, schemas.error());
    answer = explain(options.topic, *schemas, invocation.style);
  }
  if (!answer) return fail(invocation, answer.error(), ExitCode::usage);
  if (invocation.json()) {
    print_document(invocation, std::move(answer->document));
  } else {
    print(answer->text);
  }
  return ExitCode::clean;
}

}  // namespace hearth
