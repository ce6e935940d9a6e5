// Any bytes as a file of certificates and as what apt-get says of updates.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_checks/certificate.h"
#include "providers/host_checks/updates.h"

namespace {

using namespace hearth;

void require(bool holds) {
  if (!holds) std::abort();
}

// A file of two is as good as the one that runs out first.
void try_certificates(std::string_view text) {
  const auto first = first_expiry(text);
  const auto twice = first_expiry(std::string(text) + "\n" + std::string(text));
  require(first.has_value() == twice.has_value());
  require(!first || (twice->at == first->at && twice->subject == first->subject));
}

void try_updates(std::string_view text) {
  const auto all = pending_updates(text, false);
  const auto security = pending_updates(text, true);
  require(security.size() <= all.size());
  for (const std::string& name : security) {
    require(!name.empty() && name.find_first_of(" \t\n") == std::string::npos);
    require(std::find(all.begin(), all.end(), name) != all.end());
  }
  const auto more = pending_updates(
      std::string(text) + "\nInst hearth [1] (2 Debian-Security:13/stable-security [amd64])\n", true);
  require(more.size() == security.size() + 1 && more.back() == "hearth");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_certificates(text);
  try_updates(text);
  return 0;
}
