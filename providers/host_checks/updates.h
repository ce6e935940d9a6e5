// What `apt-get -s upgrade` would bring.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// Names of the packages that it would install, in its order; with SECURITY only those that come from an archive of security
// updates (`Debian-Security:13/stable-security`).
std::vector<std::string> pending_updates(std::string_view output, bool security);

}  // namespace hearth
