#include <fcntl.h>
#include <pwd.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <type_traits>
#include <utility>

#include "reconciler/core/json.h"
#include "reconciler/journal/journal.h"

namespace hearth {

namespace {

// "hrth": tells our file from any other program's SQLite database.
constexpr int application_id = 0x68727468;

// Version N of the format is what the first N entries make. Released entries never change: add one at the
// end.
constexpr std::array<const char*, 3> migrations = {
    R"sql(
CREATE TABLE runs (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: people write run numbers down
  command   TEXT    NOT NULL,
  started   INTEGER NOT NULL,
  ended     INTEGER NOT NULL,
  person    TEXT    NOT NULL,
  cluster   TEXT    NOT NULL,
  revision  TEXT    NOT NULL,
  dirty     INTEGER NOT NULL,
  exit_code INTEGER NOT NULL,
  summary   TEXT    NOT NULL
) STRICT;
CREATE TABLE actions (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  run       INTEGER NOT NULL REFERENCES runs(id),
  address   TEXT    NOT NULL,
  operation TEXT    NOT NULL,
  changes   TEXT    NOT NULL,
  outcome   TEXT    NOT NULL,
  detail    TEXT    NOT NULL
) STRICT;
CREATE INDEX actions_by_run ON actions(run);
CREATE INDEX actions_by_address ON actions(address);
CREATE TABLE steps (
  action    INTEGER NOT NULL REFERENCES actions(id),
  number    INTEGER NOT NULL,
  summary   TEXT    NOT NULL,
  operation TEXT    NOT NULL,
  outcome   TEXT    NOT NULL,
  output    TEXT    NOT NULL,
  PRIMARY KEY (action, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE applied (
  space     TEXT    NOT NULL,
  host      TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  address   TEXT    NOT NULL,
  spec      TEXT    NOT NULL,
  live      TEXT    NOT NULL,
  protect   INTEGER NOT NULL,
  on_remove TEXT    NOT NULL,
  revision  TEXT    NOT NULL,
  by_person INTEGER NOT NULL,
  applied   INTEGER NOT NULL,
  PRIMARY KEY (space, host, id)
) STRICT, WITHOUT ROWID;
)sql",
    // What an older journal holds may have been there before hearth: that is never deleted.
    "ALTER TABLE applied ADD COLUMN made INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE applied ADD COLUMN cluster TEXT NOT NULL DEFAULT '';",
    // Why something was done, what was paused, and what else is worth remembering between runs of the timer.
    R"sql(
ALTER TABLE actions ADD COLUMN cause TEXT NOT NULL DEFAULT '';
CREATE TABLE pauses (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  pattern TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  until   INTEGER NOT NULL,
  person  TEXT    NOT NULL,
  why     TEXT    NOT NULL
) STRICT;
CREATE TABLE facts (
  key  TEXT PRIMARY KEY,
  fact TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql"};

std::string set_aside(const std::string& path) {
  return "keep the file for a look, and start anew without its history: mv " + path + " " + path +
         ".damaged; until resources are applied again, hearth deletes nothing and corrects nothing by itself";
}

// Whether the disk that PATH lies on has room for less than what SQLite takes for the smallest of its files.
bool is_disk_full(const std::string& path) {
  static constexpr unsigned long long smallest = 32ULL * 1024;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  struct statvfs disk{};
  return ::statvfs(folder.empty() ? "." : folder.c_str(), &disk) == 0 &&
         static_cast<unsigned long long>(disk.f_bavail) * disk.f_frsize < smallest;
}

// What SQLite complains about, in words that say what to do.
Diagnostic complaint(int code, const std::string& detail, const std::string& path) {
  const std::string why = detail.empty() ? sqlite3_errstr(code) : detail;
  int kind = code & 0xff;  // the rest is SQLite's extended code
  // For the files beside the journal it does not say what kept it from writing them.
  if ((kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) && is_disk_full(path)) kind = SQLITE_FULL;
  switch (kind) {
    case SQLITE_FULL:
      return failure("journal-full", "no room to write the journal " + path,
                     "free some space there; hearth changes nothing while it cannot write down what it does");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return failure("journal-busy", "another program keeps the journal " + path + " locked",
                     "wait for the other hearth to finish, or see who holds it: fuser -v " + path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return failure("journal-damaged", "the journal " + path + " is damaged (" + why + ")", set_aside(path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return failure("journal-unwritable", "cannot write the journal " + path + " (" + why + ")",
                     "run hearth as the user who owns it, or name another with HEARTH_JOURNAL=FILE");
    default:
      return failure("journal-error", "the journal " + path + " cannot be used (" + why + ")",
                     "look for disk errors (dmesg); hearth changes nothing without its journal");
  }
}

// Thrown and caught within this file only: twenty small functions would otherwise be mostly error plumbing.
struct Trouble {
  Diagnostic diagnostic;
};

class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(handle_); }

  void open(const std::string& path, std::chrono::milliseconds busy) {
    path_ = path;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, static_cast<int>(busy.count()));
  }

  void run(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
  }

  [[noreturn]] void fail(int code) const {
    throw Trouble{complaint(code, handle_ == nullptr ? std::string{} : sqlite3_errmsg(handle_), path_)};
  }

  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  sqlite3* handle_ = nullptr;
  std::string path_;
};

// One prepared statement; parameters are bound in order, columns read in order.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql) : database_(database) {
    check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, nullptr));
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  template <typename... Arguments>
  Statement& bind(const Arguments&... arguments) {
    (bind_one(arguments), ...);
    return *this;
  }

  // Steps to the next row; false when there is none.
  bool next() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) {
      column_ = 0;
      return true;
    }
    if (code != SQLITE_DONE) database_.fail(code);
    return false;
  }

