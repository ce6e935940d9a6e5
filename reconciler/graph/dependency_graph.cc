#include "reconciler/graph/dependency_graph.h"

#include <algorithm>
#include <array>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/pending/disjoint_sets.hpp>
#include <boost/property_map/property_map.hpp>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <queue>
#include <utility>

namespace hearth {

namespace {

using Adjacency = std::vector<std::vector<std::size_t>>;
// Rows in one array: half the memory and no allocation a vertex, which is what 100,000 vertices want.
using BoostGraph = boost::compressed_sparse_row_graph<boost::directedS>;

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

// For each vertex the number of its strongly connected component, and how many there are.
std::pair<std::vector<std::size_t>, std::size_t> component_of(const Adjacency& dependencies) {
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t from = 0; from < dependencies.size(); ++from) {
    for (const std::size_t to : dependencies[from]) edges.emplace_back(from, to);
  }
  const BoostGraph graph(boost::edges_are_sorted, edges.begin(), edges.end(), dependencies.size());
  std::vector<std::size_t> component(dependencies.size());
  const std::size_t count = boost::strong_components(
      graph, boost::make_iterator_property_map(component.begin(), boost::get(boost::vertex_index, graph)));
  return {std::move(component), count};
}

// Strongly connected components that hold a cycle (several vertices, or one that waits for itself), members
// ascending, ordered by first member.
std::vector<std::vector<std::size_t>> cyclic_components(const Adjacency& dependencies) {
  const auto [component, count] = component_of(dependencies);
  std::vector<std::vector<std::size_t>> members(count);
  for (std::size_t vertex = 0; vertex < component.size(); ++vertex)
    members[component[vertex]].push_back(vertex);
  std::erase_if(members, [&](const std::vector<std::size_t>& group) {
    const auto& first = dependencies[group.front()];
    return group.size() == 1 && std::find(first.begin(), first.end(), group.front()) == first.end();
  });
  std::sort(members.begin(), members.end());
  return members;
}

// Finds a shortest cycle within one strongly connected component.
//
// Breadth first from every member, each taken out once all cycles through it are known, and with it
// everything that can be on no further cycle: a plain ring, however long, then costs one search. Finding the
// shortest cycle of a large dense component is inherently quadratic, so the work is bounded; past the bound
// the best cycle found so far stands. That takes thousands of entangled resources, where any short cycle is
// as good a place to start untangling.
class ShortestCycle {
 public:
  ShortestCycle(const Adjacency& dependencies, const std::vector<std::size_t>& members)
      : outgoing_(members.size()), incoming_(members.size()), alive_(members.size(), true) {
    std::map<std::size_t, std::size_t> local;
    for (std::size_t i = 0; i < members.size(); ++i) local.emplace_hint(local.end(), members[i], i);
    for (std::size_t from = 0; from < members.size(); ++from) {
      for (const std::size_t target : dependencies[members[from]]) {
        const auto found = local.find(target);
        if (found == local.end()) continue;
        outgoing_[from].push_back(found->second);
        incoming_[found->second].push_back(from);
      }
      // Lower numbers first: equal graphs give equal cycles, in whatever order their edges were added.
      std::sort(outgoing_[from].begin(), outgoing_[from].end());
    }
  }

  // Indices into MEMBERS.
  std::vector<std::size_t> find() {
    for (std::size_t start = 0; start < outgoing_.size(); ++start) {
      if (!alive_[start]) continue;
      search(start);
      if (best_.size() == 1 || visited_edges_ > most_visited_edges) break;
      take_out(start);
    }
    std::rotate(best_.begin(), std::min_element(best_.begin(), best_.end()), best_.end());
    return best_;
  }

 private:
  static constexpr std::size_t most_visited_edges = 20'000'000;

  // The shortest cycle through START becomes the best, when it is shorter than that.
  void search(std::size_t start) {
    std::vector<std::size_t> came_from(outgoing_.size(), nobody);
    std::vector<std::size_t> level = {start};
    std::vector<std::size_t> next;
    for (std::size_t length = 1; !level.empty() && (best_.empty() || length < best_.size()); ++length) {
      for (const std::size_t from : level) {
        for (const std::size_t to : outgoing_[from]) {
          ++visited_edges_;
          if (to == start) {
            best_.clear();
            for (std::size_t at = from; at != start; at = came_from[at]) best_.push_back(at);
            best_.push_back(start);
            std::reverse(best_.begin(), best_.end());
            return;
          }
          if (!alive_[to] || came_from[to] != nobody) continue;
          came_from[to] = from;
          next.push_back(to);
        }
      }
      level.swap(next);
      next.clear();
    }
  }

  void take_out(std::size_t vertex) {
    std::vector<std::size_t> going = {vertex};
    alive_[vertex] = false;
    const auto drained = [&](const std::vector<std::size_t>& neighbours) {
      return std::none_of(neighbours.begin(), neighbours.end(),
                          [&](std::size_t other) { return alive_[other]; });
    };
    while (!going.empty()) {
      const std::size_t gone = going.back();
      going.pop_back();
      for (const auto* side : {&outgoing_[gone], &incoming_[gone]}) {
        for (const std::size_t other : *side) {
          if (!alive_[other]) continue;
          visited_edges_ += outgoing_[other].size() + incoming_[other].size();
          if (!drained(outgoing_[other]) && !drained(incoming_[other])) continue;
          alive_[other] = false;
          going.push_back(other);
        }
      }
    }
  }

  Adjacency outgoing_;
  Adjacency incoming_;
  std::vector<bool> alive_;
  std::vector<std::size_t> best_;
  std::size_t visited_edges_ = 0;
};

}  // namespace

