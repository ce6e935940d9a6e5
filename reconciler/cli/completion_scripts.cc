#include "reconciler/cli/program.h"

// Scripts that complete by themselves, without asking hearth at each keystroke: they hold what the command line holds.
namespace hearth {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> names_of(const std::vector<OptionDescription>& options) {
  std::vector<std::string> out;
  for (const auto& option : options) {
    if (!option.short_name.empty()) out.push_back(option.short_name);
    if (!option.long_name.empty()) out.push_back(option.long_name);
  }
  return out;
}

std::vector<std::string> command_names(const ProgramDescription& program) {
  std::vector<std::string> out;
  for (const auto& command : program.commands) out.push_back(command.name);
  return out;
}

// Arguments with a fixed set of words say so as `a|b|c`, like options.
std::vector<std::string> choices_of(const ArgumentDescription& argument) {
  OptionDescription as_option;
  as_option.value = argument.name;
  return as_option.choices();
}

bool is_file(const std::string& value) {
  return value.find("FILE") != std::string::npos;
}

// 'text' for a shell's single quotes.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// Within '[…]' of zsh's _arguments, brackets and colons have meanings.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const std::string& value, const std::vector<std::string>& choices) {
  if (!choices.empty()) return "(" + joined(choices) + ")";
  if (value == "DIR") return "_files -/";
  if (is_file(value)) return "_files";
  return " ";
}

std::string zsh_option(const OptionDescription& option) {
  std::string names;
  if (option.short_name.empty() || option.long_name.empty()) {
    names = option.short_name + option.long_name;
  } else {
    names = "{" + option.short_name + "," + option.long_name + "}";
  }
  std::string rest = "[" + zsh_text(option.summary) + "]";
  if (!option.value.empty())
    rest += ":" + zsh_text(option.value) + ":" + zsh_action(option.value, option.choices());
  const std::string prefix = option.repeatable ? "\\*" : "";
  return prefix + names + quoted(rest);
}

std::string fish_option(const OptionDescription& option) {
  std::string out;
  if (!option.short_name.empty()) out += " -s " + option.short_name.substr(1);
  if (!option.long_name.empty()) out += " -l " + option.long_name.substr(2);
  if (!option.value.empty()) {
    out += " -r";
    if (const auto choices = option.choices(); !choices.empty()) out += " -f -a " + quoted(joined(choices));
    if (option.value == "DIR") out += " -f -a '(__fish_complete_directories)'";
  }
  return out + " -d " + quoted(option.summary);
}

}  // namespace

std::string bash_completion(const ProgramDescription& program) {
  const std::string function = "_" + program.name;
  std::string out = "# bash completion for " + program.name + ": source <(" + program.name +
                    " completion bash)\n" + function +
                    "() {\n"
                    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' i\n"
                    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                    "    case ${COMP_WORDS[i]} in\n";
  // A value of an option before the command must not be taken for the command.
  std::vector<std::string> with_value;
  for (const auto& option : program.options) {
    if (option.value.empty()) continue;
    for (const auto& name : names_of({option})) with_value.push_back(name);
  }
  std::string pattern;
  for (const auto& name : with_value) pattern += (pattern.empty() ? "" : "|") + name;
  if (!pattern.empty()) out += "      " + pattern + ") ((i++)) ;;\n";
  out += "      -*) ;;\n      *) command=${COMP_WORDS[i]}; break ;;\n    esac\n  done\n\n  case $before in\n";

  const auto value_case = [&](const OptionDescription& option) {
    std::string names;
    for (const auto& name : names_of({option})) names += (names.empty() ? "" : "|") + name;
    std::string reply;
    if (const auto choices = option.choices(); !choices.empty()) {
      reply = "$(compgen -W '" + joined(choices) + "' -- \"$word\")";
    } else if (option.value == "DIR") {
      reply = "$(compgen -d -- \"$word\")";
    } else if (is_file(option.value)) {
      reply = "$(compgen -f -- \"$word\")";
    }
    return "    " + names + ") COMPREPLY=(" + reply + "); return ;;\n";
  };
  for (const auto& option : program.options) {
    if (!option.value.empty()) out += value_case(option);
  }
  out += "  esac\n\n  local words='" + joined(names_of(program.options)) +
         "' files=''\n  case $command in\n    '') words+=' " + joined(command_names(program)) + "' ;;\n";
  for (const auto& command : program.commands) {
    std::vector<std::string> words = names_of(command.options);
    bool files = false;
    for (const auto& argument : command.arguments) {
      for (auto& choice : choices_of(argument)) words.push_back(std::move(choice));
      files = files || is_file(argument.name);
    }
    out += "    " + command.name + ")\n      words+=' " + joined(words) + "'\n";
    if (files) out += "      files=yes\n";
    bool values = false;
    for (const auto& option : command.options) values = values || !option.value.empty();
    if (values) {
      out += "      case $before in\n";
      for (const auto& option : command.options) {
        if (!option.value.empty()) out += "    " + value_case(option);
      }
      out += "      esac\n";
    }
    out += "      ;;\n";
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  [[ -n $files ]] && COMPREPLY+=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -F " +
         function + " " + program.name + "\n";
}

std::string zsh_completion(const ProgramDescription& program) {
  std::string out =
      "#compdef " + program.name + "\n# zsh completion for " + program.name +
      ": put this into a folder of $fpath as _" + program.name + "\n_" + program.name +
      "() {\n  local context state state_descr line\n  typeset -A opt_args\n  local -a commands=(\n";
  for (const auto& command : program.commands) {
    out += "    " + quoted(zsh_text(command.name) + ":" + command.summary) + "\n";
  }
  out += "  )\n  local -a common=(\n";
  for (const auto& option : program.options) out += "    " + zsh_option(option) + "\n";
  out +=
      "  )\n  _arguments -C $common ':command:->command' '*::argument:->argument'\n"
      "  case $state in\n    command) _describe command commands ;;\n    argument)\n      case $words[1] "
      "in\n";
  for (const auto& command : program.commands) {
    out += "        " + command.name + ") _arguments $common";
    for (const auto& option : command.options) out += " \\\n          " + zsh_option(option);
    for (const auto& argument : command.arguments) {
      const std::string what = std::string(argument.many ? "*" : "") + ":" + zsh_text(argument.name) + ":" +
                               zsh_action(argument.name, choices_of(argument));
      out += " \\\n          " + quoted(what);
    }
    out += " ;;\n";
  }
  return out + "      esac\n      ;;\n  esac\n}\n_" + program.name + " \"$@\"\n";
}

std::string fish_completion(const ProgramDescription& program) {
  const std::string complete = "complete -c " + program.name;
  std::string out = "# fish completion for " + program.name + ": " + program.name +
                    " completion fish > ~/.config/fish/completions/" + program.name + ".fish\n" + complete +
                    " -f\n";
  for (const auto& option : program.options) out += complete + fish_option(option) + "\n";
  const std::string commands = joined(command_names(program));
  for (const auto& command : program.commands) {
    out += complete + " -n 'not __fish_seen_subcommand_from " + commands + "' -a " + command.name + " -d " +
           quoted(command.summary) + "\n";
    const std::string here = complete + " -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const auto& option : command.options) out += here + fish_option(option) + "\n";
    for (const auto& argument : command.arguments) {
      if (const auto choices = choices_of(argument); !choices.empty())
        out += here + " -a " + quoted(joined(choices)) + "\n";
      if (is_file(argument.name)) out += here + " -F\n";
    }
  }
  return out;
}

}  // namespace hearth
