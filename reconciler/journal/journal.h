// The durable record of every run, action and step, and of what was last applied per claim.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"

namespace hearth {

using RunId = std::int64_t;
using ActionId = std::int64_t;

struct RunRecord {
  RunId id = 0;              // 0: not yet recorded
  std::string command;       // "apply", "reconcile", …
  std::int64_t started = 0;  // ms since the epoch
  std::int64_t ended = 0;    // 0: still running, or died
  std::string person;        // user@machine; "" for the timer
  std::string cluster;
  std::string commit;  // of the manifests; "" outside of git
  bool dirty = false;
  int exit_code = -1;   // -1: none yet
  std::string summary;  // the last line that was printed
};

struct ActionRecord {
  ActionId id = 0;
  RunId run = 0;
  std::string address;
  std::string operation;  // create, update, delete, forget
  std::string cause;  // of the plan's Cause: intent, drift, both, unknown; "" in journals of older hearths
  Value changes;      // list of {path, live, desired}; secrets left out
  std::string
      outcome;  // done, pending, failed, unknown, skipped, refused, cancelled, rolled back; "" while open
  std::string detail;
};

struct StepRecord {
  ActionId action = 0;
  int number = 0;       // from 1 within its action
  std::string summary;  // to_string(Operation)
  Value operation;      // to_value(Operation)
  std::string outcome;  // done, failed, unknown, not sent; "" : intent recorded, nothing heard
  std::string output;
};

// What hearth last applied to a claim: for drift, prune and secrets' rotation.
struct AppliedRecord {
  Claim claim;
  std::string address;  // the name that it had then
  std::string
      cluster;  // of the manifests that it was applied from: other clusters' hosts may have the same names
  Value spec;   // declared fields as applied; secrets as {"secretHash": …}
  Value live;   // canonical values of the managed fields as they were verified afterwards
  bool protect = false;
  OnRemove on_remove = OnRemove::retain;
  std::string commit;
  bool by_person = false;    // a person applied it at least once
  bool made = false;         // by hearth: what was there before hearth is never deleted
  std::int64_t applied = 0;  // ms since the epoch
};

// What a person told reconcile to leave alone, or to take up again. Records are only ever added: drift/pauses says what holds.
struct PauseRecord {
  std::string pattern;     // as plan/planner's Selection reads it; "": everything
  std::int64_t at = 0;     // ms since the epoch
  std::int64_t until = 0;  // 0: a resumption
  std::string person;      // user@machine
  std::string why;
};

// Used from the loop's thread only. What is written can be read back at once, and is on the disk (fsync) when begin_run(),
// end_run() or flush() say success: an fsync costs as much as many records. So nothing may be done to the world between an
// intent and the flush() that follows it, nor after an error.
class Journal {
 public:
  virtual ~Journal() = default;

  virtual Result<RunId> begin_run(const RunRecord& run) = 0;
  virtual Result<void> end_run(RunId run, std::int64_t ended, int exit_code, const std::string& summary) = 0;
  virtual Result<ActionId> begin_action(const ActionRecord& action) = 0;
  // Intents, all of them or none. To be flushed before any is sent.
  virtual Result<void> intend(const std::vector<StepRecord>& steps) = 0;
  virtual Result<void> end_step(ActionId action, int number, const std::string& outcome,
                                const std::string& output) = 0;
  virtual Result<void> end_action(ActionId action, const std::string& outcome, const std::string& detail) = 0;

  virtual Result<void> remember(const AppliedRecord& record) = 0;
  virtual Result<void> forget(const Claim& claim) = 0;
  // All of them or none, and on the disk. In the order in which they were told.
  virtual Result<void> add_pauses(const std::vector<PauseRecord>& records) = 0;
  // One thing to remember that is about no claim and no run, such as when a checkout was last brought up to date.
  virtual Result<void> note_fact(const std::string& key, const Value& fact) = 0;
  virtual Result<void> flush() = 0;
  [[nodiscard]] virtual std::optional<AppliedRecord> applied(const Claim& claim) const = 0;
  [[nodiscard]] virtual std::vector<AppliedRecord> all_applied() const = 0;

  [[nodiscard]] virtual std::vector<RunRecord> runs(std::size_t most) const = 0;  // newest first
  // The newest of COMMAND's.
  [[nodiscard]] virtual std::optional<RunRecord> last_run(const std::string& command) const = 0;
  [[nodiscard]] virtual std::optional<RunRecord> run(RunId id) const = 0;
  [[nodiscard]] virtual std::vector<PauseRecord> pauses() const = 0;  // oldest first
  [[nodiscard]] virtual std::optional<Value> fact(const std::string& key) const = 0;
  [[nodiscard]] virtual std::vector<ActionRecord> actions_of(RunId run) const = 0;
  [[nodiscard]] virtual std::vector<ActionRecord> actions_on(const std::string& address,
                                                             std::size_t most) const = 0;
  [[nodiscard]] virtual std::vector<StepRecord> steps_of(ActionId action) const = 0;

  // Why a read failed, if one ever did. From then on reads answer as if nothing were known (the safe side:
  // nothing is pruned, nothing corrected unasked) and writes are refused with this error. Ask after reading,
  // and tell.
  [[nodiscard]] virtual std::optional<Diagnostic> damage() const = 0;
};

struct Live;

// What is remembered of RESOURCE once it was found as declared.
AppliedRecord applied_record(const Resource& resource, const Live& live, const std::string& commit,
                             bool by_person, std::int64_t applied);

// Whether hearth made what ADDRESS names, by a run that began to and never learnt how that ended (its last action there but
// CURRENT).
bool was_begun_to_make(const Journal& journal, const std::string& address, ActionId current = 0);

// Opens or makes the journal at PATH (folders too, 0700). Refuses a journal of a newer format, a damaged one,
// one that others may write to.
// BUSY is how long a call waits for another hearth's transaction before it fails.
Result<std::unique_ptr<Journal>> open_journal(const std::string& path,
                                              std::chrono::milliseconds busy = std::chrono::seconds(5));

// /var/lib/hearth/journal.db for root, else $XDG_STATE_HOME/hearth/journal.db (~/.local/state);
// $HEARTH_JOURNAL wins.
std::string default_journal_path();

}  // namespace hearth
