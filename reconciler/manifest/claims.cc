#include "reconciler/manifest/claims.h"

#include <algorithm>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/manifest.h"

namespace hearth {

namespace {

constexpr std::string_view path_space = "path";
constexpr std::string_view mount_space = "mount";
// No kernel takes a longer path, and each folder above it costs a look at its whole text.
constexpr std::size_t longest_path = 4096;

// The separator cannot stand in a space or a host name, so that no two claims share a key.
std::string key_of(std::string_view space, std::string_view host, std::string_view id) {
  std::string key;
  key.reserve(space.size() + host.size() + id.size() + 2);
  key.append(space).push_back('\n');
  key.append(host).push_back('\n');
  key.append(id);
  return key;
}

// TEXT with its {FIELD}s filled in, each in its canonical form: `wol` and `wol.service` are one unit. Nothing
// when one of them is not declared (or is no scalar). KEY is nullptr where no map is walked.
// KindSchema::compile has seen to it that braces are closed and fields exist.
std::optional<std::string> fill(std::string_view text, const Resource& resource, const std::string* key) {
  std::string out;
  for (;;) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
    if (key != nullptr && name == "key") {
      out += *key;
      continue;
    }
    const Value* value = resource.desired.find(name);
    const FieldSchema* field = resource.kind->root().find(name);
    if (value == nullptr || field == nullptr) return std::nullopt;
    auto scalar = scalar_text(*value);
    if (!scalar) return std::nullopt;
    out += canonical(field->form, *scalar).value_or(*scalar);
  }
}

}  // namespace

std::vector<Claim> claims_of(const Resource& resource) {
  std::vector<Claim> claims;
  const auto claim = [&](const ClaimTemplate& from, const std::string* key) {
    auto id = fill(from.text, resource, key);
    if (!id) return;
    // A template may put a path together; what is no absolute path the schema has complained about.
    if (from.space == path_space || from.space == mount_space) id = canonical_path(*id).value_or(*id);
    // Where a set declares several clusters, each has VMIDs of its own.
    if (!resource.cluster.empty()) id = resource.cluster + "/" + *id;
    claims.push_back({from.space, resource.address.host, std::move(*id)});
  };
  for (const auto& from : resource.kind->claims()) {
    if (!from.when.empty() && !resource.desired.as_map().contains(from.when)) continue;
    if (from.each.empty()) {
      claim(from, nullptr);
      continue;
    }
    const Value* entries = resource.desired.find(from.each);
    if (entries == nullptr || !entries->is_map()) continue;
    for (const auto& entry : entries->as_map()) claim(from, &entry.key);
  }
  return claims;
}

std::optional<std::size_t> ClaimIndex::take(const Claim& claim, std::size_t resource) {
  has_mounts_ = has_mounts_ || claim.space == mount_space;
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
  if (path.size() > longest_path || path.empty() || path.front() != '/') return std::nullopt;
  while (path.size() > 1) {
    const auto slash = path.rfind('/');
    path = path.substr(0, std::max<std::size_t>(slash, 1));
    const auto holder = holder_of_path(host, path);
    if (holder && *holder != self) return holder;
  }
  return std::nullopt;
}

std::optional<std::size_t> ClaimIndex::holder_of_mount(std::string_view host, std::string_view path,
                                                       std::size_t self) const {
  if (!has_mounts_ || path.size() > longest_path || path.empty() || path.front() != '/') return std::nullopt;
  for (;;) {
    const auto found = holders_.find(key_of(mount_space, host, path));
    if (found != holders_.end() && found->second != self) return found->second;
    if (path.size() == 1) return std::nullopt;
    path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  }
}

}  // namespace hearth
