// NfsExport: a folder that other machines may mount, in /etc/exports and in the kernel's NFS server.
#pragma once

#include "providers/provider.h"

namespace hearth {

class NfsProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "nfs"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"NfsExport"}; }
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
