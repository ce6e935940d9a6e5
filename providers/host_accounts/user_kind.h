// The kind User. Pure functions, one for each question of the provider contract.
#pragma once

#include <span>

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> user_probes();
Live decode_user(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> user_steps(const Resource& resource, const Live& live);
std::vector<Step> user_removal(const Resource& resource, const Live& live);
std::vector<Found> discover_users(std::span<const Reply> replies);

}  // namespace hearth
