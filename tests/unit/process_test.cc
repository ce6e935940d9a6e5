#include "reconciler/transport/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "reconciler/transport/event_fd.h"

namespace hearth {
namespace {

using End = ProcessResult::End;

ProcessResult run(ProcessRequest request) {
  auto result = run_process(request);
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? *result : ProcessResult{};
}

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.argv = {"sh", "-c", script};
  return request;
}

TEST(Process, CarriesAllStreams) {
  ProcessRequest request = shell("cat; echo warning >&2; exit 3");
  request.input = std::string(1'000'000, 'x') + std::string(1, '\0');
  const ProcessResult result = run(request);
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, request.input);
  EXPECT_EQ(result.err, "warning\n");
}

TEST(Process, AProgramThatDoesNotReadItsInputIsNoError) {
  ProcessRequest request = shell("exec <&-; echo enough");
  request.input = std::string(1'000'000, 'x');
  EXPECT_EQ(run(request).out, "enough\n");
}

TEST(Process, SaysWhatCannotBeStarted) {
  ProcessRequest request;
  request.argv = {"no-such-program"};
  const auto result = run_process(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().rule, "process");
  EXPECT_NE(result.error().message.find("no-such-program: No such file"), std::string::npos)
      << result.error().message;
}

TEST(Process, ASignalIsAnEndToo) {
  EXPECT_EQ(run(shell("kill -KILL $$")).exit_code, 128 + SIGKILL);
}

TEST(Process, WhatTakesTooLongIsEndedWithItsChildren) {
  ProcessRequest request = shell("sleep 1000 & echo $!; wait");
  request.timeout = std::chrono::milliseconds(200);
  const ProcessResult result = run(request);
  EXPECT_EQ(result.end, End::timed_out);
  const pid_t child = std::atoi(result.out.c_str());
  ASSERT_GT(child, 0);
  // It is killed, but may still have to be reaped by init.
  EXPECT_EQ(run(shell("for i in $(seq 100); do grep -qs '^State:.[^Z]' /proc/" + std::to_string(child) +
                      "/status || exit 0; sleep 0.05; done; exit 1"))
                .exit_code,
            0);
}

TEST(Process, CanBeStoppedFromAnotherThread) {
  EventFd stop;
  ProcessRequest request = shell("echo begun; sleep 1000");
  request.stop_fd = stop.get();
  request.satisfied = [&](std::string_view out, std::string_view) {
    if (!out.empty()) stop.signal();
    return false;
  };
  const ProcessResult result = run(request);
  EXPECT_EQ(result.end, End::stopped);
  EXPECT_EQ(result.out, "begun\n");
}

TEST(Process, ADaemonThatKeepsTheStreamsOpenIsNotWaitedFor) {
  const ProcessResult result = run(shell("setsid sleep 1000 & echo $!"));
  EXPECT_EQ(result.end, End::exited);
  ::kill(std::atoi(result.out.c_str()), SIGKILL);
}

TEST(Process, EndsWhenSatisfiedOrFlooded) {
  ProcessRequest request = shell("echo enough; sleep 1000");
  request.satisfied = [](std::string_view out, std::string_view) { return out == "enough\n"; };
  EXPECT_EQ(run(request).end, End::satisfied);
  ProcessRequest flood = shell("yes");
  flood.max_output = 100'000;
  EXPECT_EQ(run(flood).end, End::too_much_output);
}

TEST(Process, LeavesSignalsAsTheyWere) {
  ProcessRequest request = shell("exit");
  request.input = std::string(1'000'000, 'x');
  run(request);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
}

}  // namespace
}  // namespace hearth
