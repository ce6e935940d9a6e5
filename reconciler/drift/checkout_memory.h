// What is remembered of a checkout from one run of the timer to the next.
#pragma once

#include <cstdint>
#include <string>

#include "reconciler/journal/journal.h"

namespace hearth {

struct CheckoutMemory {
  std::string remote;      // where the followed branch was last seen; "" when never
  std::string good;        // the last commit whose manifests could be used
  std::int64_t since = 0;  // when it was last up to date, or first looked at; ms since the epoch
  std::string trouble;     // why it was not up to date at the last look; ""
};

CheckoutMemory recall_checkout(const Journal& journal, const std::string& folder);
Result<void> remember_checkout(Journal& journal, const std::string& folder, const CheckoutMemory& memory);

}  // namespace hearth
