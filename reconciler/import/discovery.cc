#include "reconciler/import/discovery.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "reconciler/manifest/kind_schema.h"

namespace hearth {

namespace {

// The probes of one kind, as a part of all that a host is sent.
struct Part {
  const KindSchema* kind;
  const Provider* provider;
  std::vector<std::size_t> probes;
};

struct Gathering {
  std::vector<Part> parts;
  std::vector<std::vector<Discovery::Thing>> by_host;
  Discovery discovery;
  std::size_t open = 0;
  std::function<void(Discovery)> done;

  void finish() {
    for (auto& things : by_host) {
      for (Discovery::Thing& thing : things) discovery.things.push_back(std::move(thing));
    }
    done(std::move(discovery));
  }
};

std::vector<Discovery::Thing> read(const std::vector<Part>& parts, const std::string& host,
                                   const std::vector<Reply>& replies, Diagnostics& troubles) {
  std::vector<Discovery::Thing> things;
  for (const Part& part : parts) {
    std::vector<Reply> mine;
    for (const std::size_t probe : part.probes) {
      if (probe < replies.size()) mine.push_back(replies[probe]);
    }
    if (mine.size() != part.probes.size()) continue;
    for (const Reply& reply : mine) {
      std::string why;
      if (const auto* none = std::get_if<NoReply>(&reply)) why = none->why;
      if (const auto* run = std::get_if<RunReply>(&reply); run != nullptr && run->exit_code == 124)
        why = "it took too long";
      if (why.empty()) continue;
      troubles.add(failure("not-imported",
                           host + " could not be asked about every " + part.kind->kind() + ": " + why,
                           "what is there of this kind is left out; run the command again"));
    }
    for (Found& found : part.provider->discover(part.kind->kind(), mine))
      things.push_back({part.kind, host, std::move(found)});
  }
  return things;
}

}  // namespace

void discover(Loop& loop, Targets& targets, ProviderRegistry& providers,
              const std::vector<const KindSchema*>& kinds, const std::vector<const Host*>& hosts,
              std::function<void(Discovery)> done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->done = std::move(done);
  std::vector<Probe> probes;
  for (const KindSchema* kind : kinds) {
    if (!kind->host_scoped()) continue;
    const auto provider = providers.load(kind->provider());
    if (!provider) {
      gathering->discovery.troubles.add(provider.error());
      continue;
    }
    std::vector<Probe> own = (*provider)->discovery_probes(kind->kind());
    if (own.empty()) continue;
    Part part{kind, *provider, {}};
    // Kinds that live in one file ask the same.
    for (Probe& probe : own) {
      const auto known = std::find(probes.begin(), probes.end(), probe);
      part.probes.push_back(static_cast<std::size_t>(known - probes.begin()));
      if (known == probes.end()) probes.push_back(std::move(probe));
    }
    gathering->parts.push_back(std::move(part));
  }
  gathering->by_host.resize(hosts.size());
  gathering->open = probes.empty() ? 0 : hosts.size();
  for (const Host* host : hosts) {
    gathering->discovery.hosts.push_back({host->name, true, host->on_demand, {}});
  }
  if (gathering->open == 0) {
    loop.post([gathering] { gathering->finish(); });
    return;
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::string& name = hosts[i]->name;
    targets.find(name)->observe(probes, [gathering, i, name](const Result<std::vector<Reply>>& replies) {
      HostState& state = gathering->discovery.hosts[i];
      if (replies) {
        gathering->by_host[i] = read(gathering->parts, name, *replies, gathering->discovery.troubles);
      } else {
        const Diagnostic& error = replies.error();
        state.reachable = false;
        state.why = error.message + (error.hint.empty() ? "" : "; " + error.hint);
      }
      if (--gathering->open == 0) gathering->finish();
    });
  }
}

}  // namespace hearth
