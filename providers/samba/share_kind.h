// SambaShare: one section of smb.conf.
#pragma once

#include <span>
#include <vector>

#include "providers/provider.h"

namespace hearth {

Live decode_share(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> share_steps(const Resource& resource, const Live& live);
std::vector<Step> share_removal(const Resource& resource, const Live& live);
std::vector<Found> found_shares(std::span<const Reply> replies);

}  // namespace hearth
