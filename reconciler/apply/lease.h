// The expiring right to write to hosts, held while an apply runs.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reconciler/loop/loop.h"
#include "reconciler/observe/observer.h"

namespace hearth {

// One lease a host, renewed until released. Used from the loop's thread only.
class Leases {
 public:
  // How taking went on one host.
  struct Taken {
    enum class Status { held_by_us, held_by_other, refused, unreachable };
    Status status = Status::unreachable;
    std::string detail;  // who holds it, why the host cannot give it, or why it did not answer
  };

  // TOKEN is unique to the run; HOLDER is for people.
  Leases(Loop& loop, Targets& targets, std::string token, std::string holder, std::chrono::seconds duration);
  ~Leases();
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // Asks all HOSTS at once. When another run holds any of them, those that were taken are released again before DONE is
  // called. Unreachable hosts do not keep the others from being taken.
  void take(const std::vector<std::string>& hosts, std::function<void(std::map<std::string, Taken>)> done);
  // Gives back all; DONE is called when every host has answered or cannot.
  void release(std::function<void()> done);

  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  void schedule_renewal();
  void renew();

  Loop& loop_;
  Targets& targets_;
  std::string token_;
  std::string holder_;
  std::chrono::seconds duration_;
  std::vector<std::string> held_;
  Loop::TimerId timer_ = 0;
};

}  // namespace hearth
