// Check: questions to a host whose answer ought to be yes.
#pragma once

#include "providers/provider.h"

namespace hearth {

// Only looks. Live values: `healthy`, which the engine desires to be true, and `message`, what was found in
// words. What cannot be asked (a missing tool, a container without a kernel log) is unknown, never unhealthy.
class HostChecksProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host_checks"; }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Check"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override;
  [[nodiscard]] Live decode(const Resource& resource, std::span<const Reply> replies) const noexcept override;
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override;
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override;
  // What is worth asking, nobody but a person knows.
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override;
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override;
};

}  // namespace hearth
