#include "reconciler/manifest/merge.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hearth {

namespace {

// Finds members by key. Small maps are searched, for large ones an index pays off: specs are small, but
// nothing stops anybody from writing a map of a hundred thousand entries and another to lay over it.
class MemberFinder {
 public:
  MemberFinder(Map& map, std::size_t lookups) : map_(map), indexed_(map.size() * lookups > search_limit) {
    if (!indexed_) return;
    index_.reserve(map.size());
    for (auto& member : map) index_.emplace(member.key, &member);
  }

  Map::Member* find(std::string_view key) {
    if (indexed_) {
      const auto found = index_.find(key);
      return found == index_.end() ? nullptr : found->second;
    }
    const auto found =
        std::find_if(map_.begin(), map_.end(), [&](const Map::Member& member) { return member.key == key; });
    return found == map_.end() ? nullptr : &*found;
  }

 private:
  static constexpr std::size_t search_limit = 1024;  // comparisons

  Map& map_;
  bool indexed_;
  std::unordered_map<std::string_view, Map::Member*> index_;
};

void merge_into(Map& base, const Map& overlay) {
  MemberFinder known(base, overlay.size());
  std::vector<const Map::Member*>
      added;  // appended last: growing the map would move what the finder points at
  for (const auto& member : overlay) {
    Map::Member* below = known.find(member.key);
    if (below == nullptr) {
      added.push_back(&member);
    } else if (below->value.is_map() && member.value.is_map()) {
      merge_into(below->value.as_map(), member.value.as_map());
    } else {
      below->key_position = member.key_position;
      below->value = member.value;
    }
  }
  for (const auto* member : added) base.append(member->key, member->key_position, member->value);
}

}  // namespace

Value merge(Value base, const Value& overlay) {
  if (!base.is_map() || !overlay.is_map()) return overlay;
  merge_into(base.as_map(), overlay.as_map());
  return base;
}

}  // namespace hearth
