#include "reconciler/manifest/manifest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "reconciler/core/json.h"

namespace hearth {

namespace {

const std::vector<std::string>& engine_words() {
  static const std::vector<std::string> words = {"kind",    "name",     "items",     "hosts",     "perHost",
                                                 "cluster", "labels",   "dependsOn", "exclusive", "protect",
                                                 "drift",   "onRemove", "spec"};
  return words;
}

class ManifestReader {
 public:
  ManifestReader(const SchemaRegistry& schemas, Diagnostics& diagnostics)
      : schemas_(schemas), diagnostics_(diagnostics) {}

  Manifest read(Value document) {
    manifest_.position = document.position();
    manifest_.spec = Map{};
    if (document.is_unknown()) {  // the reader of the text has complained
      manifest_.sound = false;
      return std::move(manifest_);
    }
    if (!document.is_map()) {
      complain("wrong-type", document.position(), "",
               "a manifest is a map, this document is " + named_type(document), "begin with `kind:`");
      return std::move(manifest_);
    }
    Map& words = document.as_map();
    check_words(words);
    read_kind(words);
    read_names(words);
    if (Value* spec = words.find("spec")) {
      if (expect_map(*spec, "spec", "spec: {…}")) {
        manifest_.spec = std::move(*spec);
      } else {
        for (auto& item : manifest_.items) item.readable = false;
      }
    } else {
      manifest_.spec.set_position(manifest_.position);
    }
    read_hosts(words);
    read_per_host(words);
    read_cluster(words);
    if (const Value* labels = words.find("labels")) manifest_.labels = read_labels(*labels, "labels");
    read_depends_on(words);
    read_exclusive(words);
    read_policies(words);
    return std::move(manifest_);
  }

 private:
  void complain(std::string rule, Position position, std::string path, std::string message,
                std::string hint = {}) {
    manifest_.sound = false;
    diagnostics_.add(
        {Severity::error, std::move(rule), position, std::move(path), std::move(message), std::move(hint)});
  }

  static std::string named_type(const Value& value) { return std::string(value.type_name()); }

  void complain_type(const Value& value, const std::string& path, const std::string& expected,
                     std::string hint = {}) {
    manifest_.sound = false;
    if (value.is_unknown()) return;  // the reader of the text has complained
    complain("wrong-type", value.position(), path, "expected " + expected + ", found " + named_type(value),
             std::move(hint));
  }

  bool expect_map(const Value& value, const std::string& path, const std::string& example) {
    if (value.is_map()) return true;
    complain_type(value, path, "a map", "write `" + example + "`");
    return false;
  }

  void check_words(const Map& words) {
    for (const auto& member : words) {
      const auto& known = engine_words();
      if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
      std::string hint = did_you_mean(member.key, known);
      // The commonest slip: a field of the kind one level too high.
      if (hint.empty()) hint = "fields of the kind belong under `spec`";
      complain("unknown-word", member.key_position, member.key,
               "\"" + member.key + "\" is no word of a manifest", std::move(hint));
    }
  }

  void read_kind(const Map& words) {
    const Value* kind = words.find("kind");
    if (kind == nullptr) {
      complain("missing-kind", manifest_.position, "", "the manifest does not say what it declares",
               "add `kind: KIND`; `hearth explain` lists the kinds");
      return;
    }
    if (!kind->is_string()) return complain_type(*kind, "kind", "the name of a kind");
    manifest_.kind = schemas_.find(kind->as_string());
    if (manifest_.kind != nullptr) {
      manifest_.on_remove = manifest_.kind->on_remove();
      return;
    }
    std::string hint = did_you_mean(kind->as_string(), schemas_.kinds());
    if (hint.empty()) hint = "`hearth explain` lists the kinds";
    complain("unknown-kind", kind->position(), "kind", "there is no kind \"" + kind->as_string() + "\"",
             std::move(hint));
  }

