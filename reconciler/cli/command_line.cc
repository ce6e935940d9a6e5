#include "reconciler/cli/command_line.h"

namespace hearth {

int run_command_line(int, char**) {
  return 0;
}

}  // namespace hearth
