// Who waits for whom. The only file whose implementation includes Boost.Graph.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hearth {

// Vertices are 0..N-1; what they stand for is the caller's. An edge FROM → TO says that FROM waits for TO.
class DependencyGraph {
 public:
  explicit DependencyGraph(std::size_t vertices) : dependencies_(vertices) {}

  // Both must exist (std::out_of_range). Adding an edge again changes nothing that is asked below.
  void add(std::size_t from, std::size_t to);
  [[nodiscard]] std::size_t size() const { return dependencies_.size(); }
  [[nodiscard]] const std::vector<std::size_t>& dependencies_of(std::size_t vertex) const;

  // Dependencies before dependants; among the ready, the lower number first, so that equal input gives equal output.
  // Empty when there is a cycle (and the graph is not empty).
  [[nodiscard]] std::vector<std::size_t> order() const;
  // One shortest cycle per strongly connected component, as a path whose last vertex waits for its first (the lowest
  // number). In components of thousands of entangled vertices a short one: the search is bounded.
  [[nodiscard]] std::vector<std::vector<std::size_t>> cycles() const;
  // Groups of vertices connected when direction is ignored, each sorted, ordered by first member.
  [[nodiscard]] std::vector<std::vector<std::size_t>> components() const;
  // For each vertex the number of its strongly connected component: equal for vertices that wait for each other.
  [[nodiscard]] std::vector<std::size_t> strong_components() const;
  // Edges that other paths imply already, taken out: for pictures that one can read. Requires no cycles.
  [[nodiscard]] DependencyGraph reduced() const;

 private:
  std::vector<std::vector<std::size_t>> dependencies_;
};

}  // namespace hearth
