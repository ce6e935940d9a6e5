#include "reconciler/manifest/manifest_set.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/manifest/expander.h"
#include "reconciler/manifest/loader.h"
#include "reconciler/manifest/manifest.h"
#include "reconciler/manifest/own_exports.h"
#include "reconciler/manifest/references.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/manifest/settings.h"
#include "reconciler/manifest/yaml_reader.h"

namespace hearth {

namespace {

constexpr std::string_view settings_name = "hearth.yaml";

bool is_settings_below(std::string_view name) {
  return name.size() > settings_name.size() &&
         name.substr(name.size() - settings_name.size()) == settings_name &&
         name[name.size() - settings_name.size() - 1] == '/';
}

// A mistake in what is common to several hosts or items is found once for each of them.
Diagnostics sorted_without_repetition(Diagnostics all) {
  all.sort();
  Diagnostics out;
  std::unordered_set<std::string> said;
  for (const auto& diagnostic : all.all()) {
    if (said.insert(diagnostic.to_string()).second) out.add(diagnostic);
  }
  return out;
}

// Takes over what is sound.
void fill(ManifestSet& set, Expansion expansion) {
  set.hosts = std::move(expansion.hosts);
  set.resources.reserve(expansion.drafts.size());
  set.index.reserve(expansion.drafts.size());
  for (auto& draft : expansion.drafts) {
    if (!draft.sound) continue;
    set.index.emplace(draft.resource.address, set.resources.size());
    set.resources.push_back(std::move(draft.resource));
  }
  // An edge to what was left out would lead nowhere.
  if (set.resources.size() == expansion.drafts.size()) return;
  for (auto& resource : set.resources) {
    std::erase_if(resource.dependencies,
                  [&](const Dependency& dependency) { return set.index.count(dependency.on) == 0; });
  }
}

ManifestSet load(std::vector<SourceFile> files, const SchemaRegistry& schemas, Diagnostics diagnostics) {
  ManifestSet set;
  std::vector<Manifest> manifests;
  bool has_settings = false;
  for (auto& file : files) {
    Diagnostics found;
    std::vector<Value> documents = read_yaml(file.text, file.name, found);
    file.text = std::string();  // as large as all that is made from it
    if (file.settings) {
      has_settings = true;
      set.settings = read_settings(documents, file.name, found);
    } else if (is_settings_below(file.name)) {
      found.add({Severity::error,
                 "nested-settings",
                 {intern_file_name(file.name), 1, 1},
                 "",
                 "hearth.yaml stands at the top of a manifests folder, this one lies deeper",
                 "remove it, or name its folder with -C DIR if that is the one that is meant"});
    } else {
      for (auto& document : documents)
        manifests.push_back(read_manifest(std::move(document), schemas, found));
    }
    diagnostics.append(std::move(found));
  }
  const bool unread = diagnostics.has_errors();
  Expansion expansion = expand(manifests, schemas, diagnostics);
  resolve_references(expansion, schemas, unread, diagnostics);
  resolve_claims(expansion, diagnostics);
  check_cycles(expansion, diagnostics);
  check_own_exports(expansion, diagnostics);
  fill(set, std::move(expansion));
  set.diagnostics = sorted_without_repetition(std::move(diagnostics));
  set.complete = has_settings && !set.diagnostics.has_errors();
  return set;
}

// Whether FOLDER is there, and no hearth.yaml in it.
bool lacks_settings(const std::string& folder) {
  std::error_code why;
  if (!std::filesystem::is_directory(folder, why)) return false;
  const auto settings = std::filesystem::symlink_status(std::filesystem::path(folder) / settings_name, why);
  return settings.type() == std::filesystem::file_type::not_found;
}

std::string_view name_of(DriftPolicy policy) {
  switch (policy) {
    case DriftPolicy::correct: return "correct";
    case DriftPolicy::report: return "report";
    case DriftPolicy::ignore: return "ignore";
  }
  return "";
}

Value to_value(const Resource& resource) {
  std::vector<std::string> dependencies;
  for (const auto& dependency : resource.dependencies) dependencies.push_back(dependency.on.to_string());
  std::sort(dependencies.begin(), dependencies.end());
  std::vector<std::string> exclusive = resource.exclusive_fields;
  std::sort(exclusive.begin(), exclusive.end());
  // A plan does not outlive a secret either.
  Map secrets;
  for (const auto& [name, hash] : resource.secret_hashes) secrets.append(name, {}, hash);
  Map labels;
  for (const auto& [label, value] : resource.labels) labels.append(label, {}, value);
  return Map{
      {"address", resource.address.to_string()},
      {"cluster", resource.cluster},
      {"desired", resource.desired},
      {"secrets", std::move(secrets)},
      {"labels", std::move(labels)},
      {"dependencies", List(dependencies.begin(), dependencies.end())},
      {"exclusive", resource.exclusive_all ? Value(true) : Value(List(exclusive.begin(), exclusive.end()))},
      {"protect", resource.protect},
      {"drift", name_of(resource.drift)},
      {"onRemove", resource.on_remove == OnRemove::retain ? "retain" : "delete"}};
}

}  // namespace

const Host* ManifestSet::find_host(std::string_view name) const {
  const auto found =
      std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) { return host.name == name; });
  return found == hosts.end() ? nullptr : &*found;
}

