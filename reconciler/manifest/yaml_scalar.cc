#include "reconciler/manifest/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <system_error>

namespace hearth {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_digit_or_underscore(char c) {
  return is_digit(c) || c == '_';
}

// A cursor for patterns this small: <regex> would cost more to compile and to run than all of them together.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool at(char c) const { return rest_.starts_with(c); }
  bool eat(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool eat_any(std::string_view set) {
    if (rest_.empty() || set.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // How many characters were eaten.
  template <typename Predicate>
  std::size_t eat_while(Predicate predicate) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), predicate);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count;
  }
  // Between LEAST and MOST digits.
  bool eat_digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && !rest_.empty() && is_digit(rest_.front())) {
      rest_.remove_prefix(1);
      ++count;
    }
    return count >= least;
  }

 private:
  std::string_view rest_;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// ---- YAML 1.2 -------------------------------------------------------------------------------------------

// [-+]? [0-9]+
bool is_decimal(std::string_view text) {
  Cursor cursor(text);
  cursor.eat_any("+-");
  return cursor.eat_while(is_digit) > 0 && cursor.done();
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_real(std::string_view text) {
  Cursor cursor(text);
  cursor.eat_any("+-");
  const std::size_t before = cursor.eat_while(is_digit);
  if (cursor.eat('.')) {
    const std::size_t after = cursor.eat_while(is_digit);
    if (before == 0 && after == 0) return false;
  } else if (before == 0) {
    return false;
  }
  if (cursor.eat_any("eE")) {
    cursor.eat_any("+-");
    if (cursor.eat_while(is_digit) == 0) return false;
  }
  return cursor.done();
}

bool is_prefixed(std::string_view text, std::string_view prefix, std::string_view digits) {
  return text.size() > prefix.size() && text.starts_with(prefix) &&
         text.find_first_not_of(digits, prefix.size()) == std::string_view::npos;
}

constexpr std::string_view octal_digits = "01234567";
constexpr std::string_view hexadecimal_digits = "0123456789abcdefABCDEF";

bool is_infinity_or_nan(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_one_of(text, {".inf", ".Inf", ".INF"});
}

// DIGITS in BASE with an optional minus; false when it does not fit.
bool read_integer(std::string_view digits, int base, std::int64_t& integer) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), integer, base);
  return error == std::errc{} && end == digits.data() + digits.size();
}

// ---- YAML 1.1 where it disagrees ------------------------------------------------------------------------

// [-+]? [1-9][0-9_]* ( : [0-5]?[0-9] )+ in base 60; with a fraction behind, it may begin with 0.
bool is_sexagesimal(std::string_view text) {
  Cursor cursor(text);
  cursor.eat_any("+-");
  const bool leading_zero = cursor.at('0');
  if (cursor.eat_while(is_digit) == 0) return false;
  cursor.eat_while(is_digit_or_underscore);
  std::size_t groups = 0;
  while (cursor.eat(':')) {
    if (cursor.eat_any("012345")) {
      cursor.eat_digits(0, 1);
    } else if (!cursor.eat_digits(1, 1)) {
      return false;
    }
    ++groups;
  }
  if (groups == 0) return false;
  if (cursor.eat('.')) {
    cursor.eat_while(is_digit_or_underscore);
    return cursor.done();
  }
  return cursor.done() && !leading_zero;
}

// Numbers with underscores between digits: 1_000, 1_0.5, 0x_ff, 0b1_0.
bool is_number_with_underscores(std::string_view text) {
  if (text.find('_') == std::string_view::npos) return false;
  std::string without(text);
  without.erase(std::remove(without.begin(), without.end(), '_'), without.end());
  std::string_view rest = without;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  // A name such as _1 is text to everybody: a digit (or the point) has to stand first.
  const std::size_t first = text.find_first_not_of("+-");
  if (first == std::string_view::npos || text[first] == '_') return false;
  return is_decimal(without) || is_real(without) || is_prefixed(rest, "0x", hexadecimal_digits) ||
         is_prefixed(rest, "0b", "01");
}

