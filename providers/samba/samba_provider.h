// SambaServer, SambaShare and SambaUser: smb.conf, one section a share, and Samba's own password database.
#pragma once

#include "providers/provider.h"

namespace hearth {

class SambaProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "samba"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override {
    return {"SambaServer", "SambaShare", "SambaUser"};
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
