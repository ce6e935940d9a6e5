// The kind HostsEntry: the names of one address in /etc/hosts. What HostSystemProvider answers for it.
#pragma once

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> hosts_entry_probes();  // also for discovery: it is all one file
Live decode_hosts_entry(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> hosts_entry_steps(const Resource& resource, const Live& live);
std::vector<Step> hosts_entry_removal(const Resource& resource, const Live& live);
std::vector<Found> found_hosts_entries(std::span<const Reply> replies);

}  // namespace hearth
