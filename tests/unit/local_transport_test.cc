// The scripts, run by the real sh of this machine against a folder that stands for /.
#include "reconciler/transport/local_transport.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "reconciler/core/digest.h"
#include "reconciler/loop/event_loop.h"
#include "reconciler/transport/make_transport.h"
#include "reconciler/transport/recording_transport.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using Status = OperationResult::Status;

constexpr std::string_view odd_names[] = {"with space",
                                          "quote'quote",
                                          "double\"quote",
                                          "back\\slash",
                                          "new\nline",
                                          "-dash",
                                          "--help",
                                          "*",
                                          "[a-z]?",
                                          "$HOME",
                                          "`id`",
                                          "$(id)",
                                          "\xff\xfe not utf-8",
                                          "\x81\x82\x83\x84\x85\x86\x87\x88",
                                          "\x01\x02\t\r",
                                          "ümläut",
                                          "trailing newline\n",
                                          " leading",
                                          "a;b|c&d",
                                          "{}",
                                          "#hash",
                                          "~",
                                          "!bang",
                                          "%s%n",
                                          "..."};

struct LineEdit {
  std::string before;
  std::vector<std::string> old_lines;
  std::vector<std::string> new_lines;
  std::optional<std::string> after;  // nothing: refused
};

const LineEdit line_edits[] = {
    {"a\nb\nc\n", {"b"}, {"x", "y"}, "a\nx\ny\nc\n"},
    {"a\nb\nc", {"b"}, {"x"}, "a\nx\nc"},
    {"a\nb", {"b"}, {"x"}, "a\nx\n"},
    {"a\nb", {"a", "b"}, {"x"}, "x\n"},
    {"a\nb\na\n", {"a"}, {"x"}, "x\nb\na\n"},
    {"a\nb\na\n", {"a", "a"}, {"x"}, "x\nb\n"},
    {"a\nb\n", {"b"}, {}, "a\n"},
    {"a\n", {"a"}, {}, ""},
    {"", {}, {"x"}, "x\n"},
    {"a", {}, {"x"}, "a\nx\n"},
    {"a\n\n", {}, {"x"}, "a\n\nx\n"},
    {"\n\\n\ta  b \\\r\n%s\n",
     {"%s"},
     {"it's \\t \"x\" $HOME &"},
     "\n\\n\ta  b \\\r\nit's \\t \"x\" $HOME &\n"},
    {"\xff\xfe\na\n", {"a"}, {"b"}, "\xff\xfe\nb\n"},
    {"a\n", {"a", "a"}, {"x"}, {}},
    {"a \n", {"a"}, {"x"}, {}},
    {"", {"a"}, {"x"}, {}},
};

class LocalTransportTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "hearth-root-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directories(root_ / "etc");
    Host host;
    host.name = "scratch";
    host.local = true;
    host.root = root_;
    transport_ = std::make_unique<LocalTransport>(host, loop_);
  }

  void TearDown() override {
    transport_.reset();
    fs::remove_all(root_);
  }

  std::vector<Reply> observe(std::vector<Probe> probes) {
    std::optional<Result<std::vector<Reply>>> answer;
    const std::size_t count = probes.size();
    transport_->observe(std::move(probes), [&](auto replies) { answer = std::move(replies); });
    loop_.run_until([&] { return answer.has_value(); });
    if (!*answer) {
      ADD_FAILURE() << answer->error().to_string();
      return std::vector<Reply>(count);
    }
    EXPECT_EQ((*answer)->size(), count);
    return std::move(**answer);
  }

  template <typename T>
  T observe_one(Probe probe) {
    auto replies = observe({std::move(probe)});
    if (const auto* why = std::get_if<NoReply>(&replies.at(0))) ADD_FAILURE() << why->why;
    return std::holds_alternative<T>(replies.at(0)) ? std::get<T>(replies.at(0)) : T{};
  }

  std::vector<OperationResult> execute(std::vector<Operation> operations, std::string lease = "") {
    std::optional<std::vector<OperationResult>> answer;
    transport_->execute(std::move(operations), std::move(lease),
                        [&](auto results) { answer = std::move(results); });
    loop_.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  OperationResult execute_one(Operation operation, std::string lease = "") {
    return execute({std::move(operation)}, std::move(lease)).at(0);
  }

  // In one exec, each alone in its group.
  std::vector<OperationResult> write_together(const std::vector<WriteFile>& writes, std::string lease = "") {
    std::vector<OperationGroup> groups;
    for (const WriteFile& write : writes) groups.push_back({write});
    std::optional<std::vector<OperationResult>> answer;
    transport_->execute_groups(std::move(groups), std::move(lease), [&](const auto& results) {
      answer.emplace();
      for (const auto& group : results) answer->push_back(group.at(0));
    });
    loop_.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  void put(const std::string& path, std::string_view content) {
    std::ofstream(root_.string() + path, std::ios::binary) << content;
  }
  std::string get(const std::string& path) {
    std::ifstream file(root_.string() + path, std::ios::binary);
    if (!file) return "(no file)";
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  mode_t mode(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::lstat((root_.string() + path).c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  // Everything below the root, relative to it: to see that nothing was left behind.
  std::set<std::string> everything() {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      all.insert(entry.path().string().substr(root_.string().size()));
    }
    return all;
  }

  EventLoop loop_;
  fs::path root_;
  std::unique_ptr<LocalTransport> transport_;
};

testing::AssertionResult is_done(const OperationResult& result) {
  if (result.status == Status::done) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "status " << static_cast<int>(result.status) << ", " << result.code
                                     << ": " << result.output;
}

testing::AssertionResult has_failed(const OperationResult& result, std::string_view code) {
  if (result.status == Status::failed && result.code == code) return testing::AssertionSuccess();
  return is_done(result) ? testing::AssertionFailure() << "it is done" : is_done(result);
}

#define EXPECT_DONE(result) EXPECT_TRUE(is_done(result))
#define EXPECT_FAILED(result, code) EXPECT_TRUE(has_failed(result, code))

// ---- Observing
// -----------------------------------------------------------------------------------------------------

TEST_F(LocalTransportTest, TellsWhatIsThere) {
  put("/etc/motd", "hello\n");
  ::chmod((root_ / "etc/motd").c_str(), 04750);
  fs::create_symlink("motd", root_ / "etc/link");
  ASSERT_EQ(::mkfifo((root_ / "etc/fifo").c_str(), 0600), 0);
  put("/etc/file", "x");
  const auto replies = observe({ReadFile{"/etc/motd", "", 1000}, ReadFile{"/etc/link", "", 1000},
                                ReadFile{"/etc", "", 1000}, ReadFile{"/etc/fifo", "", 1000},
                                ReadFile{"/etc/none", "", 1000}, ReadFile{"/etc/file/below", "", 1000}});
  const auto& file = std::get<FileReply>(replies[0]);
  EXPECT_EQ(file.type, FileReply::Type::regular);
  EXPECT_EQ(file.mode, 04750U);
  EXPECT_EQ(file.uid, ::geteuid());
  EXPECT_EQ(file.size, 6U);
  EXPECT_EQ(file.sha256, sha256("hello\n"));
  EXPECT_EQ(file.content, "hello\n");
  EXPECT_GT(file.modified, 1'600'000'000);
  const auto& link = std::get<FileReply>(replies[1]);
  EXPECT_EQ(link.type, FileReply::Type::symlink);
  EXPECT_EQ(link.target, "motd");
  EXPECT_FALSE(link.content.has_value());
  EXPECT_EQ(std::get<FileReply>(replies[2]).type, FileReply::Type::directory);
  EXPECT_EQ(std::get<FileReply>(replies[3]).type, FileReply::Type::other);
  EXPECT_EQ(std::get<FileReply>(replies[4]).type, FileReply::Type::absent);
  EXPECT_EQ(std::get<FileReply>(replies[5]).type, FileReply::Type::absent);
}

TEST_F(LocalTransportTest, SendsContentOnlyWhenItIsNewsAndNotTooLong) {
  put("/etc/a", "12345");
  const std::string hash = sha256("12345");
  EXPECT_EQ(observe_one<FileReply>(ReadFile{"/etc/a", hash, 100}).content, std::nullopt);
  EXPECT_EQ(observe_one<FileReply>(ReadFile{"/etc/a", sha256("old"), 100}).content, "12345");
  EXPECT_EQ(observe_one<FileReply>(ReadFile{"/etc/a", "", 5}).content, "12345");
  const auto too_long = observe_one<FileReply>(ReadFile{"/etc/a", "", 4});
  EXPECT_EQ(too_long.content, std::nullopt);
  EXPECT_EQ(too_long.sha256, hash);
  EXPECT_EQ(observe_one<FileReply>(ReadFile{"/etc/a", "", 0}).content, std::nullopt);
}

TEST_F(LocalTransportTest, GivesBackEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  bytes += bytes + "\n\n";
  put("/etc/bytes", bytes);
  put("/etc/empty", "");
  const auto replies = observe({ReadFile{"/etc/bytes"}, ReadFile{"/etc/empty"}});
  EXPECT_EQ(std::get<FileReply>(replies[0]).content, bytes);
  EXPECT_EQ(std::get<FileReply>(replies[1]).content, "");
}

TEST_F(LocalTransportTest, ReadsFilesWithOddNames) {
  std::vector<Probe> probes;
  for (const std::string_view name : odd_names) {
    put("/etc/" + std::string(name), "content of " + std::string(name));
    probes.emplace_back(ReadFile{"/etc/" + std::string(name)});
    probes.emplace_back(ReadFile{"/etc/not " + std::string(name)});
  }
  const auto replies = observe(probes);
  for (std::size_t i = 0; i < std::size(odd_names); ++i) {
    const auto* file = std::get_if<FileReply>(&replies[2 * i]);
    ASSERT_NE(file, nullptr) << odd_names[i] << ": " << std::get<NoReply>(replies[2 * i]).why;
    EXPECT_EQ(file->content, "content of " + std::string(odd_names[i]));
    const auto* none = std::get_if<FileReply>(&replies[2 * i + 1]);
    ASSERT_NE(none, nullptr) << odd_names[i] << ": " << std::get<NoReply>(replies[2 * i + 1]).why;
    EXPECT_EQ(none->type, FileReply::Type::absent);
  }
}

TEST_F(LocalTransportTest, ListsDirectories) {
  fs::create_directories(root_ / "dir");
  fs::create_directories(root_ / "empty");
  fs::create_symlink("dir", root_ / "link");
  fs::create_symlink("nowhere", root_ / "dangling");
  std::vector<std::string> expected;
  for (const std::string_view name : odd_names) {
    put("/dir/" + std::string(name), "");
    expected.emplace_back(name);
  }
  put("/dir/.hidden", "");
  expected.emplace_back(".hidden");
  std::sort(expected.begin(), expected.end());
  put("/file", "");
  const auto replies = observe({ListDirectory{"/dir"}, ListDirectory{"/empty"}, ListDirectory{"/none"},
                                ListDirectory{"/link"}, ListDirectory{"/dangling"}, ListDirectory{"/file"}});
  EXPECT_EQ(std::get<ListReply>(replies[0]).names, expected);
  EXPECT_TRUE(std::get<ListReply>(replies[1]).exists);
  EXPECT_TRUE(std::get<ListReply>(replies[1]).names.empty());
  EXPECT_FALSE(std::get<ListReply>(replies[2]).exists);
  EXPECT_EQ(std::get<ListReply>(replies[3]).names, expected);
  EXPECT_FALSE(std::get<ListReply>(replies[4]).exists);
  EXPECT_EQ(std::get<NoReply>(replies[5]).why, root_.string() + "/file is no directory");
}

TEST_F(LocalTransportTest, ObservingWritesNothing) {
  put("/etc/a", "a");
  const auto before = everything();
  observe({ReadFile{"/etc/a"}, ListDirectory{"/etc"}, ReadFile{"/run/hearth/x"}});
  EXPECT_EQ(everything(), before);
}

TEST_F(LocalTransportTest, RefusesWhatCannotBeRedirectedBelowTheRoot) {
  const auto replies = observe({QueryUnit{"cron.service", {}}, RunProbe{{"id"}}, ReadFile{"relative"}});
  for (const Reply& reply : replies) EXPECT_TRUE(std::holds_alternative<NoReply>(reply));
  EXPECT_FAILED(execute_one(RunCommand{{"touch", root_ / "ran"}}), "invalid");
  EXPECT_FALSE(fs::exists(root_ / "ran"));
  EXPECT_FAILED(execute_one(ControlUnit{ControlUnit::Verb::start, "cron.service", {}}), "offline");
  EXPECT_DONE(execute_one(ControlUnit{ControlUnit::Verb::daemon_reload, "", {}}));
}

TEST_F(LocalTransportTest, DoesNotFollowLinksOutOfTheRoot) {
  fs::create_symlink("/tmp", root_ / "out");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/out/hearth-test-escape", .content = "x"}), "outside");
  EXPECT_FAILED(execute_one(MakeDirectory{.path = "/out/hearth-test-escape"}), "outside");
  EXPECT_FALSE(fs::exists("/tmp/hearth-test-escape"));
}

// ---- Writing
// -------------------------------------------------------------------------------------------------------

TEST_F(LocalTransportTest, WritesAFileWithItsModeAndLeavesNothingElse) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  std::string large;
  for (int i = 0; i < 1000; ++i) large += bytes;
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/new", .content = large, .mode = "0640"}));
  EXPECT_EQ(get("/etc/new"), large);
  EXPECT_EQ(mode("/etc/new"), 0640U);
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/plain", .content = ""}));
  EXPECT_EQ(get("/etc/plain"), "");
  EXPECT_EQ(mode("/etc/plain"), 0644U);
  EXPECT_EQ(everything(), (std::set<std::string>{"/etc", "/etc/new", "/etc/plain"}));
}

TEST_F(LocalTransportTest, KeepsTheModeThatIsThere) {
  put("/etc/a", "old");
  ::chmod((root_ / "etc/a").c_str(), 02710);
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new"}));
  EXPECT_EQ(get("/etc/a"), "new");
  EXPECT_EQ(mode("/etc/a"), 02710U);
}

TEST_F(LocalTransportTest, WritesFilesWithOddNames) {
  std::vector<Operation> operations;
  for (const std::string_view name : odd_names) {
    operations.emplace_back(WriteFile{.path = "/etc/" + std::string(name), .content = std::string(name)});
  }
  operations.emplace_back(WriteFile{.path = "/etc/" + std::string(255, 'n'), .content = "long"});
  for (const auto& result : execute(operations)) EXPECT_DONE(result);
  for (const std::string_view name : odd_names) EXPECT_EQ(get("/etc/" + std::string(name)), name);
  EXPECT_EQ(get("/etc/" + std::string(255, 'n')), "long");
}

TEST_F(LocalTransportTest, AFailedCheckLeavesTheLiveFile) {
  put("/etc/a", "old");
  const auto result =
      execute_one(WriteFile{.path = "/etc/a",
                            .content = "new",
                            .check = {"sh", "-c", "echo line 3 is wrong; cat \"$1\"; exit 7", "-", "{}"}});
  EXPECT_FAILED(result, "check");
  EXPECT_EQ(result.output, "line 3 is wrong\nnewrefused by sh (exit status 7); the live file is as it was");
  EXPECT_EQ(get("/etc/a"), "old");
  EXPECT_DONE(
      execute_one(WriteFile{.path = "/etc/a", .content = "new", .check = {"grep", "-q", "new", "{}"}}));
  EXPECT_EQ(get("/etc/a"), "new");
  EXPECT_EQ(fs::directory_iterator(root_ / "etc")->path().filename(), "a");
}

TEST_F(LocalTransportTest, RefusesWhenSomebodyEditedMeanwhile) {
  put("/etc/a", "edited");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "new", .expected_sha256 = sha256("old")}),
                "moved");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "new", .expected_sha256 = "absent"}),
                "moved");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/b", .content = "new", .expected_sha256 = sha256("old")}),
                "moved");
  fs::create_symlink("a", root_ / "etc/link");
  EXPECT_FAILED(
      execute_one(WriteFile{.path = "/etc/link", .content = "new", .expected_sha256 = sha256("edited")}),
      "moved");
  EXPECT_EQ(get("/etc/a"), "edited");
  EXPECT_DONE(
      execute_one(WriteFile{.path = "/etc/a", .content = "new", .expected_sha256 = sha256("edited")}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/b", .content = "new", .expected_sha256 = "absent"}));
}

TEST_F(LocalTransportTest, SaysWhatIsInTheWay) {
  fs::create_directories(root_ / "etc/dir/sub");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/none/a", .content = "x"}), "no-parent");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/dir", .content = "x"}), "is-directory");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "x", .owner = "no-such-user"}),
                "attributes");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "x", .mode = "rwx"}), "invalid");
  EXPECT_FAILED(execute_one(RemovePath{"/etc/dir"}), "not-empty");
  EXPECT_FAILED(execute_one(SetAttributes{.path = "/etc/none", .mode = "0600"}), "attributes");
  EXPECT_EQ(everything(), (std::set<std::string>{"/etc", "/etc/dir", "/etc/dir/sub"}));
}

