// For any wish about a package and any state of it: what the steps promise is the wish, nothing more is to do then, a removal is
// always simulated first, and no command can take another package along.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "providers/host_packages/host_packages_provider.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostPackagesProvider provider;

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

bool flip() {
  return *rc::gen::arbitrary<bool>();
}

bool says(const std::vector<std::string>& argv, std::string_view word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

void is_careful(const std::vector<Step>& steps) {
  bool simulated = false;
  for (const Step& step : steps) {
    const auto& argv = std::get<RunCommand>(step.operation).argv;
    if (argv.front() == "sh") simulated = simulated || says(argv, "p");
    if (says(argv, "install")) RC_ASSERT(says(argv, "--no-remove"));
    if (says(argv, "remove")) RC_ASSERT(simulated);
    RC_ASSERT(!says(argv, "purge") && !says(argv, "autoremove") && !says(argv, "--auto-remove"));
    if (!step.expects.empty()) RC_ASSERT(!step.undo.empty());
  }
}

TEST(HostPackagesProperty, EveryWishComesTrueAndNothingElseGoes) {
  EXPECT_TRUE(rc::check([] {
    Map desired{{"name", "p"}};
    if (flip()) {
      desired.set("state", "absent");
    } else {
      if (flip()) desired.set("state", "present");
      if (flip()) desired.set("version", pick<std::string>({"1", "2"}));
      if (flip()) desired.set("held", flip());
    }
    const Resource resource = host_resource("Package", "p", desired);
    const std::string line =
        "p\tall\t" + pick<std::string>({"1", "2", "3"}) + "\t" + pick<std::string>({"install", "hold"}) +
        "\t" + pick<std::string>({"installed", "config-files", "triggers-awaited"}) + "\toptional\n";
    const std::vector<Reply> replies{RunReply{0, flip() ? line : "", ""}};
    Live live = provider.decode(resource, replies);
    const std::vector<Step> steps = provider.next_steps(resource, live);
    is_careful(steps);
    is_careful(provider.removal_steps(resource, live));
    for (const Step& step : steps) {
      live.presence = Live::Presence::present;
      for (const auto& [field, position, value] : step.expects) live.fields.as_map().set(field, value);
    }
    for (const auto& [field, position, wanted] : desired) {
      const Value* now = live.fields.find(field);
      RC_ASSERT(now != nullptr);
      // A person's hold is not overruled, but said.
      RC_ASSERT(*now == wanted || (field == "version" && now->is_unknown()));
    }
    RC_ASSERT(provider.next_steps(resource, live).empty());
  }));
}

}  // namespace
}  // namespace hearth
