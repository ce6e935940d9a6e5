#include "reconciler/apply/applier.h"

#include <algorithm>
#include <set>
#include <utility>

#include "providers/provider.h"
#include "reconciler/apply/dispatcher.h"
#include "reconciler/apply/tidy.h"
#include "reconciler/apply/turns.h"
#include "reconciler/apply/unit_guard.h"
#include "reconciler/diff/differ.h"
#include "reconciler/manifest/claims.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/observe/target.h"
#include "reconciler/plan/way_back.h"

namespace hearth {

namespace {

// How often, and after what pause, to look again before what was applied counts as not having worked.
constexpr int most_second_looks = 3;
constexpr std::chrono::milliseconds second_look{300};

bool ended_well(Outcome outcome) {
  return outcome == Outcome::done || outcome == Outcome::pending;
}

std::int64_t milliseconds(Loop::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string_view outcome_of(OperationResult::Status status) {
  switch (status) {
    case OperationResult::Status::done: return "done";
    case OperationResult::Status::failed: return "failed";
    case OperationResult::Status::unknown: return "unknown";
    case OperationResult::Status::not_sent: return "not sent";
  }
  return "?";
}

// Content operations are atomic: one that failed left nothing behind. A unit that failed to start may be half up.
bool may_have_changed(const OperationResult& result, const Operation& operation) {
  switch (result.status) {
    case OperationResult::Status::done:
    case OperationResult::Status::unknown: return true;
    case OperationResult::Status::failed: return !is_content(operation) && result.code != "lost";
    case OperationResult::Status::not_sent: return false;
  }
  return true;
}

bool same_steps(const std::vector<Step>& a, const std::vector<Step>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Step& x, const Step& y) { return x.operation == y.operation; });
}

Value recorded_changes(const Action& action) {
  List out;
  for (const Change& change : action.changes) {
    Map entry{{"path", change.path}};
    if (change.secret) {
      entry.set("secret", true);
    } else {
      entry.set("live", change.live);
      entry.set("desired", change.desired);
    }
    out.emplace_back(std::move(entry));
  }
  return out;
}

}  // namespace

class Applier::Impl {
 public:
  Impl(Loop& loop, Targets& targets, Observer& observer, ProviderRegistry& providers, Journal& journal,
       ProgressListener& progress, const Plan& plan, RunId run, ApplyOptions options)
      : loop_(loop),
        targets_(targets),
        observer_(observer),
        providers_(providers),
        journal_(journal),
        progress_(progress),
        plan_(plan),
        run_(run),
        options_(std::move(options)),
        leases_(loop, targets, options_.token, options_.holder, options_.lease),
        dispatcher_(loop, targets, journal, leases_.token()),
        tidy_(observer, dispatcher_, journal, run),
        turns_(plan),
        work_(plan.actions.size()),
        units_(plan.units.size()) {
    report_.actions.resize(plan.actions.size());
    for (Index i = 0; i < work_.size(); ++i) {
      work_[i].waits_for = plan.actions[i].after.size();
      for (const Index before : plan.actions[i].after) work_[before].dependants.push_back(i);
    }
    for (std::size_t u = 0; u < units_.size(); ++u) {
      if (plan.units[u].guard)
        units_[u].guard = std::make_unique<UnitGuard>(loop_, targets_, dispatcher_, plan.units[u]);
    }
    find_below_mounts();
  }

  void start(std::function<void(ApplyReport)> done) {
    done_ = std::move(done);
    withhold();
    std::set<std::string> hosts;
    for (Index i = 0; i < work_.size(); ++i) {
      if (!work_[i].ended && plan_.actions[i].type != ActionType::forget) hosts.insert(host_of(i));
    }
    for (const HostState& host : plan_.hosts) {
      if (!host.leftovers.empty()) hosts.insert(host.name);
    }
    leases_.take({hosts.begin(), hosts.end()},
                 [this](const std::map<std::string, Leases::Taken>& taken) { leased(taken); });
  }

  void interrupt() {
    report_.interrupted = true;
    if (!leased_) return;  // leased() looks
    cancel_waiting();
    pump();
  }

  void abandon() {
    abandoned_ = true;
    for (const UnitState& unit : units_) {
      if (unit.guard) unit.guard->abandon();
    }
    targets_.cancel();
    interrupt();
  }

 private:
  using Index = std::size_t;

