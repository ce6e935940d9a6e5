// The account databases of a host: passwd(5), group(5) and what may be known of shadow(5). Pure functions over text; what
// is malformed or comes from a network (`+` and `-` lines, see nsswitch.conf(5)) is kept apart, never guessed at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string comment;
  std::string home;
  std::string shell;
  friend bool operator==(const PasswdEntry&, const PasswdEntry&) = default;
};

struct GroupEntry {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;  // as listed: in order, without empty ones and repetitions
  friend bool operator==(const GroupEntry&, const GroupEntry&) = default;
};

// What a person may know of a shadow line: never the hash.
struct ShadowEntry {
  enum class Password : std::uint8_t {
    set,       // or empty: whoever knows it (or that there is none) comes in
    locked,    // one is there, behind a `!`
    unusable,  // `!`, `*`: there is none, and none is asked for
  };
  std::string name;
  Password password = Password::unusable;
  std::optional<std::int64_t> expires;  // days since 1970-01-01
  friend bool operator==(const ShadowEntry&, const ShadowEntry&) = default;
};

template <typename Entry>
struct AccountFile {
  std::vector<Entry> entries;          // in the order of the file, names as often as they stand there
  std::vector<std::string> elsewhere;  // names that stand behind a `+` or `-`: another source's
};

AccountFile<PasswdEntry> parse_passwd(std::string_view text);
AccountFile<GroupEntry> parse_group(std::string_view text);
// Takes lines of /etc/shadow as they are, and those of shadow_facts_command(), which hold less.
AccountFile<ShadowEntry> parse_shadow(std::string_view text);

// One line each, with its newline; the password field says that it is elsewhere (`x`).
std::string to_text(const PasswdEntry& entry);
std::string to_text(const GroupEntry& entry);

// Prints /etc/shadow with an `x` in the place of each hash: those do not leave the host.
std::vector<std::string> shadow_facts_command();

// Days since 1970-01-01 of `YYYY-MM-DD`; a day that the month does not have counts on, as usermod(8) does it.
std::optional<std::int64_t> days_of(std::string_view date);
std::string date_of(std::int64_t days);  // of days that a date of four-digit year has

}  // namespace hearth
