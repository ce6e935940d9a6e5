// What keeps the way in to a host open while a unit of work might close it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reconciler/apply/dispatcher.h"
#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// The undo of one guarded unit. It is armed on the host before anything of the unit is sent. When all is done the way in is
// proven, and the undo disarmed (which the unit's `finish` does); or else it is run. Should nobody do either, the host does.
// What is sent, and what came of it, is for the journal: the engine's business.
class UnitGuard {
 public:
  using Answered = std::function<void(const OperationResult&)>;

  // UNIT is a guarded one. All must outlive the guard.
  UnitGuard(Loop& loop, Targets& targets, Dispatcher& dispatcher, const Unit& unit);

  [[nodiscard]] bool is_armed() const { return state_ == State::armed; }
  [[nodiscard]] bool is_arming() const { return state_ == State::arming; }

  // DONE is called once, on the loop, when it is armed or could not be. Then it may be tried again.
  void arm(Answered done);

  // By a new connection and a new login: what is open already would go on working for long after nobody gets in any more.
  // DONE gets what is in the way, after a few attempts; "" when nothing is.
  void prove(std::function<void(const std::string& trouble)> done);

  // Goes back by what was armed, which is there whatever became of the steps. As long as no answer comes it is asked again,
  // until the host has surely put itself back, or somebody abandons it.
  void undo(Answered done);
  void abandon() { abandoned_ = true; }

 private:
  enum class State { none, arming, armed };

  void login_tried(const std::string& trouble, std::function<void(const std::string&)> done);

  Loop& loop_;
  Targets& targets_;
  Dispatcher& dispatcher_;
  const Unit& unit_;
  State state_ = State::none;
  int proofs_ = 0;  // attempts so far
  std::unique_ptr<Transport> proof_;
  Loop::Time due_;  // when the host puts itself back
  bool abandoned_ = false;
};

}  // namespace hearth
