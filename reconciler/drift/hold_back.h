// Which actions of a plan the timer leaves to a person, and why.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "reconciler/apply/allowance.h"
#include "reconciler/core/address.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/reconcile_policy.h"
#include "reconciler/plan/plan.h"

namespace hearth {

struct HeldBack {
  enum class By : std::uint8_t {
    unapplied,  // no person has ever applied it
    paused,
    policy,     // drift or intent of its kind waits for a person
    flapping,   // corrected again and again
    deletions,  // too many deletions at once
  };
  By by = By::policy;
  std::string why;  // for people, with what to do
};

std::string_view to_string(HeldBack::By by);  // "unapplied", "paused", …

// More deletions than this need their number said by a person: a fat finger in a manifest must not empty a house.
inline constexpr std::size_t most_unasked_deletions = 5;

// Takes out what would only make the journal forget something: while nobody looks, what was removed from the manifests and comes
// back (a bad commit, taken back) has to be known as before. What a run that died has kept on hosts stays as well: a person may
// be looking at it, and the next apply by one drops it.
void leave_remembered(Plan& plan);

// Pure. What ALLOWANCE does not permit is not among them: the applier withholds that itself. JOURNAL is asked for what was
// applied, paused and done before; check its damage() afterwards. NOW is in ms since the epoch. OLDER: the manifests are those of
// a commit before the newest, or before somebody's edits, so what a person applied meanwhile is not among them: nothing but drift is corrected.
std::map<Address, HeldBack> hold_back(const Plan& plan, const Journal& journal, const ReconcilePolicy& policy,
                                      const Allowance& allowance, std::int64_t now, bool older = false);

}  // namespace hearth
