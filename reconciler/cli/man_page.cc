#include <algorithm>
#include <string_view>

#include "reconciler/cli/program.h"

// Everything that the command line says of itself comes from there; only what no option can say is written down here.
namespace hearth {

namespace {

struct Entry {
  std::string_view name;
  std::string_view text;
};

constexpr Entry environment[] = {
    {"HEARTH_JOURNAL", "The journal's file, instead of the one below."},
    {"HEARTH_SECRETS", "The folder of owner-only files with secrets, instead of the one below."},
    {"HEARTH_SECRET_NAME", "The secret NAME, in capitals, _ for everything that is no letter or digit."},
    {"CREDENTIALS_DIRECTORY", "Where systemd puts a service's credentials: secrets too."},
    {"HEARTH_AGE_IDENTITY", "The private key that decrypts the secrets in the repository."},
    {"HEARTH_SCHEMAS", "The folder of the kinds' schemas, instead of the installed one."},
    {"HEARTH_PLUGINS", "The folder of the provider modules, instead of the installed one."},
    {"NO_COLOR", "No colours, whatever its value."},
};

constexpr Entry files[] = {
    {"./manifests/hearth.yaml",
     "What holds for a whole set of manifests; any other *.yaml beside it declares."},
    {"./manifests/secrets/NAME.age", "Secrets, encrypted: hearth secret set NAME."},
    {"/etc/hearth/secrets/NAME",
     "Secrets in files that only root may read; of others: ~/.config/hearth/secrets."},
    {"/etc/hearth/age.key", "The private key for encrypted ones; of others: ~/.config/hearth/age.key."},
    {"/var/lib/hearth/journal.db", "What was done; of others: below ~/.local/state/hearth."},
};

// TEXT as roff is to print it: `-` stays one that can be copied, a line does not begin like a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\(rs";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\n') {
      out += ' ';
    } else {
      if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
      out += c;
    }
  }
  std::size_t at = 0;
  while ((at = out.find("…", at)) != std::string::npos) out.replace(at, std::string_view("…").size(), "...");
  return out;
}

// A text that begins like a sentence and ends as one.
std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  if (!out.empty() && out.back() != '.') out += '.';
  return roff(out);
}

std::string item(const std::string& head, std::string_view text) {
  return ".TP\n" + head + "\n" + sentence(text) + "\n";
}

std::string head_of(const OptionDescription& option) {
  std::string out = option.short_name.empty() ? "" : "\\fB" + roff(option.short_name) + "\\fR";
  if (!option.long_name.empty())
    out += (out.empty() ? "" : ", ") + ("\\fB" + roff(option.long_name) + "\\fR");
  if (!option.value.empty()) out += " \\fI" + roff(option.value) + "\\fR";
  return out;
}

std::string name_of(const ArgumentDescription& argument) {
  std::string out = "\\fI" + roff(argument.name) + "\\fR" + (argument.many ? " ..." : "");
  return argument.required ? out : "[" + out + "]";
}

std::string command_text(const ProgramDescription& program, const CommandDescription& command) {
  std::string out = ".SS \"" + roff(program.name + " " + command.name) + "\"\n.B " +
                    roff(program.name + " " + command.name) + "\n";
  if (!command.options.empty()) out += "[OPTIONS]\n";
  for (const ArgumentDescription& argument : command.arguments) out += name_of(argument) + "\n";
  out += ".PP\n" + sentence(command.summary) + "\n";
  for (const ArgumentDescription& argument : command.arguments)
    out += item("\\fI" + roff(argument.name) + "\\fR", argument.summary);
  for (const OptionDescription& option : command.options) out += item(head_of(option), option.summary);
  return out;
}

template <std::size_t size>
std::string section(const std::string& title, const Entry (&entries)[size]) {
  std::string out = ".SH " + title + "\n";
  for (const Entry& entry : entries) out += item("\\fB" + roff(entry.name) + "\\fR", entry.text);
  return out;
}

}  // namespace

std::string man_page(const ProgramDescription& program, const std::string& version) {
  std::string upper = program.name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::string what = program.summary;  // for apropos: in the middle of a line, without an end
  if (!what.empty() && what.front() >= 'A' && what.front() <= 'Z')
    what.front() = static_cast<char>(what.front() - 'A' + 'a');
  while (what.ends_with('.')) what.pop_back();
  std::string out =
      ".TH " + upper + " 1 \"\" \"" + roff(program.name + " " + version) +
      "\" \"User Commands\"\n.SH NAME\n" + roff(program.name) + " \\- " + roff(what) + "\n.SH SYNOPSIS\n.B " +
      roff(program.name) + "\n[OPTIONS] \\fICOMMAND\\fR ...\n.SH DESCRIPTION\n" + sentence(program.summary) +
      "\nIt looks at the live systems, shows what differs, makes it so after a yes, and checks that it "
      "worked.\n.PP\n.B " +
      roff(program.name + " explain") +
      "\nlists the kinds of things that a manifest can declare, and says everything about each of their "
      "fields and about each rule that a message names.\n.SH OPTIONS\nOf all commands:\n";
  for (const OptionDescription& option : program.options) out += item(head_of(option), option.summary);
  out += ".SH COMMANDS\n";
  for (const CommandDescription& command : program.commands) out += command_text(program, command);
  out += ".SH \"EXIT STATUS\"\nThe first that holds:\n";
  for (const auto& [code, meaning] : exit_code_table()) out += item("\\fB" + code + "\\fR", meaning);
  out += section("ENVIRONMENT", environment) + section("FILES", files);
  return out + ".SH \"SEE ALSO\"\n.BR age (1),\n.BR git (1),\n.BR ssh (1),\n.BR systemd.exec (5)\n";
}

}  // namespace hearth
