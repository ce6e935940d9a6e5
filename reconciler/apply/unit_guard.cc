#include "reconciler/apply/unit_guard.h"

#include <utility>

namespace hearth {

namespace {

// How often, and how far apart, a new login is tried after a change that may have closed the way in.
constexpr int most_proofs = 3;
constexpr std::chrono::milliseconds proof_pause{1000};
// How long after its time a host that puts itself back is waited for.
constexpr std::chrono::seconds undo_patience{30};

}  // namespace

UnitGuard::UnitGuard(Loop& loop, Targets& targets, Dispatcher& dispatcher, const Unit& unit)
    : loop_(loop), targets_(targets), dispatcher_(dispatcher), unit_(unit) {}

void UnitGuard::arm(Answered done) {
  state_ = State::arming;
  dispatcher_.send(unit_.host, {*unit_.guard}, !is_brief(*unit_.guard),
                   [this, done = std::move(done)](const std::vector<OperationResult>& results) {
                     const OperationResult& result = results.front();
                     // One that was armed and not heard of takes nothing back, as nothing was done: it ends by itself.
                     state_ = result.status == OperationResult::Status::done ? State::armed : State::none;
                     if (is_armed()) due_ = loop_.now() + unit_.guard->timeout;
                     done(result);
                   });
}

void UnitGuard::prove(std::function<void(const std::string&)> done) {
  proof_ = targets_.fresh(unit_.host);
  ++proofs_;
  proof_->observe({}, [this, done = std::move(done)](const Result<std::vector<Reply>>& result) {
    // It must not end within its own handler.
    loop_.post([over = std::shared_ptr<Transport>(std::move(proof_))] {});
    login_tried(result ? "" : result.error().message, done);
  });
}

void UnitGuard::login_tried(const std::string& trouble, std::function<void(const std::string&)> done) {
  // One connection may fail by chance, many look like an attack.
  if (!trouble.empty() && proofs_ < most_proofs && loop_.now() + proof_pause < due_) {
    loop_.after(proof_pause, [this, done = std::move(done)] { prove(done); });
    return;
  }
  done(trouble);
}

void UnitGuard::undo(Answered done) {
  targets_.find(unit_.host)
      ->execute({RunUndo{unit_.guard->id}}, "",
                [this, done = std::move(done)](const std::vector<OperationResult>& results) {
                  const OperationResult& result = results.front();
                  const bool answered = result.status == OperationResult::Status::done ||
                                        result.status == OperationResult::Status::failed;
                  if (!answered && !abandoned_ && loop_.now() < due_ + undo_patience) {
                    loop_.after(proof_pause, [this, done] { undo(done); });
                    return;
                  }
                  done(result);
                });
}

}  // namespace hearth