  // How far one action is.
  struct Work {
    std::vector<Index> dependants;
    std::size_t waits_for = 0;  // actions that have not ended yet
    bool started = false;
    bool ended = false;
    std::size_t round = 0;
    ActionId journal_id = 0;
    int steps_recorded = 0;
    int looks = 0;             // after the last round, that found it not yet as declared
    bool below_mount = false;  // of what this run mounts: the plan has seen what lay there before
    bool found_there = false;  // it was as declared once that was mounted
    std::vector<const Step*>
        sent;  // those that were (or may have been) carried out: what undo must take back
  };
  struct UnitState {
    bool failed = false;
    bool closing = false;  // finishing or going back
    bool closed = false;
    std::string why;
    // Of a guarded unit:
    std::unique_ptr<UnitGuard> guard;
    std::vector<Index> waiting;  // actions whose first round waits for it to be armed
    bool disarming = false;      // proven, and not known whether the undo is still armed
  };

  // How far the operations are that put a unit back: contents first, then what takes them up.
  struct WayBack {
    Index first = 0;  // the action that they are recorded under, from step NUMBER on
    int number = 0;
    std::vector<Operation> operations;
    std::vector<OperationResult> results;
    std::size_t contents = 0;
    std::size_t open = 0;
  };

  const std::string& host_of(Index i) const { return plan_.units[plan_.actions[i].unit].host; }

  // ---- Before anything is touched ----

  void withhold() {
    // From the last to the first: each says its own reason before it is told to wait for somebody else's.
    for (Index i = work_.size(); i-- > 0;) {
      const auto held = options_.held_back.find(plan_.actions[i].address);
      if (held != options_.held_back.end() && !work_[i].ended) end(i, Outcome::withheld, held->second);
    }
    for (Index i = 0; i < work_.size(); ++i) {
      if (!plan_.actions[i].refused.empty() && !work_[i].ended)
        end(i, Outcome::refused, plan_.actions[i].refused_why);
    }
    for (Index i = 0; i < work_.size(); ++i) {
      if (work_[i].ended) continue;
      const Unit& unit = plan_.units[plan_.actions[i].unit];
      for (const Index member : unit.actions) {
        const Address& address = plan_.actions[member].address;
        if (member == i || !options_.held_back.contains(address)) continue;
        end(i, Outcome::withheld, "belongs to " + address.to_string() + ", which is held back");
        break;
      }
      if (work_[i].ended) continue;
      for (const Index member : unit.actions) {
        const Action& other = plan_.actions[member];
        if (!options_.allowance.permits(other.effect, other.address)) {
          end(i, Outcome::withheld, "needs --allow " + std::string(to_string(unit.effect)));
          break;
        }
      }
    }
  }

  void leased(const std::map<std::string, Leases::Taken>& taken) {
    leased_ = true;
    for (const auto& [host, answer] : taken) {
      if (answer.status != Leases::Taken::Status::held_by_other) continue;
      if (!report_.lease_held_by.empty()) report_.lease_held_by += "; ";
      report_.lease_held_by += host + ": " + answer.detail;
    }
    if (!report_.lease_held_by.empty()) {
      for (Index i = 0; i < work_.size(); ++i) {
        if (!work_[i].ended) end(i, Outcome::skipped, "not every host was free to be changed");
      }
      done_(std::move(report_));
      return;
    }
    for (Index i = 0; i < work_.size(); ++i) {
      if (work_[i].ended) continue;
      const auto answer = taken.find(host_of(i));
      if (answer == taken.end() || answer->second.status == Leases::Taken::Status::held_by_us) continue;
      if (answer->second.status == Leases::Taken::Status::refused) {
        end(i, Outcome::failed, host_of(i) + " gives no lease: " + answer->second.detail);
      } else {
        end(i, Outcome::unknown, host_of(i) + " cannot be reached: " + answer->second.detail);
      }
    }
    for (Index i = 0; i < work_.size(); ++i) {
      if (!work_[i].ended && work_[i].waits_for == 0) ready_[host_of(i)].insert(i);
    }
    if (report_.interrupted) cancel_waiting();
    std::vector<const HostState*> untidy;
    for (const HostState& host : plan_.hosts) {
      const auto answer = taken.find(host.name);
      if (!host.leftovers.empty() && answer != taken.end() &&
          answer->second.status == Leases::Taken::Status::held_by_us)
        untidy.push_back(&host);
    }
    if (untidy.empty() || report_.interrupted) {
      pump();
      return;
    }
    ++closing_;
    tidying_ = true;
    tidy_.clear(untidy, [this](const std::string& trouble) {
      if (!trouble.empty()) journal_failed(trouble);
      --closing_;
      tidying_ = false;
      pump();
    });
  }

  // ---- The scheduler ----

