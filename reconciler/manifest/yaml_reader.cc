#include "reconciler/manifest/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <unordered_map>
#include <utility>

#include "reconciler/core/utf8.h"
#include "reconciler/manifest/yaml_scalar.h"

namespace hearth {

namespace {

// Thrown through yaml-cpp by our own handler, and caught right outside of it: there is no other way to make
// it stop.
struct AbandonDocument {};
struct AbandonFile {};

// The complaints of one file. Gives up after MOST: beyond that there is one cause, and memory to save.
class Complaints {
 public:
  Complaints(Diagnostics& diagnostics, const std::string* file, std::size_t most)
      : diagnostics_(diagnostics), file_(file), most_(most) {}

  void add(std::string_view rule, Position position, std::string message, std::string hint = {}) {
    if (count_ == most_) {
      put("too-many-errors", position, "reading stops here after " + std::to_string(most_) + " errors",
          "correct the first ones and run again");
      throw AbandonFile{};
    }
    ++count_;
    put(rule, position, std::move(message), std::move(hint));
  }

  [[nodiscard]] Position at(std::size_t line, std::size_t column) const {
    return {file_, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
  }

 private:
  void put(std::string_view rule, Position position, std::string message, std::string hint) {
    Diagnostic diagnostic = failure(rule, std::move(message), std::move(hint));
    diagnostic.position = position;
    diagnostics_.add(std::move(diagnostic));
  }

  Diagnostics& diagnostics_;
  const std::string* file_;
  std::size_t most_;
  std::size_t count_ = 0;
};

// ---- Bytes ----------------------------------------------------------------------------------------------

std::string hexadecimal(char32_t number, std::size_t digits) {
  static constexpr std::string_view letters = "0123456789ABCDEF";
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; number >>= 4U) out[i] = letters[number & 15U];
  return out;
}

// What YAML calls not printable, and marks that are invisible where they stand.
bool is_forbidden(char32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\r';
  return (c >= 0x7F && c < 0xA0 && c != 0x85) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

// Refuses what is no text before yaml-cpp sees it: it would guess at encodings and put U+FFFD in place of bad
// bytes.
bool is_clean_text(std::string_view text, Complaints& complaints) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    complaints.add("not-utf8", complaints.at(1, 1), "the file is UTF-16", "save the file as UTF-8");
    return false;
  }
  constexpr std::size_t enough = 10;  // of a file that is no text
  std::size_t bad = 0;
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < text.size() && bad < enough;) {
    const char byte = text[i];
    if (byte == '\n') {
      ++line;
      line_start = ++i;
      continue;
    }
    if (byte >= ' ' && byte < 0x7F) {
      ++i;
      continue;
    }
    const Position here = complaints.at(line, i - line_start + 1);
    char32_t character = 0;
    const std::size_t length = decode_utf8(text, i, character);
    if (length == 0) {
      complaints.add("not-utf8", here,
                     "the byte 0x" + hexadecimal(static_cast<unsigned char>(byte), 2) + " is not UTF-8",
                     "save the file as UTF-8");
      ++bad;
      ++i;
      continue;
    }
    if (byte == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
      complaints.add("bad-character", here, "a carriage return stands without a line feed",
                     "end lines with a line feed");
      ++bad;
    } else if (is_forbidden(character)) {
      complaints.add("bad-character", here,
                     "the control character U+" + hexadecimal(character, 4) + " is not allowed",
                     "delete it; where it is meant, write an escape in double quotes");
      ++bad;
    }
    i += length;
  }
  return bad == 0;
}

// A part of the file that holds at most one document.
struct Chunk {
  std::string_view text;
  std::size_t line = 1;  // of its first character, in the file
};

bool is_document_marker(std::string_view line) {
  return line.starts_with("---") &&
         (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos);
}

// Splits before each `---` line. YAML lets that marker stand nowhere else, so an error in one document cannot
// hide the next, and yaml-cpp (whose 0.7 finds documents without end in ",") is asked for one document at a
// time.
std::vector<Chunk> split_documents(std::string_view text) {
  std::vector<Chunk> chunks;
  std::size_t start = 0;
  std::size_t start_line = 1;
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', i), text.size() - 1) + 1;
    if (i != start && is_document_marker(text.substr(i, end - i))) {
      chunks.push_back({text.substr(start, i - start), start_line});
      start = i;
      start_line = line;
    }
    i = end;
  }
  if (start < text.size()) chunks.push_back({text.substr(start), start_line});
  return chunks;
}

