#include "reconciler/transport/shell_script.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "reconciler/core/digest.h"
#include "reconciler/transport/process.h"
#include "reconciler/transport/reply_parser.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using Status = OperationResult::Status;

const std::string nonce = "0123456789abcdef0123456789abcdef";

class ShellScriptTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "hearth-script-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
    fs::create_directories(root_ / "etc");
  }
  void TearDown() override { fs::remove_all(root_); }

  static ProcessResult run(const std::string& text) {
    ProcessRequest request;
    request.argv = {"sh"};
    request.input = text;
    auto result = run_process(request);
    EXPECT_TRUE(result) << result.error().to_string();
    return *result;
  }

  OperationResult execute(const Operation& operation) {
    const ProcessResult result = run(render_execute({{operation}}, "", nonce, root_.string()).text);
    return parse_results({1}, nonce, {result.out, result.err}).at(0).at(0);
  }

  std::set<std::string> everything() const {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      all.insert(entry.path().string().substr(root_.string().size()));
    }
    return all;
  }

  static std::string read(const fs::path& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
  }

  fs::path root_;
};

// The line may break after any byte. A part of a script must do nothing at all: not write, not run, not even
// begin.
TEST_F(ShellScriptTest, APartOfAScriptDoesNothing) {
  std::ofstream(root_ / "etc/a") << "old";
  const auto before = everything();
  const std::string text = render_execute({{WriteFile{.path = "/etc/a",
                                                      .content = std::string(300, 'x'),
                                                      .check = {"touch", (root_ / "ran").string()}},
                                            RemovePath{"/etc/a"}, TakeLease{"token", "holder"}}},
                                          "", nonce, root_.string())
                               .text;
  // Its end is what decides, and every byte of the operations; in between, the library's lines.
  const std::size_t operations = text.find("\nop 0 ");
  ASSERT_NE(operations, std::string::npos);
  std::set<std::size_t> cuts;
  for (std::size_t at = operations; at + 2 < text.size(); ++at) cuts.insert(at);
  for (std::size_t at = 0; at < operations; at += 97) cuts.insert(at);
  for (std::size_t at = text.find('\n'); at < operations; at = text.find('\n', at + 1)) cuts.insert(at + 1);
  for (const std::size_t at : cuts) {
    const ProcessResult result = run(text.substr(0, at));
    EXPECT_EQ(result.out, "") << "cut at " << at;
    ASSERT_EQ(read(root_ / "etc/a"), "old") << "cut at " << at;
  }
  EXPECT_EQ(everything(), before);
  run(text);
  EXPECT_FALSE(fs::exists(root_ / "etc/a")) << "the whole script does something";
}

TEST_F(ShellScriptTest, APartOfAnObservationAsksNothing) {
  const std::string text =
      render_observe({RunProbe{{"touch", (root_ / "ran").string()}}, ReadFile{"/etc/hosts"}}, nonce).text;
  const std::size_t probes = text.find("\nread_files 0 ");
  ASSERT_NE(probes, std::string::npos);
  for (std::size_t at = probes; at + 2 < text.size(); ++at)
    EXPECT_EQ(run(text.substr(0, at)).out, "") << "cut at " << at;
  EXPECT_FALSE(fs::exists(root_ / "ran"));
  run(text);
  EXPECT_TRUE(fs::exists(root_ / "ran"));
}