  void find_below_mounts() {
    for (Index i = 0; i < work_.size(); ++i) {
      const auto& after = plan_.actions[i].after;
      work_[i].below_mount = std::any_of(after.begin(), after.end(), [&](Index before) {
        return work_[before].below_mount || claims_mount(plan_.actions[before].claims);
      });
    }
  }

  // Begins what can begin, and ends the run when nothing is left. Lanes are for what takes long: the rest of what is ready on
  // a host goes out together.
  void pump() {
    if (finished_ || tidying_) return;
    for (auto& [host, ready] : ready_) {
      for (const Index i : std::vector<Index>(ready.begin(), ready.end())) {
        if (!is_brief(i) && busy_[host] >= options_.lanes) continue;
        if (!may_begin(i)) continue;
        ready.erase(i);
        if (!work_[i].ended) begin(i);
      }
    }
    if (open_ == 0 && closing_ == 0) {
      finished_ = true;
      leases_.release([this] {
        flush_journal();
        done_(std::move(report_));
      });
    }
  }

  bool may_begin(Index i) {
    return !report_.journal_error.empty() || turns_.take(i, [this](Index k) { return is_settled(k); });
  }

  bool is_settled(Index i) const {
    const Unit& unit = plan_.units[plan_.actions[i].unit];
    return work_[i].ended && (!unit.can_go_back || !work_[i].started || units_[plan_.actions[i].unit].closed);
  }

  void end_turn(Index u) {
    turns_.end(u, [this](Index i) { return work_[i].started && !is_settled(i); });
  }

  bool is_brief(Index i) const {
    const auto& rounds = plan_.actions[i].rounds;
    return std::all_of(rounds.begin(), rounds.end(), [](const std::vector<Step>& steps) {
      return std::all_of(steps.begin(), steps.end(),
                         [](const Step& step) { return hearth::is_brief(step.operation); });
    });
  }

  bool unit_has_begun(Index unit) const {
    const auto& members = plan_.units[unit].actions;
    return std::any_of(members.begin(), members.end(), [&](Index member) { return work_[member].started; });
  }

  // A unit that has begun is finished: half of it would leave files that nobody has taken up.
  void cancel_waiting() {
    for (Index i = 0; i < work_.size(); ++i) {
      if (work_[i].started || work_[i].ended) continue;
      if (abandoned_ || !unit_has_begun(plan_.actions[i].unit))
        end(i, Outcome::cancelled, "interrupted before it began");
    }
  }

  // Action BEFORE is over as far as action I is concerned.
  void release(Index before, Index i) {
    Work& work = work_[i];
    if (work.ended) return;
    const Outcome outcome = report_.actions[before].outcome;
    if (outcome == Outcome::withheld && plan_.actions[i].unit == plan_.actions[before].unit)
      return;  // so is this one
    if (!ended_well(outcome)) {
      end(i, Outcome::skipped,
          "waits for " + plan_.actions[before].address.to_string() + ", which is " +
              std::string(to_string(outcome)));
    } else if (--work.waits_for == 0) {
      ready_[host_of(i)].insert(i);
    }
  }

  void begin(Index i) {
    if (!report_.journal_error.empty()) {
      end(i, Outcome::cancelled, "the journal cannot be written");
      return;
    }
    const Action& action = plan_.actions[i];
    Work& work = work_[i];
    ActionRecord record;
    record.run = run_;
    record.address = action.address.to_string();
    record.operation = to_string(action.type);
    record.cause = to_string(action.cause);
    record.changes = recorded_changes(action);
    const auto id = journal_.begin_action(record);
    if (!id) {
      journal_failed(id.error().message);
      end(i, Outcome::cancelled, "the journal cannot be written");
      return;
    }
    work.started = true;
    work.journal_id = *id;
    if (!is_brief(i)) ++busy_[host_of(i)];
    progress_.action_started(action);
    if (action.type == ActionType::forget) {
      stop(i, Outcome::done, "");
      return;
    }
    if (work.below_mount) {
      observer_.observe(action.resource, [this, i](const Live& live) { seen_on_mount(i, live); });
      return;
    }
    send_round(i);
  }

  // What is mounted now hides what the plan has seen at this place. What is as declared there is left alone; what is not gets
  // the planned steps, and those that write over something say what they expect to find.
  void seen_on_mount(Index i, const Live& live) {
    const Action& action = plan_.actions[i];
    if (live.presence == Live::Presence::unknown) {
      stop(i, Outcome::unknown, "could not be observed once its file system was mounted: " + live.why);
      return;
    }
    Resource declared = action.resource;
    declared.desired = action.declared;
    if (action.type != ActionType::remove && live.presence == Live::Presence::present &&
        diff(declared, live).empty()) {
      work_[i].found_there = true;
      work_[i].round = action.rounds.size();
      verified_[i] = live;
      stop(i, Outcome::done, "");
      return;
    }
    send_round(i);
  }

