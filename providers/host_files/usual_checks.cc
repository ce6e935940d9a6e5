#include "providers/host_files/usual_checks.h"

namespace hearth {

namespace {

// sudo ignores files in its folder whose names end in ~ or have a dot (sudoers(5)); to write one is no mistake.
bool is_sudoers(std::string_view path) {
  return path == "/etc/sudoers" || path.starts_with("/etc/sudoers.d/");
}

}  // namespace

bool is_sshd_configuration(std::string_view path) {
  return path == "/etc/ssh/sshd_config" ||
         (path.starts_with("/etc/ssh/sshd_config.d/") && path.ends_with(".conf"));
}

std::vector<std::string> usual_check(std::string_view path) {
  if (is_sshd_configuration(path)) return {"sshd", "-t", "-f", "{}"};
  if (is_sudoers(path)) return {"visudo", "-c", "-f", "{}"};
  return {};
}

}  // namespace hearth
