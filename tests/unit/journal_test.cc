#include "reconciler/journal/journal.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "reconciler/core/json.h"
#include "tests/fakes/failing_vfs.h"
#include "tests/fakes/memory_journal.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

RunRecord some_run(std::string command = "apply") {
  RunRecord run;
  run.command = std::move(command);
  run.started = 1'700'000'000'123;
  run.person = "eve@desk";
  run.cluster = "HomeCluster";
  run.commit = "abc123";
  run.dirty = true;
  return run;
}

ActionRecord some_action(RunId run, std::string address = "File/motd@pve") {
  ActionRecord action;
  action.run = run;
  action.address = std::move(address);
  action.operation = "update";
  action.cause = "drift";
  action.changes = List{Map{{"path", "content"}, {"live", "a"}, {"desired", std::string("b\0ü\n", 5)}}};
  return action;
}

StepRecord some_step(ActionId action, int number) {
  StepRecord step;
  step.action = action;
  step.number = number;
  step.summary = "write /etc/motd";
  step.operation = Map{{"writeFile", Map{{"path", "/etc/motd"}}}};
  return step;
}

AppliedRecord some_applied(std::string id = "/etc/motd") {
  AppliedRecord record;
  record.claim = {"path", "pve", std::move(id)};
  record.address = "File/motd@pve";
  record.spec = Map{{"mode", "0644"}, {"size", 9'007'199'254'740'993}, {"gone", nullptr}};
  record.live = Map{{"mode", "0644"}};
  record.protect = true;
  record.on_remove = OnRemove::remove;
  record.commit = "abc123";
  record.by_person = true;
  record.made = true;
  record.applied = 42;
  return record;
}

// ---- What every journal keeps to, the one for tests included
// ---------------------------------------------------------

struct InMemory {
  std::unique_ptr<Journal> open() { return std::make_unique<MemoryJournal>(); }
};

struct OnDisk {
  std::unique_ptr<Journal> open() {
    auto journal = open_journal(folder / "state/journal.db");
    if (!journal) throw std::runtime_error(journal.error().to_string());
    return std::move(*journal);
  }
  TemporaryFolder folder;
};

template <typename Where>
class AnyJournal : public testing::Test {
 protected:
  Where where_;
  std::unique_ptr<Journal> journal_ = where_.open();
};
using Journals = testing::Types<InMemory, OnDisk>;
TYPED_TEST_SUITE(AnyJournal, Journals);

TYPED_TEST(AnyJournal, GivesBackARunAsItWas) {
  Journal& journal = *this->journal_;
  const RunId run = journal.begin_run(some_run()).value();
  auto open = journal.runs(1).at(0);
  EXPECT_EQ(open.id, run);
  EXPECT_EQ(open.command, "apply");
  EXPECT_EQ(open.started, 1'700'000'000'123);
  EXPECT_EQ(open.ended, 0);
  EXPECT_EQ(open.person, "eve@desk");
  EXPECT_EQ(open.cluster, "HomeCluster");
  EXPECT_EQ(open.commit, "abc123");
  EXPECT_TRUE(open.dirty);
  EXPECT_EQ(open.exit_code, -1);

  ASSERT_TRUE(journal.end_run(run, 1'700'000'000'999, 2, "2 changed").has_value());
  const auto ended = journal.runs(1).at(0);
  EXPECT_EQ(ended.ended, 1'700'000'000'999);
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.summary, "2 changed");
}

TYPED_TEST(AnyJournal, ListsTheNewestRunsFirstAndNoMoreThanAsked) {
  Journal& journal = *this->journal_;
  for (const char* command : {"one", "two", "three"})
    ASSERT_TRUE(journal.begin_run(some_run(command)).has_value());
  const auto runs = journal.runs(2);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].command, "three");
  EXPECT_EQ(runs[1].command, "two");
}

TYPED_TEST(AnyJournal, FindsOneRunAndTheLastOfACommand) {
  Journal& journal = *this->journal_;
  EXPECT_FALSE(journal.last_run("reconcile").has_value());
  const RunId first = journal.begin_run(some_run("reconcile")).value();
  const RunId second = journal.begin_run(some_run("reconcile")).value();
  const RunId other = journal.begin_run(some_run("apply")).value();
  ASSERT_TRUE(journal.last_run("reconcile").has_value());
  EXPECT_EQ(journal.last_run("reconcile")->id, second);
  EXPECT_EQ(journal.run(first)->command, "reconcile");
  EXPECT_EQ(journal.run(other)->command, "apply");
  EXPECT_FALSE(journal.run(other + 1).has_value());
}