  // ---- One action: send a round, look, and go on ----

  void send_round(Index i) {
    const Index u = plan_.actions[i].unit;
    if (units_[u].guard && !units_[u].guard->is_armed()) {
      units_[u].waiting.push_back(i);
      if (!units_[u].guard->is_arming()) arm(u, i);
      return;
    }
    const std::vector<Step>& steps = plan_.actions[i].rounds[work_[i].round];
    std::vector<Operation> operations;
    operations.reserve(steps.size());
    for (const Step& step : steps) operations.push_back(step.operation);
    if (!record_intent(i, operations)) {
      stop(i, Outcome::failed, "the journal cannot be written: nothing was sent");
      return;
    }
    const int first = work_[i].steps_recorded - static_cast<int>(operations.size()) + 1;
    for (const Operation& operation : operations) progress_.step_started(plan_.actions[i], operation);
    send(host_of(i), std::move(operations),
         [this, i, first](const std::vector<OperationResult>& results) { answered(i, first, results); });
  }

  void send(const std::string& host, OperationGroup operations, Dispatcher::Done done) {
    const bool brief = std::all_of(operations.begin(), operations.end(),
                                   [](const Operation& operation) { return hearth::is_brief(operation); });
    dispatcher_.send(host, std::move(operations), !brief, std::move(done));
  }

  // ---- Guards: what may lock the operator out has its undo armed on the host before it begins ----

  void arm(Index u, Index i) {
    const ArmUndo& guard = *plan_.units[u].guard;
    if (!record_intent(i, {guard})) {
      armed(u, i, {OperationResult::Status::not_sent, "journal", report_.journal_error});
      return;
    }
    progress_.step_started(plan_.actions[i], guard);
    const int number = work_[i].steps_recorded;
    units_[u].guard->arm([this, u, i, number](const OperationResult& result) {
      note_result(i, number, result);
      armed(u, i, result);
    });
  }

  void armed(Index u, Index armer, const OperationResult& result) {
    const std::vector<Index> waiting = std::exchange(units_[u].waiting, {});
    if (result.status == OperationResult::Status::done) {
      for (const Index i : waiting) {
        if (!work_[i].ended) send_round(i);
      }
      return;
    }
    const bool unheard = result.status != OperationResult::Status::failed && result.code != "journal";
    for (const Index i : waiting) {
      if (work_[i].ended) continue;
      stop(i, unheard ? Outcome::unknown : Outcome::failed,
           "nothing was changed, as its undo could not be armed first: " +
               (result.output.empty() ? result.code : result.output) +
               (i == armer ? "" : " (" + plan_.actions[armer].address.to_string() + ")"));
    }
  }

  void proven(Index u, const std::string& trouble) {
    if (trouble.empty()) {
      finish_unit(u);
      return;
    }
    units_[u].failed = true;
    units_[u].why = "a new login failed after the change: " + trouble;
    go_back(u);
  }

  // Whether the undo was carried out or had been disarmed by what nobody heard of: the host shows which.
  void look_whether_back(Index u) {
    auto open = std::make_shared<std::size_t>(0);
    for (const Index i : plan_.units[u].actions) {
      if (work_[i].sent.empty()) continue;
      ++*open;
      observer_.observe(plan_.actions[i].resource, [this, u, i, open](const Live& live) {
        ActionReport& report = report_.actions[i];
        if (live.presence == Live::Presence::unknown) {
          report = {Outcome::unknown, units_[u].why + "; could not be observed: " + live.why};
        } else if (is_as_applied(i, live)) {
          verified_[i] = live;
        } else {
          report = {Outcome::rolled_back, units_[u].why};
        }
        if (--*open == 0) unit_closed(u);
      });
    }
  }

  bool is_as_applied(Index i, const Live& live) {
    const Action& action = plan_.actions[i];
    if (action.type != ActionType::remove) return diff(action.resource, live).empty();
    const auto provider = providers_.load(action.resource.kind->provider());
    // A package's thing stays without what hearth had added to it.
    return live.presence == Live::Presence::absent ||
           (provider && (*provider)->removal_steps(action.resource, live).empty());
  }

  void undo(Index u) {
    units_[u].guard->undo([this, u](const OperationResult& result) { undone(u, result); });
  }

