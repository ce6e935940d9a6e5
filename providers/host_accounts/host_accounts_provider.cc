#include "providers/host_accounts/host_accounts_provider.h"

#include "providers/host_accounts/group_kind.h"
#include "providers/host_accounts/key_kind.h"
#include "providers/host_accounts/user_kind.h"

namespace hearth {

std::vector<Probe> HostAccountsProvider::probes(const Resource& resource) const noexcept {
  if (resource.address.kind == "User") return user_probes();
  if (resource.address.kind == "Group") return group_probes();
  return key_probes(resource);
}

Live HostAccountsProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (resource.address.kind == "User") return decode_user(resource, replies);
  if (resource.address.kind == "Group") return decode_group(resource, replies);
  return decode_keys(resource, replies);
}

std::vector<Step> HostAccountsProvider::next_steps(const Resource& resource,
                                                   const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  if (resource.address.kind == "User") return user_steps(resource, live);
  if (resource.address.kind == "Group") return group_steps(resource, live);
  return key_steps(resource, live);
}

std::vector<Step> HostAccountsProvider::removal_steps(const Resource& resource,
                                                      const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  if (resource.address.kind == "User") return user_removal(resource, live);
  if (resource.address.kind == "Group") return group_removal(resource, live);
  return key_removal(resource, live);
}

std::vector<Probe> HostAccountsProvider::discovery_probes(std::string_view kind) const noexcept {
  if (kind == "User") return user_probes();
  if (kind == "Group") return group_probes();
  return key_discovery_probes();
}

std::vector<Found> HostAccountsProvider::discover(std::string_view kind,
                                                  std::span<const Reply> replies) const noexcept {
  if (kind == "User") return discover_users(replies);
  if (kind == "Group") return discover_groups(replies);
  return discover_keys(replies);
}

}  // namespace hearth
