// The contract between the engine and the plugins that know the kinds.
//
// A provider is a set of pure functions over values: it does no I/O, owns no thread, keeps no state between calls and
// asks no clock. The engine observes, asks, executes, and observes again. Whatever a provider forgets at a crash, it
// is asked again.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/effect.h"
#include "reconciler/core/live.h"
#include "reconciler/core/resource.h"
#include "reconciler/plugin/abi.h"
#include "reconciler/transport/operation.h"

namespace hearth {

// One thing to do next, and the live values that it expects to leave.
struct Step {
  Operation operation;
  Map expects;  // merged into the live fields when the plan is folded; {} when it changes no field
  Effect effect = Effect::none;  // what the world feels of this step
  // Sent when the unit of work goes back. Content (RestorePrevious) goes back first, then what activates it.
  std::vector<Operation> undo;
  // The login account that this step changes ("" none, "*" whichever): one that the operator comes in by is guarded.
  std::string account;
};

// What exists on a host, declared or not.
struct Found {
  std::string kind;
  std::string name;   // fit for a manifest
  Value spec;         // what a manifest would say
  std::string owner;  // the package that brought it, or "": a package's own things are not imported
  // Why SPEC does not say all that is there, or (where it is null) why there is no manifest for it; for people.
  std::string remark{};
};

class Provider {
 public:
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  virtual ~Provider() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;  // its folder's name
  [[nodiscard]] virtual std::vector<std::string> kinds() const noexcept = 0;

  // What to read for RESOURCE. Equal probes of several resources are sent once.
  [[nodiscard]] virtual std::vector<Probe> probes(const Resource& resource) const noexcept = 0;
  // Canonical live values. REPLIES are in the order of the probes.
  [[nodiscard]] virtual Live decode(const Resource& resource,
                                    std::span<const Reply> replies) const noexcept = 0;
  // What to do next, given what is live *now*; empty when there is nothing (more) to do. All steps of one answer are sent
  // in order, then the engine observes and asks again. Asked only when the diff is not empty.
  [[nodiscard]] virtual std::vector<Step> next_steps(const Resource& resource,
                                                     const Live& live) const noexcept = 0;
  // The same for taking the thing away: RESOURCE holds what was last applied.
  [[nodiscard]] virtual std::vector<Step> removal_steps(const Resource& resource,
                                                        const Live& live) const noexcept = 0;

  // What to read to find out what of KIND exists on a host, and what that says.
  [[nodiscard]] virtual std::vector<Probe> discovery_probes(std::string_view kind) const noexcept = 0;
  [[nodiscard]] virtual std::vector<Found> discover(std::string_view kind,
                                                    std::span<const Reply> replies) const noexcept = 0;
};

}  // namespace hearth

// Defines the module's entry points for the provider class TYPE. Put it once, at the end of the provider's .cc file.
#define HEARTH_PROVIDER(TYPE)                                                                              \
  extern "C" __attribute__((visibility("default"))) const char* hearth_abi_tag() noexcept {                \
    return HEARTH_ABI_TAG;                                                                                 \
  }                                                                                                        \
  extern "C" __attribute__((visibility("default"))) const ::hearth::Provider* hearth_provider() noexcept { \
    static const TYPE provider;                                                                            \
    return &provider;                                                                                      \
  }