  void undone(Index u, const OperationResult& result) {
    if (result.status == OperationResult::Status::done && units_[u].disarming) {
      look_whether_back(u);
      return;
    }
    const std::string said = result.output.empty() ? result.code : result.output;
    for (const Index i : plan_.units[u].actions) {
      if (work_[i].sent.empty()) continue;
      ActionReport& report = report_.actions[i];
      if (report.detail.empty()) report.detail = units_[u].why;
      if (result.status == OperationResult::Status::done) {
        report.outcome = Outcome::rolled_back;
      } else if (result.status == OperationResult::Status::failed) {
        report.outcome = Outcome::failed;
        report.detail += "; going back failed too: " + said;
      } else {
        report.outcome = Outcome::unknown;
        report.detail += "; " + plan_.units[u].host + " cannot be asked (" + said +
                         "): it puts itself back when its time is over, or when it boots";
      }
    }
    unit_closed(u);
  }

  bool record_intent(Index i, const std::vector<Operation>& operations) {
    std::vector<StepRecord> records;
    for (const Operation& operation : operations) {
      StepRecord record;
      record.action = work_[i].journal_id;
      record.number = ++work_[i].steps_recorded;
      record.summary = to_string(operation);
      record.operation = to_value(operation);
      records.push_back(std::move(record));
    }
    const auto written = journal_.intend(records);
    if (!written) journal_failed(written.error().message);
    return written.has_value();
  }

  void answered(Index i, int first, const std::vector<OperationResult>& results) {
    const std::vector<Step>& steps = plan_.actions[i].rounds[work_[i].round];
    const OperationResult* bad = nullptr;
    for (std::size_t k = 0; k < results.size(); ++k) {
      const OperationResult& result = results[k];
      note_result(i, first + static_cast<int>(k), result);
      if (may_have_changed(result, steps[k].operation)) work_[i].sent.push_back(&steps[k]);
      if (bad == nullptr && result.status != OperationResult::Status::done) bad = &result;
    }
    if (bad != nullptr && abandoned_) {
      stop(i, Outcome::unknown, "given up while it was under way");
      return;
    }
    if (bad == nullptr || bad->status == OperationResult::Status::unknown) {
      // Also after a lost answer: whether it happened is to be seen, not guessed.
      look(i, bad == nullptr ? "" : bad->output.empty() ? "no answer came" : bad->output);
      return;
    }
    if (bad->code == "journal") {
      journal_failed(bad->output);
      stop(i, Outcome::failed, "the journal cannot be written: nothing was sent");
      return;
    }
    if (bad->status == OperationResult::Status::not_sent) {
      stop(i, Outcome::unknown,
           "was not sent: " + (bad->output.empty() ? host_of(i) + " cannot be reached" : bad->output));
      return;
    }
    const bool moved = bad->code == "moved" || bad->code == "lost";
    report_.actions[i].moved = bad->code == "moved";
    stop(i, moved ? Outcome::refused : Outcome::failed, bad->output.empty() ? bad->code : bad->output);
  }

  void note_result(Index i, int number, const OperationResult& result) {
    const auto written =
        journal_.end_step(work_[i].journal_id, number, std::string(outcome_of(result.status)), result.output);
    if (!written) journal_failed(written.error().message);
    flush_journal_soon();
  }

  void look(Index i, std::string lost) {
    observer_.observe(plan_.actions[i].resource,
                      [this, i, lost = std::move(lost)](const Live& live) { looked(i, live, lost); });
  }

  void looked(Index i, const Live& live, const std::string& lost) {
    const Action& action = plan_.actions[i];
    if (live.presence == Live::Presence::unknown) {
      stop(i, Outcome::unknown, (lost.empty() ? "" : lost + "; ") + "could not be observed: " + live.why);
      return;
    }
    if (action.type == ActionType::remove) {
      if (is_as_applied(i, live)) {
        stop(i, Outcome::done, "");
      } else if (lost.empty()) {
        stop(i, Outcome::failed, "is still there");
      } else {
        stop(i, Outcome::unknown, lost);
      }
      return;
    }
    const Difference left = diff(action.resource, live);
    if (left.empty()) {
      work_[i].round = action.rounds.size();
      verified_[i] = live;
      stop(i, Outcome::done, "");
      return;
    }
    if (!lost.empty()) {
      stop(i, Outcome::unknown, lost);
      return;
    }
    next_round(i, live, left);
  }

