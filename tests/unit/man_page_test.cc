#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "reconciler/cli/command_line.h"
#include "reconciler/cli/program.h"

namespace hearth {
namespace {

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

// As roff writes it.
std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\-");
  return text;
}

TEST(ManPage, SaysAllThatTheHelpSays) {
  const ProgramDescription program = describe_program();
  ASSERT_GT(program.commands.size(), 10U);
  const std::string page = man_page(program, "1.2");
  EXPECT_TRUE(page.starts_with(".TH HEARTH 1 \"\" \"hearth 1.2\" \"User Commands\"\n")) << page.substr(0, 80);
  for (const CommandDescription& command : program.commands) {
    SCOPED_TRACE(command.name);
    EXPECT_TRUE(has(page, ".SS \"hearth " + command.name + "\"\n"));
    for (const OptionDescription& option : command.options)
      EXPECT_TRUE(has(page, "\\fB" + escaped(option.long_name) + "\\fR")) << option.long_name;
    for (const ArgumentDescription& argument : command.arguments)
      EXPECT_TRUE(has(page, ".TP\n\\fI" + escaped(argument.name) + "\\fR\n")) << argument.name;
  }
  for (const OptionDescription& option : program.options)
    EXPECT_TRUE(has(page, "\\fB" + escaped(option.long_name) + "\\fR")) << option.long_name;
  for (const auto& [code, meaning] : exit_code_table())
    EXPECT_TRUE(has(page, ".TP\n\\fB" + code + "\\fR\n")) << meaning;
}

TEST(ManPage, TakesNoTextForARequest) {
  ProgramDescription program;
  program.name = "p";
  program.summary = "Does.";
  program.commands.push_back({"c", ".TH is a text", {{"'X", "a\\b\n.c -d", true, true}}, {}});
  const std::string page = man_page(program, "1");
  EXPECT_TRUE(has(page, "\n\\&.TH is a text.\n")) << page;
  EXPECT_TRUE(has(page, "\n\\fI\\&'X\\fR ...\n")) << page;
  EXPECT_TRUE(has(page, "\nA\\(rsb .c \\-d.\n")) << page;
  EXPECT_TRUE(has(page, ".SH NAME\np \\- does\n")) << page;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    EXPECT_NE(line, "") << "an empty line is a gap in the page";
}

}  // namespace
}  // namespace hearth
