// The kind AuthorizedKey. Pure functions, one for each question of the provider contract.
#pragma once

#include <span>

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> key_probes(const Resource& resource);
Live decode_keys(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> key_steps(const Resource& resource, const Live& live);
std::vector<Step> key_removal(const Resource& resource, const Live& live);
std::vector<Probe> key_discovery_probes();
std::vector<Found> discover_keys(std::span<const Reply> replies);

}  // namespace hearth
