#include "reconciler/cli/signal_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>

#include "reconciler/loop/event_loop.h"
#include "reconciler/transport/quiet_thread.h"

namespace hearth {
namespace {

// Transports begin to work before anybody watches for Ctrl-C. It must not end the process through one of their threads.
TEST(SignalWatch, HearsSignalsWhileThreadsFromBeforeAreAtWork) {
  constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};
  for (const int signal : signals) std::signal(signal, SIG_DFL);  // whatever runs this test may ignore some
  EventLoop loop;
  std::promise<void> over;
  std::thread at_work = quiet_thread([done = over.get_future()] { done.wait(); });
  int heard = 0;
  {
    const SignalWatch watch(loop, [&] { ++heard; });
    for (const int signal : signals) {
      ASSERT_EQ(::kill(::getpid(), signal), 0);
      loop.run_until([&, wanted = heard + 1] { return heard == wanted; });
    }
  }
  EXPECT_EQ(heard, 3);
  over.set_value();
  at_work.join();
}

TEST(SignalWatch, LeavesIgnoredWhatWasIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  EventLoop loop;
  bool heard = false;
  bool over = false;
  {
    const SignalWatch watch(loop, [&] { heard = true; });
    ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
    ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
    loop.after(std::chrono::milliseconds(0), [&] { over = true; });
    loop.run_until([&] { return over; });
  }
  loop.post([&] { over = false; });  // behind whatever the watch has posted
  loop.run_until([&] { return !over; });
  EXPECT_FALSE(heard);
  std::signal(SIGHUP, SIG_DFL);
}

TEST(QuietThread, LeavesTheMaskOfWhoStartsItAlone) {
  sigset_t mine;
  sigset_t its;
  quiet_thread([&] { pthread_sigmask(SIG_SETMASK, nullptr, &its); }).join();
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&its, SIGINT), 1);
  EXPECT_EQ(sigismember(&mine, SIGINT), 0);
}

}  // namespace
}  // namespace hearth
