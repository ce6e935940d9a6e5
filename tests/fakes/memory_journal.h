// A journal that forgets everything at the end of a test. Passes the same tests as the real one.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/journal/journal.h"

namespace hearth {

class MemoryJournal final : public Journal {
 public:
  // From the Nth write on (0: the next one), every write fails as on a full disk. For the rule "no journal,
  // no action".
  void fail_writes_after(std::size_t writes) { writes_left_ = writes; }
  void heal() { writes_left_.reset(); }
  // From now on, reading has failed.
  void break_reads(Diagnostic why) { damage_ = std::move(why); }

  Result<RunId> begin_run(const RunRecord& run) override {
    if (auto allowed = spend(); !allowed) return tl::unexpected(allowed.error());
    runs_.push_back(run);
    runs_.back().id = static_cast<RunId>(runs_.size());
    return runs_.back().id;
  }

  Result<void> end_run(RunId run, std::int64_t ended, int exit_code, const std::string& summary) override {
    if (auto allowed = spend(); !allowed) return allowed;
    RunRecord* record = at(runs_, run);
    if (record == nullptr) return unheard_of("run " + std::to_string(run));
    record->ended = ended;
    record->exit_code = exit_code;
    record->summary = summary;
    return {};
  }

  Result<ActionId> begin_action(const ActionRecord& action) override {
    if (auto allowed = spend(); !allowed) return tl::unexpected(allowed.error());
    if (at(runs_, action.run) == nullptr) return tl::unexpected(unheard_of("run").error());
    actions_.push_back(action);
    actions_.back().id = static_cast<ActionId>(actions_.size());
    return actions_.back().id;
  }

  Result<void> add_pauses(const std::vector<PauseRecord>& records) override {
    if (auto allowed = spend(); !allowed) return allowed;
    pauses_.insert(pauses_.end(), records.begin(), records.end());
    return {};
  }

  Result<void> note_fact(const std::string& key, const Value& fact) override {
    if (auto allowed = spend(); !allowed) return allowed;
    facts_.insert_or_assign(key, fact);
    return {};
  }

  Result<void> flush() override { return {}; }

  Result<void> intend(const std::vector<StepRecord>& steps) override {
    if (auto allowed = spend(); !allowed) return allowed;
    // All or nothing, as the real one.
    auto copy = steps_;
    for (const auto& step : steps) {
      if (at(actions_, step.action) == nullptr) return unheard_of("action");
      if (!copy.emplace(std::pair(step.action, step.number), step).second)
        return unheard_of("second such step");
    }
    steps_ = std::move(copy);
    return {};
  }

  Result<void> end_step(ActionId action, int number, const std::string& outcome,
                        const std::string& output) override {
    if (auto allowed = spend(); !allowed) return allowed;
    const auto found = steps_.find({action, number});
    if (found == steps_.end()) return unheard_of("step");
    found->second.outcome = outcome;
    found->second.output = output;
    return {};
  }

  Result<void> end_action(ActionId action, const std::string& outcome, const std::string& detail) override {
    if (auto allowed = spend(); !allowed) return allowed;
    ActionRecord* record = at(actions_, action);
    if (record == nullptr) return unheard_of("action");
    record->outcome = outcome;
    record->detail = detail;
    return {};
  }

  Result<void> remember(const AppliedRecord& record) override {
    if (auto allowed = spend(); !allowed) return allowed;
    applied_[record.claim] = record;
    return {};
  }

  Result<void> forget(const Claim& claim) override {
    if (auto allowed = spend(); !allowed) return allowed;
    applied_.erase(claim);
    return {};
  }

  [[nodiscard]] std::optional<AppliedRecord> applied(const Claim& claim) const override {
    const auto found = applied_.find(claim);
    if (damage_ || found == applied_.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::vector<AppliedRecord> all_applied() const override {
    std::vector<AppliedRecord> out;
    if (damage_) return out;
    for (const auto& [claim, record] : applied_) out.push_back(record);
    return out;
  }

  [[nodiscard]] std::vector<RunRecord> runs(std::size_t most) const override {
    std::vector<RunRecord> out;
    if (damage_) return out;
    for (auto run = runs_.rbegin(); run != runs_.rend() && out.size() < most; ++run) out.push_back(*run);
    return out;
  }

  [[nodiscard]] std::optional<RunRecord> last_run(const std::string& command) const override {
    const auto found = std::find_if(runs_.rbegin(), runs_.rend(),
                                    [&](const RunRecord& run) { return run.command == command; });
    if (damage_ || found == runs_.rend()) return std::nullopt;
    return *found;
  }

  [[nodiscard]] std::optional<RunRecord> run(RunId id) const override {
    if (damage_ || id < 1 || id > static_cast<RunId>(runs_.size())) return std::nullopt;
    return runs_[static_cast<std::size_t>(id - 1)];
  }

  [[nodiscard]] std::vector<PauseRecord> pauses() const override {
    return damage_ ? std::vector<PauseRecord>{} : pauses_;
  }

  [[nodiscard]] std::optional<Value> fact(const std::string& key) const override {
    const auto found = facts_.find(key);
    if (damage_ || found == facts_.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::vector<ActionRecord> actions_of(RunId run) const override {
    std::vector<ActionRecord> out;
    if (damage_) return out;
    std::copy_if(actions_.begin(), actions_.end(), std::back_inserter(out),
                 [&](const ActionRecord& action) { return action.run == run; });
    return out;
  }

  [[nodiscard]] std::vector<ActionRecord> actions_on(const std::string& address,
                                                     std::size_t most) const override {
    std::vector<ActionRecord> out;
    if (damage_) return out;
    for (auto action = actions_.rbegin(); action != actions_.rend() && out.size() < most; ++action) {
      if (action->address == address) out.push_back(*action);
    }
    return out;
  }

  [[nodiscard]] std::vector<StepRecord> steps_of(ActionId action) const override {
    std::vector<StepRecord> out;
    if (damage_) return out;
    for (const auto& [key, step] : steps_) {
      if (key.first == action) out.push_back(step);
    }
    return out;
  }

  [[nodiscard]] std::optional<Diagnostic> damage() const override { return damage_; }

 private:
  template <typename Record>
  static Record* at(std::vector<Record>& records, std::int64_t id) {
    return id < 1 || id > static_cast<std::int64_t>(records.size())
               ? nullptr
               : &records[static_cast<std::size_t>(id - 1)];
  }

  static Result<void> unheard_of(const std::string& what) {
    return tl::unexpected(failure("journal-error", "the journal knows no " + what));
  }

  Result<void> spend() {
    if (damage_) return tl::unexpected(*damage_);
    if (!writes_left_) return {};
    if (*writes_left_ == 0) return tl::unexpected(failure("journal-full", "no room to write the journal"));
    --*writes_left_;
    return {};
  }

  std::vector<RunRecord> runs_;
  std::vector<ActionRecord> actions_;
  std::map<std::pair<ActionId, int>, StepRecord> steps_;
  std::map<Claim, AppliedRecord> applied_;
  std::vector<PauseRecord> pauses_;
  std::map<std::string, Value> facts_;
  std::optional<std::size_t> writes_left_;
  std::optional<Diagnostic> damage_;
};

}  // namespace hearth
