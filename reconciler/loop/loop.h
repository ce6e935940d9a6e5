// The one thread on which the engine runs, and its clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace hearth {

// Runs tasks one after another. post() may be called from any thread (that is how transports' threads hand in their
// answers); everything else from the loop's own. A simulation brings its own: seeded order, virtual time.
class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;
  using Time = std::chrono::system_clock::time_point;

  virtual ~Loop() = default;

  virtual void post(Task task) = 0;
  virtual TimerId after(std::chrono::milliseconds delay, Task task) = 0;
  // Does nothing when the timer has fired already.
  virtual void cancel(TimerId timer) = 0;
  [[nodiscard]] virtual Time now() const = 0;
  // Runs tasks until FINISHED says so; it is asked after each task.
  virtual void run_until(const std::function<bool()>& finished) = 0;
};

}  // namespace hearth
