// `hearth reconcile`, `pause` and `resume` as the timer and people run them: the real program, the real git, and a folder of the
// test's own as the machine that is looked after.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/drift/checkout_memory.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/schema_validator.h"
#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/golden/golden.h"
#include "tests/golden/local_machine.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class ReconcileCommand : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder / "machine/etc");
    folder.write("mine/hearth.yaml", "format: 1\ncluster: Home\n");
    folder.write("mine/node.yaml", golden::local_node(folder / "machine"));
    declare("hello");
  }

  void declare(const std::string& text, const std::string& more = "") const {
    folder.write("mine/motd.yaml", "kind: File\nname: motd\nhosts: here\n" + more +
                                       "spec: {path: /etc/motd, content: \"" + text + "\\n\"}\n");
  }

  ProcessResult run(std::vector<std::string> argv) const {
    ProcessRequest request;
    request.argv = {"env",
                    "-i",
                    "PATH=/usr/bin:/bin",
                    "TZ=UTC",
                    "HOME=" + folder.path(),
                    "HEARTH_JOURNAL=" + folder / "state/journal.db",
                    "GIT_AUTHOR_NAME=eve",
                    "GIT_AUTHOR_EMAIL=eve@desk",
                    "GIT_COMMITTER_NAME=eve",
                    "GIT_COMMITTER_EMAIL=eve@desk"};
    request.argv.insert(request.argv.end(), argv.begin(), argv.end());
    auto result = run_process(request);
    EXPECT_TRUE(result.has_value());
    return result ? *std::move(result) : ProcessResult{};
  }

  // Both streams; EXPECTED is the exit code.
  std::string hearth(int expected, std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {HEARTH_BINARY, "-C", folder / (in_git ? "checkout" : "mine")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const ProcessResult result = run(std::move(argv));
    EXPECT_EQ(result.exit_code, expected) << arguments.front() << "\n" << result.out << result.err;
    return result.out + result.err;
  }

  Value json(int expected, std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {HEARTH_BINARY, "-C", folder / (in_git ? "checkout" : "mine"), "-o",
                                     "json"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const ProcessResult result = run(std::move(argv));
    EXPECT_EQ(result.exit_code, expected) << result.out << result.err;
    EXPECT_EQ(result.err, "");
    const auto printed = parse_json(result.out, "standard output");
    EXPECT_TRUE(printed.has_value()) << result.out;
    Diagnostics bad_schema;
    const fs::path file = fs::path(HEARTH_SOURCE_DIR) / "schemas/output.schema.json";
    const auto document = parse_json(golden::read_file(file), file.string());
    const auto schema =
        SchemaValidator::compile(*document, file.string(), bad_schema, SchemaValidator::Dialect::draft7);
    EXPECT_FALSE(bad_schema.has_errors()) << bad_schema.to_string();
    const Diagnostics wrong = schema->validate(*printed, "output");
    EXPECT_TRUE(wrong.empty()) << wrong.to_string() << result.out;
    return *printed;
  }

  std::string git(const std::string& where, std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {"git", "-C", folder / where};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const ProcessResult result = run(std::move(argv));
    EXPECT_EQ(result.exit_code, 0) << arguments.front() << "\n" << result.err;
    return result.out.substr(0, result.out.find_last_not_of('\n') + 1);
  }

  // The manifests as a repository that `checkout` follows.
  void publish() {
    if (!in_git) {
      fs::create_directory(folder / "origin.git");
      git("origin.git", {"init", "--quiet", "--bare", "-b", "main"});
      git("mine", {"init", "--quiet", "-b", "main"});
      git("mine", {"remote", "add", "origin", "file://" + folder / "origin.git"});
    }
    git("mine", {"add", "-A"});
    git("mine", {"commit", "--quiet", "--allow-empty", "-m", "change"});
    git("mine", {"push", "--quiet", "--force", "-u", "origin", "main"});
    if (!in_git) git("mine", {"clone", "--quiet", "file://" + folder / "origin.git", folder / "checkout"});
    in_git = true;
  }

  [[nodiscard]] std::string motd() const { return folder.read("machine/etc/motd"); }
  void drift(const std::string& text = "mine\n") const { folder.write("machine/etc/motd", text); }

  static bool says(const std::string& said, const std::string& text) {
    return said.find(text) != std::string::npos;
  }

  TemporaryFolder folder;
  bool in_git = false;
};

#define EXPECT_SAYS(said, text) EXPECT_TRUE(says(said, text)) << (said)

TEST_F(ReconcileCommand, InAPlainFolderCorrectsWhatAPersonHasApplied) {
  const std::string first = hearth(2, {"reconcile"});
  EXPECT_SAYS(first, "no git repository");
  EXPECT_SAYS(first, "no person has applied it yet: hearth apply File/motd@here");
  EXPECT_EQ(first.find("no person"), first.rfind("no person")) << "said twice\n" << first;
  EXPECT_EQ(first.find('\x1b'), std::string::npos) << "no plain text\n" << first;
  EXPECT_FALSE(fs::exists(folder / "machine/etc/motd"));
  hearth(0, {"apply", "--yes"});
  EXPECT_SAYS(hearth(0, {"reconcile"}), "Nothing to do");
  drift();
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_SAYS(hearth(0, {"history", "File/motd@here"}), "(drift)");
  // Of its many runs, history tells those that did something.
  const std::string history = hearth(0, {"history"});
  EXPECT_SAYS(history, "1 run of hearth reconcile found nothing to do");
  EXPECT_FALSE(says(history, "Nothing to do.")) << history;
  EXPECT_SAYS(hearth(0, {"history", "-v"}), "Nothing to do.");
}

TEST_F(ReconcileCommand, FollowsTheBranch) {
  publish();
  hearth(0, {"apply", "--yes"});
  declare("good evening");
  publish();
  const std::string said = hearth(0, {"reconcile"});
  EXPECT_SAYS(said, "updated from");
  EXPECT_SAYS(said, "new intent");
  EXPECT_EQ(motd(), "good evening\n");
  const Value again = json(0, {"reconcile"});
  EXPECT_EQ(again.find("checkout")->string_or("commit", ""), git("mine", {"rev-parse", "HEAD"}));
  EXPECT_TRUE(again.find("checkout")->boolean_or("upToDate", false));
  const std::string status = hearth(0, {"status"});
  EXPECT_SAYS(status, "Last reconcile: ");
  EXPECT_SAYS(status, "commit " + git("mine", {"rev-parse", "HEAD"}).substr(0, 10));
}

TEST_F(ReconcileCommand, GoesByTheCommitWhileSomebodyEditsTheCheckout) {
  publish();
  hearth(0, {"apply", "--yes"});
  folder.write("checkout/motd.yaml",
               "kind: File\nname: motd\nhosts: here\nspec: {path: /etc/motd, content: \"half\\n\"}\n");
  folder.write("checkout/unfinished.yaml", "kind: [\n");
  drift();
  // Left by a run that was killed.
  folder.write("state/journal.db.export-abcdef/hearth.yaml", "format: 1\n");
  const std::string said = hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_SAYS(said, "warning[git-dirty]");
  EXPECT_SAYS(said, "and 1 more");
  EXPECT_TRUE(fs::is_empty(folder / "state/journal.db.reconcile"));
  for (const auto& entry : fs::directory_iterator(folder / "state"))
    EXPECT_FALSE(entry.is_directory()) << entry.path() << " is left over";
}

TEST_F(ReconcileCommand, TakesNothingBackThatAPersonAppliedBeforeCommittingIt) {
  publish();
  hearth(0, {"apply", "--yes"});
  folder.write("checkout/motd.yaml",
               "kind: File\nname: motd\nhosts: here\nspec: {path: /etc/motd, content: \"tried\\n\"}\n");
  hearth(0, {"apply", "--yes"});
  EXPECT_SAYS(hearth(2, {"reconcile"}), "may be older than what was applied");
  EXPECT_EQ(motd(), "tried\n");
}

TEST_F(ReconcileCommand, GoesOnWithoutTheOtherSideAndAlertsAfterADay) {
  publish();
  hearth(0, {"apply", "--yes"});
  hearth(0, {"reconcile"});
  fs::rename(folder / "origin.git", folder / "gone.git");
  drift();
  EXPECT_SAYS(hearth(0, {"reconcile"}), "warning[git-unreachable]");
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_SAYS(hearth(0, {"status"}), "Manifests not brought up to date since");
  // A day later.
  {
    const auto journal = open_journal(folder / "state/journal.db").value();
    CheckoutMemory memory = recall_checkout(*journal, folder / "checkout");
    EXPECT_GT(memory.since, 0);
    memory.since -= std::chrono::milliseconds(std::chrono::hours(25)).count();
    ASSERT_TRUE(remember_checkout(*journal, folder / "checkout", memory).has_value());
  }
  drift();
  const std::string said = hearth(1, {"reconcile"});
  EXPECT_SAYS(said, "error[git-unreachable]");
  EXPECT_SAYS(said, "not been brought up to date for 1 d 1 h");
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_SAYS(hearth(0, {"status"}), "(exit 1)");
  fs::rename(folder / "gone.git", folder / "origin.git");
  hearth(0, {"reconcile"});
  EXPECT_FALSE(says(hearth(0, {"status"}), "not brought up to date"));
}

TEST_F(ReconcileCommand, GoesByItsOwnCommitWhereTheBranchWentAnotherWay) {
  publish();
  hearth(0, {"apply", "--yes"});
  hearth(0, {"reconcile"});
  // Force-pushed.
  declare("forced");
  git("mine", {"add", "-A"});
  git("mine", {"commit", "--quiet", "--amend", "-m", "other"});
  git("mine", {"push", "--quiet", "--force"});
  drift();
  for (int i = 0; i < 2; ++i) EXPECT_SAYS(hearth(1, {"reconcile"}), "error[git-rewritten]");
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_SAYS(hearth(0, {"status"}), "error[git-rewritten]");
  git("checkout", {"reset", "--quiet", "--hard", "origin/main"});
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "forced\n");
  // Diverged.
  folder.write("checkout/note.yaml",
               "kind: File\nname: note\nhosts: here\nspec: {path: /etc/note, content: \"n\\n\"}\n");
  git("checkout", {"add", "-A"});
  git("checkout", {"commit", "--quiet", "-m", "here"});
  declare("there");
  publish();
  EXPECT_SAYS(hearth(1, {"reconcile"}), "error[git-diverged]");
  EXPECT_EQ(motd(), "forced\n");
}

