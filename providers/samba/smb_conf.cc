#include "providers/samba/smb_conf.h"

#include <algorithm>
#include <utility>

#include "providers/samba/parameters.h"
#include "providers/support/lines.h"

namespace hearth {

namespace {

constexpr std::size_t deepest_include = 10;

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// The lines of one file, put together where a backslash ends one, with each run of blanks made one.
class LineReader {
 public:
  LineReader(const std::vector<std::string>& lines, bool ended) : lines_(lines), ended_(ended) {}

  // The next line that says something; its place is begin() to end().
  bool next(std::string& out) {
    for (; end_ < lines_.size(); ++end_) {
      const std::string& line = lines_[end_];
      const auto first = std::find_if(line.begin(), line.end(), [](char c) { return !is_blank(c); });
      if (first == line.end() || *first == '#' || *first == ';') continue;
      begin_ = end_;
      out.clear();
      take(std::string_view(first, line.end()), out);
      while (goes_on(out)) {
        beyond_ = end_ == lines_.size();
        if (beyond_) break;
        take(lines_[end_], out);
      }
      return true;
    }
    return false;
  }
  // Whether that line would go on with whatever was put behind it.
  [[nodiscard]] bool goes_beyond_the_end() const { return beyond_; }
  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  void take(std::string_view line, std::string& out) {
    for (const char c : line) {
      if (!out.empty() && is_blank(out.back()) && is_blank(c)) continue;
      out += c;
    }
    ++end_;
  }

  // Whether the line that was just taken ends in a backslash, which then goes (but not where there is no line end).
  bool goes_on(std::string& out) const {
    const bool at_end = end_ == lines_.size() && !ended_;
    std::size_t size = out.size();
    if (size > 1 && is_blank(out[size - 1]) && out[size - 2] == '\\') --size;
    if (size == 0 || out[size - 1] != '\\') return false;
    if (!at_end) out.resize(size - 1);
    return true;
  }

  const std::vector<std::string>& lines_;
  bool ended_;
  bool beyond_ = false;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class Reader {
 public:
  Reader(SmbConf& conf, const std::map<std::string, std::string>& included)
      : conf_(conf), included_(included) {}

  bool read(const std::vector<std::string>& lines, bool ended, const std::string& file, std::size_t depth) {
    LineReader reader(lines, ended);
    std::string line;
    while (reader.next(line)) {
      if (line.empty()) continue;
      // Whatever was put behind it would become part of it.
      if (file.empty() && reader.goes_beyond_the_end())
        return trouble_at(reader.end() - 1, "the last line ends in a backslash: take that away");
      place_ = (file.empty() ? std::string(smb_conf_path) : file) + ":" + std::to_string(reader.begin() + 1);
      if (line.front() == '[') {
        const std::size_t end = line.find(']');
        if (end == std::string::npos) return trouble("a section's name has no `]`");
        if (end == 1) return trouble("a section has no name");
        begin_section(line.substr(1, end - 1), file, reader.begin(), reader.end());
        continue;
      }
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) {  // Samba passes over it
        if (file.empty()) extend_block(reader.end());
        continue;
      }
      if (equals == 0) return trouble("there is a value without a name");
      SmbSetting setting;
      setting.name = trimmed(std::string_view(line).substr(0, equals));
      setting.written = trimmed(std::string_view(line).substr(equals + 1));
      setting.file = file;
      setting.begin = reader.begin();
      setting.end = reader.end();
      if (!take(std::move(setting), depth)) return false;
    }
    return true;
  }

 private:
  bool trouble_at(std::size_t line, const std::string& why) {
    conf_.trouble = std::string(smb_conf_path) + ":" + std::to_string(line + 1) + ": " + why;
    return false;
  }

  bool trouble(const std::string& why) {
    conf_.trouble = place_ + ": " + why;
    return false;
  }

