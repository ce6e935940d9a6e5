// Runs a program on this machine.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

struct ProcessRequest {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::string input;              // its standard input
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_output = 64U << 20U;  // bytes of both streams together
  bool secret = false;                  // what it says is: no copy of it is left in memory that was ours
  int stop_fd = -1;                     // ends the process as soon as it becomes readable; -1: nothing does
  // Asked whenever output came; true says that nothing further is wanted (the process may still live, and is
  // ended).
  std::function<bool(std::string_view out, std::string_view err)> satisfied;
};

struct ProcessResult {
  enum class End { exited, satisfied, timed_out, stopped, too_much_output };
  End end = End::exited;
  int exit_code = -1;  // 128 + signal when one killed it; -1 when it was ended by us
  std::string out;
  std::string err;
};

// Waits for the program. It leads a process group of its own, and whatever is left of that group is killed
// when we stop waiting. Fails when it cannot be started. May be called from any thread.
Result<ProcessResult> run_process(const ProcessRequest& request);

}  // namespace hearth