// Lets yaml-cpp, which wants a stream, read memory that somebody else owns.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

// ---- Events to values -----------------------------------------------------------------------------------

// Builds the one document of a chunk. A value that was complained of becomes an UnknownValue, so that whoever
// checks further does not complain a second time.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Chunk& chunk, const YamlLimits& limits, Complaints& complaints, std::size_t& values)
      : chunk_(chunk), limits_(limits), complaints_(complaints), values_(values) {}

  // Nothing when the chunk holds no document but comments.
  std::optional<Value> take_document() { return std::move(document_); }

  // Where MARK (which counts from 0, within the chunk) is in the file.
  [[nodiscard]] Position at(const YAML::Mark& mark) const {
    if (mark.is_null() || mark.line < 0 || mark.column < 0) return complaints_.at(chunk_.line, 1);
    const auto line = static_cast<std::size_t>(mark.line);
    auto column = static_cast<std::size_t>(mark.column);
    // An escape that the text ends in makes yaml-cpp count on behind the end.
    const std::size_t beyond = static_cast<std::size_t>(std::max(mark.pos, 0)) - offset_of(mark);
    column -= std::min(beyond, column);
    return complaints_.at(chunk_.line + line, column + 1);
  }

  // The last key or value that was read without error: where to look when yaml-cpp only knows where the text
  // ends.
  [[nodiscard]] const Position& last() const { return last_; }

  // A tab was complained of: errors of syntax behind it are likely its consequence.
  [[nodiscard]] bool has_tab() const { return has_tab_; }

  // The tab in the blanks before MARK on its line, if there is one.
  [[nodiscard]] std::optional<Position> tab_before(const YAML::Mark& mark) const {
    std::size_t i = offset_of(mark);
    for (std::size_t column = static_cast<std::size_t>(std::max(mark.column, 0)); i > 0 && column > 0;
         --column) {
      const char c = chunk_.text[--i];
      if (c == '\t') return complaints_.at(at(mark).line, column);
      if (c != ' ') break;
    }
    return std::nullopt;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!started_) {
      started_ = true;
      return;
    }
    complaints_.add(
        "bad-yaml", at(mark), "text follows after the end of the document",
        "start another document with a line of ---; or a bracket or an indentation above is wrong");
    throw AbandonDocument{};
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const bool written = is_null_word(mark);
    if (frames_.empty() && !written) return;  // nothing but comments
    refuse_anchor(mark, anchor);
    if (expects_key()) {
      refuse_key(written ? at(mark) : place_of_empty(mark), "a key must be text, not null");
    } else if (written) {
      refuse_tab(mark);
      add(Value(), at(mark));
    } else if (in_map() && frames_.back().key_is_bad) {
      add_refused(frames_.back().key_position);  // one complaint about a member is enough
    } else {
      const Position place = place_of_empty(mark);
      complaints_.add(
          "empty-value", place,
          in_map() ? "the key " + quote(frames_.back().key) + " has no value" : "the list entry has no value",
          "write a value, or null where it must be unset; \"\", [] and {} say which nothing is meant");
      add_refused(place);
    }
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    complaints_.add("alias", at(mark), "aliases are not supported", alias_hint);
    if (expects_key()) {
      mark_bad_key(at(mark));
    } else {
      add_refused(at(mark));
    }
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_tab(mark);
    refuse_anchor(mark, anchor);
    const bool plain = tag == "?";
    // Behind an anchor or a tag the text does not begin at its mark.
    const bool bad = refuse_tag(mark, tag) || anchor != 0 || refuse_text(mark, text, plain);
    if (expects_key()) {
      add_key(mark, text, plain, bad);
    } else if (bad) {
      add_refused(at(mark));
    } else if (plain) {
      add_plain(mark, text);
    } else {
      add(Value(text), at(mark));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, Value(List{}));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, Value(Map{}));
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* alias_hint =
      "write the value out; what several resources share goes into `spec` beside `items`";

  // A list or map that is being read.
  struct Frame {
    Value container;
    Position position;
    bool is_flow = false;     // in brackets
    bool is_key = false;      // stands where a key should: refused already, its content is dropped
    bool has_key = false;     // maps: a key was read and waits for its value
    bool key_is_bad = false;  // was complained of: its value is read and dropped
    std::string key;
    Position key_position;
    // Where the keys are, once there are so many that searching them one by one would be quadratic.
    std::unordered_map<std::string, Position> seen;
  };

  [[nodiscard]] bool in_flow() const { return !frames_.empty() && frames_.back().is_flow; }
  [[nodiscard]] bool in_map() const { return !frames_.empty() && frames_.back().container.is_map(); }
  [[nodiscard]] bool expects_key() const { return in_map() && !frames_.back().has_key; }

  // Offsets come from a library that reads untrusted text: never beyond the chunk.
  [[nodiscard]] std::size_t offset_of(const YAML::Mark& mark) const {
    return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), chunk_.text.size());
  }

  // ---- What is refused ----------------------------------------------------------------------------------

  void refuse_tab(const YAML::Mark& mark) {
    if (const auto tab = tab_before(mark)) {
      has_tab_ = true;
      complaints_.add("tab", *tab, "a tab stands where only spaces may", "use spaces");
    }
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) complaints_.add("alias", at(mark), "anchors are not supported", alias_hint);
  }

  // Whether there was a tag. yaml-cpp says "?" for no tag on what is not quoted, and "!" for none on what is.
  bool refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return false;
    complaints_.add("bad-tag", at(mark), "the tag " + quote(tag) + " has no meaning here",
                    "delete it; quote what must be text, write {secret: NAME} for a secret");
    return true;
  }

  bool refuse_text(const YAML::Mark& mark, const std::string& text, bool plain) {
    // Control characters cannot be in the file, but escapes can make a NUL, which ends strings in every tool
    // behind us.
    if (text.find('\0') != std::string::npos) {
      complaints_.add("bad-character", at(mark), "the text holds a NUL character", "delete the escape \\0");
      return true;
    }
    if (plain && !is_at(mark, text)) {
      complaints_.add(
          "multi-line-scalar", at(mark), "this text goes on over several lines without quotes",
          in_flow() ? "look for a comma or a closing bracket that is missing before the end of the line"
                    : "correct the indentation of the lines below; for long text use | (keeps line ends) or "
                      "> (joins lines)");
      return true;
    }
    if (!plain && !closes_on_its_line(mark)) {
      complaints_.add("multi-line-scalar", at(mark),
                      "the quotes that begin here are not closed on their line",
                      "close them; for long text use | (keeps line ends) or > (joins lines)");
      return true;
    }
    return false;
  }

  // Whether TEXT stands at MARK as it is: what is folded from several lines does not.
  [[nodiscard]] bool is_at(const YAML::Mark& mark, std::string_view text) const {
    return chunk_.text.substr(offset_of(mark), text.size()) == text;
  }

  // yaml-cpp lets quotes stay open until the end of the text, and lets them swallow lines that are not
  // indented. True for block scalars (| and >), which need no end.
  [[nodiscard]] bool closes_on_its_line(const YAML::Mark& mark) const {
    const std::string_view rest = chunk_.text.substr(offset_of(mark));
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return true;
    const char quote = rest.front();
    for (std::size_t i = 1; i < rest.size() && rest[i] != '\n'; ++i) {
      if (quote == '"' && rest[i] == '\\') {
        ++i;  // whatever is escaped
      } else if (rest[i] == quote) {
        const bool doubled = quote == '\'' && i + 1 < rest.size() && rest[i + 1] == quote;
        if (!doubled) return true;
        ++i;
      }
    }
    return false;
  }

  void refuse_key(Position position, std::string message) {
    complaints_.add("bad-key", position, std::move(message), "quote it if it is a name");
    mark_bad_key(position);
  }

  void mark_bad_key(Position position) {
    Frame& frame = frames_.back();
    frame.has_key = frame.key_is_bad = true;
    frame.key.clear();
    frame.key_position = position;
  }

  // Complains when a word reads differently elsewhere or cannot be represented; says whether it did.
  bool refuse_plain(const YAML::Mark& mark, const PlainScalar& scalar, const std::string& text) {
    if (!scalar.otherwise.empty()) {
      const std::string here = scalar.value.is_string() ? "text" : std::string(scalar.value.type_name());
      complaints_.add("ambiguous-scalar", at(mark),
                      quote(text) + " is " + here + " in YAML 1.2 and " + scalar.otherwise + " in YAML 1.1",
                      disambiguation(scalar, text));
      return true;
    }
    if (!scalar.problem.empty()) {
      complaints_.add("bad-number", at(mark), quote(text) + ": " + scalar.problem,
                      "put it in quotes if it is text");
      return true;
    }
    return false;
  }

  static std::string disambiguation(const PlainScalar& scalar, const std::string& text) {
    std::string hint = "write \"" + text + "\" if it is text";
    if (scalar.otherwise == "the boolean true") return hint + ", true if it is a boolean";
    if (scalar.otherwise == "the boolean false") return hint + ", false if it is a boolean";
    if (scalar.value.is_integer()) {
      return hint + ", " + std::to_string(scalar.value.as_integer()) + " if it is a number";
    }
    return hint;
  }

  // ---- Where things are ---------------------------------------------------------------------------------

  // yaml-cpp reports an empty value and a written null alike. An empty one has the mark of whatever comes
  // next, which may be a key named null: so look at what stands there, and behind it.
  [[nodiscard]] bool is_null_word(const YAML::Mark& mark) const {
    std::string_view rest = chunk_.text.substr(offset_of(mark));
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (!rest.starts_with(word)) continue;
      rest.remove_prefix(word.size());
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      const bool is_key =
          rest.starts_with(':') &&
          (rest.size() == 1 || std::string_view(" \t\r\n,]}").find(rest[1]) != std::string_view::npos);
      return !is_key;
    }
    return false;
  }

  // Where a value is missing: at its key, or at the sign before it.
  [[nodiscard]] Position place_of_empty(const YAML::Mark& mark) const {
    if (in_map() && frames_.back().has_key) return frames_.back().key_position;
    std::size_t i = offset_of(mark);
    std::size_t line = at(mark).line;
    while (i > 0 && std::string_view(" \t\r\n").find(chunk_.text[i - 1]) != std::string_view::npos) {
      if (chunk_.text[--i] == '\n') --line;
    }
    if (i == 0) return at(mark);
    const std::size_t before = chunk_.text.rfind('\n', i - 1);
    const std::size_t line_start = before == std::string_view::npos ? 0 : before + 1;
    return complaints_.at(line, i - line_start);
  }

  // ---- Building -----------------------------------------------------------------------------------------

  void count_value(Position position) {
    if (++values_ <= limits_.values) return;
    complaints_.add("too-large", position,
                    "the file holds more than " + std::to_string(limits_.values) + " values",
                    "split it: all *.yaml files below the manifests folder are read");
    throw AbandonFile{};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style, Value container) {
    refuse_tab(mark);
    refuse_anchor(mark, anchor);
    const Position position = at(mark);
    refuse_tag(mark, tag);
    if (frames_.size() == limits_.depth) {
      complaints_.add("too-deep", position,
                      "lists and maps are nested more than " + std::to_string(limits_.depth) + " deep",
                      "look for brackets that are never closed, or for indentation that grows line by line");
      throw AbandonDocument{};
    }
    const bool is_key = expects_key();
    if (is_key) refuse_key(position, "a key must be text, not " + std::string(container.type_name()));
    last_ = position;
    Frame& frame = frames_.emplace_back();
    frame.container = std::move(container);
    frame.position = position;
    frame.is_flow = style == YAML::EmitterStyle::Flow;
    frame.is_key = is_key;
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.is_key) return;
    if (frame.container.is_map() && frame.container.as_map().size() == 1) {
      const auto& only = *frame.container.as_map().begin();
      if (only.key == "secret" && only.value.is_string()) {
        frame.container = Value(SecretName{only.value.as_string()});
      }
    }
    add(std::move(frame.container), frame.position);
  }

  void add_key(const YAML::Mark& mark, const std::string& text, bool plain, bool bad) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key_is_bad = true;
    frame.key = text;
    frame.key_position = at(mark);
    if (bad) return;
    if (plain && text == "<<") {
      complaints_.add("merge-key", at(mark), "the merge key << is not supported", alias_hint);
      return;
    }
    if (plain) {
      // Numbers as keys (`8080:`) are names as they are written; a word that is true or null somewhere is
      // not.
      const PlainScalar scalar = read_plain_scalar(text);
      if (!scalar.otherwise.empty()) {
        refuse_plain(mark, scalar, text);
        return;
      }
      if (scalar.value.is_boolean()) {
        refuse_key(at(mark), "a key must be text, not a boolean");
        return;
      }
    }
    if (const Position* first = find_key(frame, text)) {
      complaints_.add("duplicate-key", at(mark), "the key " + quote(text) + " is written twice",
                      "the first is in line " + std::to_string(first->line) + ", column " +
                          std::to_string(first->column) + "; delete one of them");
      return;
    }
    frame.key_is_bad = false;
    last_ = frame.key_position;
  }

  static const Position* find_key(Frame& frame, const std::string& key) {
    constexpr std::size_t few = 16;
    const Map& map = frame.container.as_map();
    if (map.size() < few) {
      const auto found =
          std::find_if(map.begin(), map.end(), [&](const Map::Member& member) { return member.key == key; });
      return found == map.end() ? nullptr : &found->key_position;
    }
    if (frame.seen.empty()) {
      for (const auto& member : map) frame.seen.emplace(member.key, member.key_position);
    }
    const auto [found, is_new] = frame.seen.try_emplace(key, frame.key_position);
    return is_new ? nullptr : &found->second;
  }

  void add_plain(const YAML::Mark& mark, const std::string& text) {
    PlainScalar scalar = read_plain_scalar(text);
    if (refuse_plain(mark, scalar, text)) {
      add_refused(at(mark));
    } else {
      add(std::move(scalar.value), at(mark));
    }
  }

  void add_refused(Position position) { add(Value(UnknownValue{"see the error in the file"}), position); }

  void add(Value value, Position position) {
    count_value(position);
    value.set_position(position);
    last_ = position;
    if (frames_.empty()) {
      document_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.container.is_list()) {
      frame.container.as_list().push_back(std::move(value));
      return;
    }
    if (!frame.key_is_bad) frame.container.as_map().append(frame.key, frame.key_position, std::move(value));
    frame.has_key = frame.key_is_bad = false;
  }

  const Chunk& chunk_;
  const YamlLimits& limits_;
  Complaints& complaints_;
  std::size_t& values_;  // of the whole file
  bool started_ = false;
  bool has_tab_ = false;
  std::vector<Frame> frames_;
  std::optional<Value> document_;
  Position last_;
};

