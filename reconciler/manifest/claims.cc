#include "reconciler/manifest/claims.h"

#include <algorithm>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/manifest.h"

namespace hearth {

namespace {

constexpr std::string_view path_space = "path";
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

// The value of a field in its canonical form (`wol` and `wol.service` are one unit) as it stands in ID of SPACE. Nothing
// when it is not declared, or is no scalar.
std::optional<std::string> field_text(const Resource& resource, std::string_view name,
                                      std::string_view space) {
  const Value* value = resource.desired.find(name);
  const FieldSchema* field = resource.kind->root().find(name);
  if (value == nullptr || field == nullptr) return std::nullopt;
  auto scalar = scalar_text(*value);
  if (!scalar) return std::nullopt;
  std::string text = canonical(field->form, *scalar).value_or(*scalar);
  // A slash within a name of a kernel parameter is a comma in the name of a file.
  if (space == path_space && field->form == FieldSchema::Form::sysctl)
    std::replace(text.begin(), text.end(), '/', ',');
  return text;
}

// The resource that the field NAME of RESOURCE refers to. What identifies it stands there in the place of its name.
const Resource* referred_by(const Resource& resource, std::string_view name, const FindResource& find) {
  const FieldSchema* field = resource.kind->root().find(name);
  const Value* value = resource.desired.find(name);
  if (field == nullptr || value == nullptr) return nullptr;
  for (const Dependency& dependency : resource.dependencies) {
    if (dependency.on.kind != field->reference) continue;
    const Resource* other = find(dependency.on);
    if (other == nullptr || other->kind == nullptr) continue;
    const auto& identity = other->kind->identity();
    const Value* it = identity.size() == 1 ? other->desired.find(identity.front()) : nullptr;
    if (it != nullptr && *it == *value) return other;
  }
  return nullptr;
}

// FIELD, or FIELD.OTHER: the field OTHER of the resource that FIELD refers to.
std::optional<std::string> part_text(const Resource& resource, std::string_view name, std::string_view space,
                                     const FindResource& find) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return field_text(resource, name, space);
  const Resource* other = referred_by(resource, name.substr(0, dot), find);
  if (other == nullptr) return std::nullopt;
  return field_text(*other, name.substr(dot + 1), space);
}

// TEXT with its {FIELD}s filled in by TEXT_OF; nothing where that has nothing for one of them. KindSchema::compile has seen
// to it that braces are closed and fields exist.
template <typename TextOf>
std::optional<std::string> fill(std::string_view text, TextOf text_of) {
  std::string out;
  for (;;) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    const auto value = text_of(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
    if (!value) return std::nullopt;
    out += *value;
  }
}

Claim claim_on(const Resource& resource, const std::string& space, std::string id) {
  // A template may put a path together; what is no absolute path the schema has complained about.
  if (space == path_space || space == mount_space) id = canonical_path(id).value_or(id);
  // Where a set declares several clusters, each has VMIDs of its own.
  if (!resource.cluster.empty()) id = resource.cluster + "/" + id;
  return {space, resource.address.host, std::move(id)};
}

}  // namespace

bool claims_mount(const std::vector<Claim>& claims) {
  return !claims.empty() && claims.front().space == mount_space;
}

std::vector<Claim> claims_of(const Resource& resource) {
  std::vector<Claim> claims;
  const auto claim = [&](const ClaimTemplate& from, const std::string* key) {
    auto id = fill(from.text, [&](std::string_view name) {
      return key != nullptr && name == "key" ? std::optional(*key) : field_text(resource, name, from.space);
    });
    if (id) claims.push_back(claim_on(resource, from.space, *std::move(id)));
  };
  for (const auto& from : resource.kind->claims()) {
    if (from.part) continue;
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

std::vector<Claim> parts_of(const Resource& resource, const FindResource& find) {
  std::vector<Claim> parts;
  for (const auto& from : resource.kind->claims()) {
    if (!from.part) continue;
    const auto text_of = [&](std::string_view name) { return part_text(resource, name, from.space, find); };
    if (!from.when.empty() && !resource.desired.as_map().contains(from.when)) continue;
    if (std::any_of(from.unless.begin(), from.unless.end(),
                    [&](const std::string& name) { return text_of(name).has_value(); })) {
      continue;
    }
    if (!std::all_of(from.where.begin(), from.where.end(),
                     [&](const auto& one) { return text_of(one.first) == one.second; })) {
      continue;
    }
    if (auto id = fill(from.text, text_of)) parts.push_back(claim_on(resource, from.space, *std::move(id)));
  }
  return parts;
}

std::optional<std::size_t> ClaimIndex::take(const Claim& claim, std::size_t resource) {
  has_mounts_ = has_mounts_ || claim.space == mount_space;
  const auto [found, is_new] = holders_.emplace(key_of(claim.space, claim.host, claim.id), resource);
  if (is_new) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> ClaimIndex::holder_of(const Claim& claim) const {
  const auto found = holders_.find(key_of(claim.space, claim.host, claim.id));
  if (found == holders_.end()) return std::nullopt;
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
