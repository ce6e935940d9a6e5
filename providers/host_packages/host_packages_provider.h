// Package: a Debian package, by way of apt and dpkg. Nothing is purged, and nothing that nobody named goes.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostPackagesProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_packages"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Package"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // Finds what a person had installed (apt-mark showmanual), without what every Debian has.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