  bool check_name(const std::string& name, Position position, const std::string& path) {
    if (name.empty()) {
      complain("bad-name", position, path, "a name cannot be empty", "choose one");
      return false;
    }
    if (!is_name(name)) {
      complain("bad-name", position, path,
               "\"" + name + "\" cannot be a name: letters, digits and . _ : + - only",
               "choose a plain name and put this one into the field of spec that identifies the thing");
      return false;
    }
    if (name == "all" && manifest_.kind != nullptr && manifest_.kind->kind() == "Node") {
      complain("reserved-name", position, path,
               "a Node cannot be named \"all\": `hosts: all` means every Node", "give the Node another name");
      return false;
    }
    return true;
  }

  void read_names(Map& words) {
    Value* name = words.find("name");
    Value* items = words.find("items");
    if (name != nullptr && items != nullptr) {
      complain("name-or-items", words.key_position("items"), "items",
               "a manifest has `name` or `items`, not both",
               "move the one named by `name` into `items`, or into a manifest of its own");
    } else if (name == nullptr && items == nullptr) {
      complain("name-or-items", manifest_.position, "", "the manifest does not name what it declares",
               "add `name: NAME`, or `items:` with one entry for each");
    }
    if (name != nullptr && items == nullptr) {
      manifest_.named = true;
      if (!name->is_string()) {
        complain_type(*name, "name", "a string", scalar_text(*name) ? "put quotes around it" : "");
      } else if (check_name(name->as_string(), name->position(), "name")) {
        manifest_.items.push_back({name->as_string(), name->position(), Value(Map{}), true});
      }
    }
    if (items == nullptr) return;
    if (!expect_map(*items, "items", "items: {NAME: {…}}")) return;
    if (items->as_map().empty()) {
      complain("empty-items", items->position(), "items", "`items` names nothing",
               "add an entry, or remove the document");
    }
    for (auto& item : items->as_map()) {
      const std::string path = "items." + item.key;
      const bool good_name = check_name(item.key, item.key_position, path);
      const bool good_spec = expect_map(item.value, path, item.key + ": {…}");
      if (!good_name) continue;
      Value spec = good_spec ? std::move(item.value) : Value(Map{});
      manifest_.items.push_back({item.key, item.key_position, std::move(spec), good_spec});
    }
  }

  // What stands only where a kind lives on hosts.
  bool host_scope(const Map& words, std::string_view word) {
    if (manifest_.kind == nullptr || manifest_.kind->host_scoped()) return true;
    complain("cluster-scope", words.key_position(word), std::string(word),
             manifest_.kind->kind() + " belongs to the cluster, not to hosts: `" + std::string(word) +
                 "` has no meaning here",
             "take `" + std::string(word) + "` away");
    return false;
  }

  void read_hosts(const Map& words) {
    const Value* hosts = words.find("hosts");
    HostSelection& selection = manifest_.hosts;
    if (hosts == nullptr) {
      if (manifest_.kind == nullptr || !manifest_.kind->host_scoped()) return;
      complain("missing-hosts", manifest_.position, "",
               "the manifest does not say on which hosts: " + manifest_.kind->kind() + " lives on hosts",
               "add `hosts: all`, `hosts: NODE`, `hosts: [NODE, …]` or `hosts: {LABEL: VALUE}`");
      return;
    }
    if (!host_scope(words, "hosts")) return;
    selection.position = hosts->position();
    if (hosts->is_string()) {
      if (hosts->as_string() == "all") {
        selection.form = HostSelection::Form::all;
      } else {
        selection.form = HostSelection::Form::named;
        selection.names.push_back({hosts->as_string(), hosts->position()});
      }
    } else if (hosts->is_map()) {
      read_host_labels(*hosts);
    } else if (hosts->is_list()) {
      read_host_list(hosts->as_list());
    } else {
      complain_type(*hosts, "hosts", "`all`, a Node, a list of Nodes or a map of labels");
    }
  }

