#include "reconciler/manifest/pattern.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

constexpr std::size_t max_program = 4096;
constexpr std::size_t max_nesting = 50;
constexpr std::uint32_t max_repeat = 1000;

bool is_word(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

bool Pattern::CharacterSet::contains(char32_t character) const {
  const bool found = std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
    return character >= range.first && character <= range.second;
  });
  return found != negated;
}

// ---- Text to program ------------------------------------------------------------------------------------

// Recursive descent into a tree, then the tree into instructions (a repeated part is emitted once per
// repetition). Errors travel as a message in problem_: every step does nothing once there is one.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view text) : rest_(text) {}

  tl::expected<Pattern, std::string> compile(std::string_view text) {
    const NodePtr root = alternatives(0);
    if (problem_.empty() && !rest_.empty()) fail("a ) closes nothing");
    if (problem_.empty()) {
      emit(*root);
      add({Pattern::Opcode::match});
    }
    if (!problem_.empty()) return tl::unexpected(problem_);
    pattern_.text_ = text;
    return std::move(pattern_);
  }

 private:
  struct Node;
  using NodePtr = std::unique_ptr<Node>;
  struct Node {
    enum class Type : std::uint8_t { sequence, alternatives, repeat, leaf };
    Type type = Type::sequence;
    std::vector<NodePtr> children;
    Pattern::Instruction leaf;
    std::uint32_t least = 1;
    std::optional<std::uint32_t> most;  // nothing: without end
  };

  void fail(std::string message) {
    if (problem_.empty()) problem_ = std::move(message);
    rest_ = {};
  }

  bool eat(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  char32_t next_character() {
    char32_t character = 0;
    const std::size_t length = decode_utf8(rest_, 0, character);
    if (length == 0) {
      fail("it is not UTF-8");
      return 0;
    }
    rest_.remove_prefix(length);
    return character;
  }

  static NodePtr make(Node::Type type) {
    auto node = std::make_unique<Node>();
    node->type = type;
    return node;
  }
  static NodePtr make_leaf(Pattern::Opcode opcode, std::uint32_t first = 0) {
    auto node = make(Node::Type::leaf);
    node->leaf = {opcode, first, 0};
    return node;
  }
  NodePtr make_set(Pattern::CharacterSet set) {
    pattern_.sets_.push_back(std::move(set));
    return make_leaf(Pattern::Opcode::set, static_cast<std::uint32_t>(pattern_.sets_.size() - 1));
  }

  NodePtr alternatives(std::size_t depth) {
    auto node = make(Node::Type::alternatives);
    if (depth > max_nesting) fail("its groups are nested too deep");
    do {
      node->children.push_back(sequence(depth));
    } while (eat('|'));
    return node;
  }

  NodePtr sequence(std::size_t depth) {
    auto node = make(Node::Type::sequence);
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      node->children.push_back(quantified(atom(depth)));
    }
    return node;
  }

  NodePtr atom(std::size_t depth) {
    if (eat('^')) return make_leaf(Pattern::Opcode::begin);
    if (eat('$')) return make_leaf(Pattern::Opcode::end);
    if (eat('.')) return make_set({{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}, true});
    if (eat('[')) return make_set(character_class());
    if (eat('(')) return group(depth);
    if (eat('\\')) return escape();
    if (std::string_view("*+?{").find(rest_.front()) != std::string_view::npos) {
      fail("there is nothing before " + std::string(1, rest_.front()) + " to repeat");
      return make(Node::Type::sequence);
    }
    return make_leaf(Pattern::Opcode::character, next_character());
  }

  NodePtr group(std::size_t depth) {
    if (eat('?') && !eat(':')) fail("look-around and named groups are not supported");
    NodePtr node = alternatives(depth + 1);
    if (!eat(')')) fail("a ( is not closed");
    return node;
  }

  NodePtr quantified(NodePtr node) {
    std::uint32_t least = 0;
    std::optional<std::uint32_t> most;
    if (eat('*')) {
    } else if (eat('+')) {
      least = 1;
    } else if (eat('?')) {
      most = 1;
    } else if (eat('{')) {
      least = number();
      most = least;
      if (eat(',')) {
        most.reset();
        if (!rest_.starts_with('}')) most = number();
      }
      if (!eat('}')) fail("a { is not closed");
      if (most && *most < least) fail("a repetition ends before it begins");
    } else {
      return node;
    }
    eat('?');  // lazy: says which match is meant, not whether there is one
    auto repeat = make(Node::Type::repeat);
    repeat->least = least;
    repeat->most = most;
    repeat->children.push_back(std::move(node));
    return repeat;
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') fail("a { wants a number");
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(rest_.front() - '0');
      rest_.remove_prefix(1);
      if (value > max_repeat) fail("a repetition is above " + std::to_string(max_repeat));
    }
    return value;
  }

  // \d \w \s and their negations.
  static std::optional<Pattern::CharacterSet> named_class(char c) {
    switch (c) {
      case 'd': return Pattern::CharacterSet{{{'0', '9'}}, false};
      case 'D': return Pattern::CharacterSet{{{'0', '9'}}, true};
      case 'w': return Pattern::CharacterSet{{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}, false};
      case 'W': return Pattern::CharacterSet{{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}, true};
      case 's':
      case 'S':
        return Pattern::CharacterSet{{{'\t', '\r'},
                                      {' ', ' '},
                                      {0xA0, 0xA0},
                                      {0x1680, 0x1680},
                                      {0x2000, 0x200A},
                                      {0x2028, 0x2029},
                                      {0x202F, 0x202F},
                                      {0x205F, 0x205F},
                                      {0x3000, 0x3000},
                                      {0xFEFF, 0xFEFF}},
                                     c == 'S'};
      default: return std::nullopt;
    }
  }

  NodePtr escape() {
    if (rest_.empty()) {
      fail("it ends in a backslash");
      return make(Node::Type::sequence);
    }
    if (eat('b')) return make_leaf(Pattern::Opcode::word_border);
    if (eat('B')) return make_leaf(Pattern::Opcode::no_word_border);
    if (auto set = named_class(rest_.front())) {
      rest_.remove_prefix(1);
      return make_set(std::move(*set));
    }
    return make_leaf(Pattern::Opcode::character, escaped_character());
  }

  // Behind the backslash.
  char32_t escaped_character() {
    if (eat('t')) return '\t';
    if (eat('n')) return '\n';
    if (eat('r')) return '\r';
    if (eat('f')) return '\f';
    if (eat('v')) return '\v';
    if (eat('x')) return hexadecimal(2);
    if (eat('u')) return hexadecimal(4);
    const char32_t character = next_character();
    // Letters and digits not named here mean, or may once mean, something: \1, \p, \k, \c.
    if (is_word(character)) {
      fail("the escape \\" + std::string(1, static_cast<char>(character)) + " is not supported");
    }
    return character;
  }

  char32_t hexadecimal(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = rest_.empty() ? '?' : rest_.front();
      const char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<char32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + static_cast<char32_t>(lower - 'a' + 10);
      } else {
        fail("an escape wants " + std::to_string(digits) + " hexadecimal digits");
        return 0;
      }
      rest_.remove_prefix(1);
    }
    return value;
  }

  Pattern::CharacterSet character_class() {
    Pattern::CharacterSet set;
    set.negated = eat('^');
    while (!rest_.empty() && rest_.front() != ']') {
      char32_t first = 0;
      if (!class_member(set, first)) continue;
      char32_t last = first;
      // A dash at the end stands for itself.
      if (rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        if (!class_member(set, last)) fail("a range wants a character at each end");
        if (last < first) fail("a range ends before it begins");
      }
      set.ranges.emplace_back(first, last);
    }
    if (!eat(']')) fail("a [ is not closed");
    return set;
  }

  // Reads one character into CHARACTER, or adds a class such as \d to SET and says false.
  bool class_member(Pattern::CharacterSet& set, char32_t& character) {
    if (!eat('\\')) {
      character = next_character();
      return true;
    }
    if (rest_.empty()) {
      fail("a [ is not closed");
      return false;
    }
    if (eat('b')) {
      character = '\b';
      return true;
    }
    auto named = named_class(rest_.front());
    if (!named) {
      character = escaped_character();
      return true;
    }
    if (named->negated) fail("a negated class within [ ] is not supported");
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    set.ranges.insert(set.ranges.end(), named->ranges.begin(), named->ranges.end());
    return false;
  }

  // ---- Instructions -------------------------------------------------------------------------------------

  std::uint32_t here() const { return static_cast<std::uint32_t>(pattern_.program_.size()); }

  std::uint32_t add(Pattern::Instruction instruction) {
    if (pattern_.program_.size() >= max_program) {
      fail("it is too large");
      return 0;
    }
    pattern_.program_.push_back(instruction);
    return here() - 1;
  }

  Pattern::Instruction& at(std::uint32_t index) { return pattern_.program_[index]; }

  void emit(const Node& node) {
    if (!problem_.empty()) return;
    switch (node.type) {
      case Node::Type::leaf: add(node.leaf); break;
      case Node::Type::sequence:
        for (const auto& child : node.children) emit(*child);
        break;
      case Node::Type::alternatives: emit_alternatives(node); break;
      case Node::Type::repeat: emit_repeat(node); break;
    }
  }

  // split A, B; A: …; jump end; B: …
  void emit_alternatives(const Node& node) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t i = 0; i < node.children.size() && problem_.empty(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = last ? 0 : add({Pattern::Opcode::split, here() + 1, 0});
      emit(*node.children[i]);
      if (last || !problem_.empty()) continue;
      jumps.push_back(add({Pattern::Opcode::jump}));
      at(split).second = here();
    }
    if (!problem_.empty()) return;
    for (const std::uint32_t jump : jumps) at(jump).first = here();
  }

  void emit_repeat(const Node& node) {
    const Node& body = *node.children.front();
    for (std::uint32_t i = 0; i < node.least && problem_.empty(); ++i) emit(body);
    if (!node.most) {
      const std::uint32_t split = add({Pattern::Opcode::split, here() + 1, 0});
      emit(body);
      add({Pattern::Opcode::jump, split});
      if (problem_.empty()) at(split).second = here();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.least; i < *node.most && problem_.empty(); ++i) {
      splits.push_back(add({Pattern::Opcode::split, here() + 1, 0}));
      emit(body);
    }
    if (!problem_.empty()) return;
    for (const std::uint32_t split : splits) at(split).second = here();
  }

  std::string_view rest_;
  std::string problem_;
  Pattern pattern_;
};

