#include "reconciler/drift/hold_back.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/core/time_span.h"
#include "reconciler/drift/pauses.h"

namespace hearth {

namespace {

std::string shown(const Value& value) {
  std::string text = to_json(value);
  constexpr std::size_t most = 60;
  if (text.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end) + "…";
  }
  return text;
}

// What the live system had moved to before it was corrected.
std::string moved_to(const Value& changes) {
  std::string out;
  if (!changes.is_list()) return out;
  for (const Value& change : changes.as_list()) {
    const Value* live = change.find("live");
    out += (out.empty() ? "" : ", ") + change.string_or("path", "?");
    if (live == nullptr) {
      out += " (a secret)";
    } else {
      out += live->is_null() ? " to nothing" : " to " + shown(*live);
    }
  }
  return out;
}

// Decides about one plan.
class Decision {
 public:
  Decision(const Plan& plan, const Journal& journal, const ReconcilePolicy& policy,
           const Allowance& allowance, std::int64_t now, bool older)
      : plan_(plan),
        journal_(journal),
        policy_(policy),
        allowance_(allowance),
        now_(now),
        older_(older),
        pauses_(journal.pauses()) {}

  std::map<Address, HeldBack> run() {
    std::map<Address, HeldBack> out;
    std::vector<Address> deletions;
    for (const Action& action : plan_.actions) {
      if (auto held = why_not(action)) {
        out.emplace(action.address, *std::move(held));
      } else if (action.type == ActionType::remove && action.refused.empty() &&
                 allowance_.permits(action.effect, action.address)) {
        deletions.push_back(action.address);
      }
    }
    if (deletions.size() <= most_unasked_deletions) return out;
    const std::string number = std::to_string(deletions.size());
    for (const Address& address : deletions) {
      out.emplace(address,
                  HeldBack{HeldBack::By::deletions,
                           "one of " + number +
                               " things that would be deleted at once; if that is right: hearth apply "
                               "--allow destroy --deletions " +
                               number});
    }
    return out;
  }

 private:
  std::optional<HeldBack> why_not(const Action& action) const {
    const std::string address = action.address.to_string();
    std::optional<AppliedRecord> record;
    if (!action.claims.empty()) record = journal_.applied(action.claims.front());
    if (!record || !record->by_person || record->cluster != plan_.cluster) {
      return HeldBack{HeldBack::By::unapplied, "no person has applied it yet: hearth apply " + address};
    }
    if (const auto pause = paused(pauses_, action.address, now_)) {
      return HeldBack{HeldBack::By::paused,
                      "paused by " + pause->person + " for another " +
                          time_span_text(std::chrono::seconds((pause->until - now_ + 999) / 1000)) +
                          (pause->why.empty() ? "" : ": " + pause->why)};
    }
    const bool drift = action.cause == Cause::drift || action.cause == Cause::both;
    const bool intent = action.cause == Cause::intent || action.cause == Cause::both;
    if (intent && older_) {
      return HeldBack{
          HeldBack::By::policy,
          "the manifests that count now may be older than what was applied: only drift is corrected"};
    }
    if (intent && !policy_.apply_intent) {
      return HeldBack{HeldBack::By::policy,
                      "the manifest changed (policy.reconcile.intent: report): hearth apply " + address};
    }
    if (drift && !policy_.correct_drift) {
      return HeldBack{HeldBack::By::policy,
                      "the live system moved (policy.reconcile.drift: report): hearth apply " + address};
    }
    if (drift) return flapping(action);
    return std::nullopt;
  }

  std::optional<HeldBack> flapping(const Action& action) const {
    const std::string address = action.address.to_string();
    const std::int64_t window =
        std::chrono::duration_cast<std::chrono::milliseconds>(policy_.flapping_within).count();
    const std::int64_t since = std::max(now_ - window, last_resumed(pauses_, action.address));
    std::vector<ActionRecord> corrections;  // newest first
    // A person's apply in between starts the count anew; so that many records tell.
    for (ActionRecord& record : journal_.actions_on(address, policy_.flapping_corrections * 4 + 20)) {
      const auto run = journal_.run(record.run);
      if (!run || run->cluster != plan_.cluster) continue;
      if (run->started <= since) break;
      if (run->command == "apply" && (record.outcome == "done" || record.outcome == "pending")) break;
      const bool drifted = record.cause == to_string(Cause::drift) || record.cause == to_string(Cause::both);
      if (run->command == "reconcile" && drifted &&
          (record.outcome == "done" || record.outcome == "pending")) {
        corrections.push_back(std::move(record));
      }
    }
    if (corrections.size() < policy_.flapping_corrections) return std::nullopt;
    std::vector<std::string> seen;
    for (const ActionRecord& correction : corrections) {
      std::string what = correction.operation == "create" ? "is taken away" : moved_to(correction.changes);
      if (std::find(seen.begin(), seen.end(), what) == seen.end()) seen.push_back(std::move(what));
    }
    std::string what;
    for (std::size_t i = 0; i < seen.size() && i < 3; ++i) what += (i == 0 ? "" : "; ") + seen[i];
    return HeldBack{HeldBack::By::flapping,
                    "flapping: corrected " + std::to_string(corrections.size()) + " times within " +
                        time_span_text(policy_.flapping_within) + ", and each time something else " +
                        (corrections.front().operation == "create" ? "did it again: it " : "changed it: ") +
                        what +
                        "\nfind what does that and stop it, or change the manifest; then: hearth apply " +
                        address + " (or, to let the timer try again: hearth resume " + address + ")"};
  }

  const Plan& plan_;
  const Journal& journal_;
  const ReconcilePolicy& policy_;
  const Allowance& allowance_;
  const std::int64_t now_;
  const bool older_;
  const std::vector<PauseRecord> pauses_;
};

}  // namespace

std::string_view to_string(HeldBack::By by) {
  switch (by) {
    case HeldBack::By::unapplied: return "unapplied";
    case HeldBack::By::paused: return "paused";
    case HeldBack::By::policy: return "policy";
    case HeldBack::By::flapping: return "flapping";
    case HeldBack::By::deletions: return "deletions";
  }
  return "?";
}

void leave_remembered(Plan& plan) {
  for (HostState& host : plan.hosts) host.leftovers.clear();
  constexpr auto gone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> action_now(plan.actions.size(), gone);
  std::vector<std::size_t> unit_now(plan.units.size(), gone);
  std::vector<Action> actions;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    if (plan.actions[i].type == ActionType::forget) continue;
    action_now[i] = actions.size();
    actions.push_back(std::move(plan.actions[i]));
  }
  const auto renumber = [&](std::vector<std::size_t>& list) {
    std::vector<std::size_t> out;
    for (const std::size_t i : list) {
      if (action_now[i] != gone) out.push_back(action_now[i]);
    }
    list = std::move(out);
  };
  std::vector<Unit> units;
  for (std::size_t u = 0; u < plan.units.size(); ++u) {
    renumber(plan.units[u].actions);
    if (plan.units[u].actions.empty()) continue;
    unit_now[u] = units.size();
    units.push_back(std::move(plan.units[u]));
  }
  for (Action& action : actions) {
    renumber(action.after);
    action.unit = unit_now[action.unit];
  }
  plan.actions = std::move(actions);
  plan.units = std::move(units);
}

std::map<Address, HeldBack> hold_back(const Plan& plan, const Journal& journal, const ReconcilePolicy& policy,
                                      const Allowance& allowance, std::int64_t now, bool older) {
  return Decision(plan, journal, policy, allowance, now, older).run();
}

}  // namespace hearth
