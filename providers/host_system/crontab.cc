#include "providers/host_system/crontab.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "providers/support/lines.h"
#include "reconciler/core/schedule.h"

namespace hearth {

namespace {

// ---- Lines ----

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

// The next word of TEXT, which loses it and the blanks before it.
std::string_view take_word(std::string_view& text) {
  skip_blanks(text);
  const auto end = std::find_if(text.begin(), text.end(), is_blank);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

bool is_comment(std::string_view line) {
  skip_blanks(line);
  return line.starts_with('#');
}

// `NAME = value`, where either may stand in quotes. Nothing for what cron takes for a job.
std::optional<std::pair<std::string, std::string>> setting(std::string_view line) {
  skip_blanks(line);
  if (line.empty()) return std::nullopt;
  std::string name;
  if (const char quote = line.front(); quote == '"' || quote == '\'') {
    const std::size_t end = line.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    name = line.substr(1, end - 1);
    line.remove_prefix(end + 1);
  } else {
    const auto end = std::find_if(line.begin(), line.end(), [](char c) { return is_blank(c) || c == '='; });
    name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    line.remove_prefix(name.size());
  }
  skip_blanks(line);
  if (name.empty() || !line.starts_with('=')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks(line);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  if (line.empty()) return std::nullopt;
  if (const char quote = line.front(); quote == '"' || quote == '\'') {
    const std::size_t end = line.find(quote, 1);
    if (end == std::string_view::npos || end + 1 != line.size()) return std::nullopt;
    return std::pair{std::move(name), std::string(line.substr(1, end - 1))};
  }
  return std::pair{std::move(name), std::string(line)};
}

// A setting as a line that reads back as the same. VALUE begins with no quote where it holds both kinds: the schema has seen
// to that.
std::string setting_line(const std::string& name, const std::string& value) {
  const bool plain = !value.empty() && !is_blank(value.front()) && !is_blank(value.back()) &&
                     value.front() != '"' && value.front() != '\'';
  if (plain) return name + "=" + value;
  const char quote = value.find('"') == std::string::npos ? '"' : '\'';
  return name + "=" + quote + value + quote;
}

std::optional<CronJobLine> job_line(std::string_view line) {
  CronJobLine job;
  skip_blanks(line);
  const int fields = line.starts_with('@') ? 1 : 5;
  for (int i = 0; i < fields; ++i) {
    job.schedule += (i == 0 ? "" : " ") + std::string(take_word(line));
  }
  job.user = take_word(line);
  skip_blanks(line);
  job.command = line;
  if (!canonical_schedule(job.schedule) || job.user.empty() || job.command.empty()) return std::nullopt;
  return job;
}

std::string comment_text(std::string_view line) {
  skip_blanks(line);
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return std::string(line);
}

// Where things stand in a file: what reading and editing have in common.
struct Layout {
  std::vector<std::string> lines;
  std::size_t job = 0;      // the job's line; lines.size() when there is none
  std::size_t comment = 0;  // the first of the `#` lines right above it
  CronFile file;
};

Layout layout_of(std::string_view text) {
  Layout layout;
  layout.lines = split_lines(text);
  layout.job = layout.lines.size();
  layout.file.ended = text.empty() || text.ends_with('\n');
  const auto trouble = [&](std::size_t i, const std::string& what) {
    if (layout.file.trouble.empty()) layout.file.trouble = "line " + std::to_string(i + 1) + ": " + what;
  };
  for (std::size_t i = 0; i < layout.lines.size(); ++i) {
    std::string_view line = layout.lines[i];
    skip_blanks(line);
    if (line.empty() || is_comment(line)) continue;
    if (auto known = setting(line)) {
      if (!layout.file.job) layout.file.environment[known->first] = std::move(known->second);
    } else if (auto job = job_line(line); !job) {
      trouble(i, "neither a job as cron reads it nor a setting");
    } else if (layout.file.job) {
      trouble(i, "a second job");
    } else {
      layout.file.job = std::move(job);
      layout.job = i;
    }
  }
  layout.comment = layout.job;
  if (layout.file.job) {
    while (layout.comment > 0 && is_comment(layout.lines[layout.comment - 1])) --layout.comment;
  }
  for (std::size_t i = layout.comment; i < layout.job; ++i) {
    layout.file.comment += (i == layout.comment ? "" : "\n") + comment_text(layout.lines[i]);
  }
  return layout;
}

}  // namespace

CronFile read_cron_file(std::string_view text) {
  return layout_of(text).file;
}

std::string edit_cron_file(std::string_view text, const CronEdit& edit) {
  const Layout layout = layout_of(text);
  const std::size_t above = layout.comment;  // settings go above the comment of the job that they are for
  std::vector<std::string> lines(layout.lines.begin(),
                                 layout.lines.begin() + static_cast<std::ptrdiff_t>(above));
  for (const auto& [name, value] : edit.environment) {
    const auto is_it = [&wanted = name](const std::string& line) {
      if (is_comment(line)) return false;
      const auto known = setting(line);
      return known && known->first == wanted;
    };
    if (!value) {
      lines.erase(std::remove_if(lines.begin(), lines.end(), is_it), lines.end());
      continue;
    }
    // The last one counts.
    const auto found = std::find_if(lines.rbegin(), lines.rend(), is_it);
    if (found == lines.rend()) {
      lines.push_back(setting_line(name, *value));
    } else if (setting(*found)->second != *value) {
      *found = setting_line(name, *value);
    }
  }
  // A comment that now stands right above, and did not, must not become the job's.
  if ((edit.comment || !layout.file.job) && !lines.empty() && is_comment(lines.back())) lines.emplace_back();
  if (edit.comment) {
    if (!edit.comment->empty()) {
      for (const std::string& line : split_lines(*edit.comment))
        lines.push_back(line.empty() ? "#" : "# " + line);
    }
  } else {
    for (std::size_t i = layout.comment; i < layout.job; ++i) lines.push_back(layout.lines[i]);
  }
  if (layout.file.job == edit.job) {
    lines.push_back(layout.lines[layout.job]);
  } else {
    lines.push_back(edit.job.schedule + " " + edit.job.user + " " + edit.job.command);
  }
  for (std::size_t i = layout.job + 1; i < layout.lines.size(); ++i) lines.push_back(layout.lines[i]);
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace hearth
