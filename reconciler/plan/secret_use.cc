#include "reconciler/plan/secret_use.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hearth {

namespace {

// All secrets in VALUE, and where they are named.
void collect(const Value& value, const std::string& path,
             std::vector<std::pair<const Value*, std::string>>& out) {
  if (value.is_secret()) out.emplace_back(&value, path);
  if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      collect(value.as_list()[i], path + "[" + std::to_string(i) + "]", out);
    }
  }
  if (value.is_map()) {
    for (const auto& member : value.as_map()) collect(member.value, path + "." + member.key, out);
  }
}

}  // namespace

std::vector<MissingSecret> read_secrets(ManifestSet& set, Secrets& secrets, const Journal* journal) {
  std::vector<MissingSecret> missing;
  for (Resource& resource : set.resources) {
    std::vector<std::pair<const Value*, std::string>> named;
    collect(resource.desired, "spec", named);
    resource.secret_hashes.clear();
    for (const auto& [value, path] : named) {
      const std::string& name = value->as_secret().name;
      const auto text = secrets.find(name);
      if (text) {
        resource.secret_hashes.insert_or_assign(name, secrets.keyed_hash(**text));
        continue;
      }
      Diagnostic error = text.error();
      error.position = value->position();
      error.path = path;
      missing.push_back({resource.address, std::move(error)});
    }
    resource.once_secret.clear();
    if (journal == nullptr || resource.claims.empty()) continue;
    if (const auto record = journal->applied(resource.claims.front()))
      resource.once_secret = secret_fields(record->spec);
  }
  return missing;
}

Diagnostics missing_for(const std::vector<MissingSecret>& missing, const Selection& selection) {
  Diagnostics diagnostics;
  // One manifest for many hosts is one place to complain about.
  std::set<std::string> complained;
  for (const MissingSecret& one : missing) {
    if (selection.matches(one.address) && complained.insert(one.error.to_string()).second)
      diagnostics.add(one.error);
  }
  return diagnostics;
}

Diagnostics prepare_secrets(ManifestSet& set, Secrets& secrets, const Journal* journal) {
  return missing_for(read_secrets(set, secrets, journal), {});
}

std::vector<SecretUse> secret_uses(const ManifestSet& set) {
  std::vector<SecretUse> uses;
  for (const Resource& resource : set.resources) {
    std::vector<std::pair<const Value*, std::string>> named;
    collect(resource.desired, "spec", named);
    for (const auto& [value, path] : named)
      uses.push_back({value->as_secret().name, resource.address.to_string(), path, value->position()});
  }
  return uses;
}

std::vector<std::string> secret_fields(const Value& spec) {
  std::vector<std::string> out;
  if (!spec.is_map()) return out;
  for (const auto& member : spec.as_map()) {
    if (holds_secret(member.value)) out.push_back(member.key);
  }
  return out;
}

}  // namespace hearth