void DependencyGraph::add(std::size_t from, std::size_t to) {
  static_cast<void>(
      dependencies_.at(to));  // a vertex that does not exist is a programming error: never store it
  dependencies_.at(from).push_back(to);
}

const std::vector<std::size_t>& DependencyGraph::dependencies_of(std::size_t vertex) const {
  return dependencies_.at(vertex);
}

// Kahn's algorithm. Boost's topological_sort is not used: it promises some order, and a plan needs always the
// same one.
std::vector<std::size_t> DependencyGraph::order() const {
  Adjacency dependants(size());
  std::vector<std::size_t> waiting_for(size());
  for (std::size_t from = 0; from < size(); ++from) {
    waiting_for[from] = dependencies_[from].size();
    for (const std::size_t to : dependencies_[from]) dependants[to].push_back(from);
  }

  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t vertex = 0; vertex < size(); ++vertex) {
    if (waiting_for[vertex] == 0) ready.push(vertex);
  }
  std::vector<std::size_t> out;
  out.reserve(size());
  while (!ready.empty()) {
    const std::size_t vertex = ready.top();
    ready.pop();
    out.push_back(vertex);
    for (const std::size_t dependant : dependants[vertex]) {
      if (--waiting_for[dependant] == 0) ready.push(dependant);
    }
  }
  if (out.size() != size()) out.clear();
  return out;
}

std::vector<std::vector<std::size_t>> DependencyGraph::cycles() const {
  std::vector<std::vector<std::size_t>> out;
  for (const auto& members : cyclic_components(dependencies_)) {
    std::vector<std::size_t> cycle = ShortestCycle(dependencies_, members).find();
    for (std::size_t& vertex : cycle) vertex = members[vertex];
    out.push_back(std::move(cycle));
  }
  return out;
}

std::vector<std::size_t> DependencyGraph::strong_components() const {
  return component_of(dependencies_).first;
}

std::vector<std::vector<std::size_t>> DependencyGraph::components() const {
  std::vector<std::size_t> rank(size());
  std::vector<std::size_t> parent(size());
  // Named maps instead of plain pointers: those are found only where headers happen to come in the right
  // order.
  boost::disjoint_sets sets(
      boost::make_iterator_property_map(rank.begin(), boost::identity_property_map()),
      boost::make_iterator_property_map(parent.begin(), boost::identity_property_map()));
  for (std::size_t vertex = 0; vertex < size(); ++vertex) sets.make_set(vertex);
  for (std::size_t from = 0; from < size(); ++from) {
    for (const std::size_t to : dependencies_[from]) sets.union_set(from, to);
  }

  // Walking upwards meets each group first at its lowest member, which orders both groups and members.
  std::vector<std::size_t> group_of(size(), nobody);
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t vertex = 0; vertex < size(); ++vertex) {
    std::size_t& group = group_of[sets.find_set(vertex)];
    if (group == nobody) {
      group = out.size();
      out.emplace_back();
    }
    out[group].push_back(vertex);
  }
  return out;
}

// An edge is implied when its target can also be reached through another dependency of the same vertex. What
// each vertex reaches is kept as bits for a few hundred targets at a time: boost::transitive_reduction wants
// a bit for every pair of vertices (1.2 GB for 100,000), this wants 64 bytes a vertex and (targets / 512)
// walks over the edges.
DependencyGraph DependencyGraph::reduced() const {
  constexpr std::size_t width = 512;
  using Bits = std::array<std::uint64_t, width / 64>;

  const std::vector<std::size_t> sequence = order();
  std::vector<std::size_t> place(size());
  for (std::size_t i = 0; i < sequence.size(); ++i) place[sequence[i]] = i;

  Adjacency unique = dependencies_;
  std::vector<bool> is_candidate(size(), false);  // only where there is a choice can an edge be redundant
  for (auto& targets : unique) {
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    if (targets.size() < 2) continue;
    for (const std::size_t target : targets) is_candidate[target] = true;
  }
  std::vector<std::size_t> candidates;
  for (const std::size_t vertex : sequence) {
    if (is_candidate[vertex]) candidates.push_back(vertex);
  }

  Adjacency implied(size());
  std::vector<Bits> reaches(size());
  std::vector<std::size_t> bit_of(size(), nobody);
  for (std::size_t begin = 0; begin < candidates.size(); begin += width) {
    const std::size_t end = std::min(begin + width, candidates.size());
    for (std::size_t i = begin; i < end; ++i) bit_of[candidates[i]] = i - begin;
    std::fill(reaches.begin(), reaches.end(), Bits{});

    // What stands before the first target reaches none of them.
    for (std::size_t i = place[candidates[begin]]; i < sequence.size(); ++i) {
      const std::size_t from = sequence[i];
      Bits& through_others = reaches[from];
      for (const std::size_t to : unique[from]) {
        for (std::size_t word = 0; word < through_others.size(); ++word)
          through_others[word] |= reaches[to][word];
      }
      for (const std::size_t to : unique[from]) {
        if (bit_of[to] == nobody) continue;
        std::uint64_t& word = through_others[bit_of[to] / 64];
        const std::uint64_t bit = std::uint64_t{1} << (bit_of[to] % 64);
        if ((word & bit) != 0) implied[from].push_back(to);
        word |= bit;  // from here on FROM's own dependants see it
      }
    }
    for (std::size_t i = begin; i < end; ++i) bit_of[candidates[i]] = nobody;
  }

  DependencyGraph out(size());
  for (std::size_t from = 0; from < size(); ++from) {
    std::sort(implied[from].begin(), implied[from].end());
    std::set_difference(unique[from].begin(), unique[from].end(), implied[from].begin(), implied[from].end(),
                        std::back_inserter(out.dependencies_[from]));
  }
  return out;
}

}  // namespace hearth
