// What dpkg knows of the packages of a host: dpkg-query(1), deb-version(7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

struct KnownPackage {
  std::string name;
  std::string architecture;
  std::string version;
  std::string want;    // "install", "hold", "deinstall", "purge", "unknown"
  std::string status;  // "installed", "config-files", "half-configured", …
  std::string priority;
};

// Asks for all of them: one answer serves every Package of a host.
RunProbe query_packages();

// What that printed; lines of another form are left out.
std::vector<KnownPackage> known_packages(std::string_view output);

// The package that NAME (also `NAME:ARCHITECTURE`) means: of several architectures the one that is installed. nullptr when dpkg
// knows none.
const KnownPackage* find_package(const std::vector<KnownPackage>& packages, std::string_view name);

// Whether its files are there and set up.
bool is_installed(const KnownPackage& package);
// Whether dpkg was interrupted in the middle of it.
bool is_broken(const KnownPackage& package);

}  // namespace hearth
