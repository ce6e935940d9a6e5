// The kind Group. Pure functions, one for each question of the provider contract.
#pragma once

#include <span>

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> group_probes();
Live decode_group(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> group_steps(const Resource& resource, const Live& live);
std::vector<Step> group_removal(const Resource& resource, const Live& live);
std::vector<Found> discover_groups(std::span<const Reply> replies);

}  // namespace hearth
