#include "reconciler/cli/command_line.h"

int main(int argc, char** argv) {
  return hearth::run_command_line(argc, argv);
}
