#include "reconciler/transport/reply_parser.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "reconciler/core/digest.h"
#include "reconciler/transport/observe_layout.h"

namespace hearth {

namespace {

constexpr std::string_view broke_off = "the answer broke off";

// ---- Frames
// --------------------------------------------------------------------------------------------------------

struct Frame {
  std::string_view out;
  std::string_view err;
  std::string_view code;  // what `end` was told: an exit status or a word
  bool complete = false;  // ended on both streams

  [[nodiscard]] bool timed_out() const { return code == "124" || code == "137"; }
};

using Frames = std::map<std::string, Frame, std::less<>>;

// Calls ON_FRAME(name, body, code, complete) for each frame of STREAM. The nonce marks the lines that are
// ours; a body reaches up to the next of them, whatever it contains.
template <typename Function>
void for_each_frame(std::string_view stream, std::string_view nonce, const Function& on_frame) {
  if (nonce.empty()) return;
  std::string_view open;
  std::size_t body = 0;
  std::size_t at = stream.find(nonce);
  while (at != std::string_view::npos) {
    const std::size_t line = at + nonce.size();
    const std::size_t line_end = stream.find('\n', line);
    if (line_end == std::string_view::npos) break;  // cut off within a marker
    std::string_view words = stream.substr(line, line_end - line);
    const auto next_word = [&] {
      if (words.empty() || words.front() != ' ') return std::string_view{};
      words.remove_prefix(1);
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(word.size());
      return word;
    };
    const std::string_view what = next_word();
    const std::string_view name = next_word();
    if (what == "b") {
      if (!open.empty()) on_frame(open, stream.substr(body, at - body), std::string_view{}, false);
      open = name;
      body = line_end + 1;
    } else if (what == "e" && !open.empty() && name == open) {
      on_frame(open, stream.substr(body, at - body), next_word(), true);
      open = {};
    }
    at = stream.find(nonce, line_end);
  }
  if (!open.empty()) on_frame(open, stream.substr(std::min(body, stream.size())), std::string_view{}, false);
}

Frames read_frames(std::string_view nonce, const ScriptOutput& output) {
  Frames frames;
  for_each_frame(output.out, nonce, [&](auto name, auto body, auto code, bool complete) {
    frames.insert_or_assign(std::string(name), Frame{body, {}, code, complete});
  });
  std::set<std::string_view> ended;
  for_each_frame(output.err, nonce, [&](auto name, auto body, auto, bool complete) {
    const auto found = frames.find(name);
    if (found == frames.end()) return;
    found->second.err = body;
    if (complete) ended.insert(found->first);
  });
  for (auto& [name, frame] : frames) frame.complete = frame.complete && ended.contains(name);
  return frames;
}

// ---- Small readers
// -------------------------------------------------------------------------------------------------

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return parts;
}

template <typename Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// find's `%T@`, as in 1700000000.1234567890, in microseconds. Nothing when there is no such time (`%B@` on
// file systems that keep no birth time).
std::optional<std::int64_t> read_microseconds(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::int64_t whole = 0;
  if (!read_number(text.substr(0, dot), whole)) return std::nullopt;
  // Outside of this no file system has times, and what follows would overflow.
  if (whole > 100'000'000'000 || whole < -100'000'000'000) return std::nullopt;
  std::int64_t fraction = 0;
  if (dot < text.size()) {
    std::string digits(text.substr(dot + 1, 6));
    digits.resize(6, '0');
    if (!read_number(std::string_view(digits), fraction) || fraction < 0) return std::nullopt;
  }
  return whole * 1'000'000 + fraction;
}

// Days from 1970-01-01 to a date of the Gregorian calendar.
std::int64_t days_from_epoch(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

// systemctl's `--timestamp=us+utc`, as in "Thu 2023-11-23 14:28:28.123456 UTC"; 0 for "n/a" and "". Nothing
// when it is something else.
std::optional<std::int64_t> read_timestamp(std::string_view text) {
  if (text.empty() || text == "n/a" || text == "0") return 0;
  const auto words = split(text, ' ');
  if (words.size() != 4 || words[3] != "UTC") return std::nullopt;
  const auto date = split(words[1], '-');
  const auto time = split(words[2].substr(0, words[2].find('.')), ':');
  if (date.size() != 3 || time.size() != 3) return std::nullopt;
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  if (!read_number(date[0], year) || !read_number(date[1], month) || !read_number(date[2], day) ||
      !read_number(time[0], hour) || !read_number(time[1], minute) || !read_number(time[2], second)) {
    return std::nullopt;
  }
  if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const std::size_t dot = words[2].find('.');
  if (dot != std::string_view::npos) {
    std::string digits(words[2].substr(dot + 1, 6));
    digits.resize(6, '0');
    if (!read_number(std::string_view(digits), fraction)) return std::nullopt;
  }
  return (((days_from_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000 +
         fraction;
}

// A line of sha256sum: `HASH  NAME`, or `\HASH  NAME` with backslash, newline and carriage return escaped.
std::optional<std::pair<std::string, std::string>> read_hash_line(std::string_view line) {
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  if (line.size() < 67 || line.substr(64, 2) != "  ") return std::nullopt;
  const std::string_view hash = line.substr(0, 64);
  if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  line.remove_prefix(66);
  std::string name;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (escaped && line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      name += line[i] == 'n' ? '\n' : line[i] == 'r' ? '\r' : line[i];
    } else {
      name += line[i];
    }
  }
  return std::pair(std::string(hash), std::move(name));
}

using Hashes = std::map<std::string, std::string, std::less<>>;  // path → hash

Hashes read_hashes(std::string_view text) {
  Hashes hashes;
  for (const std::string_view line : split(text, '\n')) {
    if (auto entry = read_hash_line(line))
      hashes.insert_or_assign(std::move(entry->second), std::move(entry->first));
  }
  return hashes;
}

// What TOOL said of PATH: the part after the name, as in "Permission denied"; "" when it said nothing of it.
// With ALONE any of its messages is about it. Never what somebody else said: that there is no such *tool* is
// no absence of the file.
std::string reason_for(std::string_view messages, std::string_view tool, std::string_view path, bool alone) {
  for (std::string_view line : split(messages, '\n')) {
    if (!line.starts_with(tool) || !line.substr(tool.size()).starts_with(": ")) continue;
    if (alone) return std::string(line.substr(line.rfind(": ") + 2));
    line.remove_prefix(tool.size() + 2);
    for (const std::string_view quote : {"'", ""}) {
      const std::string start = std::string(quote) + std::string(path) + std::string(quote) + ": ";
      if (line.starts_with(start)) return std::string(line.substr(start.size()));
    }
  }
  return {};
}

bool says_absent(std::string_view reason) {
  return reason == "No such file or directory" || reason == "Not a directory";
}

NoReply cannot(std::string_view verb, std::string_view what, std::string_view why) {
  std::string text = "cannot ";
  text.append(verb).append(" ").append(what).append(": ").append(why);
  return {std::move(text)};
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t at = text.rfind('\n');
  return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
}

// ---- Replies
// -------------------------------------------------------------------------------------------------------

// A file as systemd reads it: links followed.
struct Input {
  char type = '?';
  std::int64_t modified = 0;  // µs
};

class ReplyReader {
 public:
  ReplyReader(const std::vector<Probe>& probes, std::string_view nonce, const ScriptOutput& output,
              std::string_view root, std::string_view why_cut)
      : layout_(probes, root), frames_(read_frames(nonce, output)), root_(root), cut_(broke_off) {
    if (!why_cut.empty()) cut_ += ": " + std::string(why_cut);
    for (std::size_t g = 0; g < layout_.files.size(); ++g) read_group_of_files(g);
    for (std::size_t g = 0; g < layout_.files.size(); ++g) read_contents(g);
    for (std::size_t g = 0; g < layout_.directories.size(); ++g) read_group_of_directories(g);
    read_units();
    read_inputs();
  }

  Reply reply(std::size_t index, const Probe& probe) const {
    if (!layout_.refused[index].empty()) return NoReply{layout_.refused[index]};
    return std::visit([&](const auto& one) { return reply_to(index, one); }, probe);
  }

 private:
  const Frame* frame(std::string_view name) const {
    const auto found = frames_.find(name);
    return found == frames_.end() ? nullptr : &found->second;
  }

  NoReply no_reply() const { return {cut_}; }

  // ---- Files

  // GROUP's own frames, or those of each path alone when the group took too long.
  void read_group_of_files(std::size_t group) {
    const ObserveLayout::Paths& paths = layout_.files[group];
    const std::string number = std::to_string(group);
    const Frame* stats = frame("f" + number);
    const Frame* hashes = frame("h" + number);
    if ((stats != nullptr && stats->timed_out()) || (hashes != nullptr && hashes->timed_out())) {
      for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::string single = number + "." + std::to_string(i);
        read_files({paths[i]}, frame("f" + single), frame("h" + single));
      }
    } else {
      read_files(paths, stats, hashes);
    }
  }

  void read_files(const ObserveLayout::Paths& paths, const Frame* stats, const Frame* hashes) {
    if (stats == nullptr || !stats->complete) {
      for (const std::string& path : paths) files_.insert_or_assign(path, no_reply());
      return;
    }
    constexpr std::size_t width = 11;
    const auto fields = split(stats->out, '\0');
    std::map<std::string_view, FileReply> found;
    for (std::size_t i = 0; i + width <= fields.size() && fields[i] == "f"; i += width) {
      FileReply file;
      const std::string_view type = fields[i + 2];
      file.type = type == "f"   ? FileReply::Type::regular
                  : type == "d" ? FileReply::Type::directory
                  : type == "l" ? FileReply::Type::symlink
                                : FileReply::Type::other;
      const auto modified = read_microseconds(fields[i + 9]);
      if (!read_number(fields[i + 3], file.mode, 8) || !read_number(fields[i + 4], file.uid) ||
          !read_number(fields[i + 5], file.gid) || !read_number(fields[i + 8], file.size) || !modified) {
        continue;
      }
      file.owner = fields[i + 6];
      file.group = fields[i + 7];
      file.modified = *modified / 1'000'000 - (*modified % 1'000'000 < 0 ? 1 : 0);
      if (file.type == FileReply::Type::symlink) file.target = fields[i + 10];
      found.insert_or_assign(fields[i + 1], std::move(file));
    }
    const Hashes listed = hashes != nullptr ? read_hashes(hashes->out) : Hashes{};
    const bool alone = paths.size() == 1;
    for (const std::string& path : paths) {
      const auto file = found.find(path);
      if (file == found.end()) {
        files_.insert_or_assign(path, why_no_file(path, *stats, alone));
        continue;
      }
      if (file->second.type == FileReply::Type::regular) {
        const auto hash = listed.find(path);
        if (hashes == nullptr || !hashes->complete) {
          files_.insert_or_assign(path, no_reply());
          continue;
        }
        if (hash == listed.end()) {
          std::string reason = hashes->timed_out() ? "reading it takes too long"
                                                   : reason_for(hashes->err, "sha256sum", path, alone);
          if (reason.empty()) reason = hashes->err.empty() ? "it changed meanwhile" : first_line(hashes->err);
          files_.insert_or_assign(path, cannot("read", path, reason));
          continue;
        }
        file->second.sha256 = hash->second;
      }
      files_.insert_or_assign(path, file->second);
    }
  }

  Reply why_no_file(const std::string& path, const Frame& stats, bool alone) const {
    if (stats.timed_out()) return NoReply{path + " does not answer: is the file system below it dead?"};
    std::string reason = reason_for(stats.err, "find", path, alone);
    if (says_absent(reason)) return FileReply{};
    if (reason.empty()) reason = stats.err.empty() ? "no answer" : first_line(stats.err);
    return cannot("look at", path, reason);
  }

  // A line that `head -v` prints before a content, or one like it within a content.
  struct Header {
    std::size_t at = 0;
    std::size_t body = 0;
    std::string_view path;
  };

  static std::vector<Header> find_headers(std::string_view text, const ObserveLayout::Paths& paths) {
    constexpr std::string_view before = "==> ";
    constexpr std::string_view after = " <==\n";
    const std::set<std::string_view> known(paths.begin(), paths.end());
    std::vector<Header> headers;
    for (std::size_t at = text.find(before); at != std::string_view::npos; at = text.find(before, at + 1)) {
      if (at > 0 && text[at - 1] != '\n') continue;
      const std::size_t name = at + before.size();
      // A name may be anything, line breaks and arrows too, but we know which we asked for.
      const std::size_t end = text.find(after, name);
      if (end == std::string_view::npos) break;
      const auto path = known.find(text.substr(name, end - name));
      if (path != known.end()) headers.push_back({at, end + after.size(), *path});
    }
    return headers;
  }

  // Takes apart what `head -v` printed of several files. Where a content ends only its hash can tell: headers
  // may stand in contents too, put there by whoever writes those files. Nothing counts that its own hash does
  // not prove, so no file can speak for another. A file that is alone needs no proof.
  void read_contents(std::size_t group) {
    const ObserveLayout::Paths& paths = layout_.files[group];
    for (const std::uint64_t limit : layout_.content_limits) {
      const Frame* contents = frame(content_frame(group, limit));
      if (contents == nullptr || !contents->complete) continue;
      const std::string_view text = contents->out;
      if (paths.size() == 1) {
        const std::string header = "==> " + paths.front() + " <==\n";
        if (text.starts_with(header))
          contents_.insert_or_assign({paths.front(), limit}, text.substr(header.size()));
        continue;
      }
      const auto headers = find_headers(text, paths);
      std::size_t budget =
          text.size() * 16 + (1U << 20U);  // bytes to hash: nobody shall keep us busy with forgeries
      for (std::size_t i = 0; i < headers.size();) {
        const std::size_t next = end_of_content(text, headers, i, limit, budget);
        if (next == i) {
          ++i;  // it changed since it was hashed, or is no header at all
          continue;
        }
        const std::size_t end = next < headers.size() ? headers[next].at - 1 : text.size();
        contents_.insert_or_assign({std::string(headers[i].path), limit},
                                   text.substr(headers[i].body, end - headers[i].body));
        i = next;
      }
    }
  }

  // The header (or the end of all) before which the content after HEADERS[I] ends; I when there is none.
  std::size_t end_of_content(std::string_view text, const std::vector<Header>& headers, std::size_t i,
                             std::uint64_t limit, std::size_t& budget) const {
    const auto file = files_.find(headers[i].path);
    if (file == files_.end() || !std::holds_alternative<FileReply>(file->second)) return i;
    for (std::size_t next = i + 1; next <= headers.size(); ++next) {
      const std::size_t end = next < headers.size() ? headers[next].at - 1 : text.size();
      if (end < headers[i].body) continue;  // one that is the very beginning of the content
      const std::size_t size = end - headers[i].body;
      if (size > limit + 1 || size > budget) return i;
      if (size == limit + 1) return next;  // the beginning of a long one, that will not be shown
      budget -= size;
      if (sha256(text.substr(headers[i].body, size)) == std::get<FileReply>(file->second).sha256) return next;
    }
    return i;
  }

  Reply reply_to(std::size_t, const ReadFile& probe) const {
    const auto found = files_.find(root_ + probe.path);
    if (found == files_.end()) return no_reply();
    Reply reply = found->second;
    auto* file = std::get_if<FileReply>(&reply);
    if (file == nullptr || file->type != FileReply::Type::regular || probe.max_content == 0 ||
        file->sha256 == probe.known_sha256) {
      return reply;
    }
    const auto content = contents_.find({root_ + probe.path, probe.max_content});
    if (content == contents_.end()) return NoReply{why_no_content(probe)};
    if (content->second.size() <= probe.max_content) {
      file->content = std::string(content->second);
      file->sha256 =
          sha256(content->second);  // they belong together, also where the content has not been proved
    }
    return reply;
  }

  std::string why_no_content(const ReadFile& probe) const {
    const std::string path = root_ + probe.path;
    for (std::size_t g = 0; g < layout_.files.size(); ++g) {
      const ObserveLayout::Paths& paths = layout_.files[g];
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) continue;
      const Frame* contents = frame(content_frame(g, probe.max_content));
      if (contents == nullptr || !contents->complete) return cut_;
      std::string reason = reason_for(contents->err, "head", path, paths.size() == 1);
      if (reason.empty() && contents->timed_out()) reason = "it takes too long";
      if (reason.empty()) reason = "it changed while it was read";
      return "cannot read " + probe.path + ": " + reason;
    }
    return cut_;
  }

  // ---- Directories

  void read_group_of_directories(std::size_t group) {
    const ObserveLayout::Paths& paths = layout_.directories[group];
    const std::string number = std::to_string(group);
    const Frame* all = frame("l" + number);
    if (all != nullptr && all->timed_out()) {
      for (std::size_t i = 0; i < paths.size(); ++i) {
        read_directories({paths[i]}, frame("l" + number + "." + std::to_string(i)));
      }
    } else {
      read_directories(paths, all);
    }
  }

  void read_directories(const ObserveLayout::Paths& paths, const Frame* listed) {
    if (listed == nullptr || !listed->complete) {
      for (const std::string& path : paths) directories_.insert_or_assign(path, no_reply());
      return;
    }
    struct Start {
      char type = '?';
      std::vector<std::string> names;
    };
    constexpr std::size_t width = 4;
    const auto fields = split(listed->out, '\0');
    std::map<std::string_view, Start> starts;
    for (std::size_t i = 0; i + width <= fields.size(); i += width) {
      Start& start = starts[fields[i]];
      if (fields[i + 1] == "0") {
        start.type = fields[i + 2].empty() ? '?' : fields[i + 2].front();
      } else {
        start.names.emplace_back(fields[i + 3]);
      }
    }
    const bool alone = paths.size() == 1;
    for (const std::string& path : paths) {
      const std::string reason = reason_for(listed->err, "find", path, alone);
      const auto start = starts.find(path);
      if (listed->timed_out()) {
        directories_.insert_or_assign(path,
                                      NoReply{path + " does not answer: is the file system below it dead?"});
      } else if (start == starts.end() && says_absent(reason)) {
        directories_.insert_or_assign(path, ListReply{});
      } else if (start == starts.end() || !reason.empty()) {
        const std::string why = !reason.empty()       ? reason
                                : listed->err.empty() ? "no answer"
                                                      : first_line(listed->err);
        directories_.insert_or_assign(path, cannot("list", path, why));
      } else if (start->second.type == 'l') {
        directories_.insert_or_assign(path, ListReply{});  // a link to nowhere
      } else if (start->second.type != 'd') {
        directories_.insert_or_assign(path, NoReply{path + " is no directory"});
      } else {
        std::sort(start->second.names.begin(), start->second.names.end());
        directories_.insert_or_assign(path, ListReply{true, start->second.names});
      }
    }
  }

  Reply reply_to(std::size_t, const ListDirectory& probe) const {
    const auto found = directories_.find(root_ + probe.path);
    return found == directories_.end() ? Reply(no_reply()) : found->second;
  }

  // ---- Units

  using Properties = std::vector<std::pair<std::string, std::string>>;

  // Properties of one unit, or why there are none.
  struct Shown {
    Properties properties;
    std::string why;
  };

  static std::vector<Properties> read_blocks(std::string_view text) {
    std::vector<Properties> blocks;
    Properties block;
    const auto finish = [&] {
      if (!block.empty()) blocks.push_back(std::move(block));
      block.clear();
    };
    for (const std::string_view line : split(text, '\n')) {
      const std::size_t equals = line.find('=');
      if (line.empty()) {
        finish();
      } else if (equals != std::string_view::npos) {
        block.emplace_back(line.substr(0, equals), line.substr(equals + 1));
      }
    }
    finish();
    return blocks;
  }

  void read_units() {
    const Frame* all = frame("u");
    for (std::size_t i = 0; i < layout_.units.size(); ++i) {
      Shown shown;
      const Frame* own = all;
      std::size_t at = i;
      if (all != nullptr && all->complete && all->code == "mixed") {
        own = frame("u." + std::to_string(i));
        at = 0;
      }
      if (own == nullptr || !own->complete) {
        shown.why = cut_;
      } else {
        auto blocks = read_blocks(own->out);
        if (at < blocks.size()) {
          shown.properties = std::move(blocks[at]);
        } else if (own->timed_out()) {
          shown.why = "systemctl show " + layout_.units[i] + " takes too long: is systemd stuck?";
        } else {
          shown.why = "systemctl show " + layout_.units[i] + ": " +
                      (own->err.empty() ? "no answer" : last_line(own->err));
        }
      }
      units_.insert_or_assign(layout_.units[i], std::move(shown));
    }
  }

  void read_inputs() {
    inputs_frame_ = frame("i");
    if (inputs_frame_ == nullptr) return;
    if (!inputs_frame_->timed_out()) {
      read_inputs(*inputs_frame_);
      return;
    }
    for (std::size_t i = 0; const Frame* single = frame("i." + std::to_string(i)); ++i) {
      if (single->complete && !single->timed_out()) read_inputs(*single);
    }
  }

  void read_inputs(const Frame& looked_at) {
    input_errors_ += looked_at.err;
    constexpr std::size_t width = 5;
    const auto fields = split(looked_at.out, '\0');
    for (std::size_t i = 0; i < fields.size();) {
      if (auto entry = read_hash_line(fields[i])) {  // find's own first field is never that long
        input_hashes_.insert_or_assign(std::move(entry->second), std::move(entry->first));
        ++i;
        continue;
      }
      if (fields[i] != "i" || i + width > fields.size()) break;
      // The later of the two: a package or `cp -p` may bring a file with an old time, but not with an old
      // birth. The change time is no witness: a mere chmod moves it.
      const std::int64_t modified = read_microseconds(fields[i + 3]).value_or(0);
      const std::int64_t born = read_microseconds(fields[i + 4]).value_or(0);
      inputs_.insert_or_assign(
          std::string(fields[i + 1]),
          Input{fields[i + 2].empty() ? '?' : fields[i + 2].front(), std::max(modified, born)});
      i += width;
    }
  }

  // The words of one of systemctl's lists: those a shell would not take as they are stand in double quotes.
  static std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] == '\\' && i + 1 < list.size()) {
        word += list[++i];
      } else if (list[i] == '"') {
        quoted = !quoted;
      } else if (list[i] == ' ' && !quoted) {
        words.push_back(std::move(word));
        word.clear();
      } else {
        word += list[i];
      }
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
  }

  // Adds PATH as it is on disk to LINES and NEWEST; says why not.
  std::string add_input(const std::string& path, std::set<std::string>& lines, std::int64_t& newest) const {
    const auto input = inputs_.find(path);
    if (input == inputs_.end()) {
      std::string reason = reason_for(input_errors_, "find", path, false);
      if (says_absent(reason)) return {};
      if (!reason.empty()) return reason;
      // A name that find prints in another way: absent when nothing but absence was reported at all.
      for (const std::string_view line : split(input_errors_, '\n')) {
        const std::string any = reason_for(line, "find", path, true);
        if (!says_absent(any)) return any.empty() ? std::string(line) : any;
      }
      return input_errors_.empty() || inputs_frame_->timed_out() ? "no answer" : "";
    }
    switch (input->second.type) {
      case 'f': break;
      case 'd': return "it is a directory; name the files in it";
      default: return {};  // /dev/null stands for "nothing", a link to nowhere for "absent"
    }
    const auto hash = input_hashes_.find(path);
    if (hash == input_hashes_.end()) {
      const std::string reason = reason_for(input_errors_, "sha256sum", path, false);
      return reason.empty() ? "it changed meanwhile" : reason;
    }
    lines.insert(hash->second + "  " + path);
    newest = std::max(newest, input->second.modified);
    return {};
  }

  // One hash over all inputs: the same for the same paths with the same content, in whatever order they came.
  static std::string digest_of(const std::set<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += std::to_string(line.size()) + ":" + line + "\n";
    return sha256(all);
  }

  Reply reply_to(std::size_t, const QueryUnit& probe) const {
    const std::string unit = full_unit_name(probe.unit);
    const auto shown = units_.find(unit);
    if (shown == units_.end()) return no_reply();
    if (!shown->second.why.empty()) return NoReply{shown->second.why};
    UnitReply reply;
    reply.properties = shown->second.properties;
    const auto started = read_timestamp(reply.property("InactiveExitTimestamp"));
    if (!started) {
      return NoReply{"systemd's time '" + reply.property("InactiveExitTimestamp") + "' of " + unit +
                     " is not understood"};
    }
    reply.started = *started;

    if (inputs_frame_ == nullptr || !inputs_frame_->complete) return no_reply();
    std::set<std::string> paths(probe.config_files.begin(), probe.config_files.end());
    for (const auto& [name, value] : reply.properties) {
      if (name == "FragmentPath" && value.starts_with('/')) {
        paths.insert(value);
      } else if (name == "DropInPaths") {
        for (std::string& path : split_list(value)) paths.insert(std::move(path));
      } else if (name == "EnvironmentFiles" && value.starts_with('/')) {
        const std::string pattern = value.substr(0, value.rfind(" (ignore_errors="));
        bool matched = false;
        if (pattern.find_first_of("*?[") != std::string::npos) {
          for (const auto& [path, input] : inputs_) {
            if (fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) continue;
            paths.insert(path);
            matched = true;
          }
        }
        if (!matched) paths.insert(pattern);
      }
    }
    std::set<std::string> lines;
    for (const std::string& path : paths) {
      const std::string why = add_input(path, lines, reply.inputs_modified);
      if (!why.empty())
        return cannot("read", path, std::string("an input of ").append(unit).append(": ").append(why));
    }
    reply.inputs_sha256 = digest_of(lines);

    const auto index = std::find(layout_.units.begin(), layout_.units.end(), unit) - layout_.units.begin();
    const Frame* stamp = frame("s" + std::to_string(index));
    if (stamp == nullptr || !stamp->complete) return no_reply();
    read_stamp(stamp->out, reply);
    return reply;
  }

  static void read_stamp(std::string_view text, UnitReply& reply) {
    constexpr std::string_view first = "invocation ";
    std::set<std::string> lines;
    bool any = false;
    for (std::string_view line : split(text, '\n')) {
      if (line.starts_with(first)) {
        reply.stamped_invocation = line.substr(first.size());
        any = true;
        continue;
      }
      for (const std::string_view prefix : {"own ", "config "}) {
        if (!line.starts_with(prefix)) continue;
        if (const auto entry = read_hash_line(line.substr(prefix.size())))
          lines.insert(entry->first + "  " + entry->second);
        break;
      }
    }
    if (any) reply.stamped_sha256 = digest_of(lines);
  }

  // ---- Commands

  Reply reply_to(std::size_t index, const RunProbe& probe) const {
    const Frame* run = frame("r" + std::to_string(index));
    if (run == nullptr || !run->complete) return no_reply();
    RunReply reply;
    if (!read_number(run->code, reply.exit_code)) return no_reply();
    if (reply.exit_code == 125)
      return NoReply{"cannot run " + probe.argv.front() + ": " + last_line(run->err)};
    reply.out = run->out;
    reply.err = run->err;
    return reply;
  }

  // ---- Trees

  Reply reply_to(std::size_t index, const CountOldFiles& probe) const {
    const Frame* count = frame("o" + std::to_string(index));
    if (count == nullptr || !count->complete) return no_reply();
    if (count->code == "124" || count->code == "137")
      return cannot("look through", probe.directory, "it took too long");
    if (count->code != "0") {
      const std::string why = last_line(count->err);
      return cannot("look through", probe.directory, why.empty() ? "no reason was given" : why);
    }
    OldFilesReply reply;
    std::string_view rest = count->out;
    const auto number = [&](auto& into) {
      const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
      const bool read = read_number(rest.substr(0, end), into);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return read;
    };
    int exists = 0;
    if (!number(exists) || !number(reply.now) || !number(reply.ahead) || !number(reply.files) ||
        !number(reply.old) || !number(reply.bytes) || !number(reply.oldest) || !number(reply.newest))
      return no_reply();
    reply.exists = exists == 1;
    return reply;
  }

  ObserveLayout layout_;
  Frames frames_;
  std::string root_;
  std::string cut_;
  std::map<std::string, Reply, std::less<>> files_;
  std::map<std::pair<std::string, std::uint64_t>, std::string_view> contents_;  // path and limit
  std::map<std::string, Reply> directories_;
  std::map<std::string, Shown> units_;
  const Frame* inputs_frame_ = nullptr;
  std::string input_errors_;
  std::map<std::string, Input> inputs_;
  Hashes input_hashes_;
};

}  // namespace

