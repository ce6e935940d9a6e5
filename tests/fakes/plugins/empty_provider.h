// A provider that knows kinds and does nothing.
#pragma once

#include "providers/provider.h"

namespace hearth {

class EmptyProvider : public Provider {
 public:
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return {"Nothing"}; }
  [[nodiscard]] std::vector<Probe> probes(const Resource&) const noexcept override { return {}; }
  [[nodiscard]] Live decode(const Resource&, std::span<const Reply>) const noexcept override {
    return Live::absent();
  }
  [[nodiscard]] std::vector<Step> next_steps(const Resource&, const Live&) const noexcept override {
    return {};
  }
  [[nodiscard]] std::vector<Step> removal_steps(const Resource&, const Live&) const noexcept override {
    return {};
  }
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view) const noexcept override { return {}; }
  [[nodiscard]] std::vector<Found> discover(std::string_view,
                                            std::span<const Reply>) const noexcept override {
    return {};
  }
};

}  // namespace hearth
