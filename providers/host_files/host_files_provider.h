// File and Directory: what lies at a path, its text, mode and ownership.
#pragma once

#include "providers/provider.h"

namespace hearth {

class HostFilesProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_files"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"File", "Directory"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // Finds files and folders where administrators put their own: drop-in folders of /etc, /usr/local/bin and
  // sbin, /opt and /srv. Larger files and other than text are left out.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
