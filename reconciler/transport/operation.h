// The closed set of things that hearth does to a machine. Providers name them, the engine journals, guards, times
// out and undoes them, and only a transport knows how to carry them out: shell for real hosts, a data structure
// for in-memory ones. An operation is a value: comparable, printable, and free of secrets' content.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/core/content.h"
#include "reconciler/core/value.h"

namespace hearth {

// ---- Probes: read, never write ------------------------------------------------------------------------------------

// What is at PATH: type, owner, mode, hash; content only when it is a regular file whose hash is not KNOWN_SHA256 and
// whose size is at most MAX_CONTENT bytes (0: never content). A symbolic link is reported, not followed.
struct ReadFile {
  std::string path;
  std::string known_sha256;
  std::uint64_t max_content = 1 << 20;
  // The file holds secrets, or did: of its content nothing may travel but whether it is KNOWN_CONTENT.
  bool hidden = false;
  Content known_content = {};
  friend bool operator==(const ReadFile&, const ReadFile&) = default;
};

// Names in DIRECTORY (not hidden ones' exclusion: all but . and ..), sorted.
struct ListDirectory {
  std::string path;
  friend bool operator==(const ListDirectory&, const ListDirectory&) = default;
};

// All that systemd says of UNIT, and whether what it read when it started is still what lies on disk. The inputs are
// its unit file, drop-ins and EnvironmentFile=s, as systemd itself reports them, plus CONFIG_FILES.
struct QueryUnit {
  std::string unit;
  std::vector<std::string> config_files;
  friend bool operator==(const QueryUnit&, const QueryUnit&) = default;
};

// A read-only command of a provider (`df`, `openssl s_client`, a declared Check). No shell between: ARGV as it is.
struct RunProbe {
  std::vector<std::string> argv;
  std::chrono::seconds timeout{10};
  // Where set, the command tells of passwords: each 64 hexadecimal digits that it prints are SHA-256 of SALT and an NT hash.
  // Those do not travel on. In their place stands `=` (the hash is that of KNOWN_PASSWORD) or `!`, and a mark.
  Content known_password = {};
  std::string salt = {};
  friend bool operator==(const RunProbe&, const RunProbe&) = default;
};

// How many regular files below DIRECTORY are AGE old or older, by their time of modification and the host's clock. Never
// through a link, never into what is mounted below it, whatever device that is.
struct CountOldFiles {
  std::string directory;
  std::chrono::seconds age{0};
  friend bool operator==(const CountOldFiles&, const CountOldFiles&) = default;
};

using Probe = std::variant<ReadFile, ListDirectory, QueryUnit, RunProbe, CountOldFiles>;

// ---- Replies -------------------------------------------------------------------------------------------------------

// The probe could not be answered. Its resources become unknown, nothing else.
struct NoReply {
  std::string why;
};

struct FileReply {
  enum class Type : std::uint8_t { absent, regular, directory, symlink, other };
  Type type = Type::absent;
  std::uint32_t mode = 0;  // permission bits, 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string owner;  // the name, or the number where there is no name
  std::string group;
  std::uint64_t size = 0;
  std::int64_t modified = 0;           // seconds since the epoch
  std::string sha256;                  // of regular files
  std::string target;                  // of symbolic links
  std::optional<std::string> content;  // see ReadFile
  std::optional<bool>
      as_known;  // of hidden ones: the content is the known one. SHA256 is then a mark of its own
};

struct ListReply {
  bool exists = false;
  std::vector<std::string> names;
};

struct UnitReply {
  // `systemctl show` of at least: Id Names LoadState ActiveState SubState UnitFileState Type Result FragmentPath
  // DropInPaths EnvironmentFiles InvocationID NeedDaemonReload RemainAfterExit InactiveExitTimestamp ExecMainStatus
  // NRestarts.
  std::vector<std::pair<std::string, std::string>> properties;
  std::string inputs_sha256;         // over paths and content of all inputs, as they lie on disk now
  std::int64_t inputs_modified = 0;  // the newest of them; µs since the epoch
  std::int64_t started = 0;          // InactiveExitTimestamp; µs since the epoch, 0: never in this boot
  // What hearth stamped when it last (re)started or reloaded the unit in this boot; "" when it did not.
  std::string stamped_invocation;
  std::string stamped_sha256;

