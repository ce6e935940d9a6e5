// Files of /etc/cron.d, read as Debian's cron reads them: crontab(5), and load_env() and load_entry() of its sources for what
// that leaves open (quotes, blanks around `=`, which lines are settings at all).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

struct CronJobLine {
  std::string schedule;
  std::string user;
  std::string command;
  friend bool operator==(const CronJobLine&, const CronJobLine&) = default;
};

// A file with at most one job, as the kind CronJob can say it.
struct CronFile {
  std::optional<CronJobLine> job;
  std::map<std::string, std::string>
      environment;      // of the job: settings above its line, the last of a name counts
  std::string comment;  // the `#` lines right above the job, without those signs
  bool ended = true;    // the last line has its end; cron takes no notice of a file where it has not
  std::string trouble;  // why the file says more or other than one job: `line 7: a second job`
};

CronFile read_cron_file(std::string_view text);

// What to change in a file; all else in it stays as it is.
struct CronEdit {
  CronJobLine job;
  std::map<std::string, std::optional<std::string>> environment;  // nothing: to be taken out
  std::optional<std::string> comment;
};

// TEXT (one that read_cron_file() finds no trouble in) with EDIT made.
std::string edit_cron_file(std::string_view text, const CronEdit& edit);

}  // namespace hearth