// ---- Many files in one exec

TEST_F(LocalTransportTest, WritesManyFilesTogetherAsItWritesOne) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  put("/etc/kept", "old");
  ::chmod((root_ / "etc/kept").c_str(), 02710);
  fs::create_directories(root_ / "etc/dir");
  put("/etc/target", "target");
  fs::create_symlink("target", root_ / "etc/link");
  std::vector<WriteFile> writes{
      {.path = "/etc/new", .content = bytes, .mode = "0640"},
      {.path = "/etc/kept", .content = "new", .expected_sha256 = sha256("old")},
      {.path = "/etc/dir/plain", .content = "", .expected_sha256 = "absent"},
      {.path = "/etc/link", .content = "file"},
      {.path = "/etc/large", .content = std::string(100'000, 'x')},
  };
  for (const std::string_view name : odd_names) {
    writes.push_back({.path = "/etc/dir/" + std::string(name), .content = std::string(name)});
  }
  for (const auto& result : write_together(writes)) EXPECT_DONE(result);
  EXPECT_EQ(get("/etc/new"), bytes);
  EXPECT_EQ(mode("/etc/new"), 0640U);
  EXPECT_EQ(get("/etc/kept"), "new");
  EXPECT_EQ(mode("/etc/kept"), 02710U);
  EXPECT_EQ(get("/etc/dir/plain"), "");
  EXPECT_EQ(mode("/etc/dir/plain"), 0644U);
  EXPECT_EQ(get("/etc/link"), "file");
  EXPECT_FALSE(fs::is_symlink(root_ / "etc/link"));
  EXPECT_EQ(get("/etc/target"), "target");
  EXPECT_EQ(get("/etc/large").size(), 100'000U);
  for (const std::string_view name : odd_names) EXPECT_EQ(get("/etc/dir/" + std::string(name)), name);
  for (const std::string& path : everything()) EXPECT_EQ(path.find("/.hearth-"), std::string::npos) << path;
}

TEST_F(LocalTransportTest, OfFilesWrittenTogetherEachFailsByItself) {
  put("/etc/edited", "by a person");
  put("/etc/appeared", "by a person");
  put("/etc/good", "old");
  fs::create_directories(root_ / "etc/dir");
  fs::create_symlink("good", root_ / "etc/link");
  const auto results = write_together({
      {.path = "/etc/edited", .content = "x", .expected_sha256 = sha256("old")},
      {.path = "/etc/good", .content = "new", .expected_sha256 = sha256("old")},
      {.path = "/etc/appeared", .content = "x", .expected_sha256 = "absent"},
      {.path = "/etc/gone", .content = "x", .expected_sha256 = sha256("old")},
      {.path = "/etc/link", .content = "x", .expected_sha256 = sha256("old")},
      {.path = "/none/a", .content = "x"},
      {.path = "/etc/dir", .content = "x"},
      {.path = "/etc/b", .content = "x", .owner = "no-such-user"},
      {.path = "/etc/c", .content = "x", .mode = "rwx"},
      {.path = "/etc/last", .content = "y"},
  });
  EXPECT_FAILED(results[0], "moved");
  EXPECT_DONE(results[1]);
  EXPECT_FAILED(results[2], "moved");
  EXPECT_FAILED(results[3], "moved");
  EXPECT_FAILED(results[4], "moved");
  EXPECT_FAILED(results[5], "no-parent");
  EXPECT_EQ(results[5].output,
            "there is no directory " + root_.string() + "/none; declare a Directory for it");
  EXPECT_FAILED(results[6], "is-directory");
  EXPECT_FAILED(results[7], "attributes");
  EXPECT_FAILED(results[8], "invalid");
  EXPECT_DONE(results[9]);
  EXPECT_EQ(get("/etc/edited"), "by a person");
  EXPECT_EQ(get("/etc/appeared"), "by a person");
  EXPECT_EQ(get("/etc/good"), "new");
  EXPECT_EQ(get("/etc/last"), "y");
  EXPECT_EQ(everything(), (std::set<std::string>{"/etc", "/etc/appeared", "/etc/dir", "/etc/edited",
                                                 "/etc/good", "/etc/last", "/etc/link"}));
}

TEST_F(LocalTransportTest, KeepsWhatFilesWrittenTogetherReplace) {
  put("/etc/a", "old");
  for (const auto& result : write_together({
           {.path = "/etc/a", .content = "new", .keep_previous = true},
           {.path = "/etc/b", .content = "new", .keep_previous = true},
       })) {
    EXPECT_DONE(result);
  }
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a"}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/b"}));
  EXPECT_EQ(get("/etc/a"), "old");
  EXPECT_FALSE(fs::exists(root_ / "etc/b"));
}