TYPED_TEST(AnyJournal, KeepsPausesInTheOrderInWhichTheyWereTold) {
  Journal& journal = *this->journal_;
  EXPECT_TRUE(journal.pauses().empty());
  ASSERT_TRUE(
      journal.add_pauses({{"File", 10, 20, "eve@desk", "why"}, {"", 10, 20, "eve@desk", "why"}}).has_value());
  ASSERT_TRUE(journal.add_pauses({{"", 15, 0, "eve@desk", ""}}).has_value());
  const auto pauses = journal.pauses();
  ASSERT_EQ(pauses.size(), 3U);
  EXPECT_EQ(pauses[0].pattern, "File");
  EXPECT_EQ(pauses[0].until, 20);
  EXPECT_EQ(pauses[0].why, "why");
  EXPECT_EQ(pauses[1].pattern, "");
  EXPECT_EQ(pauses[2].until, 0);
  EXPECT_EQ(pauses[2].at, 15);
  EXPECT_EQ(pauses[2].person, "eve@desk");
}

TYPED_TEST(AnyJournal, KeepsTheLastWordOfAFact) {
  Journal& journal = *this->journal_;
  EXPECT_FALSE(journal.fact("checkout /m").has_value());
  ASSERT_TRUE(journal.note_fact("checkout /m", Map{{"since", 1}}).has_value());
  ASSERT_TRUE(journal.note_fact("checkout /m", Map{{"since", 2}}).has_value());
  ASSERT_TRUE(journal.flush().has_value());
  EXPECT_EQ(journal.fact("checkout /m")->integer_or("since", 0), 2);
  EXPECT_FALSE(journal.fact("checkout /n").has_value());
}

TYPED_TEST(AnyJournal, GivesBackActionsByRunAndByAddress) {
  Journal& journal = *this->journal_;
  const RunId first = journal.begin_run(some_run()).value();
  const RunId second = journal.begin_run(some_run()).value();
  const ActionId a = journal.begin_action(some_action(first)).value();
  const ActionId b = journal.begin_action(some_action(second)).value();
  const ActionId c = journal.begin_action(some_action(second, "File/issue@pve")).value();
  ASSERT_TRUE(journal.end_action(b, "failed", "no space\nleft").has_value());

  const auto of_second = journal.actions_of(second);
  ASSERT_EQ(of_second.size(), 2U);
  EXPECT_EQ(of_second[0].id, b);
  EXPECT_EQ(of_second[0].run, second);
  EXPECT_EQ(of_second[0].operation, "update");
  EXPECT_EQ(of_second[0].changes, some_action(second).changes);
  EXPECT_EQ(of_second[0].outcome, "failed");
  EXPECT_EQ(of_second[0].detail, "no space\nleft");
  EXPECT_EQ(of_second[1].id, c);
  EXPECT_EQ(of_second[1].outcome, "");

  const auto on_motd = journal.actions_on("File/motd@pve", 10);
  ASSERT_EQ(on_motd.size(), 2U);
  EXPECT_EQ(on_motd[0].id, b);
  EXPECT_EQ(on_motd[1].id, a);
  EXPECT_EQ(journal.actions_on("File/motd@pve", 1).size(), 1U);
  EXPECT_TRUE(journal.actions_on("File/motd", 10).empty());
}

TYPED_TEST(AnyJournal, KeepsIntentsUntilTheyAreAnswered) {
  Journal& journal = *this->journal_;
  const ActionId action = journal.begin_action(some_action(journal.begin_run(some_run()).value())).value();
  ASSERT_TRUE(journal.intend({some_step(action, 1), some_step(action, 2)}).has_value());
  ASSERT_TRUE(journal.end_step(action, 1, "done", "fine").has_value());
  const auto steps = journal.steps_of(action);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].number, 1);
  EXPECT_EQ(steps[0].summary, "write /etc/motd");
  EXPECT_EQ(steps[0].operation, some_step(action, 1).operation);
  EXPECT_EQ(steps[0].outcome, "done");
  EXPECT_EQ(steps[0].output, "fine");
  EXPECT_EQ(steps[1].outcome, "");
}

