// What must hold for every graph, not only for those that somebody thought of.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "reconciler/graph/dependency_graph.h"

namespace hearth {
namespace {

using Edges = std::vector<std::pair<std::size_t, std::size_t>>;

// Small enough for the naive oracle, dense enough to meet every shape. Edges point downwards when ACYCLIC.
std::pair<std::size_t, Edges> any_edges(bool acyclic) {
  const auto vertices = *rc::gen::inRange<std::size_t>(1, 12);
  auto edges = *rc::gen::container<Edges>(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, vertices), rc::gen::inRange<std::size_t>(0, vertices)));
  if (acyclic) {
    // Any numbering, not only the sorted one, else order() would be tested on identity alone.
    std::vector<std::size_t> rank(vertices);
    std::iota(rank.begin(), rank.end(), std::size_t{0});
    const auto turn = *rc::gen::inRange<std::size_t>(0, vertices);
    std::rotate(rank.begin(), rank.begin() + static_cast<std::ptrdiff_t>(turn), rank.end());
    std::erase_if(edges, [&](const auto& edge) { return rank[edge.first] <= rank[edge.second]; });
  }
  return {vertices, edges};
}

DependencyGraph make(const std::pair<std::size_t, Edges>& description) {
  DependencyGraph out(description.first);
  for (const auto& [from, to] : description.second) out.add(from, to);
  return out;
}

// Floyd–Warshall: distance in edges, or `none`.
constexpr std::size_t none = 1'000'000;
std::vector<std::vector<std::size_t>> distances(const DependencyGraph& graph) {
  std::vector<std::vector<std::size_t>> d(graph.size(), std::vector<std::size_t>(graph.size(), none));
  for (std::size_t from = 0; from < graph.size(); ++from) {
    for (const std::size_t to : graph.dependencies_of(from)) d[from][to] = 1;
  }
  for (std::size_t via = 0; via < graph.size(); ++via) {
    for (std::size_t from = 0; from < graph.size(); ++from) {
      for (std::size_t to = 0; to < graph.size(); ++to) {
        d[from][to] = std::min(d[from][to], d[from][via] + d[via][to]);
      }
    }
  }
  for (auto& row : d) {
    for (auto& cell : row) cell = std::min(cell, none);
  }
  return d;
}

TEST(DependencyGraphProperty, OrderRespectsEveryEdge) {
  EXPECT_TRUE(rc::check([] {
    const auto graph = make(any_edges(true));
    const auto order = graph.order();
    RC_ASSERT(order.size() == graph.size());
    std::vector<std::size_t> place(graph.size(), none);
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (std::size_t from = 0; from < graph.size(); ++from) {
      RC_ASSERT(place[from] != none);
      for (const std::size_t to : graph.dependencies_of(from)) RC_ASSERT(place[to] < place[from]);
    }
  }));
}

TEST(DependencyGraphProperty, OrderTakesTheLowestOfTheReady) {
  EXPECT_TRUE(rc::check([] {
    const auto graph = make(any_edges(true));
    std::vector<bool> done(graph.size(), false);
    for (const std::size_t vertex : graph.order()) {
      for (std::size_t lower = 0; lower < vertex; ++lower) {
        const auto& needs = graph.dependencies_of(lower);
        const bool ready = std::all_of(needs.begin(), needs.end(), [&](std::size_t to) { return done[to]; });
        RC_ASSERT(done[lower] || !ready);
      }
      done[vertex] = true;
    }
  }));
}

TEST(DependencyGraphProperty, ReductionKeepsReachabilityAndIsMinimal) {
  EXPECT_TRUE(rc::check([] {
    const auto graph = make(any_edges(true));
    const auto reduced = graph.reduced();
    const auto before = distances(graph);
    const auto after = distances(reduced);
    for (std::size_t from = 0; from < graph.size(); ++from) {
      for (std::size_t to = 0; to < graph.size(); ++to) {
        RC_ASSERT((before[from][to] == none) == (after[from][to] == none));
      }
      // Minimal: no edge that another dependency implies.
      for (const std::size_t to : reduced.dependencies_of(from)) {
        for (const std::size_t other : reduced.dependencies_of(from)) RC_ASSERT(after[other][to] == none);
      }
    }
  }));
}

TEST(DependencyGraphProperty, CyclesAreRealShortestAndOnePerTangle) {
  EXPECT_TRUE(rc::check([] {
    const auto graph = make(any_edges(false));
    const auto cycles = graph.cycles();
    const auto d = distances(graph);
    RC_ASSERT(cycles.empty() == !graph.order().empty());

    std::vector<bool> covered(graph.size(), false);
    for (const auto& cycle : cycles) {
      RC_ASSERT(!cycle.empty());
      for (std::size_t i = 0; i < cycle.size(); ++i) {
        const auto& next = graph.dependencies_of(cycle[i]);
        RC_ASSERT(std::find(next.begin(), next.end(), cycle[(i + 1) % cycle.size()]) != next.end());
      }
      RC_ASSERT(!covered[cycle.front()]);
      for (std::size_t other = 0; other < graph.size(); ++other) {
        const bool same_tangle =
            other == cycle.front() || (d[other][cycle.front()] != none && d[cycle.front()][other] != none);
        if (!same_tangle) continue;
        covered[other] = true;
        RC_ASSERT(d[other][other] >= cycle.size());
      }
    }
    for (std::size_t vertex = 0; vertex < graph.size(); ++vertex)
      RC_ASSERT(covered[vertex] == (d[vertex][vertex] != none));
  }));
}

TEST(DependencyGraphProperty, ComponentsPartitionTheVertices) {
  EXPECT_TRUE(rc::check([] {
    const auto graph = make(any_edges(false));
    std::vector<std::size_t> group(graph.size(), none);
    const auto components = graph.components();
    for (std::size_t i = 0; i < components.size(); ++i) {
      RC_ASSERT(std::is_sorted(components[i].begin(), components[i].end()));
      if (i > 0) RC_ASSERT(components[i - 1].front() < components[i].front());
      for (const std::size_t vertex : components[i]) {
        RC_ASSERT(group[vertex] == none);
        group[vertex] = i;
      }
    }
    for (std::size_t from = 0; from < graph.size(); ++from) {
      RC_ASSERT(group[from] != none);
      for (const std::size_t to : graph.dependencies_of(from)) RC_ASSERT(group[from] == group[to]);
    }
    // No coarser than the edges demand: let every vertex learn the lowest number it is connected with, and
    // count those.
    std::vector<std::size_t> root(graph.size());
    std::iota(root.begin(), root.end(), std::size_t{0});
    for (std::size_t round = 0; round < graph.size(); ++round) {
      for (std::size_t from = 0; from < graph.size(); ++from) {
        for (const std::size_t to : graph.dependencies_of(from)) {
          root[from] = root[to] = std::min(root[from], root[to]);
        }
      }
    }
    std::sort(root.begin(), root.end());
    RC_ASSERT(static_cast<std::size_t>(std::unique(root.begin(), root.end()) - root.begin()) ==
              components.size());
  }));
}

}  // namespace
}  // namespace hearth