  std::int64_t integer() { return sqlite3_column_int64(handle_, column_++); }
  std::string text() {
    const auto* bytes = sqlite3_column_text(handle_, column_);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column_++));
    return bytes == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(bytes), size);
  }
  Value json() {
    auto value = parse_json(text(), database_.path());
    if (!value) throw Trouble{complaint(SQLITE_CORRUPT, value.error().message, database_.path())};
    return std::move(*value);
  }

 private:
  void bind_one(const std::string& text) {
    check(sqlite3_bind_text(handle_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  }
  template <typename Number>
    requires std::is_integral_v<Number>
  void bind_one(Number number) {
    check(sqlite3_bind_int64(handle_, ++bound_, static_cast<sqlite3_int64>(number)));
  }
  void check(int code) const {
    if (code != SQLITE_OK) database_.fail(code);
  }

  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
  int column_ = 0;
};

// All or nothing. IMMEDIATE: waiting for another writer happens here, where nothing has been done yet.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    // A failed COMMIT may have rolled back by itself; asking again then does no harm.
    if (!done_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  void commit() {
    database_.run("COMMIT");
    done_ = true;
  }

 private:
  Database& database_;
  bool done_ = false;
};

// All or nothing, within a transaction.
class Savepoint {
 public:
  explicit Savepoint(Database& database) : database_(database) { database_.run("SAVEPOINT record"); }
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  ~Savepoint() {
    if (!done_)
      sqlite3_exec(database_.handle(), "ROLLBACK TO record; RELEASE record", nullptr, nullptr, nullptr);
  }
  void release() {
    database_.run("RELEASE record");
    done_ = true;
  }

 private:
  Database& database_;
  bool done_ = false;
};

constexpr std::string_view run_columns =
    "SELECT id, command, started, ended, person, cluster, revision, dirty, exit_code, summary FROM runs ";
constexpr std::string_view action_columns =
    "SELECT id, run, address, operation, cause, changes, outcome, detail FROM actions ";
constexpr std::string_view applied_columns =
    "SELECT space, host, id, address, spec, live, protect, on_remove, revision, by_person, applied, made, "
    "cluster "
    "FROM applied ";

std::string sql(std::string_view columns, std::string_view rest) {
  return std::string(columns).append(rest);
}

// Braced initialisation evaluates from left to right, so the members below read the columns in order.
RunRecord read_run(Statement& row) {
  return {row.integer(), row.text(),         row.integer(),
          row.integer(), row.text(),         row.text(),
          row.text(),    row.integer() != 0, static_cast<int>(row.integer()),
          row.text()};
}

ActionRecord read_action(Statement& row) {
  return {row.integer(), row.integer(), row.text(), row.text(),
          row.text(),    row.json(),    row.text(), row.text()};
}

AppliedRecord read_applied(Statement& row) {
  AppliedRecord out;
  out.claim = {row.text(), row.text(), row.text()};
  out.address = row.text();
  out.spec = row.json();
  out.live = row.json();
  out.protect = row.integer() != 0;
  // Whatever is not plainly "delete" keeps the thing.
  out.on_remove = row.text() == "delete" ? OnRemove::remove : OnRemove::retain;
  out.commit = row.text();
  out.by_person = row.integer() != 0;
  out.applied = row.integer();
  out.made = row.integer() != 0;
  out.cluster = row.text();
  return out;
}

class SqliteJournal final : public Journal {
 public:
  // May throw Trouble.
  SqliteJournal(const std::string& path, std::chrono::milliseconds busy) {
    database_.open(path, busy);
    check_identity();
    database_.run(
        "PRAGMA journal_mode = WAL");  // readers (`hearth history`) never wait for a writer, nor it for them
    database_.run("PRAGMA synchronous = FULL");  // fsync at every commit: the promise of intend()
    database_.run("PRAGMA foreign_keys = ON");
    migrate();
    check_health();
  }

  ~SqliteJournal() override { static_cast<void>(SqliteJournal::flush()); }
  SqliteJournal(const SqliteJournal&) = delete;
  SqliteJournal& operator=(const SqliteJournal&) = delete;

  Result<RunId> begin_run(const RunRecord& run) override {
    return write_through([&]() -> RunId {
      Statement(
          database_,
          "INSERT INTO runs(command, started, ended, person, cluster, revision, dirty, exit_code, summary) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind(run.command, run.started, run.ended, run.person, run.cluster, run.commit, run.dirty,
                run.exit_code, run.summary)
          .next();
      return sqlite3_last_insert_rowid(database_.handle());
    });
  }

  Result<void> end_run(RunId run, std::int64_t ended, int exit_code, const std::string& summary) override {
    return write_through([&] {
      Statement(database_, "UPDATE runs SET ended = ?, exit_code = ?, summary = ? WHERE id = ?")
          .bind(ended, exit_code, summary, run)
          .next();
      expect_one_row("run " + std::to_string(run));
    });
  }

  Result<ActionId> begin_action(const ActionRecord& action) override {
    return write([&]() -> ActionId {
      Statement(database_,
                "INSERT INTO actions(run, address, operation, cause, changes, outcome, detail) "
                "VALUES(?, ?, ?, ?, ?, ?, ?)")
          .bind(action.run, action.address, action.operation, action.cause, to_json(action.changes),
                action.outcome, action.detail)
          .next();
      return sqlite3_last_insert_rowid(database_.handle());
    });
  }

  Result<void> intend(const std::vector<StepRecord>& steps) override {
    return write([&] {
      for (const auto& step : steps) {
        Statement(
            database_,
            "INSERT INTO steps(action, number, summary, operation, outcome, output) VALUES(?, ?, ?, ?, ?, ?)")
            .bind(step.action, step.number, step.summary, to_json(step.operation), step.outcome, step.output)
            .next();
      }
    });
  }

  Result<void> end_step(ActionId action, int number, const std::string& outcome,
                        const std::string& output) override {
    return write([&] {
      Statement(database_, "UPDATE steps SET outcome = ?, output = ? WHERE action = ? AND number = ?")
          .bind(outcome, output, action, number)
          .next();
      expect_one_row("step " + std::to_string(number) + " of action " + std::to_string(action));
    });
  }

  Result<void> end_action(ActionId action, const std::string& outcome, const std::string& detail) override {
    return write([&] {
      Statement(database_, "UPDATE actions SET outcome = ?, detail = ? WHERE id = ?")
          .bind(outcome, detail, action)
          .next();
      expect_one_row("action " + std::to_string(action));
    });
  }

  Result<void> remember(const AppliedRecord& record) override {
    return write([&] {
      Statement(database_,
                "INSERT OR REPLACE INTO applied(space, host, id, address, spec, live, protect, on_remove, "
                "revision, "
                "by_person, applied, made, cluster) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind(record.claim.space, record.claim.host, record.claim.id, record.address, to_json(record.spec),
                to_json(record.live), record.protect,
                std::string(record.on_remove == OnRemove::remove ? "delete" : "retain"), record.commit,
                record.by_person, record.applied, record.made, record.cluster)
          .next();
    });
  }

  Result<void> forget(const Claim& claim) override {
    return write([&] {
      Statement(database_, "DELETE FROM applied WHERE space = ? AND host = ? AND id = ?")
          .bind(claim.space, claim.host, claim.id)
          .next();
    });
  }

  Result<void> add_pauses(const std::vector<PauseRecord>& records) override {
    return write_through([&] {
      for (const PauseRecord& record : records) {
        Statement(database_, "INSERT INTO pauses(pattern, at, until, person, why) VALUES(?, ?, ?, ?, ?)")
            .bind(record.pattern, record.at, record.until, record.person, record.why)
            .next();
      }
    });
  }

  Result<void> note_fact(const std::string& key, const Value& fact) override {
    return write([&] {
      Statement(database_, "INSERT OR REPLACE INTO facts(key, fact) VALUES(?, ?)")
          .bind(key, to_json(fact))
          .next();
    });
  }

  Result<void> flush() override {
    if (damage_) return tl::unexpected(*damage_);
    if (!open_) return {};
    try {
      open_->commit();
      open_.reset();
      return {};
    } catch (Trouble& trouble) {
      open_.reset();
      return tl::unexpected(std::move(trouble.diagnostic));
    }
  }

  [[nodiscard]] std::optional<AppliedRecord> applied(const Claim& claim) const override {
    std::optional<AppliedRecord> out;
    read([&] {
      Statement row(database_, sql(applied_columns, "WHERE space = ? AND host = ? AND id = ?"));
      if (row.bind(claim.space, claim.host, claim.id).next()) out = read_applied(row);
    });
    return out;
  }

  [[nodiscard]] std::vector<AppliedRecord> all_applied() const override {
    return collect<AppliedRecord>(read_applied, sql(applied_columns, "ORDER BY space, host, id"));
  }

  [[nodiscard]] std::vector<RunRecord> runs(std::size_t most) const override {
    return collect<RunRecord>(read_run, sql(run_columns, "ORDER BY id DESC LIMIT ?"), most);
  }

  [[nodiscard]] std::optional<RunRecord> last_run(const std::string& command) const override {
    return first(collect<RunRecord>(read_run, sql(run_columns, "WHERE command = ? ORDER BY id DESC LIMIT 1"),
                                    command));
  }

  [[nodiscard]] std::optional<RunRecord> run(RunId id) const override {
    return first(collect<RunRecord>(read_run, sql(run_columns, "WHERE id = ?"), id));
  }

  [[nodiscard]] std::vector<PauseRecord> pauses() const override {
    return collect<PauseRecord>(
        [](Statement& row) {
          return PauseRecord{row.text(), row.integer(), row.integer(), row.text(), row.text()};
        },
        "SELECT pattern, at, until, person, why FROM pauses ORDER BY id");
  }

  [[nodiscard]] std::optional<Value> fact(const std::string& key) const override {
    return first(collect<Value>([](Statement& row) { return row.json(); },
                                "SELECT fact FROM facts WHERE key = ?", key));
  }

  [[nodiscard]] std::vector<ActionRecord> actions_of(RunId run) const override {
    return collect<ActionRecord>(read_action, sql(action_columns, "WHERE run = ? ORDER BY id"), run);
  }

  [[nodiscard]] std::vector<ActionRecord> actions_on(const std::string& address,
                                                     std::size_t most) const override {
    return collect<ActionRecord>(
        read_action, sql(action_columns, "WHERE address = ? ORDER BY id DESC LIMIT ?"), address, most);
  }

  [[nodiscard]] std::vector<StepRecord> steps_of(ActionId action) const override {
    return collect<StepRecord>(
        [](Statement& row) {
          return StepRecord{
              row.integer(), static_cast<int>(row.integer()), row.text(), row.json(), row.text(), row.text()};
        },
        "SELECT action, number, summary, operation, outcome, output FROM steps WHERE action = ? ORDER BY "
        "number",
        action);
  }

  [[nodiscard]] std::optional<Diagnostic> damage() const override { return damage_; }

 private:
  // Runs BODY, all or nothing, in the transaction that the next flush() commits, and turns trouble into an error.
  template <typename Body>
  auto write(Body body) -> Result<std::invoke_result_t<Body>> {
    if (damage_) return tl::unexpected(*damage_);
    try {
      if (!open_) open_.emplace(database_);
      Savepoint savepoint(database_);
      if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
        body();
        savepoint.release();
        return {};
      } else {
        auto out = body();
        savepoint.release();
        return out;
      }
    } catch (Trouble& trouble) {
      // A full disk takes the whole transaction with it.
      if (sqlite3_get_autocommit(database_.handle()) != 0) open_.reset();
      return tl::unexpected(std::move(trouble.diagnostic));
    }
  }

  // The same, and on the disk.
  template <typename Body>
  auto write_through(Body body) -> Result<std::invoke_result_t<Body>> {
    auto out = write(std::move(body));
    if (!out) return out;
    if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
    return out;
  }

  template <typename Body>
  void read(Body body) const {
    try {
      body();
    } catch (Trouble& trouble) {
      if (!damage_) damage_ = std::move(trouble.diagnostic);
    }
  }

  template <typename Record, typename Reader, typename... Arguments>
  std::vector<Record> collect(Reader reader, const std::string& text, const Arguments&... arguments) const {
    std::vector<Record> out;
    read([&] {
      Statement row(database_, text);
      row.bind(arguments...);
      while (row.next()) out.push_back(reader(row));
    });
    if (damage_) out.clear();  // half an answer looks like a whole one
    return out;
  }

  template <typename Record>
  static std::optional<Record> first(std::vector<Record> records) {
    if (records.empty()) return std::nullopt;
    return std::move(records.front());
  }

  // Ending what was never begun is a bug of the caller; the record must not silently lack it.
  void expect_one_row(const std::string& what) {
    if (sqlite3_changes(database_.handle()) == 1) return;
    throw Trouble{failure("journal-error", "the journal " + database_.path() + " knows no " + what,
                          "please report this: hearth lost track of its own work")};
  }

  [[nodiscard]] std::int64_t pragma(std::string_view name) const {
    Statement row(database_, std::string("PRAGMA ").append(name));
    return row.next() ? row.integer() : 0;
  }

  // Before anything is written: a foreign database must stay as it is.
  void check_identity() const {
    const std::int64_t id = pragma("application_id");
    const std::int64_t version = pragma("user_version");
    Statement tables(database_, "SELECT count(*) FROM sqlite_schema");
    const bool empty = tables.next() && tables.integer() == 0;
    if (empty && id == 0 && version == 0) return;
    if (id != application_id) {
      throw Trouble{failure("journal-foreign", database_.path() + " is a database of another program",
                            "name another file with HEARTH_JOURNAL=FILE")};
    }
    if (version > static_cast<std::int64_t>(migrations.size())) {
      throw Trouble{failure("journal-newer",
                            "the journal " + database_.path() + " has format " + std::to_string(version) +
                                ", this hearth knows formats up to " + std::to_string(migrations.size()),
                            "use the newer hearth that wrote it")};
    }
  }

  void migrate() {
    if (pragma("user_version") == static_cast<std::int64_t>(migrations.size())) return;
    Transaction transaction(database_);
    // Asked again under the lock: another hearth may have been quicker.
    for (auto version = static_cast<std::size_t>(pragma("user_version")); version < migrations.size();
         ++version) {
      database_.run(migrations.at(version));
      database_.run(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    }
    database_.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    transaction.commit();
  }

  // Milliseconds for the size that journals have; a record that lies is worse than a pause.
  void check_health() const {
    Statement row(database_, "PRAGMA quick_check(1)");
    const std::string verdict = row.next() ? row.text() : "no answer";
    if (verdict != "ok") throw Trouble{complaint(SQLITE_CORRUPT, verdict, database_.path())};
  }

  Database database_;
  std::optional<Transaction> open_;  // what has been written since the last flush
  mutable std::optional<Diagnostic> damage_;
};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Diagnostic not_made(const std::string& path, int error) {
  return failure(
      "journal-unwritable", "cannot make " + path + " (" + error_text(error) + ")",
      "make it yourself, owned by the user who runs hearth, or name another file with HEARTH_JOURNAL=FILE");
}

// Others who may write here could make hearth delete things: the journal says what may be pruned.
Result<void> check_owner(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return tl::unexpected(not_made(path, errno));
  // A folder with the sticky bit (/tmp) lets others add files, not touch ours.
  const bool sticky_folder = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_folder) {
    return tl::unexpected(failure("journal-exposed", "others may write to " + path,
                                  "see who did, then close it: chmod go-w " + path));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return tl::unexpected(failure("journal-exposed",
                                  path + " belongs to user " + std::to_string(status.st_uid) +
                                      ", not to the user who runs "
                                      "hearth",
                                  "run hearth as that user, or name another file with HEARTH_JOURNAL=FILE"));
  }
  return {};
}

