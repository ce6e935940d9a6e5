#include "providers/host_accounts/authorized_keys.h"

#include <algorithm>
#include <cstddef>

#include "providers/support/text.h"
#include "reconciler/core/digest.h"

namespace hearth {

namespace {

constexpr std::string_view blanks = " \t";
constexpr std::size_t none = static_cast<std::size_t>(-1);

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

// The next word of TEXT, which loses it and the blanks behind it.
std::string_view next_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  skip_blanks(text);
  return word;
}

// Options end at the first blank outside of quotes; `\"` inside of them is a quote of the value.
std::string_view next_options(std::string_view& text) {
  std::size_t end = 0;
  for (bool quoted = false; end < text.size(); ++end) {
    if (text[end] == '\\' && end + 1 < text.size() && text[end + 1] == '"') {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    } else if (!quoted && blanks.find(text[end]) != std::string_view::npos) {
      break;
    }
  }
  end = std::min(end, text.size());
  const std::string_view options = text.substr(0, end);
  text.remove_prefix(end);
  skip_blanks(text);
  return options;
}

bool all_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

// Types are many and grow: what marks a key is its blob, which begins with the length of the type, a 32-bit number.
std::optional<PublicKey> bare_key(std::string_view text) {
  PublicKey key;
  key.type = next_word(text);
  key.blob = next_word(text);
  if (key.type.empty() || !all_of(key.type, "-@.") || !key.blob.starts_with("AAAA") ||
      !all_of(key.blob, "+/=")) {
    return std::nullopt;
  }
  key.comment = text;
  return key;
}

std::string_view trimmed(std::string_view line) {
  skip_blanks(line);
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

struct Line {
  std::string text;   // without its line feed
  bool ended = true;  // by one
  std::optional<PublicKey> key;
  std::size_t entry = none;  // whose it is
};

struct Entry {
  std::string name;
  const Value* declared;
  std::optional<PublicKey> key;  // of the declared text
  std::string comment;           // by which it is found, and written
  std::size_t twin = none;       // an entry before it that has the same key
};

// A text's lines and the declared entries, each line given to the entry that it belongs to.
class Match {
 public:
  Match(std::string_view text, const Map& declared) {
    for (auto& line : lines_of(text)) {
      auto key = parse_public_key(line);
      lines_.push_back({std::move(line), true, std::move(key), none});
    }
    if (lines_.back().text.empty()) {
      lines_.pop_back();
    } else {
      lines_.back().ended = false;
    }
    for (const auto& [name, position, value] : declared) {
      Entry entry{.name = name, .declared = &value, .key = {}, .comment = name};
      if (value.is_string()) entry.key = parse_public_key(value.as_string());
      if (entry.key && !entry.key->comment.empty()) entry.comment = entry.key->comment;
      for (std::size_t i = 0; entry.key && entry.twin == none && i < entries_.size(); ++i) {
        if (entries_[i].key && entries_[i].key->is_key_of(*entry.key)) entry.twin = i;
      }
      entries_.push_back(std::move(entry));
    }
    for (Line& line : lines_) {
      if (line.key) line.entry = entry_of(*line.key);
    }
  }

  std::vector<Line>& lines() { return lines_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  [[nodiscard]] Value live(std::size_t number) const {
    const Entry& entry = entries_[number];
    if (entry.declared->is_string() && !entry.key) {
      return UnknownValue{"what `keys` says for " + entry.name +
                          " is no key: write a line as a .pub file has it, `ssh-ed25519 AAAA…`"};
    }
    if (entry.twin != none) {
      return UnknownValue{entry.name + " is the same key as " + entries_[entry.twin].name +
                          ": delete one of the two entries"};
    }
    std::string text;
    bool as_declared = entry.key.has_value();
    for (const Line& line : lines_) {
      if (line.entry != number) continue;
      as_declared = as_declared && is_as_declared(*line.key, entry);
      if (!text.empty()) text += '\n';
      text += to_text(*line.key);
    }
    if (text.empty()) return nullptr;
    return as_declared ? *entry.declared : Value(std::move(text));
  }

  static bool is_as_declared(const PublicKey& key, const Entry& entry) {
    return key.is_key_of(*entry.key) && key.options == entry.key->options &&
           (entry.key->comment.empty() || key.comment == entry.key->comment);
  }

 private:
  [[nodiscard]] std::size_t entry_of(const PublicKey& key) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].key && entries_[i].key->is_key_of(key)) return i;
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const bool counts = entries_[i].declared->is_null() || (entries_[i].key && entries_[i].twin == none);
      if (counts && !key.comment.empty() && entries_[i].comment == key.comment) return i;
    }
    return none;
  }

  std::vector<Line> lines_;
  std::vector<Entry> entries_;
};