TEST_F(LocalTransportTest, FilesAreWrittenTogetherUnderALeaseOnly) {
  EXPECT_DONE(execute_one(TakeLease{"other", "somebody", std::chrono::seconds(60)}));
  for (const auto& result :
       write_together({{.path = "/etc/a", .content = "1"}, {.path = "/etc/b", .content = "2"}}, "mine")) {
    EXPECT_FAILED(result, "lost");
    EXPECT_EQ(result.output, "somebody holds the lease now");
  }
  EXPECT_FALSE(fs::exists(root_ / "etc/a"));
}

TEST_F(LocalTransportTest, ReplacesALinkAndNotItsTarget) {
  put("/etc/target", "target");
  fs::create_symlink("target", root_ / "etc/link");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/link", .content = "file"}));
  EXPECT_FALSE(fs::is_symlink(root_ / "etc/link"));
  EXPECT_EQ(get("/etc/target"), "target");
}

TEST_F(LocalTransportTest, StopsAtTheFirstFailure) {
  const auto results =
      execute({WriteFile{.path = "/etc/a", .content = "1"}, WriteFile{.path = "/none/b", .content = "2"},
               WriteFile{.path = "/etc/c", .content = "3"}});
  EXPECT_EQ(results[0].status, Status::done);
  EXPECT_EQ(results[1].status, Status::failed);
  EXPECT_EQ(results[2].status, Status::not_sent);
  EXPECT_FALSE(fs::exists(root_ / "etc/c"));
}