// 2001-12-14, and the long form with a time of day behind.
bool is_timestamp(std::string_view text) {
  Cursor cursor(text);
  if (!cursor.eat_digits(4, 4) || !cursor.eat('-') || !cursor.eat_digits(1, 2) || !cursor.eat('-') ||
      !cursor.eat_digits(1, 2)) {
    return false;
  }
  // The short form has all its digits; 2001-1-1 alone is text.
  if (cursor.done()) return text.size() == 10;
  if (!cursor.eat_any("Tt") && cursor.eat_while([](char c) { return c == ' ' || c == '\t'; }) == 0)
    return false;
  if (!cursor.eat_digits(1, 2) || !cursor.eat(':') || !cursor.eat_digits(2, 2) || !cursor.eat(':') ||
      !cursor.eat_digits(2, 2)) {
    return false;
  }
  if (cursor.eat('.')) cursor.eat_while(is_digit);
  cursor.eat_while([](char c) { return c == ' ' || c == '\t'; });
  if (cursor.eat('Z') || cursor.done()) return cursor.done();
  if (!cursor.eat_any("+-") || !cursor.eat_digits(1, 2)) return false;
  if (cursor.eat(':') && !cursor.eat_digits(2, 2)) return false;
  return cursor.done();
}

// How YAML 1.1 reads TEXT where YAML 1.2 reads something else; "" where they agree.
std::string read_by_yaml_1_1(std::string_view text) {
  if (is_one_of(text, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) return "the boolean true";
  if (is_one_of(text, {"n", "N", "no", "No", "NO", "off", "Off", "OFF"})) return "the boolean false";
  if (text == "=" || text == "<<") return "a sign with a meaning of its own";

  if (text.empty()) return {};
  std::string_view unsigned_text = text;
  if (text.front() == '-' || text.front() == '+') unsigned_text.remove_prefix(1);
  if (is_decimal(text) && unsigned_text.size() > 1 && unsigned_text.front() == '0') {
    // 0644 is 420 there; 0855 is text there.
    return unsigned_text.find_first_not_of(octal_digits) == std::string_view::npos ? "an octal number"
                                                                                   : "text";
  }
  if (is_prefixed(text, "0o", octal_digits)) return "text";
  if (is_prefixed(unsigned_text, "0b", "01")) return "a binary number";
  if (unsigned_text.size() < text.size() && is_prefixed(unsigned_text, "0x", hexadecimal_digits)) {
    return "a hexadecimal number";
  }
  if (is_number_with_underscores(text)) return "a number without the underscores";
  if (is_sexagesimal(text)) return "a number in base 60";
  if (is_timestamp(text)) return "a date";
  // 1e3 and 1.5e3 are text there: it wants a point and a signed exponent.
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos && is_real(text)) {
    const bool has_point = text.substr(0, exponent).find('.') != std::string_view::npos;
    const bool has_sign = text[exponent + 1] == '+' || text[exponent + 1] == '-';
    if (!has_point || !has_sign) return "text";
  }
  return {};
}

}  // namespace

PlainScalar read_plain_scalar(std::string_view text) {
  PlainScalar result;
  if (is_one_of(text, {"null", "Null", "NULL", "~", ""})) return result;
  if (is_one_of(text, {"true", "True", "TRUE"})) {
    result.value = true;
    return result;
  }
  if (is_one_of(text, {"false", "False", "FALSE"})) {
    result.value = false;
    return result;
  }

  result.value = text;
  result.otherwise = read_by_yaml_1_1(text);
  if (is_infinity_or_nan(text)) {
    result.problem = "no field takes an infinite number or one that is none";
    return result;
  }

  int base = 0;
  std::string_view digits = text;
  if (is_decimal(text)) {
    base = 10;
    if (digits.front() == '+') digits.remove_prefix(1);
  } else if (is_prefixed(text, "0o", octal_digits)) {
    base = 8;
    digits.remove_prefix(2);
  } else if (is_prefixed(text, "0x", hexadecimal_digits)) {
    base = 16;
    digits.remove_prefix(2);
  }
  if (base != 0) {
    std::int64_t integer = 0;
    if (read_integer(digits, base, integer)) {
      result.value = integer;
    } else {
      result.problem = "the number does not fit into 64 bits";
    }
    return result;
  }

  if (is_real(text)) {
    if (digits.front() == '+') digits.remove_prefix(1);
    double real = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), real);
    if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(real)) {
      result.problem = "the number is too large, or too close to zero, for 64 bits";
    } else {
      result.value = real;
    }
  }
  return result;
}

}  // namespace hearth