  SmbSection& section(const std::string& name) {
    const std::string key = smb_section_key(name);
    const auto [found, fresh] = conf_.sections.try_emplace(key);
    if (!fresh) return found->second;
    found->second.name = name;
    if (key == "global") return found->second;
    if (const auto global = conf_.sections.find("global"); global != conf_.sections.end()) {
      for (const auto& [id, setting] : global->second.own) {
        if (smb_parameter(setting.name).of_shares && id.find(':') == std::string::npos)
          found->second.inherited.emplace(id, setting);
      }
    }
    return found->second;
  }

  void begin_section(const std::string& name, const std::string& file, std::size_t begin, std::size_t end) {
    now_ = smb_section_key(name);
    SmbSection& begun = section(name);
    // A share that begins once more forgets its modules' options, and nothing else.
    if (now_ != "global") {
      const auto is_option = [](const auto& each) { return each.first.find(':') != std::string::npos; };
      std::erase_if(begun.own, is_option);
      std::erase_if(begun.inherited, is_option);
    }
    elsewhere_ = false;
    if (!file.empty()) return;
    close_block(begin);
    begun.blocks.push_back({begin, end, end});
    open_ = now_;
  }

  // Blank lines at its end are not part of it: whoever adds a section sets it apart with one.
  void close_block(std::size_t line) {
    if (open_.empty()) return;
    SmbSection::Block& block = conf_.sections.at(open_).blocks.back();
    while (line > block.last && trimmed(conf_.lines[line - 1]).empty()) --line;
    block.end = line;
  }

  // The text of the open block reaches up to LINE at least.
  void extend_block(std::size_t line) {
    if (!open_.empty() && !elsewhere_) conf_.sections.at(open_).blocks.back().last = line;
  }

  bool take(SmbSetting setting, std::size_t depth) {
    if (setting.file.empty() && elsewhere_)
      return trouble("this belongs to a section that an included file begins: give it a header of its own");
    const SmbParameter parameter = smb_parameter(setting.name);
    setting.section = now_;
    setting.key = parameter.key;
    setting.name = parameter.name;
    setting.inverted = parameter.inverted;
    setting.value = smb_canonical(parameter, setting.written);
    SmbSection& into = section(now_ == "global" ? "global" : now_);
    if (setting.file.empty()) {
      if (into.blocks.empty()) {
        into.blocks.push_back({0, 0, 0});
        open_ = now_;
      }
      extend_block(setting.end);
    }
    if (parameter.key == "include") return include(setting, depth);
    if (parameter.key == "configfile" || (parameter.key == "configbackend" && setting.value != "file"))
      return trouble("`" + setting.name + "` says that the settings are kept elsewhere");
    if (parameter.key == "copy") {
      if (!copy(into, setting.written))
        return trouble("`copy = " + setting.written + "`: there is no such section to copy");
    } else if (now_ == "global" || parameter.of_shares) {
      into.own.insert_or_assign(setting.key, setting);
    }
    conf_.settings.push_back(std::move(setting));
    return true;
  }

  bool include(const SmbSetting& setting, std::size_t depth) {
    conf_.settings.push_back(setting);
    if (setting.written == "registry")
      return trouble("`include = registry`: settings are kept there as well");
    const auto found = included_.find(setting.written);
    if (found == included_.end()) return true;
    if (depth >= deepest_include) return trouble("files include each other without end");
    const std::string before = now_;
    if (!read(split_lines(found->second), found->second.ends_with('\n'), setting.written, depth + 1))
      return false;
    elsewhere_ = setting.file.empty() && now_ != before;
    return true;
  }

  // What the other section says by now, where this one has not said anything itself.
  bool copy(SmbSection& into, const std::string& name) {
    const auto from = conf_.sections.find(smb_section_key(name));
    if (from == conf_.sections.end() || &from->second == &into || from->first == "global" || now_ == "global")
      return false;
    std::map<std::string, SmbSetting> values = from->second.inherited;
    for (const auto& [id, setting] : from->second.own) values.insert_or_assign(id, setting);
    // Also what that one leaves at its default; but options of modules only ever come to what is there.
    for (const auto& [id, setting] : into.inherited) {
      if (id.find(':') != std::string::npos) values.emplace(id, setting);
    }
    into.inherited = std::move(values);
    return true;
  }

