// SambaServer: what smb.conf says for all shares.
#pragma once

#include <span>
#include <vector>

#include "providers/provider.h"

namespace hearth {

Live decode_server(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> server_steps(const Resource& resource, const Live& live);
std::vector<Step> server_removal(const Live& live);
std::vector<Found> found_servers(std::span<const Reply> replies);

}  // namespace hearth