TYPED_TEST(AnyJournal, RecordsAllIntentsOrNone) {
  Journal& journal = *this->journal_;
  const ActionId action = journal.begin_action(some_action(journal.begin_run(some_run()).value())).value();
  ASSERT_TRUE(journal.intend({some_step(action, 1)}).has_value());
  EXPECT_FALSE(journal.intend({some_step(action, 2), some_step(action, 1)}).has_value());
  EXPECT_EQ(journal.steps_of(action).size(), 1U);
}

TYPED_TEST(AnyJournal, RefusesToEndWhatWasNeverBegun) {
  Journal& journal = *this->journal_;
  EXPECT_FALSE(journal.end_run(7, 1, 0, "").has_value());
  EXPECT_FALSE(journal.end_action(7, "done", "").has_value());
  EXPECT_FALSE(journal.end_step(7, 1, "done", "").has_value());
  EXPECT_FALSE(journal.begin_action(some_action(7)).has_value());
  EXPECT_FALSE(journal.intend({some_step(7, 1)}).has_value());
}

TYPED_TEST(AnyJournal, RemembersTheLastThingAppliedToAClaim) {
  Journal& journal = *this->journal_;
  ASSERT_TRUE(journal.remember(some_applied()).has_value());
  auto again = some_applied();
  again.address = "File/greeting@pve";
  again.on_remove = OnRemove::retain;
  ASSERT_TRUE(journal.remember(again).has_value());
  ASSERT_TRUE(journal.remember(some_applied("/etc/issue")).has_value());

  const auto found = journal.applied(again.claim);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->claim, again.claim);
  EXPECT_EQ(found->address, "File/greeting@pve");
  EXPECT_EQ(found->spec, again.spec);
  EXPECT_EQ(found->live, again.live);
  EXPECT_TRUE(found->protect);
  EXPECT_EQ(found->on_remove, OnRemove::retain);
  EXPECT_EQ(found->commit, "abc123");
  EXPECT_TRUE(found->by_person);
  EXPECT_TRUE(found->made);
  EXPECT_EQ(found->applied, 42);

  const auto all = journal.all_applied();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].claim.id, "/etc/issue");  // ordered by claim
  EXPECT_EQ(all[0].on_remove, OnRemove::remove);
}

TYPED_TEST(AnyJournal, ForgetsAClaimAndDoesNotMindToForgetItAgain) {
  Journal& journal = *this->journal_;
  ASSERT_TRUE(journal.remember(some_applied()).has_value());
  ASSERT_TRUE(journal.forget(some_applied().claim).has_value());
  ASSERT_TRUE(journal.forget(some_applied().claim).has_value());
  EXPECT_FALSE(journal.applied(some_applied().claim).has_value());
  EXPECT_FALSE(journal.damage().has_value());
}

TYPED_TEST(AnyJournal, KeepsTheNameOfASecretOnly) {
  Journal& journal = *this->journal_;
  auto record = some_applied();
  record.spec = Map{{"password", SecretName{"samba/eve"}}};
  ASSERT_TRUE(journal.remember(record).has_value());
  EXPECT_EQ(to_json(journal.applied(record.claim)->spec), R"({"password":{"secret":"samba/eve"}})");
}

// ---- The real one
// ----------------------------------------------------------------------------------------------------

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

// Runs SQL from outside, as another program would.
void meddle(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

class SqliteJournalTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open() const {
    auto journal = open_journal(path_);
    EXPECT_TRUE(journal.has_value()) << journal.error().to_string();
    return std::move(*journal);
  }
  [[nodiscard]] Diagnostic refusal() const {
    auto journal = open_journal(path_);
    EXPECT_FALSE(journal.has_value());
    return journal ? Diagnostic{} : journal.error();
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "a/b/journal.db";
};

TEST_F(SqliteJournalTest, MakesFoldersAndFilesThatOnlyTheOwnerReads) {
  const mode_t before = ::umask(0);
  const auto journal = open();
  ASSERT_TRUE(journal->begin_run(some_run()).has_value());
  ::umask(before);
  EXPECT_EQ(mode_of(folder_ / "a"), 0700U);
  EXPECT_EQ(mode_of(folder_ / "a/b"), 0700U);
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(mode_of(path_ + "-wal"), 0600U);
}

TEST_F(SqliteJournalTest, FindsEverythingAgainWhenOpenedAgain) {
  ASSERT_TRUE(open()->remember(some_applied()).has_value());
  EXPECT_TRUE(open()->applied(some_applied().claim).has_value());
}

TEST_F(SqliteJournalTest, OpensAnOlderFormatAndDoesNotTakeWhatItHoldsForMade) {
  ASSERT_TRUE(open()->remember(some_applied()).has_value());
  meddle(path_,
         "ALTER TABLE applied DROP COLUMN made; ALTER TABLE applied DROP COLUMN cluster; ALTER TABLE actions "
         "DROP COLUMN cause; DROP TABLE pauses; DROP TABLE facts; PRAGMA user_version = 1");
  const auto journal = open();
  const auto found = journal->applied(some_applied().claim);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->applied, 42);
  EXPECT_FALSE(found->made);
  ASSERT_TRUE(journal->remember(some_applied()).has_value());
  EXPECT_TRUE(journal->applied(some_applied().claim)->made);
}

