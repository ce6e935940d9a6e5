#include "reconciler/graph/dependency_graph.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace hearth {
namespace {

using Vertices = std::vector<std::size_t>;
using Groups = std::vector<Vertices>;

DependencyGraph graph(std::size_t vertices,
                      std::initializer_list<std::pair<std::size_t, std::size_t>> edges) {
  DependencyGraph out(vertices);
  for (const auto& [from, to] : edges) out.add(from, to);
  return out;
}

TEST(DependencyGraph, EmptyGraphHasNothingToSay) {
  const DependencyGraph none(0);
  EXPECT_TRUE(none.order().empty());
  EXPECT_TRUE(none.cycles().empty());
  EXPECT_TRUE(none.components().empty());
  EXPECT_EQ(none.reduced().size(), 0U);
}

TEST(DependencyGraph, OrdersDependenciesFirstAndLowerNumbersAmongTheReady) {
  EXPECT_EQ(graph(5, {{0, 3}, {1, 0}, {4, 2}}).order(), (Vertices{2, 3, 0, 1, 4}));
}

TEST(DependencyGraph, OrdersTheSameInWhateverOrderEdgesCome) {
  EXPECT_EQ(graph(4, {{3, 0}, {3, 1}, {2, 1}}).order(), graph(4, {{2, 1}, {3, 1}, {3, 0}}).order());
}

TEST(DependencyGraph, CountsAnEdgeAddedTwiceOnce) {
  const auto twice = graph(2, {{1, 0}, {1, 0}});
  EXPECT_EQ(twice.order(), (Vertices{0, 1}));
  EXPECT_EQ(twice.reduced().dependencies_of(1), (Vertices{0}));
}

TEST(DependencyGraph, GivesNoOrderWhereThereIsACycle) {
  EXPECT_TRUE(graph(3, {{1, 2}, {2, 1}}).order().empty());
}

TEST(DependencyGraph, ReportsTheShortestCycleOfEachComponent) {
  // 0→1→2→3→0 with the short cut 2→1, and 5→4→5; 6 only looks on.
  const auto tangled = graph(7, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {2, 1}, {5, 4}, {4, 5}, {6, 0}});
  EXPECT_EQ(tangled.cycles(), (Groups{{1, 2}, {4, 5}}));
}

TEST(DependencyGraph, ReportsAVertexThatWaitsForItself) {
  EXPECT_EQ(graph(3, {{1, 1}, {1, 2}, {2, 1}}).cycles(), (Groups{{1}}));
}

TEST(DependencyGraph, ReportsNoCycleWhereVerticesOnlyShareADependency) {
  EXPECT_TRUE(graph(4, {{3, 1}, {3, 2}, {1, 0}, {2, 0}}).cycles().empty());
}

TEST(DependencyGraph, GroupsWhatIsConnectedInAnyDirection) {
  EXPECT_EQ(graph(6, {{5, 1}, {3, 1}, {0, 4}}).components(), (Groups{{0, 4}, {1, 3, 5}, {2}}));
}

TEST(DependencyGraph, ReductionTakesOutOnlyImpliedEdges) {
  const auto reduced = graph(4, {{3, 0}, {3, 1}, {3, 2}, {2, 1}, {1, 0}}).reduced();
  EXPECT_EQ(reduced.dependencies_of(3), (Vertices{2}));
  EXPECT_EQ(reduced.dependencies_of(2), (Vertices{1}));
  EXPECT_EQ(reduced.dependencies_of(1), (Vertices{0}));
}

TEST(DependencyGraph, RefusesVerticesThatDoNotExist) {
  DependencyGraph two(2);
  EXPECT_THROW(two.add(0, 2), std::out_of_range);
  EXPECT_THROW(two.add(2, 0), std::out_of_range);
  EXPECT_TRUE(two.dependencies_of(0).empty());
}

// Anything quadratic in the number of vertices, or recursive in the depth, does not come back from these.
TEST(DependencyGraph, TakesLongChains) {
  constexpr std::size_t many = 100'000;
  DependencyGraph chain(many);
  for (std::size_t i = 1; i < many; ++i) {
    chain.add(i, i - 1);
  }
  EXPECT_EQ(chain.order().back(), many - 1);
  EXPECT_TRUE(chain.cycles().empty());
  EXPECT_EQ(chain.components().size(), 1U);
}

// Every edge but the chain's own is implied, and by a path that is as long as can be.
TEST(DependencyGraph, ReducesLongChains) {
  constexpr std::size_t many = 20'000;
  DependencyGraph chain(many);
  for (std::size_t i = 1; i < many; ++i) {
    chain.add(i, i - 1);
    chain.add(i, i / 2);
  }
  const auto reduced = chain.reduced();
  for (std::size_t i = 1; i < many; ++i) ASSERT_EQ(reduced.dependencies_of(i), (Vertices{i - 1}));
}

TEST(DependencyGraph, TakesLongRings) {
  constexpr std::size_t many = 100'000;
  DependencyGraph ring(many);
  for (std::size_t i = 0; i < many; ++i) ring.add(i, (i + 1) % many);
  const auto cycles = ring.cycles();
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_EQ(cycles[0].size(), many);
  EXPECT_EQ(cycles[0].front(), 0U);
}

TEST(DependencyGraph, BoundsItsWorkOnLargeTangles) {
  constexpr std::size_t many = 3'000;
  DependencyGraph tangle(many);  // every vertex waits for the next hundred: no cycle is short
  for (std::size_t i = 0; i < many; ++i) {
    for (std::size_t step = 1; step <= 100; ++step) tangle.add(i, (i + step) % many);
  }
  const auto cycles = tangle.cycles();
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_EQ(cycles[0].size(), 30U);
}

}  // namespace
}  // namespace hearth
