// The command line described as data: for usage texts, the manual page, shell completion and "did you mean".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth {

struct OptionDescription {
  std::string short_name;  // "-C", or ""
  std::string long_name;   // "--allow", or ""
  std::string value;       // "" for a flag; `text|json` for a choice; DIR, FILE, ADDR, …
  std::string summary;
  bool repeatable = false;

  // What may stand for the value, when it is a choice.
  [[nodiscard]] std::vector<std::string> choices() const;
};

struct ArgumentDescription {
  std::string name;  // as in OptionDescription::value
  std::string summary;
  bool required = false;
  bool many = false;
};

struct CommandDescription {
  std::string name;
  std::string summary;  // one line
  std::vector<ArgumentDescription> arguments;
  std::vector<OptionDescription> options;
};

struct ProgramDescription {
  std::string name;
  std::string summary;
  std::vector<OptionDescription> options;  // of all commands
  std::vector<CommandDescription> commands;

  [[nodiscard]] const CommandDescription* find(std::string_view command) const;
};

// What the program's end tells, the first that holds: code and meaning.
const std::vector<std::pair<std::string, std::string>>& exit_code_table();

// What `hearth --help` prints.
std::string usage_text(const ProgramDescription& program);
// What `hearth COMMAND --help` prints.
std::string usage_text(const ProgramDescription& program, const CommandDescription& command);

// hearth.1, in roff's man macros. VERSION is named in its footer.
std::string man_page(const ProgramDescription& program, const std::string& version);

std::string bash_completion(const ProgramDescription& program);
std::string zsh_completion(const ProgramDescription& program);
std::string fish_completion(const ProgramDescription& program);

}  // namespace hearth
