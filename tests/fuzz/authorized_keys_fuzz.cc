// authorized_keys files are their users' own, with anything in them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_accounts/authorized_keys.h"
#include "providers/host_accounts/key_file.h"

// What a reader says of a host's output is not for crashing either; else: nothing is lost that nobody declared, and what
// was declared is there after one change and stays.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse_key_files(text);
  for (const auto& line : lines_of(text)) {
    const auto key = parse_public_key(line);
    if (key && parse_public_key(to_text(*key)) != key) std::abort();
  }
  if (with_keys(text, Map{}, false) != text) std::abort();
  const Map declared{{"a", "ssh-ed25519 AAAAC3Nz"}, {"b", nullptr}};
  for (const bool exclusive : {false, true}) {
    const std::string changed = with_keys(text, declared, exclusive);
    if (with_keys(changed, declared, exclusive) != changed) std::abort();
    if (!(Value(live_keys(changed, declared, exclusive)) == Value(declared))) std::abort();
  }
  return 0;
}
