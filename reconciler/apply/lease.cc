#include "reconciler/apply/lease.h"

#include <memory>
#include <utility>

namespace hearth {

Leases::Leases(Loop& loop, Targets& targets, std::string token, std::string holder,
               std::chrono::seconds duration)
    : loop_(loop),
      targets_(targets),
      token_(std::move(token)),
      holder_(std::move(holder)),
      duration_(duration) {}

Leases::~Leases() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void Leases::take(const std::vector<std::string>& hosts,
                  std::function<void(std::map<std::string, Taken>)> done) {
  struct Gathering {
    std::size_t open = 0;
    std::map<std::string, Taken> taken;
    std::function<void(std::map<std::string, Taken>)> done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->open = hosts.size();
  gathering->done = std::move(done);

  const auto finish = [this, gathering] {
    bool contended = false;
    for (const auto& [host, taken] : gathering->taken) {
      // A host that did not answer may have given us its lease all the same: it is released with the others.
      if (taken.status != Taken::Status::held_by_other) held_.push_back(host);
      contended = contended || taken.status == Taken::Status::held_by_other;
    }
    if (contended) {
      release([gathering] { gathering->done(std::move(gathering->taken)); });
      return;
    }
    std::erase_if(held_, [&](const std::string& host) {
      return gathering->taken[host].status != Taken::Status::held_by_us;
    });
    schedule_renewal();
    gathering->done(std::move(gathering->taken));
  };

  if (hosts.empty()) {
    loop_.post(finish);
    return;
  }
  for (const std::string& host : hosts) {
    const auto answer = [gathering, finish, host](std::vector<OperationResult> results) {
      Taken& taken = gathering->taken[host];
      const OperationResult& result = results.front();
      if (result.status == OperationResult::Status::done) {
        taken.status = Taken::Status::held_by_us;
      } else if (result.code == "held") {
        taken.status = Taken::Status::held_by_other;
        taken.detail = result.output;
      } else if (result.status == OperationResult::Status::failed) {
        // It answered: whatever keeps it from writing a lease down is there to be put right.
        taken.status = Taken::Status::refused;
        taken.detail = result.output.empty() ? result.code : result.output;
        if (result.code == "no-space") {
          taken.detail = "its /run is full (" + taken.detail + "): free some space there, and apply again";
        }
      } else {
        taken.detail = result.output.empty() ? "no answer" : result.output;
      }
      if (--gathering->open == 0) finish();
    };
    Transport* transport = targets_.find(host);
    if (transport == nullptr) {
      loop_.post([answer, host] {
        answer({{OperationResult::Status::not_sent, "no-host", "no Node \"" + host + "\" is declared"}});
      });
    } else {
      transport->execute({TakeLease{token_, holder_, duration_}}, "", answer);
    }
  }
}

void Leases::release(std::function<void()> done) {
  if (timer_ != 0) loop_.cancel(std::exchange(timer_, 0));
  auto open = std::make_shared<std::size_t>(held_.size());
  if (held_.empty()) {
    loop_.post(std::move(done));
    return;
  }
  for (const std::string& host : std::exchange(held_, {})) {
    // Whether or not the answer comes, a lease that nobody renews ends by itself.
    targets_.find(host)->execute({ReleaseLease{token_}}, "",
                                 [open, done](const std::vector<OperationResult>&) {
                                   if (--*open == 0) done();
                                 });
  }
}

void Leases::schedule_renewal() {
  timer_ = loop_.after(duration_ / 3, [this] { renew(); });
}

void Leases::renew() {
  // A renewal that fails needs no handling here: the host itself refuses every write under a lease that is lost.
  for (const std::string& host : held_) {
    targets_.find(host)->execute({RenewLease{token_, duration_}}, "",
                                 [](const std::vector<OperationResult>&) {});
  }
  schedule_renewal();
}

}  // namespace hearth
