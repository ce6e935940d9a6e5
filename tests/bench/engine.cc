// Times the engine alone: manifests read, validated and put in order, then compared with live values and planned. No
// host is contacted; live values are as declared but for one in a hundred.
//
//   hearth_bench_engine MANIFESTS SCHEMAS PROVIDERS
//
// prints: resources actions load-ms plan-ms peak-KiB (both times are CPU time)
#include <sys/resource.h>

#include <ctime>
#include <iostream>
#include <map>

#include "reconciler/manifest/manifest_set.h"
#include "reconciler/plan/planner.h"

namespace hearth {
namespace {

// CPU time: on a machine that does nothing else the same as what passes on the wall, and elsewhere less fickle.
double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// What observing would have found.
std::map<Address, Live> mostly_as_declared(const Subjects& subjects) {
  std::map<Address, Live> lives;
  std::size_t count = 0;
  for (const Resource* resource : subjects.declared) {
    Map fields = resource->desired.as_map();
    for (const FieldSchema& field : resource->kind->root().fields) {
      if (!fields.contains(field.name)) fields.set(field.name, nullptr);
    }
    if (!resource->kind->refresh().empty()) fields.set(resource->kind->refresh(), true);
    if (++count % 100 == 0) fields.set("mode", "0600");
    lives.emplace(resource->address, Live::present(std::move(fields)));
  }
  return lives;
}

int run(const std::string& folder, const std::string& schema_folder, const std::string& provider_folder) {
  double start = cpu_milliseconds();
  const auto schemas = SchemaRegistry::load(schema_folder);
  if (!schemas) {
    std::cerr << schemas.error().to_string() << "\n";
    return 1;
  }
  const ManifestSet manifests = load_manifests(folder, *schemas);
  if (!manifests.complete) {
    std::cerr << manifests.diagnostics.to_string() << "\n";
    return 1;
  }
  const double load = cpu_milliseconds() - start;

  ProviderRegistry providers(provider_folder);
  const PlanInput input{manifests, *schemas, providers, nullptr, {}};
  start = cpu_milliseconds();
  const Subjects all = subjects(input);
  double plan_time = cpu_milliseconds() - start;
  const auto lives = mostly_as_declared(all);
  start = cpu_milliseconds();
  const Plan plan = make_plan(input, all, lives, {});
  plan_time += cpu_milliseconds() - start;

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << manifests.resources.size() << " " << plan.actions.size() << " " << load << " " << plan_time
            << " " << usage.ru_maxrss << "\n";
  return 0;
}

}  // namespace
}  // namespace hearth

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: hearth_bench_engine MANIFESTS SCHEMAS PROVIDERS\n";
    return 64;
  }
  return hearth::run(argv[1], argv[2], argv[3]);
}