  void next_round(Index i, const Live& live, const Difference& left) {
    const Action& action = plan_.actions[i];
    const std::string field = left.changes.empty()
                                  ? left.unknown.front().path + " (" + left.unknown.front().why + ")"
                                  : left.changes.front().path;
    const auto provider = providers_.load(action.resource.kind->provider());
    const std::vector<Step> next =
        provider ? (*provider)->next_steps(action.resource, live) : std::vector<Step>{};
    if (work_[i].round + 1 < action.rounds.size()) {
      ++work_[i].round;
      if (same_steps(next, action.rounds[work_[i].round])) {
        send_round(i);
      } else {
        stop(i, Outcome::refused,
             "\"" + field + "\" is not what the plan foresaw: something else changes it");
      }
      return;
    }
    // Some of what a system says of itself comes a moment after the doing: systemd forgets units that have ended, a
    // directory service has to be told. What stays different is a failure.
    if (++work_[i].looks <= most_second_looks) {
      loop_.after(second_look, [this, i] { look(i, ""); });
      return;
    }
    stop(i, Outcome::failed, "applied, but \"" + field + "\" is still not as declared");
  }

  // The action itself is over. What it means for the others of its unit is close_unit's to say.
  void stop(Index i, Outcome outcome, std::string detail) {
    if (!is_brief(i)) --busy_[host_of(i)];
    end(i, outcome, std::move(detail));
    loop_.post([this] { pump(); });
  }

  void end(Index i, Outcome outcome, std::string detail) {
    const Action& action = plan_.actions[i];
    Work& work = work_[i];
    work.ended = true;
    --open_;
    report_.actions[i].outcome = outcome;
    report_.actions[i].detail = std::move(detail);
    const bool final = !plan_.units[action.unit].can_go_back || !work.started;
    if (final) {
      settle(i);
    } else {
      // Within its unit (and what is entangled with it) others may go on; the rest of the world waits for the end.
      for (const Index dependant : work.dependants) {
        if (turns_.same_group(i, dependant)) release(i, dependant);
      }
    }
    UnitState& unit = units_[action.unit];
    if (!ended_well(outcome) && outcome != Outcome::withheld && !unit.failed) {
      unit.failed = true;
      unit.why = action.address.to_string() + ", which belongs to it, " +
                 (outcome == Outcome::failed ? "failed" : "is " + std::string(to_string(outcome)));
      for (const Index member : plan_.units[action.unit].actions) {
        if (!work_[member].started && !work_[member].ended) end(member, Outcome::skipped, unit.why);
      }
    }
    close_unit(action.unit);
    if (final) end_turn(action.unit);
  }

  // What came of action I is final: journal and listener hear it.
  void settle(Index i) {
    const Action& action = plan_.actions[i];
    const ActionReport& report = report_.actions[i];
    if (work_[i].started) {
      if (ended_well(report.outcome)) remember(i);
      const auto written =
          journal_.end_action(work_[i].journal_id, std::string(to_string(report.outcome)), report.detail);
      if (!written) journal_failed(written.error().message);
      flush_journal_soon();
    }
    progress_.action_ended(action, report.outcome, report.detail);
    const bool told_group = work_[i].started && plan_.units[action.unit].can_go_back;
    for (const Index dependant : work_[i].dependants) {
      if (!told_group || !turns_.same_group(i, dependant)) release(i, dependant);
    }
  }

  void remember(Index i) {
    const Action& action = plan_.actions[i];
    if (action.claims.empty()) return;
    Result<void> written;
    if (action.type == ActionType::remove || action.type == ActionType::forget) {
      written = journal_.forget(action.claims.front());
    } else {
      Resource declared = action.resource;
      declared.desired = action.declared;
      AppliedRecord record =
          applied_record(declared, verified_[i], plan_.commit, options_.by_person, milliseconds(loop_.now()));
      record.cluster = plan_.cluster;
      record.made = has_made(i, record.claim);
      // Once a person has applied it, the timer may look after it.
      const auto known = journal_.applied(record.claim);
      if (known && known->cluster == plan_.cluster) record.by_person = record.by_person || known->by_person;
      written = journal_.remember(record);
    }
    if (!written) journal_failed(written.error().message);
  }

  // Whether the thing is hearth's own: it made it, now or before, or nothing of what it would ever take away (a drop-in beside
  // a package's unit) was there before this action.
  bool has_made(Index i, const Claim& claim) {
    const Action& action = plan_.actions[i];
    if (action.type == ActionType::create && !work_[i].found_there) return true;
    auto known = journal_.applied(claim);
    if (known && known->cluster != plan_.cluster) known.reset();
    if (known && known->made) return true;
    if (!known && was_begun_to_make(journal_, action.address.to_string(), work_[i].journal_id)) return true;
    const auto provider = providers_.load(action.resource.kind->provider());
    return provider && (*provider)->removal_steps(action.resource, action.live).empty() &&
           !(*provider)->removal_steps(action.resource, verified_[i]).empty();
  }

  void journal_failed(const std::string& why) {
    if (report_.journal_error.empty()) report_.journal_error = why;
  }

