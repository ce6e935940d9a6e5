// What the operator permits the world to feel: `--allow CLASS[=ADDR,…]`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/effect.h"
#include "reconciler/plan/planner.h"

namespace hearth {

class Allowance {
 public:
  explicit Allowance(Effect everywhere) : everywhere_(everywhere) {}

  // Adds what one `--allow` says: a class for all, or for the addresses named.
  Result<void> add(const std::string& text);
  // The patterns that name none of ADDRESSES, as they were written: most likely misspelt.
  [[nodiscard]] std::vector<std::string> unmatched(const std::vector<Address>& addresses) const;
  [[nodiscard]] bool permits(Effect effect, const Address& address) const;

 private:
  Effect everywhere_;
  std::vector<std::pair<Effect, Selection>> somewhere_;
};

}  // namespace hearth
