#include "reconciler/loop/event_loop.h"

#include <utility>

namespace hearth {

void EventLoop::post(Task task) {
  // Notified under the lock: the loop may be destroyed as soon as it has run the task.
  std::lock_guard lock(mutex_);
  ready_.push_back(std::move(task));
  wake_.notify_one();
}

Loop::TimerId EventLoop::after(std::chrono::milliseconds delay, Task task) {
  const TimerId id = next_timer_++;
  timers_.emplace(std::pair(Monotonic::now() + delay, id), std::move(task));
  return id;
}

void EventLoop::cancel(TimerId timer) {
  std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
}

Loop::Time EventLoop::now() const {
  return std::chrono::system_clock::now();
}

void EventLoop::run_until(const std::function<bool()>& finished) {
  while (!finished()) {
    Task task;
    if (!timers_.empty() && timers_.begin()->first.first <= Monotonic::now()) {
      task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    } else {
      std::unique_lock lock(mutex_);
      const auto has_work = [&] { return !ready_.empty(); };
      if (timers_.empty()) {
        wake_.wait(lock, has_work);
      } else if (!wake_.wait_until(lock, timers_.begin()->first.first, has_work)) {
        continue;
      }
      task = std::move(ready_.front());
      ready_.pop_front();
    }
    task();
  }
}

}  // namespace hearth