  // Outcomes, once for all that came in one turn of the loop. (Intents are flushed as they are sent.)
  void flush_journal_soon() {
    if (std::exchange(flush_posted_, true)) return;
    loop_.post([this] { flush_journal(); });
  }
  bool flush_journal() {
    flush_posted_ = false;
    const auto written = journal_.flush();
    if (!written) journal_failed(written.error().message);
    return written.has_value();
  }

  // ---- Units: together forward or together back ----

  void close_unit(Index u) {
    UnitState& state = units_[u];
    const Unit& unit = plan_.units[u];
    if (state.closing || !unit.can_go_back) return;
    if (std::any_of(unit.actions.begin(), unit.actions.end(), [&](Index i) { return !work_[i].ended; }))
      return;
    if (std::none_of(unit.actions.begin(), unit.actions.end(), [&](Index i) { return work_[i].started; }))
      return;
    state.closing = true;
    ++closing_;
    if (state.failed) {
      go_back(u);
    } else if (state.guard) {
      state.guard->prove([this, u](const std::string& trouble) { proven(u, trouble); });
    } else {
      finish_unit(u);
    }
  }

  void finish_unit(Index u) {
    const Index first = plan_.units[u].actions.front();
    if (plan_.units[u].finish.empty() || !record_intent(first, plan_.units[u].finish)) {
      unit_closed(u);
      return;
    }
    const int number = work_[first].steps_recorded - static_cast<int>(plan_.units[u].finish.size()) + 1;
    send(plan_.units[u].host, plan_.units[u].finish,
         [this, u, first, number](const std::vector<OperationResult>& results) {
           // What was kept and could not be dropped is dropped by the next run: it harms nobody.
           for (std::size_t k = 0; k < results.size(); ++k) {
             note_result(first, number + static_cast<int>(k), results[k]);
           }
           if (plan_.units[u].guard && results.front().status != OperationResult::Status::done) {
             not_disarmed(u, results.front());
             return;
           }
           unit_closed(u);
         });
  }

  // The way in was proven, and yet the undo was not taken away.
  void not_disarmed(Index u, const OperationResult& result) {
    if (result.code == "undone") {
      units_[u].why = result.output;
      undone(u, {OperationResult::Status::done, {}, {}});
    } else {
      // Better to go back once too often than to leave what nobody is sure of.
      units_[u].disarming = true;
      units_[u].why =
          "the undo could not be disarmed: " + (result.output.empty() ? result.code : result.output);
      undo(u);
    }
  }

  // The member that the unit's own steps are recorded under.
  Index first_begun(Index u) const {
    const auto& members = plan_.units[u].actions;
    return *std::find_if(members.begin(), members.end(), [&](Index i) { return work_[i].started; });
  }

  void go_back(Index u) {
    std::vector<const Step*> sent;
    bool uncertain = false;
    for (const Index i : plan_.units[u].actions) {
      uncertain = uncertain || report_.actions[i].outcome == Outcome::unknown;
      sent.insert(sent.end(), work_[i].sent.begin(), work_[i].sent.end());
    }
    std::vector<Operation> back = way_back(sent);
    if (units_[u].guard && units_[u].guard->is_armed()) {
      if (abandoned_ || !record_intent(first_begun(u), {RunUndo{plan_.units[u].guard->id}}) ||
          !flush_journal()) {
        undone(u, {OperationResult::Status::unknown, {}, "nothing more is sent"});
      } else {
        undo(u);
      }
      return;
    }
    // A host that did not answer cannot be put back now; what it keeps is there for the next run.
    if (back.empty() || uncertain || abandoned_) {
      unit_closed(u);
      return;
    }
    const Index first = first_begun(u);
    if (!record_intent(first, back)) {
      for (const Index i : plan_.units[u].actions) {
        if (work_[i].started)
          report_.actions[i].detail += "; not put back, since the journal cannot be written";
      }
      unit_closed(u);
      return;
    }
    auto way = std::make_shared<WayBack>();
    way->first = first;
    way->number = work_[first].steps_recorded - static_cast<int>(back.size()) + 1;
    way->contents = static_cast<std::size_t>(std::count_if(back.begin(), back.end(), is_content));
    way->results.resize(back.size());
    way->operations = std::move(back);
    put_contents_back(u, way);
  }

  // Each by itself: what a person has edited meanwhile stays, and keeps nothing else from coming back.
  void put_contents_back(Index u, const std::shared_ptr<WayBack>& way) {
    way->open = way->contents;
    if (way->open == 0) take_up_again(u, way);
    for (std::size_t k = 0; k < way->contents; ++k) {
      send(plan_.units[u].host, {way->operations[k]},
           [this, u, way, k](const std::vector<OperationResult>& results) {
             way->results[k] = results.front();
             if (--way->open == 0) take_up_again(u, way);
           });
    }
  }

