#include "providers/host_packages/dpkg_status.h"

#include <algorithm>

#include "providers/support/lines.h"

namespace hearth {

RunProbe query_packages() {
  return {
      .argv =
          {"dpkg-query", "-W", "-f",
           "${Package}\t${Architecture}\t${Version}\t${db:Status-Want}\t${db:Status-Status}\t${Priority}\n"},
      .timeout = std::chrono::seconds(20)};
}

std::vector<KnownPackage> known_packages(std::string_view output) {
  std::vector<KnownPackage> packages;
  for (const std::string& line : split_lines(output)) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    if (fields.size() != 6 || fields[0].empty()) continue;
    packages.push_back({fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]});
  }
  return packages;
}

const KnownPackage* find_package(const std::vector<KnownPackage>& packages, std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string_view architecture =
      colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  name = name.substr(0, colon);
  const KnownPackage* best = nullptr;
  for (const KnownPackage& package : packages) {
    if (package.name != name || (!architecture.empty() && package.architecture != architecture)) continue;
    if (best == nullptr || (!is_installed(*best) && is_installed(package))) best = &package;
  }
  return best;
}

bool is_installed(const KnownPackage& package) {
  return package.status == "installed" || package.status.starts_with("triggers-");
}

bool is_broken(const KnownPackage& package) {
  return package.status.starts_with("half-") || package.status == "unpacked";
}

}  // namespace hearth
