// An import over hosts in memory, as the command does it.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/import/discovery.h"
#include "reconciler/import/import_set.h"
#include "reconciler/manifest/kind_schema.h"
#include "tests/fakes/discovery.h"
#include "tests/fakes/world.h"

namespace hearth {

class ImportWorld {
 public:
  explicit ImportWorld(const std::vector<std::string>& nodes, const std::string& declared = "") {
    world.declare(nodes, declared);
    for (const std::string& node : nodes) {
      texts += "kind: Node\nname: " + node + "\nspec: {address: 192.0.2.1}\n---\n";
      world.host(node).run = [host = &world.host(node), node](const std::vector<std::string>& argv) {
        const bool discovers = argv.size() > 3 && argv[3] == "hearth-discover";
        return discovers ? answer_discovery(*host, argv) : RunReply{0, node + "\n", ""};
      };
    }
    texts += declared;
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> folder() const {
    return {{"hearth.yaml", "format: 1\ncluster: Test\n"}, {"test.yaml", texts}};
  }

  // What `hearth import` would write.
  std::vector<ImportFile> import() {
    std::vector<const KindSchema*> kinds;
    for (const std::string& kind : real_schemas().kinds()) {
      const std::string& provider = real_schemas().find(kind)->provider();
      if (provider == "host_files" || provider == "host_services") kinds.push_back(real_schemas().find(kind));
    }
    std::vector<const Host*> hosts;
    for (const Host& host : world.manifests.hosts) hosts.push_back(&host);
    std::optional<Discovery> discovery;
    discover(world.loop, *world.targets, real_providers(), kinds, hosts,
             [&](Discovery found) { discovery = std::move(found); });
    world.loop.run_until([&] { return discovery.has_value(); });
    set = choose(*discovery, world.manifests);
    for (;;) {
      const auto all = make_sound(set, folder(), world.manifests.hosts, real_schemas());
      if (!all) throw std::runtime_error(all.error().to_string());
      std::unique_ptr<Survey> looked;
      const PlanInput input{*all, real_schemas(), real_providers(), nullptr, Selection::parse({}).value()};
      survey(world.loop, *world.observer, world.progress, input,
             [&](std::unique_ptr<Survey> done) { looked = std::move(done); });
      world.loop.run_until([&] { return looked != nullptr; });
      if (!drop_what_differs(set, looked->plan)) break;
    }
    return lay_out(set, world.manifests.hosts);
  }

  // The world as if FILES lay beside what is declared.
  void adopt(const std::vector<ImportFile>& files) {
    std::vector<std::pair<std::string, std::string>> named;
    for (const ImportFile& file : files) named.emplace_back(file.name, file.text);
    world.manifests = with_files(folder(), named, world.manifests.hosts, real_schemas());
    if (!world.manifests.complete) throw std::runtime_error(world.manifests.diagnostics.to_string());
  }

  World world;
  std::string texts;
  ImportSet set;
};

}  // namespace hearth
