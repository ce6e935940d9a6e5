#include "reconciler/cli/signal_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <utility>

namespace hearth {

namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    // An ignored signal that is blocked would be delivered all the same.
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

SignalWatch::SignalWatch(Loop& loop, std::function<void()> on_signal) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this, &loop, on_signal = std::move(on_signal)] {
    std::array<pollfd, 2> files = {{{signals_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    for (;;) {
      if (poll(files.data(), files.size(), -1) < 0) continue;  // EINTR: a debugger, nothing of ours
      if (files[1].revents != 0) return;
      signalfd_siginfo info{};
      if (read(signals_, &info, sizeof info) == sizeof info) loop.post(on_signal);
    }
  });
}

SignalWatch::~SignalWatch() {
  const std::uint64_t one = 1;
  // Writing 8 bytes to an eventfd that nobody else writes to cannot fail.
  static_cast<void>(!write(stop_, &one, sizeof one));
  thread_.join();
  close(signals_);
  close(stop_);
  const sigset_t set = watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace hearth