TEST_F(SqliteJournalTest, LetsOthersReadWhileItIsOpen) {
  const auto writer = open();
  ASSERT_TRUE(writer->begin_run(some_run()).has_value());
  const auto reader = open();
  EXPECT_EQ(reader->runs(10).size(), 1U);
  ASSERT_TRUE(writer->begin_run(some_run()).has_value());
  EXPECT_EQ(reader->runs(10).size(), 2U);
}

TEST_F(SqliteJournalTest, RefusesANewerFormatAndLeavesItAlone) {
  open();
  meddle(path_, "PRAGMA user_version = 99");
  const auto why = refusal();
  EXPECT_EQ(why.rule, "journal-newer");
  EXPECT_NE(why.message.find("format 99"), std::string::npos) << why.message;
  meddle(path_, "CREATE TABLE still_writable(x)");
  EXPECT_EQ(refusal().rule, "journal-newer");
}

TEST_F(SqliteJournalTest, RefusesTheDatabaseOfAnotherProgram) {
  path_ = folder_ / "other.db";
  meddle(path_, "CREATE TABLE bookmarks(url)");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal().rule, "journal-foreign");
}

TEST_F(SqliteJournalTest, RefusesAFileThatIsNoDatabase) {
  path_ = folder_.write("text.db", std::string(5000, 'x'));
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  const auto why = refusal();
  EXPECT_EQ(why.rule, "journal-damaged");
  EXPECT_NE(why.hint.find("mv " + path_), std::string::npos) << why.hint;
}

TEST_F(SqliteJournalTest, RefusesADamagedFile) {
  {
    const auto journal = open();
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal->remember(some_applied(std::to_string(i))).has_value());
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path_)) - 6000);
  file << std::string(4096, '\x5a');
  file.close();
  EXPECT_EQ(refusal().rule, "journal-damaged");
}

TEST_F(SqliteJournalTest, RefusesWhatOthersMayWriteTo) {
  open();
  ASSERT_EQ(::chmod(path_.c_str(), 0620), 0);
  auto why = refusal();
  EXPECT_EQ(why.rule, "journal-exposed");
  EXPECT_NE(why.hint.find("chmod go-w " + path_), std::string::npos) << why.hint;
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  ASSERT_EQ(::chmod((folder_ / "a/b").c_str(), 0777), 0);
  EXPECT_EQ(refusal().rule, "journal-exposed");
  ASSERT_EQ(::chmod((folder_ / "a/b").c_str(), 0700), 0);
  EXPECT_NE(open(), nullptr);
}

TEST_F(SqliteJournalTest, RefusesAFileOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  open();
  ASSERT_EQ(::chown(path_.c_str(), 1234, 1234), 0);
  EXPECT_EQ(refusal().rule, "journal-exposed");
}

TEST_F(SqliteJournalTest, SaysWhereAFolderCannotBeMade) {
  folder_.write("a", "a file in the way");
  const auto why = refusal();
  EXPECT_EQ(why.rule, "journal-unwritable");
  EXPECT_NE(why.message.find(folder_ / "a"), std::string::npos) << why.message;
}

TEST_F(SqliteJournalTest, SaysWhenSomebodyElseKeepsItLocked) {
  const auto journal = open_journal(path_, std::chrono::milliseconds(1)).value();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = journal->begin_run(some_run());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().rule, "journal-busy");
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_TRUE(journal->begin_run(some_run()).has_value());
}

