// Ten times the resources cost ten times the work, counted in allocations: a number that no busy machine changes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <set>

#include "reconciler/diff/differ.h"
#include "reconciler/plan/planner.h"
#include "tests/fakes/world.h"

namespace {
std::atomic<std::uint64_t> allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace hearth {
namespace {

std::string many(std::size_t resources, std::size_t nodes) {
  std::string text;
  for (std::size_t i = 0; i < nodes; ++i) {
    text += "kind: Node\nname: n" + std::to_string(i) + "\nspec: {address: 192.0.2.1}\n---\n";
  }
  text +=
      "kind: Directory\nname: top\nhosts: all\nspec: {path: /srv/many}\n---\nkind: File\nhosts: "
      "all\nitems:\n";
  for (std::size_t i = 0; i < resources / nodes - 1; ++i) {
    text += "  f" + std::to_string(i) + ": {path: /srv/many/" + std::to_string(i) +
            ", content: \"x\\n\", mode: \"0644\"}\n";
  }
  return text;
}

// Live values exactly as declared, but for one in ten.
std::map<Address, Live> mostly_as_declared(const ManifestSet& manifests) {
  std::map<Address, Live> lives;
  std::size_t count = 0;
  for (const Resource& resource : manifests.resources) {
    Map fields = resource.desired.as_map();
    for (const FieldSchema& field : resource.kind->root().fields) {
      if (!fields.contains(field.name)) fields.set(field.name, nullptr);
    }
    if (++count % 10 == 0) fields.set("mode", "0600");
    lives.emplace(resource.address, Live::present(std::move(fields)));
  }
  return lives;
}

std::uint64_t work_for(std::size_t resources) {
  const std::string text = many(resources, 10);
  const std::uint64_t before = allocations;
  const ManifestSet manifests =
      load_manifest_texts({{"hearth.yaml", "format: 1\n"}, {"many.yaml", text}}, real_schemas());
  EXPECT_TRUE(manifests.complete) << manifests.diagnostics.to_string();
  EXPECT_GE(manifests.resources.size(), resources);
  const PlanInput input{manifests, real_schemas(), real_providers(), nullptr, {}};
  const Subjects all = subjects(input);
  const auto lives = mostly_as_declared(manifests);
  const Plan plan = make_plan(input, all, lives, {});
  EXPECT_GT(plan.actions.size(), resources / 11);
  return allocations - before;
}

TEST(Scale, LoadingAndPlanningIsLinear) {
  work_for(1'000);  // whatever is made once
  const std::uint64_t small = work_for(10'000);
  const std::uint64_t large = work_for(100'000);
  EXPECT_LT(large, small * 11) << small << " allocations for 10,000 resources, " << large << " for 100,000";
}

}  // namespace
}  // namespace hearth
