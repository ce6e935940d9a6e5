// Starts a program on this machine. The one place that knows how.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace hearth {

// Starts ARGV (argv[0] is looked up in PATH) with IN, OUT and ERR as its standard streams; every other
// descriptor of ours is close-on-exec. It leads a process group of its own, so that a Ctrl-C is ours to
// answer, and has the default signal actions. Returns 0 and sets PID, which the caller must wait for; or an
// errno.
int spawn_process(const std::vector<std::string>& argv, int in, int out, int err, pid_t& pid);

}  // namespace hearth
