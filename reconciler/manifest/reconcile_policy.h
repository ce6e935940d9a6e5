// policy.reconcile of hearth.yaml: what the timer may do with nobody present.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace hearth {

struct ReconcilePolicy {
  std::vector<std::string> allow = {"reload"};  // as of `--allow`: CLASS[=ADDR,…]
  bool correct_drift = true;                    // false: what moved on the live system is only reported
  bool apply_intent = true;                     // false: what moved in the manifests waits for a person
  // What was corrected this often within that time is not corrected any more.
  std::size_t flapping_corrections = 3;
  std::chrono::seconds flapping_within{std::chrono::hours(24)};
  // A checkout that could not be brought up to date for this long is an error.
  std::chrono::seconds alert_after{std::chrono::hours(24)};
};

}  // namespace hearth
