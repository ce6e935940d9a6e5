// User, Group and AuthorizedKey: who may come in, as the host's own databases say.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostAccountsProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_accounts"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override {
    return {"User", "Group", "AuthorizedKey"};
  }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // Finds people (uid 1000 and up) and their groups, and the keys that let them and root in.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
