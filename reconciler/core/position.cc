#include "reconciler/core/position.h"

#include <mutex>
#include <set>

namespace hearth {

std::string Position::to_string() const {
  if (!known()) return {};
  if (line == 0) return *file;
  return *file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

const std::string* intern_file_name(std::string_view name) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;
  std::lock_guard lock(mutex);
  auto found = names.find(name);
  if (found == names.end()) found = names.emplace(name).first;
  return &*found;
}

}  // namespace hearth
