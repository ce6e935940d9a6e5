#include "reconciler/safety/shell_words.h"

#include <algorithm>
#include <cstddef>

namespace hearth {

namespace {

constexpr int most_nested = 16;  // substitutions in substitutions

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class Lexer {
 public:
  Lexer(std::string_view text, int depth) : text_(text), depth_(depth) {}

  std::vector<ShellCommand> run() {
    while (!done()) step();
    end_command();
    return std::move(commands_);
  }

 private:
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char here() const { return text_[at_]; }
  [[nodiscard]] bool is_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void step() {
    const char c = here();
    if (is_blank(c)) {
      end_word();
      ++at_;
    } else if (c == '#' && !in_word_) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_at("&>")) {
      end_word();
      at_ += 2;
      begin_output();
    } else if (c == ';' || c == '&' || c == '|' || c == '\n' || c == '(' || c == ')') {
      end_command();
      ++at_;
    } else if (c == '>') {
      redirect_output();
    } else if (c == '<') {
      redirect_input();
    } else {
      letter();
    }
  }

  // `2>x`: the number belongs to the sign.
  void redirect_output() {
    if (in_word_ && !word_.empty() && word_.find_first_not_of("0123456789") == std::string::npos) drop_word();
    end_word();
    ++at_;
    if (!done() && (here() == '>' || here() == '|')) ++at_;
    if (!done() && here() == '&') {  // to another descriptor
      ++at_;
      target_ = Target::nowhere;
      return;
    }
    begin_output();
  }

  void redirect_input() {
    if (text_.substr(at_).starts_with("<(")) {  // a command
      end_command();
      at_ += 2;
      return;
    }
    end_word();
    while (!done() && (here() == '<' || here() == '&' || here() == '-')) ++at_;
    if (!done() && here() == '>') {  // <>
      ++at_;
      begin_output();
      return;
    }
    target_ = Target::nowhere;
  }

  void begin_output() { target_ = Target::output; }

  // A character of a word, with whatever quotes it.
  void letter() {
    in_word_ = true;
    const char c = here();
    if (c == '\\') {
      ++at_;
      if (done()) return;
      if (here() != '\n') word_ += here();
      ++at_;
    } else if (c == '\'') {
      single_quotes();
    } else if (c == '"') {
      double_quotes();
    } else if (is_at("$'")) {
      dollar_quotes();
    } else if (is_at("$\"")) {
      ++at_;
    } else if (is_at("$(") || c == '`') {
      substitution();
    } else {
      word_ += c;
      ++at_;
    }
  }

  void single_quotes() {
    const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, text_.size());
  }

  void double_quotes() {
    for (++at_; !done() && here() != '"';) {
      if (here() == '\\' && at_ + 1 < text_.size() &&
          std::string_view("$`\"\\\n").find(text_[at_ + 1]) != std::string_view::npos) {
        if (text_[at_ + 1] != '\n') word_ += text_[at_ + 1];
        at_ += 2;
      } else if (is_at("$(") || here() == '`') {
        substitution();
      } else {
        word_ += here();
        ++at_;
      }
    }
    if (!done()) ++at_;
  }

  // $'\x72m': bash's way to write any byte.
  void dollar_quotes() {
    for (at_ += 2; !done() && here() != '\'';) {
      if (here() != '\\' || at_ + 1 >= text_.size()) {
        word_ += here();
        ++at_;
        continue;
      }
      const char c = text_[at_ + 1];
      at_ += 2;
      if (c == 'x') {
        word_ += number(16, 2);
      } else if (c >= '0' && c <= '7') {
        --at_;
        word_ += number(8, 3);
      } else {
        word_ += c == 'n' ? '\n' : c == 't' ? '\t' : c;
      }
    }
    if (!done()) ++at_;
  }

  char number(int base, std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits && !done(); ++i, ++at_) {
      const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(here() | 0x20));
      if (digit == std::string_view::npos || static_cast<int>(digit) >= base) break;
      value = value * base + static_cast<int>(digit);
    }
    return static_cast<char>(value);
  }

  // Its commands are run; its output is not known here.
  void substitution() {
    const std::size_t start = at_;
    std::size_t begin = at_ + 1;
    std::size_t end = 0;
    if (here() == '`') {
      end = std::min(text_.find('`', begin), text_.size());
    } else {
      ++begin;
      end = closing(begin);
    }
    at_ = std::min(end + 1, text_.size());
    if (depth_ < most_nested) {
      auto inner = Lexer(text_.substr(begin, end - begin), depth_ + 1).run();
      commands_.insert(commands_.end(), inner.begin(), inner.end());
    }
    word_ += text_.substr(start, at_ - start);
  }

  [[nodiscard]] std::size_t closing(std::size_t begin) const {
    int open = 1;
    for (std::size_t i = begin; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '\'') {
        i = std::min(text_.find('\'', i + 1), text_.size());
      } else if (text_[i] == '(') {
        ++open;
      } else if (text_[i] == ')' && --open == 0) {
        return i;
      }
    }
    return text_.size();
  }

  void drop_word() {
    word_.clear();
    in_word_ = false;
  }

  void end_word() {
    if (!in_word_) return;
    switch (target_) {
      case Target::word: command_.words.push_back(word_); break;
      case Target::output: command_.outputs.push_back(word_); break;
      case Target::nowhere: break;
    }
    target_ = Target::word;
    drop_word();
  }

  void end_command() {
    end_word();
    target_ = Target::word;
    if (!command_.words.empty() || !command_.outputs.empty()) commands_.push_back(std::move(command_));
    command_ = {};
  }

  enum class Target { word, output, nowhere };

  std::string_view text_;
  int depth_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  Target target_ = Target::word;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view text) {
  return Lexer(text, 0).run();
}

}  // namespace hearth
