// The command line as people run it: tests/golden/cli/<case>.cmd holds the words behind `hearth` (and before
// them variables of its environment), <case>.expected what it then says and how it exits.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/schema_validator.h"
#include "reconciler/plugin/abi.h"
#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/golden/golden.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

const fs::path cases_folder = fs::path(HEARTH_SOURCE_DIR) / "tests/golden/cli";

// One run that went well in parts, and one that never ended.
void fill_journal(const std::string& path) {
  const auto journal = open_journal(path).value();
  RunRecord first;
  first.command = "apply";
  first.started = 1'700'000'000'000;
  first.person = "eve@desk";
  first.cluster = "HomeCluster";
  first.commit = "0123abc";
  first.dirty = true;
  const RunId run = journal->begin_run(first).value();
  ActionRecord motd;
  motd.run = run;
  motd.address = "File/motd@pve";
  motd.operation = "update";
  motd.changes = List{Map{{"path", "content"}, {"live", "old"}, {"desired", "new\ntext\n"}},
                      Map{{"path", "password"}, {"secret", true}}};
  const ActionId good = journal->begin_action(motd).value();
  ASSERT_TRUE(journal->intend({{good, 1, "write /etc/motd", Map{{"type", "writeFile"}}, "", ""}}));
  ASSERT_TRUE(journal->end_step(good, 1, "done", "ok"));
  ASSERT_TRUE(journal->end_action(good, "done", ""));
  ActionRecord service;
  service.run = run;
  service.address = "Service/wol@pve";
  service.operation = "create";
  service.changes = List{};
  const ActionId bad = journal->begin_action(service).value();
  ASSERT_TRUE(journal->intend(
      {{bad, 1, "systemctl start wol.service", Map{}, "", ""}, {bad, 2, "run true", Map{}, "", ""}}));
  ASSERT_TRUE(journal->end_step(bad, 1, "failed", "wol.service: exited\nwith status 1"));
  ASSERT_TRUE(journal->end_action(bad, "failed", "wol.service did not start\nit says: exited"));
  ASSERT_TRUE(journal->end_run(run, 1'700'000'002'345, 1, "Applied: 1 done, 1 failed."));

  RunRecord second;
  second.command = "reconcile";
  second.started = 1'700'000'100'000;
  const RunId open = journal->begin_run(second).value();
  motd.run = open;
  const ActionId lost = journal->begin_action(motd).value();
  ASSERT_TRUE(journal->intend({{lost, 1, "write /etc/motd", Map{}, "", ""}}));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

struct Outcome {
  std::string command;
  ProcessResult result;
};

Outcome run_case(const fs::path& file) {
  const std::string line = golden::read_file(file);
  const TemporaryFolder folder;
  const std::string journal = folder / "journal.db";
  if (line.find("@journal") != std::string::npos) fill_journal(journal);

  // A bare environment: a developer's NO_COLOR or HEARTH_SCHEMAS must not decide a test.
  ProcessRequest request;
  request.argv = {
      "env",       "-i", "-C", cases_folder.string(), "PATH=/usr/bin:/bin", "TZ=UTC", "HOME=/nonexistent",
      "TERM=xterm"};
  std::istringstream words(line);
  std::string shown = "$";
  bool options_begun = false;
  for (std::string word; words >> word;) {
    const bool variable = !options_begun && word.find('=') != std::string::npos;
    if (!variable && !options_begun) {
      request.argv.emplace_back(HEARTH_BINARY);
      shown += " hearth";
    }
    shown += " " + word;
    options_begun = options_begun || !variable;
    request.argv.push_back(replaced(word, "@journal", journal));
  }
  if (!options_begun) {
    request.argv.emplace_back(HEARTH_BINARY);
    shown += " hearth";
  }
  auto result = run_process(request);
  EXPECT_TRUE(result.has_value()) << result.error().to_string();
  if (!result) return {};
  EXPECT_EQ(result->end, ProcessResult::End::exited);
  // What differs from one build to the next is not what is compared.
  for (std::string* text : {&result->out, &result->err}) {
    *text = replaced(*text, journal, "@journal");
    *text = replaced(*text, HEARTH_BUILD_DIR "/" HEARTH_LIBDIR, "@build/lib/hearth");
    *text = replaced(*text, HEARTH_BUILD_DIR, "@build");
    *text = replaced(*text, HEARTH_ABI_TAG, "@abi");
  }
  return {shown + "\n", *std::move(result)};
}

class CommandLineGolden : public testing::TestWithParam<fs::path> {};
INSTANTIATE_TEST_SUITE_P(Cli, CommandLineGolden, testing::ValuesIn(golden::cases("cli", ".cmd")),
                         golden::CaseName());

TEST_P(CommandLineGolden, SaysWhatIsExpected) {
  ASSERT_FALSE(GetParam().empty()) << "the golden folder has no cases";
  const Outcome run = run_case(GetParam());
  golden::check(GetParam(), run.command + run.result.out + "--- standard error\n" + run.result.err +
                                "--- exit code " + std::to_string(run.result.exit_code) + "\n");
}

TEST_P(CommandLineGolden, PrintsJsonAsTheSchemaDescribesIt) {
  ASSERT_FALSE(GetParam().empty()) << "the golden folder has no cases";
  if (golden::read_file(GetParam()).find("-o json") == std::string::npos) return;  // nothing to promise
  const Outcome run = run_case(GetParam());
  const auto printed = parse_json(run.result.out, "standard output");
  ASSERT_TRUE(printed.has_value()) << printed.error().to_string() << run.result.out;
  Diagnostics bad_schema;
  const fs::path file = fs::path(HEARTH_SOURCE_DIR) / "schemas/output.schema.json";
  const auto document = parse_json(golden::read_file(file), file.string());
  ASSERT_TRUE(document.has_value()) << document.error().to_string();
  const auto schema =
      SchemaValidator::compile(*document, file.string(), bad_schema, SchemaValidator::Dialect::draft7);
  ASSERT_NE(schema, nullptr) << bad_schema.to_string();
  const Diagnostics wrong = schema->validate(*printed, "output");
  EXPECT_TRUE(wrong.empty()) << wrong.to_string() << run.result.out;
  EXPECT_EQ(run.result.err, "") << "with -o json everything is in the document";
}

TEST(CommandLineGoldenFiles, HaveNoOrphans) {
  EXPECT_TRUE(golden::orphans("cli", ".cmd").empty());
}

// Each shell that is here must take its completion script, and hearth's own commands must come out of it.
TEST(CompletionScript, CompletesInBash) {
  ProcessRequest request;
  request.argv = {"bash", "--norc", "-c",
                  "eval \"$(" HEARTH_BINARY
                  " completion bash)\"; try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
                  "COMPREPLY=(); _hearth; echo \"${COMPREPLY[*]}\"; }; try hearth va; try hearth -o ''; "
                  "try hearth -C x expl; try hearth graph --format ''; try hearth completion f; try hearth "
                  "-o json plan --st"};
  const auto result = run_process(request);
  ASSERT_TRUE(result.has_value());
  if (result->exit_code == 127) GTEST_SKIP() << "no bash here";
  EXPECT_EQ(result->out, "validate\ntext json\nexplain\ndot svg\nfish\n--steps\n") << result->err;
}

TEST(CompletionScript, IsReadByZshAndFish) {
  for (const std::string shell : {"zsh", "fish"}) {
    const TemporaryFolder folder;
    ProcessRequest request;
    request.argv = {HEARTH_BINARY, "completion", shell};
    const auto script = run_process(request);
    ASSERT_TRUE(script.has_value());
    request.argv = {shell, "-n", folder.write("script", script->out)};
    const auto result = run_process(request);
    if (!result || result->exit_code == 127) GTEST_SKIP() << "no " << shell << " here";
    EXPECT_EQ(result->exit_code, 0) << result->err;
  }
}

TEST(CommandLine, SaysWhenItsOutputCannotBeWritten) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  ProcessRequest request;
  request.argv = {"sh", "-c", HEARTH_BINARY " explain rules > /dev/full"};
  const auto result = run_process(request);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->exit_code, 1);
  EXPECT_NE(result->err.find("error[output]"), std::string::npos) << result->err;
}

TEST(CommandLine, IsSilentWhenItsReaderHasGone) {
  ProcessRequest request;
  request.argv = {"bash", "-c", HEARTH_BINARY " explain rules | true; echo ${PIPESTATUS[0]}"};
  const auto result = run_process(request);
  ASSERT_TRUE(result.has_value());
  if (result->exit_code == 127) GTEST_SKIP() << "no bash here";
  EXPECT_EQ(result->err, "");
}

}  // namespace
}  // namespace hearth
