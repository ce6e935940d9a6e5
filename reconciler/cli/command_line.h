// argv → command → exit code.
#pragma once

#include "reconciler/cli/program.h"

namespace hearth {

// All commands and options there are.
ProgramDescription describe_program();

// Parses ARGV, runs the command, prints to stdout and stderr, returns the exit code (cli/exit_code.h).
int run_command_line(int argc, char** argv);

}  // namespace hearth
