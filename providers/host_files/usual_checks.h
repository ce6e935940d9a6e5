// Files that are not to go live unread: a mistake in them shows only when nobody gets in any more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// Whether sshd reads PATH when it starts or reloads: sshd_config and the drop-ins that Debian's includes.
bool is_sshd_configuration(std::string_view path);

// The command that must accept new content for PATH where the manifest names none; empty for most paths. `{}` stands for the
// file with the new content.
std::vector<std::string> usual_check(std::string_view path);

}  // namespace hearth