  void read_host_labels(const Value& hosts) {
    HostSelection& selection = manifest_.hosts;
    selection.form = HostSelection::Form::labelled;
    const Value* inner = hosts.find("labels");
    if (inner != nullptr && inner->is_map()) {
      complain_type(*inner, "hosts.labels", "the labels themselves", "write `hosts: {LABEL: VALUE}`");
      return;
    }
    selection.labels = read_labels(hosts, "hosts");
    if (hosts.as_map().empty()) complain_empty_selection(hosts.position(), "`hosts` names no label");
  }

  void read_host_list(const List& hosts) {
    HostSelection& selection = manifest_.hosts;
    selection.form = HostSelection::Form::named;
    if (hosts.empty()) return complain_empty_selection(selection.position, "`hosts` names no Node");
    std::map<std::string_view, Position> seen;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      const Value& host = hosts[i];
      const std::string path = "hosts[" + std::to_string(i) + "]";
      if (!host.is_string()) {
        complain_type(host, path, "the name of a Node");
        continue;
      }
      if (host.as_string() == "all") {
        complain("bad-value", host.position(), path, "`all` cannot stand in a list of Nodes",
                 "write `hosts: all`");
        continue;
      }
      const auto [first, is_new] = seen.emplace(host.as_string(), host.position());
      if (!is_new) {
        complain(
            "duplicate-element", host.position(), path,
            "\"" + host.as_string() + "\" is named twice; the first stands at " + first->second.to_string(),
            "delete one of the two");
        continue;
      }
      selection.names.push_back({host.as_string(), host.position()});
    }
  }

  void complain_empty_selection(Position position, std::string message) {
    complain("empty-selection", position, "hosts", std::move(message), "name a Node, or remove the document");
  }

  void read_per_host(Map& words) {
    Value* per_host = words.find("perHost");
    if (per_host == nullptr || !host_scope(words, "perHost")) return;
    if (!expect_map(*per_host, "perHost", "perHost: {NODE: {…}}")) return;
    for (auto& member : per_host->as_map()) {
      if (!expect_map(member.value, "perHost." + member.key, member.key + ": {…}")) continue;
      manifest_.per_host.emplace(member.key, Manifest::Overlay{member.key_position, std::move(member.value)});
    }
  }

  void read_cluster(const Map& words) {
    const Value* cluster = words.find("cluster");
    if (cluster == nullptr) return;
    if (!cluster->is_string()) return complain_type(*cluster, "cluster", "the name of a Cluster");
    manifest_.cluster = PlacedText{cluster->as_string(), cluster->position()};
  }

  std::map<std::string, std::string> read_labels(const Value& labels, const std::string& path) {
    std::map<std::string, std::string> out;
    if (!expect_map(labels, path, path + ": {LABEL: VALUE}")) return out;
    for (const auto& member : labels.as_map()) {
      auto text = scalar_text(member.value);
      if (text) {
        out.emplace(member.key, std::move(*text));
      } else {
        complain_type(member.value, path + "." + member.key, "a string, a number or a boolean");
      }
    }
    return out;
  }

  void read_depends_on(const Map& words) {
    const Value* wishes = words.find("dependsOn");
    if (wishes == nullptr) return;
    if (wishes->is_string()) return read_wish(*wishes, "dependsOn");
    if (!wishes->is_list())
      return complain_type(*wishes, "dependsOn", "a list", "write `dependsOn: [KIND/NAME]`");
    for (std::size_t i = 0; i < wishes->as_list().size(); ++i) {
      read_wish(wishes->as_list()[i], "dependsOn[" + std::to_string(i) + "]");
    }
  }

  void read_wish(const Value& wish, const std::string& path) {
    if (!wish.is_string()) return complain_type(wish, path, "a string", "write KIND/NAME or KIND/NAME@NODE");
    auto address = Address::parse(wish.as_string());
    if (!address || !is_name(address->name) || (!address->host.empty() && !is_name(address->host))) {
      return complain("bad-address", wish.position(), path,
                      "\"" + wish.as_string() + "\" is no address of a resource",
                      "write KIND/NAME (on the same host, else of the cluster) or KIND/NAME@NODE");
    }
    manifest_.depends_on.push_back({std::move(*address), wish.position(), path});
  }

