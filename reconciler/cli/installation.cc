#include "reconciler/cli/installation.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace hearth {

namespace {

namespace fs = std::filesystem;

std::string find_folder(const char* variable, const fs::path& below_prefix) {
  if (const char* chosen = std::getenv(variable); chosen != nullptr && *chosen != '\0') return chosen;
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path beside = (executable.parent_path().parent_path() / below_prefix).lexically_normal();
    if (fs::is_directory(beside, error)) return beside.string();
  }
  return (fs::path(HEARTH_PREFIX) / below_prefix).string();
}

}  // namespace

std::string schemas_folder() {
  return find_folder("HEARTH_SCHEMAS", "share/hearth/schemas");
}
std::string plugins_folder() {
  return find_folder("HEARTH_PLUGINS", HEARTH_LIBDIR "/providers");
}

}  // namespace hearth