  SmbConf& conf_;
  const std::map<std::string, std::string>& included_;
  std::string now_ = "global";
  std::string open_;        // the section that the text of smb.conf is in
  bool elsewhere_ = false;  // an included file has begun the section that this text is in
  std::string place_;

 public:
  void finish() { close_block(conf_.lines.size()); }
};

using Lines = std::vector<std::string>;

// Edits of blocks, the first block first: what is left of one would come between the one before it and the next header.
class Editing {
 public:
  explicit Editing(Lines lines) : lines_(std::move(lines)) {}

  // BEGIN and END as they were before all edits.
  void replace(std::size_t begin, std::size_t end, Lines lines) {
    begin = moved(begin);
    end = moved(end);
    shift_ += static_cast<std::ptrdiff_t>(lines.size()) - static_cast<std::ptrdiff_t>(end - begin);
    SmbEdit edit{{at(begin), at(end)}, std::move(lines)};
    if (edit.old_lines == edit.new_lines) return;
    // Where the same stands once more further down, what follows tells which one is meant.
    while (last_place(edit.old_lines) != begin && end < lines_.size()) {
      do {
        edit.old_lines.push_back(lines_[end]);
        edit.new_lines.push_back(lines_[end]);
        ++end;
      } while (end < lines_.size() && !is_header(lines_[end]));
    }
    lines_.erase(at(begin), at(end));
    lines_.insert(at(begin), edit.new_lines.begin(), edit.new_lines.end());
    edits_.push_back(std::move(edit));
  }
  std::vector<SmbEdit> edits() { return std::move(edits_); }

 private:
  static bool is_header(const std::string& line) {
    const auto first = std::find_if(line.begin(), line.end(), [](char c) { return !is_blank(c); });
    return first != line.end() && *first == '[';
  }

  [[nodiscard]] std::size_t moved(std::size_t line) const {
    return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(line) + shift_);
  }
  Lines::iterator at(std::size_t line) { return lines_.begin() + static_cast<std::ptrdiff_t>(line); }

  // Where ReplaceLines would find BLOCK.
  std::size_t last_place(const Lines& block) {
    for (std::size_t begin = lines_.size() - block.size();; --begin) {
      std::size_t next = begin + block.size();
      while (next < lines_.size() && trimmed(lines_[next]).empty()) ++next;
      if ((next == lines_.size() || is_header(lines_[next])) &&
          std::equal(block.begin(), block.end(), at(begin)))
        return begin;
      if (begin == 0) return lines_.size();
    }
  }

  Lines lines_;
  std::ptrdiff_t shift_ = 0;  // by how many lines what comes now has moved
  std::vector<SmbEdit> edits_;
};

bool in_main(const SmbSetting& setting, const std::string& section) {
  return setting.file.empty() && setting.section == section;
}

// LINE (or the lines) of a statement, with VALUE instead of what it says: the person's own name and spacing stay.
std::string rewritten(const std::string& line, const SmbSetting& setting, const std::string& value) {
  const std::size_t equals = line.find('=');
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  if (equals == std::string::npos) return line.substr(0, first) + setting.name + " = " + value;
  std::size_t begin = line.find_first_not_of(" \t", equals + 1);
  if (begin == std::string::npos || line[begin] == '\\' || line[begin] == '\r') begin = equals + 1;
  std::string said = value;
  if (setting.inverted) {
    if (const auto yes = smb_boolean(value)) said = *yes ? "no" : "yes";
  }
  return line.substr(0, begin) + said + (line.ends_with('\r') ? "\r" : "");
}

std::string indentation(const SmbConf& conf, const SmbSection::Block& block, const std::string& section) {
  for (const SmbSetting& setting : conf.settings) {
    if (!in_main(setting, section) || setting.begin < block.begin || setting.begin >= block.end) continue;
    const std::string& line = conf.lines[setting.begin];
    return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  }
  return "   ";
}

}  // namespace