// `ps` shows arguments to everybody on the node. A tool sees the names it is for; nothing sees contents.
TEST_F(ShellScriptTest, ContentsAndHoldersAreInNobodysArguments) {
  // Stands for every tool: it writes down what it was called with, and what is in its environment.
  const fs::path log = root_ / "arguments";
  fs::create_directories(root_ / "bin");
  for (const char* tool : {"timeout", "base64", "mv", "sync", "sha256sum", "stat", "chown", "chmod", "cp",
                           "mkdir", "rm", "flock", "readlink", "tail", "find", "cat", "rmdir"}) {
    const std::string real = std::string("/usr/bin/") + tool;
    std::ofstream(root_ / "bin" / tool) << "#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >>" << log.string()
                                        << "\nenv >>" << log.string() << "\nexec " << real << " \"$@\"\n";
    fs::permissions(root_ / "bin" / tool, fs::perms::owner_all);
  }
  std::string text =
      render_execute(
          {{TakeLease{"the-token", "the-holder"},
            WriteFile{.path = "/etc/a", .content = "the-secret", .check = {"true"}, .keep_previous = true},
            WriteFile{.path = "/etc/a", .content = "the-secret2", .keep_previous = true}}},
          "the-token", nonce, root_.string())
          .text;
  const std::string path = "PATH=/usr/local/sbin";
  text.replace(text.find(path), path.size(), "PATH=" + (root_ / "bin").string() + ":/usr/local/sbin");
  const ProcessResult result = run(text);
  const auto results = parse_results({3}, nonce, {result.out, result.err});
  for (const auto& each : results.at(0)) EXPECT_EQ(each.status, Status::done) << each.output;
  const std::string seen = read(log);
  EXPECT_NE(seen.find("/etc/a"), std::string::npos) << "the log works";
  for (const std::string& secret : {std::string("the-secret"), base64("the-secret").substr(0, 10),
                                    std::string("the-holder"), std::string("the-token"), nonce}) {
    EXPECT_EQ(seen.find(secret), std::string::npos) << secret;
  }
}

