#include "providers/host_storage/host_storage_provider.h"

#include "providers/host_storage/mount_kind.h"
#include "providers/host_storage/retention_kind.h"

namespace hearth {

namespace {

bool is_mount(const Resource& resource) {
  return resource.address.kind == "Mount";
}

}  // namespace

std::vector<Probe> HostStorageProvider::probes(const Resource& resource) const noexcept {
  return is_mount(resource) ? mount_probes(resource) : retention_probes(resource);
}

Live HostStorageProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (is_mount(resource)) {
    // What lies at the mount point of a disk that died may not be said; the rest has to be.
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (const auto* none = std::get_if<NoReply>(&replies[i]); none != nullptr && i != 3)
        return Live::unknown(none->why);
    }
    return decode_mount(resource, replies);
  }
  for (const Reply& reply : replies) {
    if (const auto* none = std::get_if<NoReply>(&reply)) return Live::unknown(none->why);
  }
  return decode_retention(resource, replies);
}

std::vector<Step> HostStorageProvider::next_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  return is_mount(resource) ? mount_steps(resource, live) : retention_steps(resource, live);
}

std::vector<Step> HostStorageProvider::removal_steps(const Resource& resource,
                                                     const Live& live) const noexcept {
  if (live.presence != Live::Presence::present || !is_mount(resource)) return {};
  return mount_removal(resource, live);
}

std::vector<Probe> HostStorageProvider::discovery_probes(std::string_view kind) const noexcept {
  return kind == "Mount" ? mount_discovery() : std::vector<Probe>{};
}

std::vector<Found> HostStorageProvider::discover(std::string_view kind,
                                                 std::span<const Reply> replies) const noexcept {
  return kind == "Mount" ? found_mounts(replies) : std::vector<Found>{};
}

}  // namespace hearth
