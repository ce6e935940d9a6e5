// Node: whether the machine behind an address is the one that the manifest means.
#pragma once

#include "providers/provider.h"

namespace hearth {

// Only looks. Whether a Node can be reached at all is the engine's to know: it asks nobody else.
class HostNodesProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_nodes"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Node"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // A host cannot tell which other machines there are.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