// As chpasswd wants it: on standard input, exactly, and in no argument.
TEST_F(ShellScriptTest, CommandsAreFedTheirInput) {
  const std::string input = "root:it's %s \"$(id)\"\n" + std::string(100'000, 'x') + "\n";
  const fs::path out = root_ / "out";
  std::string text =
      render_execute(
          {{RunCommand{
                {"sh", "-c", "cat >\"$1\"; exit 3", "sh", out.string()}, std::chrono::seconds(60), input},
            RunCommand{{"true"}, std::chrono::seconds(60), {}}}},
          "", nonce)
          .text;
  EXPECT_EQ(text.find("root:it"), std::string::npos);
  const std::string folder = "run=$root/run/hearth";
  text.replace(text.find(folder), folder.size(), "run=" + (root_ / "runtime").string());
  const ProcessResult result = run(text);
  const auto results = parse_results({2}, nonce, {result.out, result.err}).at(0);
  EXPECT_EQ(read(out), input);
  EXPECT_EQ(results[0].status, Status::failed) << "the command's own status counts";
  EXPECT_EQ(results[0].output, "exit status 3");
}

TEST_F(ShellScriptTest, CommandsNeedNotReadTheirInput) {
  const std::string input(1'000'000, 'x');
  std::string text = render_execute({{RunCommand{{"true"}, std::chrono::seconds(60), input},
                                      RunCommand{{"sh", "-c", "read -r x; [ -z \"$x\" ]"}}}},
                                    "", nonce)
                         .text;
  const std::string folder = "run=$root/run/hearth";
  text.replace(text.find(folder), folder.size(), "run=" + (root_ / "runtime").string());
  const ProcessResult result = run(text);
  const auto results = parse_results({2}, nonce, {result.out, result.err});
  for (const auto& each : results.at(0)) EXPECT_EQ(each.status, Status::done) << each.output;
}

TEST_F(ShellScriptTest, AFullDiskLeavesTheLiveFileAndNothingElse) {
  const fs::path disk = root_ / "mnt";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "may not mount a small file system";
  std::ofstream(disk / "a") << "old";
  const auto full =
      execute(WriteFile{.path = "/mnt/a", .content = std::string(100'000, 'x'), .keep_previous = true});
  const auto left = everything();
  const std::string content = read(disk / "a");
  const auto fits = execute(WriteFile{.path = "/mnt/a", .content = std::string(10'000, 'x')});
  ::umount(disk.c_str());
  EXPECT_EQ(full.status, Status::failed);
  EXPECT_EQ(full.code, "no-space") << full.output;
  EXPECT_EQ(content, "old");
  EXPECT_EQ(left, (std::set<std::string>{"/etc", "/mnt", "/mnt/a"}));
  EXPECT_EQ(fits.status, Status::done) << fits.output;
}

// Somebody pulls the plug on the script while a check runs.
TEST_F(ShellScriptTest, AScriptThatIsEndedCleansUp) {
  std::ofstream(root_ / "etc/a") << "old";
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  const std::string text =
      render_execute(
          {{WriteFile{.path = "/etc/a",
                      .content = "new",
                      .check = {"sh", "-c", "echo $PPID >" + (root_ / "fifo").string() + "; sleep 1000"}}}},
          "", nonce, root_.string())
          .text;
  // The check's parent is timeout, whose parent is the group's shell. HUP is what sshd's end looks like.
  std::ofstream(root_ / "script") << text;
  ProcessRequest whole;
  whole.argv = {"sh", "-c",
                "sh <" + (root_ / "script").string() + " & read parent <" + (root_ / "fifo").string() +
                    " && shell=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$parent/stat) && kill -HUP $shell "
                    "&& kill $parent; wait"};
  const auto result = run_process(whole);
  ASSERT_TRUE(result);
  EXPECT_TRUE(has_ended(result->out, nonce)) << "it says goodbye";
  EXPECT_EQ(parse_results({1}, nonce, {result->out, result->err}).at(0).at(0).status, Status::unknown);
  EXPECT_EQ(everything(),
            (std::set<std::string>{"/etc", "/etc/a", "/fifo", "/run", "/run/hearth", "/script"}));
  EXPECT_EQ(read(root_ / "etc/a"), "old");
}

TEST_F(ShellScriptTest, RefusesWhatNoShellShouldSee) {
  using namespace std::string_literals;
  for (const Operation& operation : std::vector<Operation>{
           WriteFile{.path = "relative"}, WriteFile{.path = "/"}, WriteFile{.path = "/etc/"},
           WriteFile{.path = "/nul\0byte"s}, WriteFile{.path = "/etc/a", .mode = "$(id)"},
           WriteFile{.path = "/etc/a", .owner = "a:b"}, WriteFile{.path = "/etc/a", .check = {"--help"}},
           RemovePath{"/"}, ControlUnit{.unit = "a b"}, ControlUnit{.unit = "a;id"}, RunCommand{{}},
           RunCommand{{"-x"}}, SetAttributes{.path = "/etc", .mode = "99"}}) {
    const auto result = execute(operation);
    EXPECT_EQ(result.status, Status::failed) << to_string(operation);
    EXPECT_EQ(result.code, "invalid") << to_string(operation) << ": " << result.output;
    EXPECT_FALSE(result.output.empty());
  }
  EXPECT_EQ(everything(), (std::set<std::string>{"/etc"}));
}

TEST(ShellScript, ManyPathsAreAskedInGroups) {
  std::vector<Probe> probes;
  for (int i = 0; i < 450; ++i) probes.emplace_back(ReadFile{"/nonexistent/" + std::to_string(i), "", 0});
  probes.emplace_back(ReadFile{"/nonexistent/odd\nname", "", 0});
  const std::string text = render_observe(probes, nonce).text;
  std::size_t groups = 0;
  for (std::size_t at = text.find("\nread_files "); at != std::string::npos;
       at = text.find("\nread_files ", at + 1))
    ++groups;
  EXPECT_EQ(groups, 4U) << "200 + 200 + 50, and the odd one alone";
}

TEST(ShellScript, TheTimeoutCoversWhatIsAsked) {
  using std::chrono::seconds;
  const auto none = render_observe({}, nonce).timeout;
  EXPECT_GE(render_observe({RunProbe{{"a"}, seconds(100)}, RunProbe{{"b"}, seconds(50)}}, nonce).timeout,
            none + seconds(150));
  EXPECT_GE(render_execute({{RunCommand{{"a"}, seconds(100)}}}, "", nonce).timeout, seconds(100));
}

}  // namespace
}  // namespace hearth