TEST_F(ReconcileCommand, GoesByTheLastGoodCommitWhileTheNewestIsBroken) {
  publish();
  hearth(0, {"apply", "--yes"});
  hearth(0, {"reconcile"});
  const std::string good = git("mine", {"rev-parse", "HEAD"});
  declare("new");
  folder.write("mine/broken.yaml", "kind: Fiel\nname: x\n");
  publish();
  drift();
  const Value said = json(1, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_EQ(said.find("checkout")->string_or("commit", ""), good);
  const std::string again = hearth(1, {"reconcile"});
  EXPECT_SAYS(again, "broken.yaml:1:7: error[unknown-kind]");
  EXPECT_SAYS(again, "error[manifests-broken]");
  const std::string status = hearth(1, {"status"});
  EXPECT_SAYS(status, "Last reconcile: ");
  EXPECT_SAYS(status, "commit " + good.substr(0, 10));
  EXPECT_SAYS(status, "error[manifests-broken]");
  // The same while somebody edits: what is told of is the commit's file, not a copy of it that will be gone.
  folder.write("checkout/broken.yaml", "");
  EXPECT_SAYS(hearth(1, {"reconcile"}), ":broken.yaml:1:7: error[unknown-kind]");
  git("checkout", {"checkout", "--quiet", "."});
  fs::remove(folder / "mine/broken.yaml");
  publish();
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "new\n");
}

