// argv → command → exit code.
#pragma once

namespace hearth {

// Parses ARGV, runs the command, prints to stdout and stderr, returns the exit code (cli/exit_code.h).
int run_command_line(int argc, char** argv);

}  // namespace hearth
