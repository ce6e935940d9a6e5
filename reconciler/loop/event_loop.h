// The loop of a real run: one thread, the system's clock.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "reconciler/loop/loop.h"

namespace hearth {

class EventLoop final : public Loop {
 public:
  void post(Task task) override;
  TimerId after(std::chrono::milliseconds delay, Task task) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] Time now() const override;
  void run_until(const std::function<bool()>& finished) override;

 private:
  using Monotonic = std::chrono::steady_clock;  // a clock set while we wait must not wake or delay anything

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> ready_;                                            // guarded by mutex_
  std::map<std::pair<Monotonic::time_point, TimerId>, Task> timers_;  // the loop's thread only
  TimerId next_timer_ = 1;
};

}  // namespace hearth