// ---- Errors of syntax -----------------------------------------------------------------------------------

struct Explanation {
  std::string_view said;  // by yaml-cpp
  std::string_view message;
  std::string_view hint;
  bool tell_last = false;  // the place it names is where the text ends, so say also what was read last
};

// yaml-cpp speaks in terms of its scanner. These are the cases that people meet, in terms of what they typed.
constexpr std::array<Explanation, 15> explanations = {{
    {"end of map not found", "this line fits into no map or list above it",
     "line its first letter up with the keys that it belongs to; each key needs a colon and a space behind "
     "it"},
    {"end of sequence not found", "this line fits into no map or list above it",
     "line its dash up with the other entries, or its first letter with the keys that it belongs to"},
    {"end of map flow not found", "a { is not closed, or a comma is missing", "close it with }", true},
    {"end of sequence flow not found", "a [ is not closed, or a comma is missing", "close it with ]", true},
    {"illegal EOF in scalar", "the text ends within quotes", "close the quotes", true},
    {"illegal document indicator in scalar", "the document ends within quotes", "close the quotes", true},
    {"illegal map value", "a colon cannot stand here",
     "quote text that holds a colon and a space; begin each key on a line of its own, in line with the "
     "others, with a colon and a space behind it"},
    {"illegal map key", "a key cannot stand here",
     "begin each key on a line of its own, in line with the others"},
    {"illegal block entry", "a dash cannot stand here", "begin each list entry on a line of its own"},
    {"illegal flow end", "a ] or } closes nothing", "delete it, or open it before"},
    {"unknown token", "a word cannot begin with this character", "put the text in quotes"},
    {"illegal tab when looking for indentation", "a tab stands where only spaces may", "use spaces"},
    {"the referenced anchor is not defined", "aliases are not supported",
     "write the value out; put text that begins with * in quotes"},
    {"unknown escape character",
     "a backslash within double quotes begins an escape, and there is none like this",
     "write \\\\ for a backslash, or use single quotes"},
    {"alias not found after *", "a word cannot begin with this character", "put the text in quotes"},
}};

