#include <algorithm>
#include <utility>

#include "reconciler/cli/program.h"
#include "reconciler/cli/text_style.h"

namespace hearth {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const std::string& title, const Rows& rows) {
  if (rows.empty()) return {};
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, columns(row.first));
  std::string out = "\n" + title + ":\n";
  for (const auto& [left, right] : rows) out += "  " + padded(left, width) + "  " + right + "\n";
  return out;
}

std::string left_side(const OptionDescription& option) {
  // Long names stand below each other whether or not there is a short one.
  std::string out = option.short_name.empty() ? "    " : option.short_name;
  if (!option.long_name.empty()) out += (option.short_name.empty() ? "" : ", ") + option.long_name;
  if (!option.value.empty()) out += " " + option.value;
  return out;
}

std::string left_side(const ArgumentDescription& argument) {
  const std::string name = argument.many ? argument.name + "…" : argument.name;
  return argument.required ? name : "[" + name + "]";
}

template <typename Described>
Rows rows_of(const std::vector<Described>& described) {
  Rows rows;
  for (const auto& one : described) rows.emplace_back(left_side(one), one.summary);
  return rows;
}

}  // namespace

std::vector<std::string> OptionDescription::choices() const {
  std::vector<std::string> out;
  // Capital letters stand for something (ADDR|FILE), small ones for themselves (text|json).
  const bool literal = std::none_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!literal || value.find('|') == std::string::npos) return out;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = value.find('|', begin);
    out.push_back(value.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return out;
}

const CommandDescription* ProgramDescription::find(std::string_view command) const {
  const auto found =
      std::find_if(commands.begin(), commands.end(),
                   [&](const CommandDescription& description) { return description.name == command; });
  return found == commands.end() ? nullptr : &*found;
}

const std::vector<std::pair<std::string, std::string>>& exit_code_table() {
  static const Rows exit_codes = {{"64", "the command line is wrong"},
                                  {"4", "another run is at work"},
                                  {"3", "the plan is stale: the world or the manifests moved since"},
                                  {"5", "refused by a safety rule"},
                                  {"1", "an error"},
                                  {"6", "something could not be observed"},
                                  {"2", "changes or drift remain"},
                                  {"0", "nothing to do, or all done"}};
  return exit_codes;
}

std::string usage_text(const ProgramDescription& program) {
  Rows rows;
  for (const auto& command : program.commands) rows.emplace_back(command.name, command.summary);
  return program.summary + "\n\nUsage: " + program.name + " [OPTIONS] COMMAND …\n" + table("Commands", rows) +
         table("Options", rows_of(program.options)) +
         table("Exit codes, the first that holds", exit_code_table()) + "\n`" + program.name +
         " COMMAND --help` says more.\n";
}

std::string usage_text(const ProgramDescription& program, const CommandDescription& command) {
  std::string line = program.name + " " + command.name;
  if (!command.options.empty()) line += " [OPTIONS]";
  for (const auto& argument : command.arguments) line += " " + left_side(argument);
  return command.summary + "\n\nUsage: " + line + "\n" + table("Arguments", rows_of(command.arguments)) +
         table("Options", rows_of(command.options)) +
         table("Options of all commands", rows_of(program.options));
}

}  // namespace hearth
