// Any text as a command line: reading it ends, and whatever is refused can be explained.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "reconciler/core/rules.h"
#include "reconciler/safety/command_rules.h"
#include "reconciler/safety/shell_words.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Input: the text of a command.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> words;
  for (const hearth::ShellCommand& command : hearth::shell_commands(text)) {
    require(!command.words.empty() || !command.outputs.empty());
    words.insert(words.end(), command.words.begin(), command.words.end());
  }
  for (const auto& argv : {std::vector<std::string>{text}, words}) {
    for (const hearth::CommandWitness& witness : hearth::destructive_parts(argv)) {
      require(hearth::find_rule(witness.rule) != nullptr);
      require(!witness.culprit.empty());
    }
  }
  return 0;
}
