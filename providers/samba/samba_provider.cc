#include "providers/samba/samba_provider.h"

#include "providers/samba/samba_files.h"
#include "providers/samba/server_kind.h"
#include "providers/samba/share_kind.h"
#include "providers/samba/user_kind.h"

namespace hearth {

std::vector<Probe> SambaProvider::probes(const Resource& resource) const noexcept {
  return resource.address.kind == "SambaUser" ? samba_user_probes(resource) : smb_conf_probes();
}

Live SambaProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (resource.address.kind == "SambaServer") return decode_server(resource, replies);
  if (resource.address.kind == "SambaShare") return decode_share(resource, replies);
  return decode_samba_user(resource, replies);
}

std::vector<Step> SambaProvider::next_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  if (resource.address.kind == "SambaServer") return server_steps(resource, live);
  if (resource.address.kind == "SambaShare") return share_steps(resource, live);
  return samba_user_steps(resource, live);
}

std::vector<Step> SambaProvider::removal_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  if (resource.address.kind == "SambaServer") return server_removal(live);
  if (resource.address.kind == "SambaShare") return share_removal(resource, live);
  return samba_user_removal(resource);
}

std::vector<Probe> SambaProvider::discovery_probes(std::string_view kind) const noexcept {
  return kind == "SambaUser" ? samba_user_discovery() : smb_conf_probes();
}

std::vector<Found> SambaProvider::discover(std::string_view kind,
                                           std::span<const Reply> replies) const noexcept {
  if (kind == "SambaServer") return found_servers(replies);
  if (kind == "SambaShare") return found_shares(replies);
  return found_samba_users(replies);
}

}  // namespace hearth