TEST_F(LocalTransportTest, MakesDirectoriesAndSetsAttributes) {
  EXPECT_DONE(execute_one(MakeDirectory{.path = "/srv/a/b", .mode = "0750"}));
  EXPECT_EQ(mode("/srv/a/b"), 0750U);
  EXPECT_EQ(mode("/srv/a"), 0755U);
  EXPECT_DONE(execute_one(MakeDirectory{.path = "/srv/a/b", .mode = "0700"}));
  EXPECT_EQ(mode("/srv/a/b"), 0700U);
  EXPECT_DONE(execute_one(SetAttributes{.path = "/srv/a/b", .mode = "2755"}));
  EXPECT_EQ(mode("/srv/a/b"), 02755U);
  EXPECT_DONE(execute_one(SetAttributes{.path = "/srv/a/b", .mode = "0755"}));
  EXPECT_EQ(mode("/srv/a/b"), 0755U);
  put("/srv/file", "");
  EXPECT_FAILED(execute_one(MakeDirectory{.path = "/srv/file"}), "not-directory");
  EXPECT_DONE(execute_one(RemovePath{"/srv/a/b"}));
  EXPECT_DONE(execute_one(RemovePath{"/srv/a/b"}));
  EXPECT_FALSE(fs::exists(root_ / "srv/a/b"));
}

TEST_F(LocalTransportTest, CleansUpAfterAKilledRun) {
  put("/etc/.hearth-0123abcd-a", "half");
  put("/etc/.hearth-0123abcd-b-a", "another file's");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "whole"}));
  EXPECT_EQ(everything(), (std::set<std::string>{"/etc", "/etc/a", "/etc/.hearth-0123abcd-b-a"}));
}

TEST_F(LocalTransportTest, ALinkIsNeverTakenForWhatItPointsTo) {
  put("/etc/target", "x");
  ::chmod((root_ / "etc/target").c_str(), 0600);
  fs::create_symlink("target", root_ / "etc/link");
  fs::create_directories(root_ / "dir");
  fs::create_symlink("dir", root_ / "dirlink");
  EXPECT_FAILED(execute_one(SetAttributes{.path = "/etc/link", .mode = "0666"}), "attributes");
  EXPECT_FAILED(execute_one(MakeDirectory{.path = "/dirlink", .mode = "0777"}), "not-directory");
  EXPECT_EQ(mode("/etc/target"), 0600U);
  EXPECT_EQ(mode("/dir"), 0755U);
  EXPECT_DONE(execute_one(RemovePath{"/dirlink"}));
  EXPECT_TRUE(fs::exists(root_ / "dir"));
}

TEST_F(LocalTransportTest, TellsACheckThatCouldNotJudgeFromARefusal) {
  put("/etc/a", "old");
  const auto write = [&](const char* status) {
    return execute_one(
        WriteFile{.path = "/etc/a", .content = "new", .check = {"sh", "-c", std::string("exit ") + status}});
  };
  EXPECT_FAILED(write("75"), "no-check");
  EXPECT_FAILED(write("1"), "check");
  EXPECT_EQ(get("/etc/a"), "old");
}

// ---- Going back
// ----------------------------------------------------------------------------------------------------

TEST_F(LocalTransportTest, PutsBackWhatWasThere) {
  put("/etc/a", "old");
  ::chmod((root_ / "etc/a").c_str(), 0600);
  fs::create_symlink("a", root_ / "etc/link");
  EXPECT_DONE(
      execute_one(WriteFile{.path = "/etc/a", .content = "new", .mode = "0644", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/fresh", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(RemovePath{"/etc/link", true}));
  EXPECT_EQ(mode("/var/lib/hearth/undo"), 0700U);
  // A second run of what was interrupted must not take the new for the old.
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "newer", .keep_previous = true}));
  EXPECT_FALSE(fs::exists(root_ / "etc/link"));

  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a"}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/fresh"}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/link"}));
  EXPECT_EQ(get("/etc/a"), "old");
  EXPECT_EQ(mode("/etc/a"), 0600U);
  EXPECT_FALSE(fs::exists(root_ / "etc/fresh"));
  EXPECT_EQ(fs::read_symlink(root_ / "etc/link"), "a");
  EXPECT_FALSE(fs::exists(root_ / "var/lib/hearth")) << "nothing is kept any more";
  // Once more: the answer to the first may have been lost.
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a"}));
  EXPECT_EQ(get("/etc/a"), "old");
}

TEST_F(LocalTransportTest, PutsNothingBackOverWhatAPersonWroteMeanwhile) {
  put("/etc/a", "old");
  put("/etc/gone", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/fresh", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(RemovePath{"/etc/gone", true}));
  put("/etc/a", "by hand");
  put("/etc/fresh", "by hand");
  put("/etc/gone", "by hand");
  for (const auto& [path, written] :
       {std::pair("/etc/a", sha256("new")), std::pair("/etc/fresh", sha256("new")),
        std::pair("/etc/gone", std::string("absent"))}) {
    const OperationResult result = execute_one(RestorePrevious{path, written});
    EXPECT_FAILED(result, "moved");
    EXPECT_EQ(get(path), "by hand");
    const std::string kept = "/var/lib/hearth/undo/" + sha256(path);
    EXPECT_NE(result.output.find(path), std::string::npos) << result.output;
    EXPECT_NE(result.output.find(kept), std::string::npos) << result.output;
    EXPECT_TRUE(fs::exists(root_ / kept.substr(1)));
  }
  EXPECT_EQ(get("/var/lib/hearth/undo/" + sha256("/etc/a") + "/previous"), "old");
}

// Of content that holds secrets the caller knows no hash: the host does.
TEST_F(LocalTransportTest, KnowsItselfWhatItWrote) {
  put("/etc/a", "old");
  put("/etc/b", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/b", .content = "newer", .keep_previous = true}));
  put("/etc/a", "by hand");
  EXPECT_FAILED(execute_one(RestorePrevious{"/etc/a", "recorded"}), "moved");
  EXPECT_EQ(get("/etc/a"), "by hand");
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/b", "recorded"}));
  EXPECT_EQ(get("/etc/b"), "old");
}

TEST_F(LocalTransportTest, DropsWhatWasKeptOfAFileThatNeverChanged) {
  put("/etc/a", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/fresh", .content = "new", .keep_previous = true}));
  put("/etc/a", "old");
  fs::remove(root_ / "etc/fresh");
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a", sha256("new")}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/fresh", sha256("new")}));
  EXPECT_EQ(get("/etc/a"), "old");
  EXPECT_FALSE(fs::exists(root_ / "etc/fresh"));
  EXPECT_FALSE(fs::exists(root_ / "var/lib/hearth"));
}

