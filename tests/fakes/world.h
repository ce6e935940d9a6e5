// The real engine and the real providers over hosts in memory: what a run does to a small world, without a network.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/apply/adopt.h"
#include "reconciler/apply/applier.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/plan/secret_use.h"
#include "reconciler/plan/survey.h"
#include "reconciler/transport/secret_transport.h"
#include "tests/fakes/fake_secrets.h"
#include "tests/fakes/memory_host.h"
#include "tests/fakes/memory_journal.h"
#include "tests/fakes/simulated_loop.h"

namespace hearth {

inline const SchemaRegistry& real_schemas() {
  static const SchemaRegistry schemas = [] {
    auto loaded = SchemaRegistry::load(HEARTH_SOURCE_DIR "/schemas");
    if (!loaded) throw std::runtime_error(loaded.error().to_string());
    return *std::move(loaded);
  }();
  return schemas;
}

inline ProviderRegistry& real_providers() {
  static ProviderRegistry providers(HEARTH_BUILD_DIR "/providers");
  return providers;
}

// Hosts that live as long as the test; manifests, journal and engine can be exchanged around them.
class World {
 public:
  World() = default;
  explicit World(std::uint64_t seed) : loop(seed) {}

  // One document for each Node named, then TEXT.
  void declare(const std::vector<std::string>& nodes, const std::string& text) {
    std::string all;
    for (const std::string& node : nodes) {
      all += "kind: Node\nname: " + node + "\nspec: {address: 192.0.2.1}\n---\n";
      hosts.try_emplace(node, std::make_unique<MemoryHost>(loop));
      hosts.at(node)->put("/etc/hostname", node + "\n");
      hosts.at(node)->run = [node](const std::vector<std::string>&) { return RunReply{0, node + "\n", ""}; };
    }
    manifests = load_manifest_texts(
        {{"hearth.yaml", "format: 1\ncluster: Test\n"}, {"test.yaml", all + text}}, real_schemas());
    if (!manifests.complete) throw std::runtime_error(manifests.diagnostics.to_string());
    connect();
  }

  // A new process: what was in memory is gone, hosts and journal stay.
  void connect() {
    observer.reset();
    transports.clear();
    targets.reset();
    secrets = std::make_unique<Secrets>(std::make_unique<FakeSecrets>(secret_texts), "key");
    targets = std::make_unique<Targets>(manifests.hosts, [this](const Host& host) {
      auto transport = std::make_unique<MemoryTransport>(loop, *hosts.at(host.name));
      if (prepare) prepare(host.name, *transport);
      transports.try_emplace(host.name, transport.get());
      ++connections[host.name];
      return std::make_unique<SecretTransport>(std::move(transport), loop, *secrets);
    });
    observer = std::make_unique<Observer>(loop, *targets, real_providers());
  }

  MemoryHost& host(const std::string& name) { return *hosts.at(name); }

  const Survey& look(const std::vector<std::string>& selection = {}) {
    last = nullptr;
    if (const auto missing = prepare_secrets(manifests, *secrets, with_journal ? &journal : nullptr);
        !missing.empty())
      throw std::runtime_error(missing.to_string());
    PlanInput input{manifests, real_schemas(), real_providers(), with_journal ? &journal : nullptr,
                    Selection::parse(selection).value()};
    survey(loop, *observer, progress, input,
           [this](std::unique_ptr<Survey> survey) { last = std::move(survey); });
    loop.run_until([this] { return last != nullptr; });
    return *last;
  }

  const Plan& plan(const std::vector<std::string>& selection = {}) { return look(selection).plan; }

  // Of the plan made last, or of a new one.
  ApplyReport apply(ApplyOptions options = {}) {
    if (last == nullptr) look();
    if (options.token.empty()) options.token = "run-" + std::to_string(++runs);
    if (options.holder.empty()) options.holder = "tester";
    RunRecord record;
    record.command = "apply";
    const RunId run = journal.begin_run(record).value();
    std::optional<ApplyReport> report;
    Applier applier(loop, *targets, *observer, real_providers(), journal, progress, last->plan, run, options);
    if (on_applier) on_applier(applier);
    applier.start([&](ApplyReport result) { report = std::move(result); });
    loop.run_until([&] { return report.has_value(); });
    static_cast<void>(adopt(*last, journal, options.by_person, 1));
    last_plan = last->plan;
    last = nullptr;
    return *report;
  }

  // How the action on ADDRESS of the last apply ended.
  [[nodiscard]] ActionReport of(const ApplyReport& report, const std::string& address) const {
    for (std::size_t i = 0; i < last_plan.actions.size(); ++i) {
      if (last_plan.actions[i].address.to_string() == address) return report.actions[i];
    }
    throw std::runtime_error("no action on " + address);
  }

  SimulatedLoop loop;
  std::map<std::string, std::unique_ptr<MemoryHost>> hosts;
  std::map<std::string, MemoryTransport*> transports;  // the first of each host; later ones prove the way in
  std::map<std::string, int> connections;
  std::function<void(const std::string&, MemoryTransport&)>
      prepare;  // each new transport, before its first use
  std::function<void(Applier&)> on_applier;
  // What the secrets are; read anew with each connect().
  std::map<std::string, std::string> secret_texts;
  std::unique_ptr<Secrets> secrets;
  ManifestSet manifests;
  MemoryJournal journal;
  bool with_journal = true;
  SilentProgress silent;
  ProgressListener& progress = silent;
  std::unique_ptr<Targets> targets;
  std::unique_ptr<Observer> observer;
  std::unique_ptr<Survey> last;
  Plan last_plan;
  int runs = 0;
};

}  // namespace hearth