void sync_folder(const std::string& folder) {
  // Best effort: some filesystems cannot, and the first commit's own fsync is what the promise rests on.
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// Missing folders come into being 0700, whatever the umask; those that exist keep their modes.
Result<void> make_folders(const std::filesystem::path& folder) {
  std::filesystem::path so_far;
  for (const auto& part : folder) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0) {
      sync_folder(so_far.parent_path().string());
    } else if (errno != EEXIST && !std::filesystem::is_directory(so_far)) {
      return tl::unexpected(not_made(so_far.string(), errno));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Journal>> open_journal(const std::string& path, std::chrono::milliseconds busy) {
  std::error_code
      ignored;  // the path may not exist yet: absolute() then fails only where there is no current folder
  const std::filesystem::path file = std::filesystem::absolute(path, ignored).lexically_normal();
  const std::string folder = file.parent_path().string();
  if (auto made = make_folders(folder); !made) return tl::unexpected(made.error());
  if (auto safe = check_owner(folder); !safe) return tl::unexpected(safe.error());

  // Made here instead of by SQLite, which would take the umask's word for the mode. Its -wal and -shm follow
  // this file's.
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor >= 0) {
    ::close(descriptor);
    sync_folder(folder);
  } else if (errno != EEXIST) {
    return tl::unexpected(not_made(file.string(), errno));
  }
  if (auto safe = check_owner(file.string()); !safe) return tl::unexpected(safe.error());

  try {
    return std::make_unique<SqliteJournal>(file.string(), busy);
  } catch (Trouble& trouble) {
    return tl::unexpected(std::move(trouble.diagnostic));
  }
}

std::string default_journal_path() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (std::string chosen = variable("HEARTH_JOURNAL"); !chosen.empty()) return chosen;
  if (::geteuid() == 0) return "/var/lib/hearth/journal.db";
  if (const std::string state = variable("XDG_STATE_HOME"); !state.empty())
    return state + "/hearth/journal.db";
  std::string home = variable("HOME");
  if (home.empty()) {
    const passwd* user = ::getpwuid(::geteuid());
    home = user == nullptr ? "/" : user->pw_dir;
  }
  return home + "/.local/state/hearth/journal.db";
}

}  // namespace hearth
