// What a resource owns, and who owns what.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reconciler/core/resource.h"

namespace hearth {

// The space of what is mounted: all at or below such a path waits until that is as declared.
inline constexpr std::string_view mount_space = "mount";
// Whether what holds CLAIMS mounts something.
bool claims_mount(const std::vector<Claim>& claims);

// The claims of RESOURCE by its kind's templates; a template is skipped when a field that it names is not
// declared. Needs `kind`, `address` and the final `desired`.
std::vector<Claim> claims_of(const Resource& resource);

// What RESOURCE owns a part of: lines of a file that others may own other lines of. They are nobody's claim: none can be
// held twice, and nothing is pruned by them. But one who claims the whole of it would undo what the owners of parts do, and
// they what that one does. FIND knows the resources by their addresses (nullptr: there is none).
using FindResource = std::function<const Resource*(const Address&)>;
std::vector<Claim> parts_of(const Resource& resource, const FindResource& find);

// All claims of a set. Resources are known by their number.
class ClaimIndex {
 public:
  // Gives CLAIM to RESOURCE. If somebody holds it already, that one keeps it and is returned.
  std::optional<std::size_t> take(const Claim& claim, std::size_t resource);
  // Who holds CLAIM.
  [[nodiscard]] std::optional<std::size_t> holder_of(const Claim& claim) const;
  // Who holds PATH (canonical) on HOST.
  [[nodiscard]] std::optional<std::size_t> holder_of_path(std::string_view host, std::string_view path) const;
  // Who holds the nearest folder above PATH on HOST, SELF and its folders left out.
  [[nodiscard]] std::optional<std::size_t> holder_of_folder_above(std::string_view host,
                                                                  std::string_view path,
                                                                  std::size_t self) const;
  // Who mounts something at the nearest place above PATH on HOST, or at PATH itself; SELF left out.
  [[nodiscard]] std::optional<std::size_t> holder_of_mount(std::string_view host, std::string_view path,
                                                           std::size_t self) const;

 private:
  std::unordered_map<std::string, std::size_t> holders_;  // by space, host and id
  bool has_mounts_ = false;
};

}  // namespace hearth