const Resource* ManifestSet::find(const Address& address) const {
  if (index.size() == resources.size()) {
    const auto found = index.find(address);
    return found == index.end() ? nullptr : &resources[found->second];
  }
  const auto found = std::find_if(resources.begin(), resources.end(),
                                  [&](const Resource& resource) { return resource.address == address; });
  return found == resources.end() ? nullptr : &*found;
}

ManifestSet load_manifests(const std::string& folder, const SchemaRegistry& schemas) {
  Diagnostics diagnostics;
  // Without hearth.yaml this is no manifests folder, whatever lies in it: it may be all of /.
  const bool readable = !lacks_settings(folder);
  auto files = readable ? read_folder(folder, diagnostics) : std::vector<SourceFile>{};
  // Without the folder there is nothing more to say about what is in it.
  const bool missing = files.empty() && diagnostics.has_errors();
  const bool has_settings =
      std::any_of(files.begin(), files.end(), [](const SourceFile& file) { return file.settings; });
  if (!has_settings && !missing) {
    diagnostics.add(failure("no-settings", "the manifests folder " + folder + " has no hearth.yaml",
                            "make one that says `format: 1`, or name the folder that has one with -C DIR"));
  }
  ManifestSet set = load(std::move(files), schemas, std::move(diagnostics));
  for (auto& host : set.hosts) {
    // A relative root starts at the manifests folder, not where hearth happens to be called.
    if (host.local && !host.root.empty() && host.root.front() != '/') host.root = folder + "/" + host.root;
  }
  return set;
}

ManifestSet load_manifest_texts(const std::vector<std::pair<std::string, std::string>>& texts,
                                const SchemaRegistry& schemas) {
  std::vector<SourceFile> files;
  Diagnostics diagnostics;
  bool has_settings = false;
  for (const auto& [name, text] : texts) {
    files.push_back({name, text, name == settings_name});
    has_settings = has_settings || files.back().settings;
  }
  if (!has_settings) {
    diagnostics.add(failure("no-settings", "there is no hearth.yaml", "make one that says `format: 1`"));
  }
  return load(std::move(files), schemas, std::move(diagnostics));
}

std::string fingerprint(const ManifestSet& set) {
  std::vector<const Resource*> resources;
  resources.reserve(set.resources.size());
  for (const auto& resource : set.resources) resources.push_back(&resource);
  std::sort(resources.begin(), resources.end(),
            [](const Resource* a, const Resource* b) { return a->address < b->address; });
  // One line a resource, each hashed by itself: the whole need not be in memory.
  std::string lines = to_canonical_json(Map{{"format", set.settings.format},
                                            {"cluster", set.settings.cluster},
                                            {"policy", set.settings.policy},
                                            {"notification", set.settings.notification}});
  for (const auto* resource : resources) lines += "\n" + sha256(to_canonical_json(to_value(*resource)));
  return sha256(lines);
}

}  // namespace hearth
