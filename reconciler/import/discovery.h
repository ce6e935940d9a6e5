// What exists on hosts, declared or not: every kind's own discovery, all of a host in one exec.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "providers/provider.h"
#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/plan.h"
#include "reconciler/plugin/provider_registry.h"

namespace hearth {

struct Discovery {
  struct Thing {
    const KindSchema* kind = nullptr;
    std::string host;
    Found found;
  };
  std::vector<Thing> things;     // by host in the order given, by kind likewise
  std::vector<HostState> hosts;  // who was asked, and who was not reached
  Diagnostics troubles;  // kinds whose provider does not load, hosts that could not answer about a kind
};

// Asks HOSTS about KINDS (those that have hosts; others have nothing to discover there). DONE is called later on the
// loop. Everything but the lists must live until then.
void discover(Loop& loop, Targets& targets, ProviderRegistry& providers,
              const std::vector<const KindSchema*>& kinds, const std::vector<const Host*>& hosts,
              std::function<void(Discovery)> done);

}  // namespace hearth