TEST_F(LocalTransportTest, PutsBackWhatADeadRunHadKept) {
  put("/etc/a", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "from a dead run", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a", sha256("new")}));
  EXPECT_EQ(get("/etc/a"), "old");
}

TEST_F(LocalTransportTest, PutsBackWhatHadProvenItselfNotWhatWasKeptBefore) {
  put("/etc/a", "old");
  put("/etc/b", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "good", .keep_previous = true}));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/b", .content = "good", .keep_previous = true}));
  // Whoever wrote those died.
  EXPECT_DONE(
      execute_one(WriteFile{.path = "/etc/a", .content = "bad", .keep_previous = true, .proven = true}));
  EXPECT_DONE(execute_one(RemovePath{.path = "/etc/b", .keep_previous = true, .proven = true}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/a"}));
  EXPECT_DONE(execute_one(RestorePrevious{"/etc/b"}));
  EXPECT_EQ(get("/etc/a"), "good");
  EXPECT_EQ(get("/etc/b"), "good");
}

TEST_F(LocalTransportTest, ForgetsWhatWasThere) {
  put("/etc/a", "old");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "new", .keep_previous = true}));
  EXPECT_DONE(execute_one(ForgetPrevious{"/etc/a"}));
  EXPECT_DONE(execute_one(ForgetPrevious{"/etc/a"}));
  EXPECT_FALSE(fs::exists(root_ / "var/lib/hearth"));
  EXPECT_EQ(get("/etc/a"), "new");
}

// ---- Leases
// --------------------------------------------------------------------------------------------------------

TEST_F(LocalTransportTest, OnlyOneHoldsTheLease) {
  using std::chrono::seconds;
  EXPECT_DONE(execute_one(TakeLease{"token-a", "alice@laptop", seconds(1000)}));
  EXPECT_EQ(mode("/run/hearth"), 0700U);
  const auto held = execute_one(TakeLease{"token-b", "bob@desk", seconds(1000)});
  EXPECT_FAILED(held, "held");
  EXPECT_TRUE(held.output.starts_with("alice@laptop (")) << held.output;
  EXPECT_FAILED(execute_one(RenewLease{"token-b", seconds(1000)}), "lost");
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "x"}, "token-b"), "lost");
  EXPECT_FALSE(fs::exists(root_ / "etc/a"));
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "x"}, "token-a"));
  EXPECT_DONE(execute_one(RenewLease{"token-a", seconds(1000)}));
  EXPECT_DONE(execute_one(TakeLease{"token-a", "alice@laptop", seconds(1000)})) << "its own, once more";
  EXPECT_DONE(execute_one(ReleaseLease{"token-b"})) << "not its own: nothing to release";
  EXPECT_FAILED(execute_one(TakeLease{"token-b", "bob@desk", seconds(1000)}), "held");
  EXPECT_DONE(execute_one(ReleaseLease{"token-a"}));
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "y"}, "token-a"), "lost");
  EXPECT_DONE(execute_one(TakeLease{"token-b", "bob@desk", seconds(1000)}));
}

TEST_F(LocalTransportTest, ALeaseThatRanOutIsFree) {
  using std::chrono::seconds;
  EXPECT_DONE(execute_one(TakeLease{"token-a", "alice", seconds(0)}));
  EXPECT_FAILED(execute_one(WriteFile{.path = "/etc/a", .content = "x"}, "token-a"), "lost");
  EXPECT_DONE(execute_one(TakeLease{"token-b", "bob", seconds(1000)}));
  EXPECT_FAILED(execute_one(RenewLease{"token-a", seconds(1000)}), "lost");
}

// ---- Threads
// -------------------------------------------------------------------------------------------------------

// The shell reads it in the middle of its script's work, so one that waits for it to be opened is under way.
class BusyTransportTest : public LocalTransportTest {
 protected:
  void SetUp() override {
    LocalTransportTest::SetUp();
    ASSERT_EQ(::mkfifo((root_ / "etc/fifo").c_str(), 0600), 0);
  }
  // Ends when somebody writes to the fifo.
  WriteFile waiting(const std::string& path) const {
    return {
        .path = path, .content = "x", .check = {"sh", "-c", "read line <" + (root_ / "etc/fifo").string()}};
  }
};

TEST_F(BusyTransportTest, RequestsDoNotWaitForEachOther) {
  std::optional<std::vector<OperationResult>> first;
  transport_->execute({waiting("/etc/a")}, "", [&](auto results) { first = std::move(results); });
  std::ofstream release(root_ / "etc/fifo");  // opens only once the check reads
  EXPECT_TRUE(std::holds_alternative<FileReply>(observe({ReadFile{"/etc/a"}}).at(0)));
  EXPECT_FALSE(first.has_value());
  release << "go\n";
  release.close();
  loop_.run_until([&] { return first.has_value(); });
  EXPECT_DONE(first->at(0));
}

TEST_F(BusyTransportTest, CancellingAnswersWhatIsUnderWay) {
  std::optional<std::vector<OperationResult>> results;
  transport_->execute({waiting("/etc/a"), waiting("/etc/b")}, "",
                      [&](auto answer) { results = std::move(answer); });
  const std::ofstream release(root_ / "etc/fifo");
  transport_->cancel();
  loop_.run_until([&] { return results.has_value(); });
  EXPECT_EQ(results->at(0).status, Status::unknown);
  EXPECT_EQ(results->at(0).output, "cancelled");
  EXPECT_DONE(execute_one(WriteFile{.path = "/etc/a", .content = "after"})) << "the transport goes on";
}

TEST_F(BusyTransportTest, DestroyingDropsTheAnswer) {
  bool called = false;
  transport_->execute({waiting("/etc/a")}, "", [&](auto) { called = true; });
  {
    const std::ofstream release(root_ / "etc/fifo");
  }
  transport_.reset();
  bool reached = false;
  loop_.post([&] { reached = true; });
  loop_.run_until([&] { return reached; });
  EXPECT_FALSE(called);
}