  // What reads the contents, when what lies there now is what it shall go on with.
  void take_up_again(Index u, const std::shared_ptr<WayBack>& way) {
    const auto begin = way->operations.begin() + static_cast<std::ptrdiff_t>(way->contents);
    const bool settled =
        std::all_of(way->results.begin(), way->results.begin() + static_cast<std::ptrdiff_t>(way->contents),
                    [](const OperationResult& result) {
                      return result.status == OperationResult::Status::done || result.code == "moved";
                    });
    if (!settled || begin == way->operations.end()) {
      for (std::size_t k = way->contents; k < way->results.size(); ++k)
        way->results[k] = {OperationResult::Status::not_sent, "", "not sent, as the content is not back"};
      went_back(u, *way);
      return;
    }
    send(plan_.units[u].host, OperationGroup(begin, way->operations.end()),
         [this, u, way](const std::vector<OperationResult>& results) {
           std::copy(results.begin(), results.end(),
                     way->results.begin() + static_cast<std::ptrdiff_t>(way->contents));
           went_back(u, *way);
         });
  }

  void went_back(Index u, const WayBack& way) {
    std::vector<std::pair<const Operation*, std::string>> troubles;
    for (std::size_t k = 0; k < way.results.size(); ++k) {
      const OperationResult& result = way.results[k];
      note_result(way.first, way.number + static_cast<int>(k), result);
      if (result.status != OperationResult::Status::done)
        troubles.emplace_back(&way.operations[k], result.output.empty() ? result.code : result.output);
    }
    for (const Index i : plan_.units[u].actions) {
      if (work_[i].sent.empty()) continue;
      ActionReport& report = report_.actions[i];
      const auto own = std::find_if(troubles.begin(), troubles.end(), [&](const auto& trouble) {
        return std::any_of(work_[i].sent.begin(), work_[i].sent.end(), [&](const Step* step) {
          return std::find(step->undo.begin(), step->undo.end(), *trouble.first) != step->undo.end();
        });
      });
      if (own != troubles.end()) {
        report.outcome = Outcome::failed;
        report.detail += (report.detail.empty() ? "" : "; ") + ("going back failed too: " + own->second);
        continue;
      }
      if (report.detail.empty()) report.detail = units_[u].why;
      if (!troubles.empty()) report.detail += "; not all of its unit is back: " + troubles.front().second;
      report.outcome = Outcome::rolled_back;
    }
    unit_closed(u);
  }

  void unit_closed(Index u) {
    for (const Index i : plan_.units[u].actions) {
      if (work_[i].started) settle(i);
    }
    units_[u].closed = true;
    end_turn(u);
    --closing_;
    loop_.post([this] { pump(); });
  }

  Loop& loop_;
  Targets& targets_;
  Observer& observer_;
  ProviderRegistry& providers_;
  Journal& journal_;
  ProgressListener& progress_;
  const Plan& plan_;
  const RunId run_;
  const ApplyOptions options_;
  Leases leases_;
  Dispatcher dispatcher_;
  Tidy tidy_;
  Turns turns_;
  std::vector<Work> work_;
  std::vector<UnitState> units_;
  std::map<std::string, std::set<Index>> ready_;  // by host: what waits only for a lane, in the plan's order
  std::map<std::string, std::size_t> busy_;       // by host: actions under way that take long
  std::map<Index, Live> verified_;
  std::size_t open_ = plan_.actions.size();  // actions that have not ended
  bool leased_ = false;
  std::size_t closing_ = 0;  // units whose finishing or going back is under way
  bool tidying_ = false;     // nothing else is sent meanwhile
  bool abandoned_ = false;
  bool finished_ = false;
  bool flush_posted_ = false;
  ApplyReport report_;
  std::function<void(ApplyReport)> done_;
};

Applier::Applier(Loop& loop, Targets& targets, Observer& observer, ProviderRegistry& providers,
                 Journal& journal, ProgressListener& progress, const Plan& plan, RunId run,
                 ApplyOptions options)
    : impl_(std::make_unique<Impl>(loop, targets, observer, providers, journal, progress, plan, run,
                                   std::move(options))) {}
Applier::~Applier() = default;
void Applier::start(std::function<void(ApplyReport)> done) {
  impl_->start(std::move(done));
}
void Applier::interrupt() {
  impl_->interrupt();
}
void Applier::abandon() {
  impl_->abandon();
}

}  // namespace hearth
