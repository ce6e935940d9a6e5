#include "reconciler/transport/operation.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "reconciler/core/digest.h"

namespace hearth {

namespace {

// One word of a line for people: quoted as a shell would want it when it is not plain, control bytes made
// visible.
std::string word(std::string_view text) {
  static constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-{}~";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr std::string_view digits = "0123456789abcdef";
    if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    } else if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string words(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& argument : argv) out += (out.empty() ? "" : " ") + word(argument);
  return out;
}

std::string_view to_string(ControlUnit::Verb verb) {
  switch (verb) {
    case ControlUnit::Verb::start: return "start";
    case ControlUnit::Verb::stop: return "stop";
    case ControlUnit::Verb::restart: return "restart";
    case ControlUnit::Verb::reload: return "reload";
    case ControlUnit::Verb::enable: return "enable";
    case ControlUnit::Verb::disable: return "disable";
    case ControlUnit::Verb::mask: return "mask";
    case ControlUnit::Verb::unmask: return "unmask";
    case ControlUnit::Verb::daemon_reload: return "daemon-reload";
    case ControlUnit::Verb::try_reload: return "try-reload";
  }
  return "?";
}

// `0644 root:root`, with what is kept left out.
std::string attributes(const std::string& mode, const std::string& owner, const std::string& group) {
  std::string out = mode;
  if (!owner.empty() || !group.empty()) {
    if (!out.empty()) out += ' ';
    out += owner;
    if (!group.empty()) out += ":" + group;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(i);
    std::size_t length = 1;
    std::uint32_t point = lead;
    if (lead >= 0xf0 && lead <= 0xf4) {
      length = 4;
      point = lead & 0x07U;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      length = 3;
      point = lead & 0x0fU;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
      point = lead & 0x1fU;
    } else if (lead >= 0x80) {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0U) != 0x80) return false;
      point = (point << 6U) | (byte(i + k) & 0x3fU);
    }
    if (length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return false;
    if (length == 4 && (point < 0x10000 || point > 0x10ffff)) return false;
    i += length;
  }
  return true;
}