std::string smb_section_key(std::string_view name) {
  std::string lower;
  std::string squeezed;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    lower += c;
    if (!is_blank(c)) squeezed += c;
  }
  return squeezed == "global" || squeezed == "globals" ? "global" : lower;
}

SmbConf read_smb_conf(std::string_view text, const std::map<std::string, std::string>& included) {
  SmbConf conf;
  conf.lines = split_lines(text);
  Reader reader(conf, included);
  static_cast<void>(reader.read(conf.lines, text.ends_with('\n'), "", 0));
  reader.finish();
  return conf;
}

const SmbSetting* find_smb_setting(const SmbConf& conf, const std::string& section, const std::string& key) {
  const auto found = conf.sections.find(section);
  if (found == conf.sections.end()) return nullptr;
  for (const auto* settings : {&found->second.own, &found->second.inherited}) {
    if (const auto said = settings->find(key); said != settings->end()) return &said->second;
  }
  if (key.find(':') == std::string::npos || section == "global") return nullptr;
  return find_smb_setting(conf, "global", key);
}

std::vector<SmbEdit> edit_smb_section(const SmbConf& conf, const std::string& name,
                                      const SmbChanges& changes) {
  const std::string section = smb_section_key(name);
  const auto found = conf.sections.find(section);
  if (found == conf.sections.end() || found->second.blocks.empty()) {
    SmbEdit added;
    if (!conf.lines.empty() && !trimmed(conf.lines.back()).empty()) added.new_lines.emplace_back();
    added.new_lines.push_back("[" + name + "]");
    for (const auto& [parameter, value] : changes) {
      if (value) added.new_lines.push_back("   " + parameter + " = " + *value);
    }
    return {added};
  }
  std::map<std::size_t, std::pair<std::size_t, std::vector<std::string>>>
      replaced;  // by line: up to which, by what
  std::vector<std::string> fresh;
  for (const auto& [parameter, value] : changes) {
    const std::string key = smb_parameter(parameter).key;
    const SmbSetting* last = nullptr;
    for (const SmbSetting& setting : conf.settings) {
      if (setting.key != key || !in_main(setting, section)) continue;
      last = &setting;
      if (!value) replaced[setting.begin] = {setting.end, {}};
    }
    if (!value) continue;
    // An option of a module that an earlier block sets is forgotten by the last one.
    if (last != nullptr && section != "global" && key.find(':') != std::string::npos &&
        last->begin < found->second.blocks.back().begin) {
      last = nullptr;
    }
    if (last == nullptr) {
      fresh.push_back(parameter + " = " + *value);
    } else {
      replaced[last->begin] = {last->end, {rewritten(conf.lines[last->begin], *last, *value)}};
    }
  }
  Editing editing(conf.lines);
  const auto& blocks = found->second.blocks;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const SmbSection::Block& block = blocks[b];
    Lines lines;
    const auto add_fresh = [&](std::size_t line) {
      if (b + 1 != blocks.size() || line != block.last) return;
      const std::string indent = indentation(conf, block, section);
      for (const std::string& each : fresh) lines.push_back(indent + each);
    };
    for (std::size_t line = block.begin; line < block.end;) {
      add_fresh(line);
      const auto change = replaced.find(line);
      if (change == replaced.end()) {
        lines.push_back(conf.lines[line++]);
        continue;
      }
      lines.insert(lines.end(), change->second.second.begin(), change->second.second.end());
      line = change->second.first;
    }
    add_fresh(block.end);
    editing.replace(block.begin, block.end, std::move(lines));
  }
  return editing.edits();
}

std::vector<SmbEdit> remove_smb_section(const SmbConf& conf, const std::string& name) {
  Editing editing(conf.lines);
  const auto found = conf.sections.find(smb_section_key(name));
  if (found == conf.sections.end()) return {};
  const auto at = [&](std::size_t line) { return conf.lines.begin() + static_cast<std::ptrdiff_t>(line); };
  for (const SmbSection::Block& block : found->second.blocks)
    editing.replace(block.begin, block.end, {at(block.last), at(block.end)});
  return editing.edits();
}

}  // namespace hearth
