// /etc/shadow, or what shadow_facts_command() leaves of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "providers/host_accounts/account_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  for (const auto& entry : parse_shadow({reinterpret_cast<const char*>(data), size}).entries) {
    // Names are all the text that comes out of it.
    if (entry.name.find(':') != std::string_view::npos || entry.name.empty()) std::abort();
    if (entry.expires && date_of(*entry.expires).size() != 10) std::abort();
  }
  return 0;
}