// What is said to be durable has been synced: nothing that a power cut could take back. And once is enough for many records.
TEST_F(SqliteJournalTest, SyncsBeforeItSaysThatItIsDurable) {
  FailingVfs disk;
  const auto journal = open();
  std::size_t seen = disk.syncs;
  const auto synced = [&] { return std::exchange(seen, disk.syncs) < disk.syncs; };

  const RunId run = journal->begin_run(some_run()).value();
  EXPECT_TRUE(synced());
  const ActionId action = journal->begin_action(some_action(run)).value();
  ASSERT_TRUE(journal->intend({some_step(action, 1)}).has_value());
  EXPECT_FALSE(synced());
  ASSERT_TRUE(journal->flush().has_value());
  EXPECT_TRUE(synced());
  ASSERT_TRUE(journal->flush().has_value());
  EXPECT_FALSE(synced()) << "there was nothing to flush";
  ASSERT_TRUE(journal->end_step(action, 1, "done", "").has_value());
  ASSERT_TRUE(journal->remember(some_applied()).has_value());
  ASSERT_TRUE(journal->forget(some_applied().claim).has_value());
  EXPECT_FALSE(synced());
  ASSERT_TRUE(journal->end_run(run, 1, 0, "").has_value());
  EXPECT_TRUE(synced());
}

// What one hearth has written and not yet flushed is seen by itself, and keeps no other from reading.
TEST_F(SqliteJournalTest, ShowsAtOnceWhatIsNotYetFlushed) {
  const auto journal = open();
  ASSERT_TRUE(journal->remember(some_applied()).has_value());
  EXPECT_EQ(journal->all_applied().size(), 1U);
  const auto other = open();
  EXPECT_EQ(other->all_applied().size(), 0U);
  ASSERT_TRUE(journal->flush().has_value());
  EXPECT_EQ(other->all_applied().size(), 1U);
}

// The disk fills up at every single write of a record in turn: each time the error is told, nothing is half
// there, and with room again it goes on.
TEST_F(SqliteJournalTest, SurvivesAFullDiskAtAnyWrite) {
  FailingVfs disk;
  const auto journal = open();
  const ActionId action = journal->begin_action(some_action(journal->begin_run(some_run()).value())).value();
  ASSERT_TRUE(journal->flush().has_value());
  bool succeeded = false;
  std::size_t failures = 0;
  for (std::size_t writes = 0; !succeeded && writes < 100; ++writes) {
    disk.write_error = SQLITE_FULL;
    disk.writes_left = writes;
    auto result = journal->intend({some_step(action, 1), some_step(action, 2)});
    if (result) result = journal->flush();
    disk.write_error = SQLITE_OK;
    succeeded = result.has_value();
    if (!succeeded) {
      ++failures;
      EXPECT_EQ(result.error().rule, "journal-full");
      EXPECT_TRUE(journal->steps_of(action).empty());
    }
  }
  EXPECT_TRUE(succeeded);
  EXPECT_GT(failures, 0U);
  EXPECT_EQ(journal->steps_of(action).size(), 2U);
}

TEST_F(SqliteJournalTest, KnowsNothingOnceReadingHasFailed) {
  {
    const auto journal = open();
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal->remember(some_applied(std::to_string(i))).has_value());
  }
  FailingVfs disk;
  const auto journal = open();
  meddle(path_,
         "INSERT INTO applied SELECT space, 'h2', id, address, spec, live, protect, on_remove, revision, "
         "by_person, "
         "applied, made, cluster FROM applied");  // what SQLite had cached no longer holds
  disk.read_error = SQLITE_IOERR_READ;
  EXPECT_TRUE(journal->all_applied().empty());
  ASSERT_TRUE(journal->damage().has_value());
  EXPECT_EQ(journal->damage()->rule, "journal-error");
  disk.read_error = SQLITE_OK;
  EXPECT_FALSE(journal->begin_run(some_run()).has_value());
}