  // The property NAME, or "".
  [[nodiscard]] const std::string& property(std::string_view name) const;
};

struct RunReply {
  int exit_code = 0;  // 124: timed out
  std::string out;
  std::string err;
};

struct OldFilesReply {
  bool exists = false;      // the directory; a link is none
  std::int64_t now = 0;     // the host's clock, seconds since the epoch
  std::int64_t ahead = 0;   // how far it is ahead of hearth's, in seconds
  std::uint64_t files = 0;  // all regular files
  std::uint64_t old = 0;    // those of them that are old
  std::uint64_t bytes = 0;  // what the old ones take on the disk
  std::int64_t oldest = 0;  // of all files, seconds since the epoch; 0: there are none
  std::int64_t newest = 0;
};

using Reply = std::variant<NoReply, FileReply, ListReply, UnitReply, RunReply, OldFilesReply>;

// ---- Operations: write ---------------------------------------------------------------------------------------------

// Atomic: a temporary file beside PATH gets owner, mode and content, is checked by CHECK (each "{}" in it becomes the
// temporary file's path), fsynced, and renamed over PATH. Never leaves a half-written live file.
struct WriteFile {
  std::string path;
  Content content;
  std::string mode;   // octal digits; "" keeps that of the file that is there (new: 0644)
  std::string owner;  // "" keeps (new: root)
  std::string group;
  std::vector<std::string> check;
  // What lay there when the plan was made: a hash, "absent", or "" for "do not care". Something else now is refused
  // with code `moved`, because a person edited it in between.
  std::string expected_sha256;
  // Keep what lies there now (or that nothing did) until ForgetPrevious: the unit of work may have to go back. What a run
  // that died had kept stays instead, as what lies there now never ran; unless that is PROVEN to run well.
  bool keep_previous = false;
  bool proven = false;
  friend bool operator==(const WriteFile&, const WriteFile&) = default;
};

// Changes a few lines of a text file that belongs to many: the first of OLD_LINES is replaced by NEW_LINES, the others go;
// without old lines the new ones are added at the end. All other bytes stay. Each old line must be there exactly as it was
// seen, else it is refused with code `moved`. Several such changes of one file never lose each other's work, whoever of them
// comes first; a file that is not there is made. CHECK as in WriteFile: it sees the whole file as it would become.
struct ReplaceLines {
  std::string path;
  std::vector<std::string> old_lines;  // without their line ends
  std::vector<std::string> new_lines;
  // Where set: the old lines are a block. They stand together, in this order, and what comes after them but for blank lines
  // is the end of the file or a line that begins (after blanks) with this. Of several such places the last one counts.
  std::string followed_by = {};
  std::vector<std::string> check = {};  // of the file as it would be; as in WriteFile
  friend bool operator==(const ReplaceLines&, const ReplaceLines&) = default;
};

// What CONTENT becomes by it; nothing when the old lines are not all there.
std::optional<std::string> with_lines_replaced(std::string_view content, const ReplaceLines& replace);

struct SetAttributes {
  std::string path;
  std::string mode;  // each: "" leaves it
  std::string owner;
  std::string group;
  friend bool operator==(const SetAttributes&, const SetAttributes&) = default;
};

// With all parents that are missing (0755 root).
struct MakeDirectory {
  std::string path;
  std::string mode;
  std::string owner;
  std::string group;
  friend bool operator==(const MakeDirectory&, const MakeDirectory&) = default;
};

// A file or symbolic link; a directory only when it is empty. Absent already: done.
struct RemovePath {
  std::string path;
  bool keep_previous = false;  // both as in WriteFile
  bool proven = false;
  friend bool operator==(const RemovePath&, const RemovePath&) = default;
};

// Puts back what WriteFile or RemovePath kept, attributes included; or drops what was kept.
struct RestorePrevious {
  std::string path;
  // What hearth left there: a hash, "absent", "recorded" (noted by WriteFile), or "" for any. Where something else lies now,
  // going back is refused with code `moved` and what was kept stays kept; unless what was kept lies there already.
  std::string written_sha256 = {};
  friend bool operator==(const RestorePrevious&, const RestorePrevious&) = default;
};
struct ForgetPrevious {
  std::string path;
  friend bool operator==(const ForgetPrevious&, const ForgetPrevious&) = default;
};

// systemctl VERB UNIT. After start, restart, reload: waits until the unit is up and stays up for SETTLE, else fails
// with the unit's last log lines. After each of those, stamps the inputs that the unit has now read (QueryUnit).
struct ControlUnit {
  enum class Verb : std::uint8_t {
    start,
    stop,
    restart,
    reload,
    enable,
    disable,
    mask,
    unmask,
    daemon_reload,
    try_reload  // where it runs; else there is nothing to do
  };
  Verb verb = Verb::start;
  std::string unit;                       // "" for daemon_reload
  std::vector<std::string> config_files;  // as in QueryUnit: they belong into the stamp
  std::chrono::milliseconds settle{0};
  std::chrono::seconds timeout{90};
  friend bool operator==(const ControlUnit&, const ControlUnit&) = default;
};

// Deletes the regular files below DIRECTORY that were modified at or before BEFORE (seconds since the epoch), as CountOldFiles
// counts them: nothing outside of it, nothing behind a link, nothing on another mount, whatever is swapped for something else
// meanwhile. Where there are more of them than AT_MOST nothing is deleted, and the code is `moved`.
struct DeleteOldFiles {
  std::string directory;
  std::int64_t before = 0;
  std::uint64_t at_most = 0;
  friend bool operator==(const DeleteOldFiles&, const DeleteOldFiles&) = default;
};

// ARGV is seen by everybody on the host. INPUT is not: it comes on standard input.
struct RunCommand {
  std::vector<std::string> argv;
  std::chrono::seconds timeout{60};
  Content input = {};
  friend bool operator==(const RunCommand&, const RunCommand&) = default;
};

// An expiring right to write to this host, kept on the host under /run/hearth and measured by its uptime clock, so that
// neither a dead holder nor a clock change can keep it. Take fails with code `held`, naming the holder, also while an undo
// is armed; renewing or
// writing with a lease that is no longer ours fails with code `lost`.
struct TakeLease {
  std::string token;   // unique to the run
  std::string holder;  // for people: user@machine pid run
  std::chrono::seconds duration{30};
  friend bool operator==(const TakeLease&, const TakeLease&) = default;
};
struct RenewLease {
  std::string token;
  std::chrono::seconds duration{30};
  friend bool operator==(const RenewLease&, const RenewLease&) = default;
};
struct ReleaseLease {
  std::string token;
  friend bool operator==(const ReleaseLease&, const ReleaseLease&) = default;
};

// What can be part of going back.
using UndoOperation = std::variant<SetAttributes, MakeDirectory, RemovePath, RestorePrevious, ControlUnit,
                                   RunCommand, ReplaceLines>;

// Commit-confirmed: the host itself carries UNDO out, in this order and as far as it gets, when TIMEOUT is over, or at its
// next boot before sshd and the network, unless DisarmUndo came first. It needs nobody for that: script and units lie on its
// disk. The present state of the paths in KEEP is kept first, for what commands are about to change.
struct ArmUndo {
  std::string id;      // of this undo, [0-9a-f]+; one that is armed already is refused with code `armed`
  std::string holder;  // for people: what is being changed
  std::chrono::seconds timeout{120};
  std::vector<std::string> keep;
  std::vector<UndoOperation> undo;
  friend bool operator==(const ArmUndo&, const ArmUndo&) = default;
};
// What was armed is not needed any more. Fails with code `undone` when the host has put itself back already.
struct DisarmUndo {
  std::string id;
  friend bool operator==(const DisarmUndo&, const DisarmUndo&) = default;
};
// Goes back now. Done also when the host has done it by itself, or when it was never armed. Needs no lease: it only ends
// what was begun under one.
struct RunUndo {
  std::string id;
  friend bool operator==(const RunUndo&, const RunUndo&) = default;
};

using Operation = std::variant<WriteFile, SetAttributes, MakeDirectory, RemovePath, RestorePrevious,
                               ForgetPrevious, ControlUnit, RunCommand, TakeLease, RenewLease, ReleaseLease,
                               ArmUndo, DisarmUndo, RunUndo, ReplaceLines, DeleteOldFiles>;

Operation to_operation(const UndoOperation& undo);
// Nothing when OPERATION cannot be part of going back.
std::optional<UndoOperation> to_undo(const Operation& operation);

// What belongs together: done one after the other, up to the first that is not done; those after it are `not_sent`. What
// becomes of one group is nothing to another.
using OperationGroup = std::vector<Operation>;

// How an operation ended. UNKNOWN: it was sent and no answer came; whether it happened must be observed.
struct OperationResult {
  enum class Status : std::uint8_t { done, failed, unknown, not_sent };
  Status status = Status::unknown;
  std::string code;    // of failures: "check", "moved", "held", "lost", "command", "timeout", …
  std::string output;  // what the tool said: a few last lines, for people
};

// One line for people: `write /etc/motd (212 bytes, 0644 root:root)`. Contents appear by size and hash, not as text.
std::string to_string(const Probe& probe);
std::string to_string(const Operation& operation);
// All of it, for plan files and comparison.
Value to_value(const Operation& operation);

}  // namespace hearth