  void read_exclusive(const Map& words) {
    const Value* exclusive = words.find("exclusive");
    if (exclusive == nullptr) return;
    if (exclusive->is_boolean()) {
      manifest_.exclusive_all = exclusive->as_boolean();
      return;
    }
    if (!exclusive->is_list())
      return complain_type(*exclusive, "exclusive", "true, false or a list of fields");
    for (std::size_t i = 0; i < exclusive->as_list().size(); ++i) {
      read_exclusive_field(exclusive->as_list()[i], "exclusive[" + std::to_string(i) + "]");
    }
  }

  void read_exclusive_field(const Value& value, const std::string& path) {
    if (!value.is_string()) return complain_type(value, path, "the name of a field");
    const std::string& name = value.as_string();
    if (manifest_.kind == nullptr) return;
    const FieldSchema* field = manifest_.kind->root().find(name);
    if (field == nullptr) {
      std::vector<std::string> maps;
      for (const auto& candidate : manifest_.kind->root().fields) {
        if (is_map(candidate)) maps.push_back(candidate.name);
      }
      return complain("exclusive-field", value.position(), path,
                      manifest_.kind->kind() + " has no field \"" + name + "\"", did_you_mean(name, maps));
    }
    if (!is_map(*field)) {
      return complain("exclusive-field", value.position(), path,
                      "\"" + name + "\" is no map: only of a map can there be entries that nobody declared",
                      "take it away; lists are owned whole anyway");
    }
    manifest_.exclusive_fields.push_back(name);
  }

  static bool is_map(const FieldSchema& field) { return field.entries != nullptr || !field.fields.empty(); }

  // One of a few words, each with what it stands for.
  template <typename T, std::size_t N>
  void read_choice(const Map& words, const char* word,
                   const std::array<std::pair<const char*, T>, N>& choices, T& out) {
    const Value* value = words.find(word);
    if (value == nullptr) return;
    std::vector<std::string> known;
    std::string list;
    for (const auto& [text, meaning] : choices) {
      if (value->is_string() && value->as_string() == text) {
        out = meaning;
        return;
      }
      known.emplace_back(text);
      list += (list.empty() ? "" : ", ") + known.back();
    }
    if (!value->is_string()) return complain_type(*value, word, "one of " + list);
    complain("bad-value", value->position(), word, "\"" + value->as_string() + "\" is none of " + list,
             did_you_mean(value->as_string(), known));
  }

  void read_policies(const Map& words) {
    static constexpr std::array<std::pair<const char*, DriftPolicy>, 3> drifts = {
        {{"correct", DriftPolicy::correct},
         {"report", DriftPolicy::report},
         {"ignore", DriftPolicy::ignore}}};
    static constexpr std::array<std::pair<const char*, OnRemove>, 2> removals = {
        {{"retain", OnRemove::retain}, {"delete", OnRemove::remove}}};
    read_choice(words, "drift", drifts, manifest_.drift);
    read_choice(words, "onRemove", removals, manifest_.on_remove);
    if (const Value* protect = words.find("protect")) {
      if (protect->is_boolean()) {
        manifest_.protect = protect->as_boolean();
      } else {
        complain_type(*protect, "protect", "true or false");
      }
    }
  }

  const SchemaRegistry& schemas_;
  Diagnostics& diagnostics_;
  Manifest manifest_;
};

}  // namespace

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '+' || c == '-';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

std::optional<std::string> scalar_text(const Value& value) {
  switch (value.type()) {
    case Value::Type::string: return value.as_string();
    case Value::Type::boolean:
    case Value::Type::integer:
    case Value::Type::real: return to_json(value);
    case Value::Type::null:
    case Value::Type::list:
    case Value::Type::map:
    case Value::Type::secret:
    case Value::Type::unknown: return std::nullopt;
  }
  return std::nullopt;
}

Manifest read_manifest(Value document, const SchemaRegistry& schemas, Diagnostics& diagnostics) {
  return ManifestReader(schemas, diagnostics).read(std::move(document));
}

}  // namespace hearth