TEST_F(ReconcileCommand, TakesNothingBackThatAPersonAppliedSinceTheLastGoodCommit) {
  folder.write("mine/hearth.yaml", "format: 1\ncluster: Home\npolicy: {reconcile: {allow: destroy}}\n");
  publish();
  hearth(0, {"apply", "--yes"});
  hearth(0, {"reconcile"});
  declare("newer");
  folder.write("mine/extra.yaml",
               "kind: File\nname: extra\nhosts: here\nonRemove: delete\nspec: {path: /etc/extra, content: "
               "\"x\\n\"}\n");
  publish();
  git("checkout", {"pull", "--quiet"});
  hearth(0, {"apply", "--yes"});
  folder.write("mine/broken.yaml", "kind: [\n");
  publish();
  const std::string said = hearth(1, {"reconcile"});
  EXPECT_SAYS(said, "may be older than what was applied");
  EXPECT_EQ(motd(), "newer\n");
  EXPECT_EQ(folder.read("machine/etc/extra"), "x\n");
}

TEST_F(ReconcileCommand, SaysWhenTheRepositoryWouldRunSomething) {
  publish();
  hearth(0, {"apply", "--yes"});
  hearth(0, {"reconcile"});
  const std::string good = git("mine", {"rev-parse", "HEAD"});
  git("checkout", {"config", "core.sshCommand", "touch " + folder / "was-run"});
  drift();
  const std::string said = hearth(1, {"reconcile"});
  EXPECT_SAYS(said, "error[git-config]");
  EXPECT_SAYS(said, "core.sshcommand");
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_FALSE(fs::exists(folder / "was-run"));
  EXPECT_EQ(recall_checkout(*open_journal(folder / "state/journal.db").value(), folder / "checkout").good,
            good);
}

