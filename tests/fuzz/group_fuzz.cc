// /etc/group of a host that anybody may have written to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_accounts/account_files.h"

// What was understood is understood again when it is written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const auto file = parse_group({reinterpret_cast<const char*>(data), size});
  std::string text;
  for (const auto& entry : file.entries) text += to_text(entry);
  if (parse_group(text).entries != file.entries) std::abort();
  return 0;
}