TEST(MakeTransport, ContactsNobodyYet) {
  EventLoop loop;
  Host host;
  host.name = "pve";
  host.address = "no-such-host.invalid";
  EXPECT_NE(make_transport(host, loop), nullptr);
  host.local = true;
  EXPECT_NE(dynamic_cast<LocalTransport*>(make_transport(host, loop).get()), nullptr);
}

TEST_F(LocalTransportTest, ARecordingHoldsWhatWasSent) {
  Recording recording;
  RecordingTransport recorder(std::move(transport_), recording);
  const Operation operation = WriteFile{.path = "/etc/a", .content = "x"};
  bool done = false;
  recorder.execute({operation}, "", [&](auto results) {
    EXPECT_DONE(results.at(0));
    done = true;
  });
  recorder.observe({ReadFile{"/etc/a"}}, [](auto) {});
  loop_.run_until([&] { return done; });
  EXPECT_EQ(recording.executed, std::vector<Operation>{operation});
  EXPECT_EQ(recording.observed.size(), 1U);
}

TEST_F(LocalTransportTest, EditsLinesAndNothingElse) {
  for (const LineEdit& edit : line_edits) {
    put("/etc/hosts", edit.before);
    const ReplaceLines operation{"/etc/hosts", edit.old_lines, edit.new_lines};
    const auto result = execute_one(operation);
    EXPECT_EQ(result.status, edit.after ? Status::done : Status::failed) << edit.before << result.output;
    EXPECT_EQ(result.code, edit.after ? "" : "moved") << result.output;
    EXPECT_EQ(get("/etc/hosts"), edit.after.value_or(edit.before));
    // In-memory hosts do the same.
    EXPECT_EQ(with_lines_replaced(edit.before, operation), edit.after) << edit.before;
  }
}

// Lines of a section: what looks like them elsewhere is another's.
TEST_F(LocalTransportTest, EditsABlockWhereItStandsAsAWhole) {
  using Lines = std::vector<std::string>;
  const struct {
    std::string before;
    Lines old_lines, new_lines;
    std::optional<std::string> after;
  } edits[] = {
      {"[a]\nro = no\n[b]\nro = no\n",
       {"[b]", "ro = no"},
       {"[b]", "ro = yes"},
       "[a]\nro = no\n[b]\nro = yes\n"},
      {"[a]\nro = no\n[b]\nro = no\n", {"[a]", "ro = no"}, {}, "[b]\nro = no\n"},
      {"[a]\nx\n  [b]", {"[a]", "x"}, {"[a]", "y", "z"}, "[a]\ny\nz\n  [b]"},
      {"[a]\nx", {"[a]", "x"}, {"[a]"}, "[a]\n"},
      {"[a]\nx\n[b]\n[a]\nx\n", {"[a]", "x"}, {"[a]", "y"}, "[a]\nx\n[b]\n[a]\ny\n"},
      {"[a]\nx\n \n\n[b]\n", {"[a]", "x"}, {"[a]"}, "[a]\n \n\n[b]\n"},
      {"[a]\nx\n\f\n\r \v[b]\n", {"[a]", "x"}, {"[a]"}, "[a]\n\f\n\r \v[b]\n"},
      {"[a]\nx\n\n", {"[a]", "x"}, {"[a]"}, "[a]\n\n"},
      {"[a]\nx\n\nmore\n[b]\n", {"[a]", "x"}, {}, std::nullopt},
      // A person has added to it: what is not known would change its meaning.
      {"[a]\nx\nmore\n[b]\n", {"[a]", "x"}, {}, std::nullopt},
      {"[a]\nx\n", {"[a]", "y"}, {}, std::nullopt},
      {"[a]\n", {}, {"[b]"}, "[a]\n[b]\n"},
      {"", {"[a]"}, {}, std::nullopt},
  };
  for (const auto& edit : edits) {
    put("/etc/smb.conf", edit.before);
    const ReplaceLines operation{"/etc/smb.conf", edit.old_lines, edit.new_lines, "["};
    const auto result = execute_one(operation);
    EXPECT_EQ(result.status, edit.after ? Status::done : Status::failed) << edit.before << result.output;
    EXPECT_EQ(result.code, edit.after ? "" : "moved") << result.output;
    EXPECT_EQ(get("/etc/smb.conf"), edit.after.value_or(edit.before));
    EXPECT_EQ(with_lines_replaced(edit.before, operation), edit.after) << edit.before;
  }
}

TEST_F(LocalTransportTest, ChecksAnEditedFileBeforeItGoesLive) {
  put("/etc/smb.conf", "a\n");
  ReplaceLines edit{"/etc/smb.conf", {"a"}, {"wrong"}, {}, {"grep", "-qv", "wrong", "{}"}};
  EXPECT_EQ(execute_one(edit).code, "check");
  EXPECT_EQ(get("/etc/smb.conf"), "a\n");
  edit.new_lines = {"right"};
  EXPECT_DONE(execute_one(edit));
  EXPECT_EQ(get("/etc/smb.conf"), "right\n");
}

TEST_F(LocalTransportTest, EditsNoLinkAndNoBinaryFile) {
  put("/etc/real", "a\n");
  fs::create_symlink("real", root_ / "etc/link");
  EXPECT_EQ(execute_one(ReplaceLines{"/etc/link", {"a"}, {"b"}}).code, "moved");
  EXPECT_EQ(get("/etc/real"), "a\n");
  put("/etc/binary", std::string_view("a\n\0\n", 4));
  EXPECT_EQ(execute_one(ReplaceLines{"/etc/binary", {"a"}, {"b"}}).code, "moved");
  EXPECT_EQ(execute_one(ReplaceLines{"/etc/real", {"a"}, {"b\nc"}}).code, "invalid");
  EXPECT_EQ(execute_one(ReplaceLines{"/etc/new", {}, {"b"}}).status, Status::done);
  EXPECT_EQ(get("/etc/new"), "b\n");
}