TEST_F(ReconcileCommand, DoesNothingWhereNoCommitWasEverGood) {
  folder.write("mine/broken.yaml", "kind: [\n");
  publish();
  hearth(1, {"reconcile"});
  const Value status = json(1, {"status"});
  ASSERT_NE(status.find("lastReconcile"), nullptr);
  EXPECT_EQ(status.find("lastReconcile")->integer_or("exitCode", 0), 1);
  json(1, {"reconcile"});
}

TEST_F(ReconcileCommand, DeletesNothingThatNobodyAllowedItTo) {
  declare("hello", "onRemove: delete\n");
  folder.write(
      "mine/kept.yaml",
      "kind: File\nname: kept\nhosts: here\nonRemove: retain\nspec: {path: /etc/kept, content: \"k\\n\"}\n");
  publish();
  hearth(0, {"apply", "--yes"});
  fs::remove(folder / "mine/motd.yaml");
  fs::remove(folder / "mine/kept.yaml");
  publish();
  const std::string said = hearth(2, {"reconcile"});
  EXPECT_SAYS(said, "needs --allow destroy");
  EXPECT_SAYS(said, "File/kept@here");
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_EQ(folder.read("machine/etc/kept"), "k\n");
  // Nothing is left of the repository, or nothing but hearth.yaml, or nothing but hearth.yaml in a commit that allows it all.
  fs::remove(folder / "mine/node.yaml");
  folder.write("mine/hearth.yaml", "format: 1\ncluster: Home\npolicy: {reconcile: {allow: destroy}}\n");
  publish();
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
  fs::remove(folder / "mine/hearth.yaml");
  publish();
  hearth(1, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
  EXPECT_EQ(folder.read("machine/etc/kept"), "k\n");
}

TEST_F(ReconcileCommand, DeletesWhatThePolicyAllows) {
  declare("hello", "onRemove: delete\n");
  publish();
  hearth(0, {"apply", "--yes"});
  fs::remove(folder / "mine/motd.yaml");
  folder.write("mine/hearth.yaml", "format: 1\ncluster: Home\npolicy: {reconcile: {allow: destroy}}\n");
  publish();
  hearth(0, {"reconcile"});
  EXPECT_FALSE(fs::exists(folder / "machine/etc/motd"));
}

TEST_F(ReconcileCommand, LeavesAloneWhatIsPaused) {
  hearth(0, {"apply", "--yes"});
  EXPECT_SAYS(hearth(0, {"pause", "File/motd", "--for", "2h", "--why", "moving house"}), "moving house");
  drift();
  const std::string said = hearth(2, {"reconcile"});
  EXPECT_EQ(motd(), "mine\n");
  EXPECT_SAYS(said, "for another 2 h: moving house");
  EXPECT_SAYS(hearth(2, {"plan"}), "moving house");
  EXPECT_SAYS(hearth(2, {"status"}), "moving house");
  const Value json_said = json(2, {"reconcile"});
  EXPECT_EQ(json_said.find("heldBack")->as_list().front().string_or("by", ""), "paused");
  EXPECT_EQ(json(2, {"status"}).find("pauses")->as_list().front().string_or("pattern", ""), "File/motd");
  // A person is not held, and is told.
  EXPECT_SAYS(hearth(0, {"apply", "--yes"}), "moving house");
  EXPECT_EQ(motd(), "hello\n");
  drift();
  EXPECT_TRUE(json(0, {"resume"}).find("pauses")->as_list().empty());
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
}

TEST_F(ReconcileCommand, PausesOnlyWhatExistsForATimeThatIsOne) {
  hearth(64, {"pause", "--for", "2", "--why", "x"});
  hearth(64, {"pause", "--for", "-2h", "--why", "x"});
  hearth(64, {"pause", "--for", "2h", "--why", " "});
  EXPECT_SAYS(hearth(64, {"pause", "File/modt", "--for", "2h", "--why", "x"}), "did you mean \"File/motd\"");
  hearth(64, {"pause", "a/b/c@", "--for", "2h", "--why", "x"});
  EXPECT_SAYS(hearth(0, {"resume"}), "Nothing is paused");
  // Manifests that are broken keep nobody from pausing.
  folder.write("mine/broken.yaml", "kind: [\n");
  hearth(0, {"pause", "File/motd", "--for", "2h", "--why", "x"});
}

TEST_F(ReconcileCommand, RunsOnceAtATime) {
  hearth(0, {"apply", "--yes"});
  drift();
  const std::string lock = folder.write("state/journal.db.reconcile", "");
  const int file = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(file, LOCK_EX), 0);
  EXPECT_SAYS(hearth(4, {"reconcile"}), "reconcile-running");
  EXPECT_EQ(motd(), "mine\n");
  ::close(file);
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
}

