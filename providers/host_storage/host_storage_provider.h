// Mount and Retention: file systems at their places, and what is deleted from them when it is old.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostStorageProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_storage"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Mount", "Retention"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // Mounts are found in /etc/fstab. Nothing on a host says what somebody means to delete: no Retention is ever found.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
