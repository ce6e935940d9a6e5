#include "reconciler/manifest/claims.h"

#include <algorithm>
#include <utility>

#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/manifest.h"

namespace hearth {

namespace {

constexpr std::string_view path_space = "path";

// The separator cannot stand in a space or a host name, so that no two claims share a key.
std::string key_of(std::string_view space, std::string_view host, std::string_view id) {
  std::string key;
  key.reserve(space.size() + host.size() + id.size() + 2);
  key.append(space).push_back('\n');
  key.append(host).push_back('\n');
  key.append(id);
  return key;
}

// A field by its name, or by names with dots between them.
const Value* field_at(const Value& spec, std::string_view path) {
  const Value* value = &spec;
  while (value != nullptr) {
    const auto dot = path.find('.');
    value = value->find(path.substr(0, dot));
    if (dot == std::string_view::npos) return value;
    path.remove_prefix(dot + 1);
  }
  return nullptr;
}

// TEMPLATE with its {FIELD}s filled in; nothing when one of them is not declared (or is no scalar). KEY is
// nullptr where no map is walked.
std::optional<std::string> fill(std::string_view text, const Resource& resource, const std::string* key) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;  // KindSchema::compile refuses such a template
    const std::string_view field = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
    if (key != nullptr && field == "key") {
      out += *key;
      continue;
    }
    const Value* value = field_at(resource.desired, field);
    if (value == nullptr && field == "name" && resource.kind->root().find("name") == nullptr) {
      out += resource.address.name;  // kinds whose name is what identifies the thing, such as Node
      continue;
    }
    auto scalar = value == nullptr ? std::nullopt : scalar_text(*value);
    if (!scalar) return std::nullopt;
    out += *scalar;
  }
  return out;
}

}  // namespace

std::string normalise_path(std::string_view path) {
  const bool absolute = !path.empty() && path.front() == '/';
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const auto part : parts) {
    if (absolute || !out.empty()) out += '/';
    out += part;
  }
  if (out.empty()) out = absolute ? "/" : ".";
  return out;
}

std::vector<Claim> claims_of(const Resource& resource) {
  std::vector<Claim> claims;
  const auto claim = [&](const ClaimTemplate& from, const std::string* key) {
    auto id = fill(from.text, resource, key);
    if (!id) return;
    if (from.space == path_space) id = normalise_path(*id);
    // Where a set declares several clusters, each has VMIDs of its own.
    if (!resource.cluster.empty()) id = resource.cluster + "/" + *id;
    claims.push_back({from.space, resource.address.host, std::move(*id)});
  };
  for (const auto& from : resource.kind->claims()) {
    if (from.each.empty()) {
      claim(from, nullptr);
      continue;
    }
    const Value* entries = field_at(resource.desired, from.each);
    if (entries == nullptr || !entries->is_map()) continue;
    for (const auto& entry : entries->as_map()) claim(from, &entry.key);
  }
  return claims;
}

std::optional<std::size_t> ClaimIndex::take(const Claim& claim, std::size_t resource) {
  const auto [found, is_new] = holders_.emplace(key_of(claim.space, claim.host, claim.id), resource);
  if (is_new) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> ClaimIndex::holder_of_path(std::string_view host, std::string_view path) const {
  const auto found = holders_.find(key_of(path_space, host, path));
  if (found == holders_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> ClaimIndex::holder_of_folder_above(std::string_view host, std::string_view path,
                                                              std::size_t self) const {
  // No kernel takes a longer path, and each folder above it costs a look at its whole text.
  constexpr std::size_t longest = 4096;
  if (path.size() > longest || path.empty() || path.front() != '/') return std::nullopt;
  while (path.size() > 1) {
    const auto slash = path.rfind('/');
    path = path.substr(0, std::max<std::size_t>(slash, 1));
    const auto holder = holder_of_path(host, path);
    if (holder && *holder != self) return holder;
  }
  return std::nullopt;
}

}  // namespace hearth