void explain(const YAML::Exception& error, const Builder& builder, Complaints& complaints) {
  if (builder.has_tab()) return;
  const Position place = builder.at(error.mark);
  if (const auto tab = builder.tab_before(error.mark)) {
    complaints.add("tab", *tab, "a tab stands where only spaces may", "use spaces");
    return;
  }
  const auto* found = std::find_if(explanations.begin(), explanations.end(),
                                   [&](const Explanation& one) { return error.msg.starts_with(one.said); });
  if (found == explanations.end()) {
    complaints.add("bad-yaml", place, error.msg,
                   "correct the text here; quotes help where signs are meant as text");
    return;
  }
  std::string hint(found->hint);
  if (found->tell_last && builder.last().known()) {
    hint += "; what was read last is in line " + std::to_string(builder.last().line) + ", column " +
            std::to_string(builder.last().column);
  }
  const bool is_tab = found->said.starts_with("illegal tab");
  const bool is_alias = found->said.starts_with("the referenced anchor");
  complaints.add(is_tab     ? "tab"
                 : is_alias ? "alias"
                            : "bad-yaml",
                 place, std::string(found->message), std::move(hint));
}

// A line of %YAML or %TAG before the document would change what the text means; without them there is one
// YAML.
bool has_directive(const Chunk& chunk, Complaints& complaints) {
  std::size_t line = chunk.line;
  for (std::size_t i = 0; i < chunk.text.size(); ++line) {
    const std::size_t end = std::min(chunk.text.find('\n', i), chunk.text.size() - 1) + 1;
    const std::string_view text = chunk.text.substr(i, end - i);
    i = end;
    if (text.starts_with('%')) {
      complaints.add("bad-yaml", complaints.at(line, 1), "directives are not supported",
                     "delete the line: hearth reads YAML 1.2 and no tags");
      return true;
    }
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] != '#') break;
  }
  return false;
}

