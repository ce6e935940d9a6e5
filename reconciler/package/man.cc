// Prints hearth.1 while hearth is built: from what the command line says of itself, so that the two cannot differ.
#include <cstdio>
#include <iostream>

#include "reconciler/cli/command_line.h"

int main() {
  std::cout << hearth::man_page(hearth::describe_program(), HEARTH_VERSION);
  return std::cout.flush() ? 0 : 1;
}
