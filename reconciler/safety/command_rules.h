// What `hearth exec` refuses unless it is told to go on: commands that take a machine, its data or the way into it
// away.
//
// This is a net for fat fingers and for lines pasted into the wrong window. It is no sandbox: whoever means to destroy
// something can (`--allow RULE`, a script, another language), and nothing here is a promise that the rest is harmless.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// Why a command is refused, for people and programs.
struct CommandWitness {
  std::string rule;                // an id that `hearth explain` knows
  std::vector<std::string> words;  // of the command that matched, wrappers (sudo, sh -c, …) taken away
  std::string culprit;             // the word that made it match
};

// Everything in ARGV that a rule matches: on words as the host's shell would see them, through `sh -c`, sudo, env, nohup
// and the like, absolute paths and quotes. Each rule at most once.
std::vector<CommandWitness> destructive_parts(const std::vector<std::string>& argv);

// The ids of all rules, in the order of the table.
const std::vector<std::string>& command_rules();

}  // namespace hearth
