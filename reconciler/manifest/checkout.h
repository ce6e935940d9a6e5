// The git checkout that the manifests lie in.
#pragma once

#include <string>

namespace hearth {

struct Checkout {
  std::string commit;  // full hash; "" outside of git, or where git is not installed
  bool dirty = false;  // files under the folder differ from the commit
};

// Asks git, with a bound on its time.
Checkout read_checkout(const std::string& folder);

}  // namespace hearth