bool has_begun(std::string_view out, std::string_view nonce) {
  return out.find(std::string(nonce) + " hello\n") != std::string_view::npos;
}

bool has_ended(std::string_view out, std::string_view nonce) {
  // The last thing that is said, so that looking again and again at a growing stream stays cheap.
  return out.ends_with(std::string(nonce) + " bye\n");
}

std::vector<Reply> parse_replies(const std::vector<Probe>& probes, std::string_view nonce,
                                 const ScriptOutput& output, std::string_view root,
                                 std::string_view why_cut) {
  const ReplyReader reader(probes, nonce, output, root, why_cut);
  std::vector<Reply> replies;
  replies.reserve(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) replies.push_back(reader.reply(i, probes[i]));
  return replies;
}

std::vector<std::vector<OperationResult>> parse_results(const std::vector<std::size_t>& sizes,
                                                        std::string_view nonce, const ScriptOutput& output,
                                                        std::string_view why_cut) {
  using Status = OperationResult::Status;
  const Frames frames = read_frames(nonce, output);
  std::vector<std::vector<OperationResult>> groups;
  std::size_t number = 0;
  for (const std::size_t size : sizes) {
    bool stopped = false;
    std::vector<OperationResult>& results = groups.emplace_back(size);
    for (OperationResult& result : results) {
      const auto found = frames.find(std::to_string(number++));
      if (stopped) {
        result.status = Status::not_sent;
      } else if (found == frames.end() || !found->second.complete) {
        result = {Status::unknown, "", why_cut.empty() ? std::string(broke_off) : std::string(why_cut)};
      } else {
        const Frame& frame = found->second;
        result.status = frame.code == "done" ? Status::done : Status::failed;
        if (result.status == Status::failed) result.code = frame.code;
        result.output = std::string(frame.out) + std::string(frame.err);
        // sshd ends what it says to people with both, wherever it goes.
        for (std::size_t at; (at = result.output.find("\r\n")) != std::string::npos;)
          result.output.erase(at, 1);
        while (result.output.ends_with('\n')) result.output.pop_back();
        stopped = result.status == Status::failed;
      }
    }
  }
  return groups;
}

}  // namespace hearth