// A process that dies at once, without closing anything, and a machine that dies too: of the last writes only
// a part has reached the disk. Whatever part that is, what was said to be durable earlier is there, and no
// group is half there.
TEST_F(SqliteJournalTest, SurvivesDeathAtAnyMoment) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto journal = open_journal(path_);
    if (!journal) ::_exit(1);
    const auto run = (*journal)->begin_run(some_run());
    const auto action = (*journal)->begin_action(some_action(*run));
    const bool fine =
        (*journal)->intend({some_step(*action, 1), some_step(*action, 2), some_step(*action, 3)}) &&
        (*journal)->flush() && (*journal)->end_step(*action, 1, "done", "") && (*journal)->flush();
    ::_exit(fine ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);

  const auto wal_size = std::filesystem::file_size(path_ + "-wal");
  ASSERT_GT(wal_size, 0U);
  std::set<std::size_t> seen_steps;
  for (std::uintmax_t size = 0; size <= wal_size;
       size += 509) {  // a prime: cuts headers and pages at odd places
    TemporaryFolder copy;
    const std::string path = copy / "journal.db";
    std::filesystem::copy_file(path_, path);
    std::filesystem::copy_file(path_ + "-wal", path + "-wal");
    std::filesystem::resize_file(path + "-wal", size);
    auto journal = open_journal(path);
    ASSERT_TRUE(journal.has_value()) << journal.error().to_string();
    const auto steps = (*journal)->steps_of(1);
    ASSERT_TRUE(steps.empty() || steps.size() == 3) << steps.size();
    ASSERT_TRUE(steps.empty() || (*journal)->actions_of(1).size() == 1);
    ASSERT_FALSE((*journal)->damage().has_value());
    ASSERT_TRUE((*journal)->begin_run(some_run()).has_value());
    seen_steps.insert(steps.size());
  }
  EXPECT_EQ(seen_steps, (std::set<std::size_t>{0, 3}));

  const auto journal = open();
  const auto steps = journal->steps_of(1);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].outcome, "done");
  EXPECT_EQ(steps[1].outcome, "");  // intent recorded, nothing heard: to be observed
  EXPECT_EQ(journal->runs(1).at(0).ended, 0);
}

// SQLite calls that an I/O error: it is not the database that finds no room, but a file beside it.
TEST_F(SqliteJournalTest, SaysWhenADiskIsFullBeforeItIsOpened) {
  enum : int { fine = 0, no_mount = 10, no_open, opened, wrong_rule };
  const std::string mount_point = folder_ / "small";
  std::filesystem::create_directory(mount_point);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // mounts of its own, gone with it
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=512k,mode=0700") != 0) {
      ::_exit(no_mount);
    }
    if (!open_journal(mount_point + "/journal.db")) ::_exit(no_open);
    std::ofstream(mount_point + "/filler") << std::string(1'000'000, 'x');
    const auto journal = open_journal(mount_point + "/journal.db");
    if (journal) ::_exit(opened);
    ::_exit(journal.error().rule == "journal-full" ? fine : wrong_rule);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_mount) GTEST_SKIP() << "this user may not mount a tmpfs";
  EXPECT_EQ(WEXITSTATUS(status), fine);
}

// The same as with the failing disk, on a real one that is too small.
TEST_F(SqliteJournalTest, SaysWhenARealDiskIsFull) {
  enum : int { fine = 0, no_mount = 10, no_open, never_full, wrong_rule };
  const std::string mount_point = folder_ / "small";
  std::filesystem::create_directory(mount_point);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // mounts of its own, gone with it
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=512k,mode=0700") != 0) {
      ::_exit(no_mount);
    }
    auto journal = open_journal(mount_point + "/journal.db");
    if (!journal) ::_exit(no_open);
    auto record = some_applied();
    record.spec = Map{{"content", std::string(20'000, 'x')}};
    for (int i = 0; i < 100; ++i) {
      record.claim.id = std::to_string(i);
      auto kept = (*journal)->remember(record);
      if (kept) kept = (*journal)->flush();
      if (!kept) ::_exit(kept.error().rule == "journal-full" ? fine : wrong_rule);
    }
    ::_exit(never_full);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_mount) GTEST_SKIP() << "this user may not mount a tmpfs";
  EXPECT_EQ(WEXITSTATUS(status), fine);
}

TEST(DefaultJournalPath, IsTheEnvironmentsFirst) {
  ::setenv("HEARTH_JOURNAL", "/somewhere/else.db", 1);
  EXPECT_EQ(default_journal_path(), "/somewhere/else.db");
  ::unsetenv("HEARTH_JOURNAL");
  if (::geteuid() == 0) {
    EXPECT_EQ(default_journal_path(), "/var/lib/hearth/journal.db");
  } else {
    ::setenv("XDG_STATE_HOME", "/state", 1);
    EXPECT_EQ(default_journal_path(), "/state/hearth/journal.db");
    ::unsetenv("XDG_STATE_HOME");
  }
}

}  // namespace
}  // namespace hearth