List list_of(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

// Leaves out what is not set: plan files are read by people too.
void set_text(Map& map, std::string key, const std::string& text) {
  if (!text.empty()) map.set(std::move(key), text);
}

// JSON has no bytes: what is not text travels as base64, so that no two contents look alike. Secrets by name.
void set_content(Map& map, const std::string& key, const Content& content) {
  if (const std::string text = content.shown(); content.has_secrets() || is_utf8(text)) {
    map.set(key, content.to_value());
  } else {
    map.set(key + "Base64", base64(text));
  }
}

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

const std::string& UnitReply::property(std::string_view name) const {
  static const std::string nothing;
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == properties.end() ? nothing : found->second;
}

namespace {

// Whether what comes at AT, but for blank lines, is nothing or begins (after blanks) with TEXT.
bool is_followed_by(const std::vector<std::string_view>& lines, std::size_t at, std::string_view text) {
  for (; at < lines.size(); ++at) {
    const std::size_t first = lines[at].find_first_not_of(" \t\r\v\f");
    if (first != std::string_view::npos) return lines[at].substr(first).starts_with(text);
  }
  return true;
}

// See ReplaceLines::followed_by.
std::optional<std::string> with_block_replaced(std::string_view content, const ReplaceLines& replace) {
  std::vector<std::string_view> lines;
  const bool ended = content.empty() || content.back() == '\n';
  for (std::string_view left = content; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    lines.push_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  const std::size_t size = replace.old_lines.size();
  std::optional<std::size_t> begin;
  for (std::size_t at = 0; at + size <= lines.size(); ++at) {
    const auto first = lines.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::equal(replace.old_lines.begin(), replace.old_lines.end(), first) &&
        is_followed_by(lines, at + size, replace.followed_by)) {
      begin = at;
    }
  }
  if (!begin) return std::nullopt;
  std::vector<std::string_view> all(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(*begin));
  all.insert(all.end(), replace.new_lines.begin(), replace.new_lines.end());
  all.insert(all.end(), lines.begin() + static_cast<std::ptrdiff_t>(*begin + size), lines.end());
  std::string out;
  for (const std::string_view line : all) out.append(line).append("\n");
  // The last line was another's, and stays as it was.
  if (!ended && *begin + size < lines.size()) out.pop_back();
  return out;
}

}  // namespace

std::optional<std::string> with_lines_replaced(std::string_view content, const ReplaceLines& replace) {
  if (!replace.followed_by.empty() && !replace.old_lines.empty())
    return with_block_replaced(content, replace);
  std::vector<std::string> wanted = replace.old_lines;
  std::string out;
  bool placed = false;
  const auto place = [&] {
    if (std::exchange(placed, true)) return;
    if (!out.empty() && out.back() != '\n') out += '\n';
    for (const std::string& line : replace.new_lines) out += line + '\n';
  };
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const auto found = std::find(wanted.begin(), wanted.end(), content.substr(0, end));
    if (found == wanted.end()) {
      out += content.substr(0, end + 1);
    } else {
      wanted.erase(found);
      place();
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  if (!wanted.empty()) return std::nullopt;
  if (replace.old_lines.empty()) place();
  return out;
}

std::string to_string(const Probe& probe) {
  return std::visit(Overloaded{
                        [](const ReadFile& read) { return "read " + word(read.path); },
                        [](const ListDirectory& list) { return "list " + word(list.path); },
                        [](const QueryUnit& query) { return "query " + word(query.unit); },
                        [](const RunProbe& run) { return "run " + words(run.argv); },
                        [](const CountOldFiles& count) {
                          return "count files older than " + std::to_string(count.age.count()) + " s below " +
                                 word(count.directory);
                        },
                    },
                    probe);
}

std::string to_string(const Operation& operation) {
  return std::visit(
      Overloaded{
          [](const WriteFile& write) {
            const std::string text = write.content.shown();
            const bool secret = write.content.has_secrets();
            std::string what;
            for (const std::string& name : write.content.secret_names()) {
              what += (what.empty() ? "with " : ", ") + ("<secret " + name + ">");
            }
            if (!secret) what = std::to_string(text.size()) + " bytes";
            const std::string attributes_text = attributes(write.mode, write.owner, write.group);
            if (!attributes_text.empty()) what += ", " + attributes_text;
            // Enough of the hash to tell two contents apart; the whole is in to_value().
            if (!secret) what += ", sha256 " + sha256(text).substr(0, 12);
            std::string out = "write " + word(write.path) + " (" + what + ")";
            if (!write.check.empty()) out += ", checked by: " + words(write.check);
            return out;
          },
          [](const ReplaceLines& replace) {
            const auto all = [](const std::vector<std::string>& lines) {
              return lines.empty() ? std::string("nothing") : words(lines);
            };
            return "edit " + word(replace.path) + ": " + all(replace.old_lines) + " becomes " +
                   all(replace.new_lines) +
                   (replace.check.empty() ? "" : ", checked by: " + words(replace.check));
          },
          [](const SetAttributes& set) {
            return "set " + word(set.path) + " to " + attributes(set.mode, set.owner, set.group);
          },
          [](const MakeDirectory& make) {
            const std::string what = attributes(make.mode, make.owner, make.group);
            return "make directory " + word(make.path) + (what.empty() ? "" : " (" + what + ")");
          },
          [](const RemovePath& remove) { return "remove " + word(remove.path); },
          [](const RestorePrevious& restore) { return "put back the previous " + word(restore.path); },
          [](const ForgetPrevious& forget) { return "forget the previous " + word(forget.path); },
          [](const ControlUnit& control) {
            std::string out = "systemctl " + std::string(to_string(control.verb));
            if (!control.unit.empty()) out += " " + word(control.unit);
            if (control.settle.count() > 0) {
              out += ", then up for " + std::to_string(control.settle.count()) + " ms";
            }
            return out;
          },
          [](const RunCommand& run) {
            std::string out = "run " + words(run.argv);
            if (run.input != Content()) out += " with input";
            return out;
          },
          [](const TakeLease& take) {
            return "take the lease for " + std::to_string(take.duration.count()) + " s as " +
                   word(take.holder);
          },
          [](const RenewLease& renew) {
            return "renew the lease for " + std::to_string(renew.duration.count()) + " s";
          },
          [](const ReleaseLease&) { return std::string("release the lease"); },
          [](const ArmUndo& arm) {
            return "arm an undo that the node carries out in " + std::to_string(arm.timeout.count()) +
                   " s, or when it boots";
          },
          [](const DisarmUndo&) { return std::string("once a new login works: disarm the undo"); },
          [](const RunUndo&) { return std::string("carry out the undo now"); },
          [](const DeleteOldFiles& remove) {
            return "delete at most " + std::to_string(remove.at_most) + " files below " +
                   word(remove.directory) + " that were last modified at or before @" +
                   std::to_string(remove.before);
          },
      },
      operation);
}

Operation to_operation(const UndoOperation& undo) {
  return std::visit([](const auto& one) -> Operation { return one; }, undo);
}

std::optional<UndoOperation> to_undo(const Operation& operation) {
  return std::visit(
      [](const auto& one) -> std::optional<UndoOperation> {
        if constexpr (std::is_constructible_v<UndoOperation, decltype(one)>) return one;
        return std::nullopt;
      },
      operation);
}

Value to_value(const Operation& operation) {
  Map map;
  std::visit(Overloaded{
                 [&](const WriteFile& write) {
                   map.set("operation", "writeFile");
                   map.set("path", write.path);
                   set_content(map, "content", write.content);
                   set_text(map, "mode", write.mode);
                   set_text(map, "owner", write.owner);
                   set_text(map, "group", write.group);
                   if (!write.check.empty()) map.set("check", list_of(write.check));
                   set_text(map, "expectedSha256", write.expected_sha256);
                   if (write.keep_previous) map.set("keepPrevious", true);
                   if (write.proven) map.set("proven", true);
                 },
                 [&](const ReplaceLines& replace) {
                   map.set("operation", "replaceLines");
                   map.set("path", replace.path);
                   map.set("oldLines", list_of(replace.old_lines));
                   map.set("newLines", list_of(replace.new_lines));
                   set_text(map, "followedBy", replace.followed_by);
                   if (!replace.check.empty()) map.set("check", list_of(replace.check));
                 },
                 [&](const SetAttributes& set) {
                   map.set("operation", "setAttributes");
                   map.set("path", set.path);
                   set_text(map, "mode", set.mode);
                   set_text(map, "owner", set.owner);
                   set_text(map, "group", set.group);
                 },
                 [&](const MakeDirectory& make) {
                   map.set("operation", "makeDirectory");
                   map.set("path", make.path);
                   set_text(map, "mode", make.mode);
                   set_text(map, "owner", make.owner);
                   set_text(map, "group", make.group);
                 },
                 [&](const RemovePath& remove) {
                   map.set("operation", "removePath");
                   map.set("path", remove.path);
                   if (remove.keep_previous) map.set("keepPrevious", true);
                   if (remove.proven) map.set("proven", true);
                 },
                 [&](const RestorePrevious& restore) {
                   map.set("operation", "restorePrevious");
                   map.set("path", restore.path);
                   set_text(map, "writtenSha256", restore.written_sha256);
                 },
                 [&](const ForgetPrevious& forget) {
                   map.set("operation", "forgetPrevious");
                   map.set("path", forget.path);
                 },
                 [&](const ControlUnit& control) {
                   map.set("operation", "controlUnit");
                   map.set("verb", to_string(control.verb));
                   set_text(map, "unit", control.unit);
                   if (!control.config_files.empty()) map.set("configFiles", list_of(control.config_files));
                   if (control.settle.count() > 0) map.set("settleMs", std::int64_t{control.settle.count()});
                   map.set("timeoutS", std::int64_t{control.timeout.count()});
                 },
                 [&](const RunCommand& run) {
                   map.set("operation", "runCommand");
                   map.set("argv", list_of(run.argv));
                   map.set("timeoutS", std::int64_t{run.timeout.count()});
                   if (run.input != Content()) set_content(map, "input", run.input);
                 },
                 [&](const TakeLease& take) {
                   map.set("operation", "takeLease");
                   map.set("token", take.token);
                   map.set("holder", take.holder);
                   map.set("durationS", std::int64_t{take.duration.count()});
                 },
                 [&](const RenewLease& renew) {
                   map.set("operation", "renewLease");
                   map.set("token", renew.token);
                   map.set("durationS", std::int64_t{renew.duration.count()});
                 },
                 [&](const ReleaseLease& release) {
                   map.set("operation", "releaseLease");
                   map.set("token", release.token);
                 },
                 [&](const ArmUndo& arm) {
                   map.set("operation", "armUndo");
                   map.set("id", arm.id);
                   map.set("holder", arm.holder);
                   map.set("timeoutS", std::int64_t{arm.timeout.count()});
                   if (!arm.keep.empty()) map.set("keep", list_of(arm.keep));
                   List undo;
                   for (const UndoOperation& each : arm.undo) undo.push_back(to_value(to_operation(each)));
                   map.set("undo", std::move(undo));
                 },
                 [&](const DisarmUndo& disarm) {
                   map.set("operation", "disarmUndo");
                   map.set("id", disarm.id);
                 },
                 [&](const RunUndo& run) {
                   map.set("operation", "runUndo");
                   map.set("id", run.id);
                 },
                 [&](const DeleteOldFiles& remove) {
                   map.set("operation", "deleteOldFiles");
                   map.set("directory", remove.directory);
                   map.set("before", remove.before);
                   map.set("atMost", static_cast<std::int64_t>(remove.at_most));
                 },
             },
             operation);
  return map;
}

}  // namespace hearth
