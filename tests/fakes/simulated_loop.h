// A loop with virtual time and, when seeded, an order of its own among the tasks that are ready: what a real loop never
// promises, no code may rely on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "reconciler/loop/loop.h"

namespace hearth {

class SimulatedLoop final : public Loop {
 public:
  SimulatedLoop() = default;
  explicit SimulatedLoop(std::uint64_t seed) : random_(seed) {}

  void post(Task task) override { ready_.push_back(std::move(task)); }
  TimerId after(std::chrono::milliseconds delay, Task task) override {
    timers_.emplace(std::pair(now_ + delay, ++last_timer_), std::move(task));
    return last_timer_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
  }
  [[nodiscard]] Time now() const override { return now_; }
  // The process dies: what it meant to do dies with it.
  void die() {
    ready_.clear();
    timers_.clear();
  }

  void run_until(const std::function<bool()>& finished) override {
    while (!finished()) {
      if (++turns_ > 10'000'000) throw std::runtime_error("the simulation does not end");
      if (ready_.empty()) {
        if (timers_.empty()) throw std::runtime_error("nothing left to do, and not finished");
        now_ = std::max(now_, timers_.begin()->first.first);
        ready_.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
      }
      const std::size_t pick = random_ ? (*random_)() % ready_.size() : 0;
      const Task task = std::move(ready_[pick]);
      ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(pick));
      task();
    }
  }

 private:
  std::optional<std::mt19937_64> random_;
  std::vector<Task> ready_;
  std::map<std::pair<Time, TimerId>, Task> timers_;
  TimerId last_timer_ = 0;
  Time now_ = Time(std::chrono::seconds(1'700'000'000));
  std::uint64_t turns_ = 0;
};

}  // namespace hearth
