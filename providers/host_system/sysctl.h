// The kind Sysctl: a kernel parameter, now and at every boot. What HostSystemProvider answers for it.
#pragma once

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> sysctl_probes(const Resource& resource);
Live decode_sysctl(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> sysctl_steps(const Resource& resource, const Live& live);
std::vector<Step> sysctl_removal(const Resource& resource, const Live& live);
std::vector<Probe> sysctl_discovery();
std::vector<Found> found_sysctls(std::span<const Reply> replies);

}  // namespace hearth
