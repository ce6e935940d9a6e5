#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace hearth {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Seeds first .. first+count-1, a slice for each ctest entry so that they run side by side.
class Slice : public testing::TestWithParam<std::uint64_t> {};

constexpr std::uint64_t slices = 20;

TEST_P(Slice, KeepsEveryInvariant) {
  // HEARTH_SEEDS: how many in all. HEARTH_FIRST_SEED: where to begin, to look where nobody has looked yet.
  const std::uint64_t count = number_from("HEARTH_SEEDS", 10'000) / slices;
  const std::uint64_t first = number_from("HEARTH_FIRST_SEED", 1) + GetParam() * count;
  int crashes = 0;
  int operations = 0;
  int corrections = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const SimulationResult result = simulate(seed);
    ASSERT_EQ(result.broken, "") << "seed " << seed << ": keep it in tests/simulation/kept_seeds";
    crashes += result.crashes;
    operations += result.operations;
    corrections += result.corrections;
  }
  // A world in which nothing happens would keep any invariant.
  EXPECT_GT(crashes, 0);
  // What a person applied, and the timer then finds changed, is rarer: a few histories may have none of it.
  if (count >= 100) {
    EXPECT_GT(corrections, 0);
  }
  EXPECT_GT(operations, static_cast<int>(count));
}

INSTANTIATE_TEST_SUITE_P(Simulation, Slice, testing::Range<std::uint64_t>(0, slices));

TEST(Simulation, KeepsEveryInvariantForSeedsThatOnceFailed) {
  std::ifstream file(HEARTH_SOURCE_DIR "/tests/simulation/kept_seeds");
  ASSERT_TRUE(file.is_open());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    EXPECT_EQ(simulate(std::stoull(line)).broken, "") << line;
  }
}

TEST(Simulation, ReplaysExactly) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const SimulationResult first = simulate(seed);
    const SimulationResult second = simulate(seed);
    EXPECT_EQ(first.operations, second.operations);
    EXPECT_EQ(first.runs, second.runs);
    EXPECT_EQ(first.broken, second.broken);
  }
}

struct Mutant {
  Mutation mutation;
  const char* name;
};

class Mutants : public testing::TestWithParam<Mutant> {};

// An engine that is broken on purpose is caught within a few hundred histories.
TEST_P(Mutants, AreCaught) {
  constexpr std::uint64_t most = 500;
  for (std::uint64_t seed = 1; seed <= most; ++seed) {
    const SimulationResult result = simulate(seed, GetParam().mutation);
    if (result.broken.empty()) continue;
    std::cout << "seed " << seed << ": " << result.broken << "\n";
    return;
  }
  FAIL() << "nobody noticed";
}

INSTANTIATE_TEST_SUITE_P(Simulation, Mutants,
                         testing::Values(Mutant{Mutation::lost_verify, "LostVerify"},
                                         Mutant{Mutation::lost_lease, "LostLease"},
                                         Mutant{Mutation::doubled_step, "DoubledStep"},
                                         Mutant{Mutation::wrong_order, "WrongOrder"},
                                         Mutant{Mutation::unknown_taken_for_absent, "UnknownTakenForAbsent"},
                                         Mutant{Mutation::stale_plan_accepted, "StalePlanAccepted"},
                                         Mutant{Mutation::undo_not_armed, "UndoNotArmed"},
                                         Mutant{Mutation::journal_after_step, "JournalAfterStep"},
                                         Mutant{Mutation::nothing_held_back, "NothingHeldBack"}),
                         [](const auto& mutant) { return std::string(mutant.param.name); });

}  // namespace
}  // namespace hearth