tl::expected<Pattern, std::string> Pattern::compile(std::string_view text) {
  return PatternCompiler(text).compile(text);
}

// ---- Matching -------------------------------------------------------------------------------------------

// The instructions at which a match may be, each at most once: that bounds the work per character.
class Pattern::Threads {
 public:
  explicit Threads(std::size_t program) : at_(program, 0) {}

  void clear() {
    instructions_.clear();
    ++generation_;
  }
  bool insert(std::uint32_t instruction) {
    if (at_[instruction] == generation_) return false;
    at_[instruction] = generation_;
    instructions_.push_back(instruction);
    return true;
  }
  [[nodiscard]] const std::vector<std::uint32_t>& instructions() const { return instructions_; }

 private:
  std::vector<std::uint64_t> at_;  // the generation in which an instruction was inserted last
  std::uint64_t generation_ = 1;
  std::vector<std::uint32_t> instructions_;
};

bool Pattern::is_found_in(std::string_view text) const {
  Threads now(program_.size());
  Threads next(program_.size());
  std::vector<std::uint32_t> todo;
  std::optional<char32_t> previous;

  for (std::size_t offset = 0;;) {
    std::optional<char32_t> current;
    std::size_t length = 0;
    if (offset < text.size()) {
      char32_t character = 0;
      length = decode_utf8(text, offset, character);
      // A byte that is no UTF-8 counts as the replacement character: it matches `.`, and nothing by accident.
      current = length == 0 ? 0xFFFD : character;
      length = std::max<std::size_t>(length, 1);
    }
    const bool border = (previous && is_word(*previous)) != (current && is_word(*current));

    // A match may begin here, too. Then follow everything that eats no character.
    todo.assign(1, 0);
    for (const std::uint32_t instruction : now.instructions()) todo.push_back(instruction);
    now.clear();
    next.clear();
    while (!todo.empty()) {
      const std::uint32_t at = todo.back();
      todo.pop_back();
      if (!now.insert(at)) continue;
      const Instruction& instruction = program_[at];
      switch (instruction.opcode) {
        case Opcode::match: return true;
        case Opcode::jump: todo.push_back(instruction.first); break;
        case Opcode::split:
          todo.push_back(instruction.second);
          todo.push_back(instruction.first);
          break;
        case Opcode::begin:
          if (!previous) todo.push_back(at + 1);
          break;
        case Opcode::end:
          if (!current) todo.push_back(at + 1);
          break;
        case Opcode::word_border:
          if (border) todo.push_back(at + 1);
          break;
        case Opcode::no_word_border:
          if (!border) todo.push_back(at + 1);
          break;
        case Opcode::character:
          if (current && *current == instruction.first) next.insert(at + 1);
          break;
        case Opcode::set:
          if (current && sets_[instruction.first].contains(*current)) next.insert(at + 1);
          break;
      }
    }
    if (!current) return false;
    std::swap(now, next);
    previous = current;
    offset += length;
  }
}

}  // namespace hearth
