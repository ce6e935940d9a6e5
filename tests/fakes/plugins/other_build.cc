#include <cstdlib>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace hearth {
class Provider;
}

EXPORTED const char* hearth_abi_tag() noexcept;
EXPORTED const hearth::Provider* hearth_provider() noexcept;

const char* hearth_abi_tag() noexcept {
  return "hearth-0/gcc-2/plain";
}
// Whoever gets here has asked a module of another build for more than its tag.
const hearth::Provider* hearth_provider() noexcept {
  std::abort();
}