TEST_F(ReconcileCommand, TellsWhatFlaps) {
  hearth(0, {"apply", "--yes"});
  for (int i = 0; i < 3; ++i) {
    drift();
    hearth(0, {"reconcile"});
  }
  drift();
  EXPECT_SAYS(hearth(2, {"reconcile"}), "flapping: corrected 3 times within 1 d");
  EXPECT_EQ(motd(), "mine\n");
  EXPECT_SAYS(hearth(2, {"status"}), "File/motd@here is flapping");
  EXPECT_EQ(json(2, {"status"}).find("flapping")->as_list().size(), 1U);
  hearth(0, {"resume", "File/motd@here"});
  hearth(0, {"reconcile"});
  EXPECT_EQ(motd(), "hello\n");
}

TEST_F(ReconcileCommand, WithholdsWhatThePolicyNarrows) {
  hearth(0, {"apply", "--yes"});
  drift();
  folder.write("mine/hearth.yaml", "format: 1\ncluster: Home\npolicy: {reconcile: {drift: report}}\n");
  EXPECT_SAYS(hearth(2, {"reconcile"}), "policy.reconcile.drift: report");
  EXPECT_EQ(motd(), "mine\n");
  hearth(64, {"reconcile", "--allow", "anything"});
}

TEST(Units, AreWhatSystemdUnderstands) {
  ProcessRequest request;
  const TemporaryFolder folder;
  const fs::path source = fs::path(HEARTH_SOURCE_DIR) / "reconciler/systemd";
  request.argv = {"systemd-analyze", "--version"};
  const auto there = run_process(request);
  if (!there || there->exit_code != 0) GTEST_SKIP() << "no systemd-analyze here";
  for (const bool local : {false, true}) {
    fs::create_directories(folder / "units");
    for (const char* name : {"hearth-reconcile.service", "hearth-reconcile.timer"}) {
      // The program that it starts has to exist: here it is this build's.
      std::string text = golden::read_file(source / name);
      if (const auto at = text.find("/usr/bin/hearth"); at != std::string::npos)
        text.replace(at, 15, HEARTH_BINARY);
      folder.write(std::string("units/") + name, text);
    }
    if (local) {
      folder.write("units/hearth-reconcile.service.d/local-node.conf",
                   golden::read_file(source / "local-node.conf"));
    }
    request.argv = {"env",
                    "SYSTEMD_UNIT_PATH=" + folder / "units" + ":",
                    "systemd-analyze",
                    "verify",
                    "--man=no",
                    folder / "units/hearth-reconcile.service",
                    folder / "units/hearth-reconcile.timer"};
    const auto verified = run_process(request);
    ASSERT_TRUE(verified.has_value());
    EXPECT_EQ(verified->exit_code, 0) << verified->err;
    EXPECT_EQ(verified->out + verified->err, "");
  }
}

}  // namespace
}  // namespace hearth