std::optional<Value> read_document(const Chunk& chunk, const YamlLimits& limits, Complaints& complaints,
                                   std::size_t& values) {
  if (has_directive(chunk, complaints)) return std::nullopt;
  Builder builder(chunk, limits, complaints, values);
  try {
    ViewBuffer buffer(chunk.text);
    std::istream in(&buffer);
    YAML::Parser parser(in);
    // The second call finds either the end or a second document, which the builder refuses.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return builder.take_document();
  } catch (const YAML::Exception& error) {
    explain(error, builder, complaints);
  } catch (const AbandonDocument&) {
    // Said already.
  }
  return std::nullopt;
}

}  // namespace

std::vector<Value> read_yaml(std::string_view text, std::string_view file, Diagnostics& diagnostics,
                             const YamlLimits& limits) {
  std::vector<Value> documents;
  Complaints complaints(diagnostics, intern_file_name(file), limits.errors);
  try {
    if (text.size() > limits.bytes) {
      complaints.add("too-large", complaints.at(0, 0),
                     "the file has " + std::to_string(text.size()) + " bytes; at most " +
                         std::to_string(limits.bytes) + " are read",
                     "split it: all *.yaml files below the manifests folder are read");
      return documents;
    }
    // The one mark that editors put before everything; it says UTF-8 and nothing else.
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (!is_clean_text(text, complaints)) return documents;
    std::size_t values = 0;
    for (const Chunk& chunk : split_documents(text)) {
      if (auto document = read_document(chunk, limits, complaints, values))
        documents.push_back(std::move(*document));
    }
  } catch (const AbandonFile&) {
    // Said already; what was read so far is still worth checking.
  } catch (const std::exception& error) {
    Diagnostic diagnostic = failure("bad-yaml", std::string("the YAML library gave up: ") + error.what());
    diagnostic.position.file = intern_file_name(file);
    diagnostics.add(std::move(diagnostic));
  }
  return documents;
}

}  // namespace hearth
