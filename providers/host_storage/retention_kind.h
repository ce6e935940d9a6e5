// The kind Retention: files are deleted when they are old. What HostStorageProvider answers for it.
#pragma once

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> retention_probes(const Resource& resource);
Live decode_retention(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> retention_steps(const Resource& resource, const Live& live);

}  // namespace hearth
