// CronJob, Sysctl and HostsEntry: small settings of a host that live in text files which people edit too.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostSystemProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_system"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override {
    return {"CronJob", "Sysctl", "HostsEntry"};
  }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
