// Ctrl-C as an event of the loop.
#pragma once

#include <functional>
#include <thread>

#include "reconciler/loop/loop.h"

namespace hearth {

// While it lives, SIGINT, SIGTERM and SIGHUP no longer end the process: ON_SIGNAL is called on the loop for each. One that
// was ignored when the program was started (nohup, a script's background job) stays ignored. All other threads must be such
// as take no signals (transport/quiet_thread.h). Destroy it before the loop.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, std::function<void()> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  int signals_ = -1;  // signalfd
  int stop_ = -1;     // eventfd
  std::thread thread_;
};

}  // namespace hearth