// A name for a key that nobody declared: its comment, as far as that is fit.
std::string name_for(const PublicKey& key, const Map& taken) {
  std::string name = key.comment;
  if (!all_of(name, "._:+@-")) name = fit_name(name);
  if (name.empty() || name.size() > 100 || taken.contains(name))
    name = "key-" + sha256(key.blob).substr(0, 12);
  while (taken.contains(name)) name += '+';
  return name;
}

// A last line without a line feed keeps it so, until another is added behind it.
std::string joined(const std::vector<Line>& lines, const std::vector<std::string>& added) {
  std::string text;
  for (const Line& line : lines) text += line.text + (line.ended || !added.empty() ? "\n" : "");
  for (const std::string& line : added) text += line + "\n";
  return text;
}

}  // namespace

std::optional<PublicKey> parse_public_key(std::string_view line) {
  // Nothing that a line of the file cannot hold, or that would end one.
  if (line.find('\n') != std::string_view::npos || line.find('\0') != std::string_view::npos)
    return std::nullopt;
  line = trimmed(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  if (auto key = bare_key(line)) return key;
  const std::string_view options = next_options(line);
  auto key = bare_key(line);
  if (key) key->options = options;
  return key;
}

std::string to_text(const PublicKey& key) {
  return (key.options.empty() ? "" : key.options + " ") + key.type + " " + key.blob +
         (key.comment.empty() ? "" : " " + key.comment);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

Map live_keys(std::string_view text, const Map& declared, bool others) {
  Match match(text, declared);
  Map live;
  for (std::size_t i = 0; i < match.entries().size(); ++i) live.set(match.entries()[i].name, match.live(i));
  if (!others) return live;
  for (const Line& line : match.lines()) {
    if (line.key && line.entry == none) live.set(name_for(*line.key, live), to_text(*line.key));
  }
  return live;
}

std::string with_keys(std::string_view text, const Map& declared, bool exclusive) {
  Match match(text, declared);
  std::vector<bool> stands(match.entries().size(), false);
  for (const Line& line : match.lines()) {
    if (line.entry == none || !match.entries()[line.entry].key) continue;
    if (Match::is_as_declared(*line.key, match.entries()[line.entry])) stands[line.entry] = true;
  }
  std::vector<Line> lines;
  for (Line& line : match.lines()) {
    if (!line.key) {
      lines.push_back(std::move(line));
    } else if (line.entry == none) {
      if (!exclusive) lines.push_back(std::move(line));
    } else {
      const Entry& entry = match.entries()[line.entry];
      if (!entry.key) continue;  // null: it goes
      if (Match::is_as_declared(*line.key, entry)) {
        lines.push_back(std::move(line));
      } else if (!stands[line.entry]) {  // else: one line is enough
        PublicKey key = *entry.key;
        key.comment = entry.comment;
        line.text = to_text(key) + (line.text.ends_with('\r') ? "\r" : "");
        stands[line.entry] = true;
        lines.push_back(std::move(line));
      }
    }
  }
  std::vector<std::string> added;
  for (std::size_t i = 0; i < match.entries().size(); ++i) {
    const Entry& entry = match.entries()[i];
    if (!entry.key || entry.twin != none || stands[i]) continue;
    PublicKey key = *entry.key;
    key.comment = entry.comment;
    added.push_back(to_text(key));
  }
  return joined(lines, added);
}

std::string without_keys(std::string_view text, const Map& declared) {
  Match match(text, declared);
  std::vector<Line> lines;
  for (Line& line : match.lines()) {
    if (line.entry == none || match.entries()[line.entry].declared->is_null()) {
      lines.push_back(std::move(line));
    }
  }
  return joined(lines, {});
}

}  // namespace hearth
