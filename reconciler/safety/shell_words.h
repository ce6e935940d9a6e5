// Shell text as words: enough of POSIX sh to see what a command line would run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// One command of a text: `FOO=1 sudo rm -rf /etc >/dev/sda`.
struct ShellCommand {
  std::vector<std::string>
      words;  // quotes taken away; what is expanded on the host stays as it is written (`$HOME`)
  std::vector<std::string> outputs;  // files that it writes to: behind >, >>, >|, &>
};

// All commands in TEXT, in the order in which they end; those in $(…), `…`, (…) and {…} too. Never fails: text that
// is no shell yields what can be made of it.
std::vector<ShellCommand> shell_commands(std::string_view text);

}  // namespace hearth