TEST_F(LocalTransportTest, EditsThatACheckRefusesDoNotGoLive) {
  put("/etc/hosts", "a\nb\n");
  const std::string path = "/etc/hosts";
  const std::vector<std::string> check{"grep", "-q", "good", "{}"};
  const auto refused = execute_one(ReplaceLines{path, {"a"}, {"bad"}, "", check});
  EXPECT_EQ(refused.code, "check") << refused.output;
  EXPECT_EQ(get("/etc/hosts"), "a\nb\n");
  EXPECT_EQ(execute_one(ReplaceLines{path, {"a"}, {"good"}, "", check}).status, Status::done);
  EXPECT_EQ(get("/etc/hosts"), "good\nb\n");
}

// ---- Old files ----

class OldFilesTest : public LocalTransportTest {
 protected:
  void age(const std::string& path, std::int64_t seconds) {
    fs::last_write_time(root_ / path.substr(1),
                        fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
  }
  OldFilesReply count(const std::string& directory, std::int64_t age) {
    const auto replies = observe({CountOldFiles{directory, std::chrono::seconds(age)}});
    const auto* none = std::get_if<NoReply>(replies.data());
    EXPECT_EQ(none, nullptr) << none->why;
    return none == nullptr ? std::get<OldFilesReply>(replies.at(0)) : OldFilesReply{};
  }
};

TEST_F(OldFilesTest, AreCountedAndDeletedWhereverTheyLieInTheTree) {
  fs::create_directories(root_ / "srv/deep/er");
  put("/srv/new", "1");
  for (const std::string_view name : odd_names) {
    put("/srv/deep/" + std::string(name), "22");
    age("/srv/deep/" + std::string(name), 1000);
  }
  put("/srv/deep/er/old", "333");
  age("/srv/deep/er/old", 2000);
  const OldFilesReply told = count("/srv", 500);
  EXPECT_TRUE(told.exists);
  EXPECT_EQ(told.files, std::size(odd_names) + 2);
  EXPECT_EQ(told.old, std::size(odd_names) + 1);
  EXPECT_GE(told.bytes, told.old);
  EXPECT_NEAR(static_cast<double>(told.oldest), static_cast<double>(told.now - 2000), 5);
  EXPECT_NEAR(static_cast<double>(told.newest), static_cast<double>(told.now), 5);
  EXPECT_LE(std::abs(told.ahead), 5);
  const DeleteOldFiles remove{"/srv", told.now - 500, told.old - 1};
  const auto refused = execute_one(remove);
  EXPECT_EQ(refused.code, "moved") << refused.output;
  EXPECT_EQ(count("/srv", 500).old, told.old);
  const auto done = execute_one(DeleteOldFiles{"/srv", told.now - 500, told.old});
  EXPECT_EQ(done.status, Status::done) << done.output;
  EXPECT_EQ(count("/srv", 500).old, 0U);
  EXPECT_EQ(get("/srv/new"), "1");
  EXPECT_TRUE(fs::is_directory(root_ / "srv/deep/er"));
}

TEST_F(OldFilesTest, BehindALinkAreNobodysBusiness) {
  put("/etc/kept", "1");
  age("/etc/kept", 1000);
  fs::create_directories(root_ / "srv");
  fs::create_directory_symlink(root_ / "etc", root_ / "srv/link");
  fs::create_symlink(root_ / "etc/kept", root_ / "srv/file");
  EXPECT_EQ(count("/srv", 500).files, 0U);
  EXPECT_EQ(execute_one(DeleteOldFiles{"/srv", count("/srv", 1).now, 10}).status, Status::done);
  EXPECT_EQ(get("/etc/kept"), "1");
  EXPECT_TRUE(fs::is_symlink(root_ / "srv/file"));
  // Nor is the folder itself one, nor any above it.
  for (const std::string path : {"/srv/link", "/srv/link/below"}) {
    fs::create_directories(root_ / "etc/below");
    const auto replies = observe({CountOldFiles{path, std::chrono::seconds(500)}});
    const auto* none = std::get_if<NoReply>(replies.data());
    ASSERT_NE(none, nullptr);
    EXPECT_NE(none->why.find("symbolic link"), std::string::npos) << none->why;
    EXPECT_EQ(execute_one(DeleteOldFiles{path, count("/srv", 1).now, 10}).status, Status::failed);
    EXPECT_EQ(get("/etc/kept"), "1");
  }
}

TEST_F(OldFilesTest, ThatCannotBeThereAreNone) {
  EXPECT_FALSE(count("/srv/none", 1).exists);
  EXPECT_EQ(execute_one(DeleteOldFiles{"/srv/none", 1, 0}).status, Status::done);
  for (const std::string path : {"/", "relative", "/srv/..", "/srv//x", "/srv/", "/srv/./x"}) {
    EXPECT_TRUE(
        std::holds_alternative<NoReply>(observe({CountOldFiles{path, std::chrono::seconds(1)}}).at(0)));
    EXPECT_EQ(execute_one(DeleteOldFiles{path, 1, 10}).code, "invalid") << path;
  }
}

// What two resources of one file do at the same time: neither loses the other's work.
TEST_F(LocalTransportTest, EditsOfOneFileAtTheSameTimeAllHappen) {
  put("/etc/hosts", "127.0.0.1 localhost\n");
  constexpr int many = 6;
  int ended = 0;
  for (int i = 0; i < many; ++i) {
    transport_->execute({ReplaceLines{"/etc/hosts", {}, {"10.0.0." + std::to_string(i)}}}, "",
                        [&](const auto& results) {
                          EXPECT_EQ(results.at(0).status, Status::done) << results.at(0).output;
                          ++ended;
                        });
  }
  loop_.run_until([&] { return ended == many; });
  std::string hosts = get("/etc/hosts");
  EXPECT_EQ(std::count(hosts.begin(), hosts.end(), '\n'), 1 + many) << hosts;
}

}  // namespace
}  // namespace hearth
