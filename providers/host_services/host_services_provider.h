// Service: systemd units of any type.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostServicesProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_services"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Service"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  // Takes away what hearth wrote: a unit of its own, with its drop-ins. A package's unit stays as it is.
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // Finds units and drop-ins that lie in /etc/systemd/system as files (not as links: those say what is
  // enabled).
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
