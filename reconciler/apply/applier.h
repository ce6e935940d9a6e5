// Carries a plan out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reconciler/apply/allowance.h"
#include "reconciler/apply/lease.h"
#include "reconciler/apply/outcome.h"
#include "reconciler/apply/progress.h"
#include "reconciler/journal/journal.h"
#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/plan.h"

namespace hearth {

struct ApplyOptions {
  Allowance allowance{Effect::restart};
  // Actions at once per host that start, stop or run something: sshd allows ten channels a connection.
  std::size_t lanes = 4;
  std::chrono::seconds lease{30};
  std::string token;   // of the leases; unique to this run
  std::string holder;  // of the leases, for people
  bool by_person = true;
  // Actions that are not to be carried out, and why; their units are withheld whole.
  std::map<Address, std::string> held_back;
};

struct ActionReport {
  Outcome outcome = Outcome::skipped;
  std::string detail;
  bool moved = false;  // refused, as somebody changed since the plan what it would have written over
};

struct ApplyReport {
  std::vector<ActionReport> actions;  // in the plan's order
  std::string lease_held_by;          // "" unless another run holds a lease: then nothing was done
  std::string journal_error;          // "" unless the journal failed: then nothing more was begun
  bool interrupted = false;
};

// One engine, one plan. Lives on the loop's thread. Order, lanes, units, verification and the journal are its business;
// how an operation is carried out is the transports'.
//
// What it promises, whatever happens in between:
//   * an action begins only when all that it waits for has ended well;
//   * no step is sent before the journal holds its intent;
//   * no write is sent without a lease on its host;
//   * `done` means observed again and found as declared;
//   * a unit whose member fails is put back as it was, and runs with what it had.
class Applier {
 public:
  Applier(Loop& loop, Targets& targets, Observer& observer, ProviderRegistry& providers, Journal& journal,
          ProgressListener& progress, const Plan& plan, RunId run, ApplyOptions options);
  ~Applier();
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;

  // DONE is called once, on the loop, when everything has ended and the leases are released.
  void start(std::function<void(ApplyReport)> done);

  // First Ctrl-C: finishes the units that have begun, begins nothing more.
  void interrupt();
  // Second Ctrl-C: gives up what is in flight; it ends unknown.
  void abandon();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hearth
