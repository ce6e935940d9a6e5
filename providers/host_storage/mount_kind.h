// The kind Mount: a file system at its place, now and after each boot. What HostStorageProvider answers for it.
#pragma once

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> mount_probes(const Resource& resource);
Live decode_mount(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> mount_steps(const Resource& resource, const Live& live);
std::vector<Step> mount_removal(const Resource& resource, const Live& live);
std::vector<Probe> mount_discovery();
std::vector<Found> found_mounts(std::span<const Reply> replies);

}  // namespace hearth
