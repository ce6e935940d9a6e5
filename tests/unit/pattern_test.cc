#include "reconciler/manifest/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth {
namespace {

bool found(std::string_view pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  EXPECT_TRUE(compiled.has_value()) << pattern << ": " << compiled.error();
  return compiled && compiled->is_found_in(text);
}

struct Case {
  std::string_view pattern;
  std::vector<std::string_view> matching;
  std::vector<std::string_view> other;
};

TEST(Pattern, MatchesWhatEcmaScriptMatches) {
  const std::vector<Case> cases = {
      {"", {"", "anything"}, {}},
      {"a", {"a", "bab"}, {"", "b"}},
      {"^a*$", {"", "aaa"}, {"aab", "baa"}},
      {"^a+b?c$", {"ac", "aabc"}, {"c", "abbc"}},
      {"^(ab|c|)$", {"ab", "c", ""}, {"a", "abc"}},
      {"^(?:ab){2}$", {"abab"}, {"ab", "ababab"}},
      {"^a{2,3}$", {"aa", "aaa"}, {"a", "aaaa"}},
      {"^a{2,}$", {"aa", "aaaaaa"}, {"a"}},
      {"^a{0}b{0,1}$", {"", "b"}, {"a", "bb"}},
      {"^[a-c_.-]+$", {"a-b_c."}, {"d", ""}},
      {"^[^a-c]$", {"d", "ü"}, {"a", "dd"}},
      {"^[\\]\\\\^-]$", {"]", "\\", "^", "-"}, {"a"}},
      {"^\\d+\\.\\d+$", {"1.25"}, {"1,25", "1."}},
      {"^\\w\\W\\s\\S\\D$", {"a- bc"}, {"a- b1"}},
      {"^[\\d\\s]+$", {"1 2\t3"}, {"1-2"}},
      {"^.$", {"x", "ü", "€", "𝄞"}, {"", "\n", "xy"}},
      {"^\\x41\\u00fc\\t$", {"Aü\t"}, {"Aü"}},
      {"\\bcat\\b", {"a cat!", "cat"}, {"concat", "cats"}},
      {"\\Bcat", {"concat"}, {"cat"}},
      {"^(a*)*$", {"", "aaa"}, {"b"}},
      {"^(a|b)*?c$", {"abac", "c"}, {"abd"}},
      {"^a$|^b$", {"a", "b"}, {"ab"}},
      {"^/(?:[^/]+/)*[^/]*$", {"/", "/etc/motd"}, {"etc", "//"}},
      {"^\\/\\-$", {"/-"}, {"/"}},
  };
  for (const auto& one : cases) {
    for (const auto text : one.matching)
      EXPECT_TRUE(found(one.pattern, text)) << one.pattern << " on " << text;
    for (const auto text : one.other) EXPECT_FALSE(found(one.pattern, text)) << one.pattern << " on " << text;
  }
}

TEST(Pattern, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view text : {"(",
                                      ")",
                                      "a)",
                                      "[",
                                      "[a",
                                      "[z-a]",
                                      "[\\d-z",
                                      "*",
                                      "a**",
                                      "+a",
                                      "{2}",
                                      "a{",
                                      "a{x}",
                                      "a{2",
                                      "a{3,2}",
                                      "a{1001}",
                                      "\\",
                                      "\\1",
                                      "\\p{L}",
                                      "\\k<a>",
                                      "\\cA",
                                      "(?=a)",
                                      "(?!a)",
                                      "(?<=a)",
                                      "(?<n>a)",
                                      "\\x4",
                                      "\\u12g4",
                                      "[\\W]",
                                      "[\\",
                                      "\xff",
                                      "(((a{100}){100}){100})"}) {
    EXPECT_FALSE(Pattern::compile(text).has_value()) << text;
  }
  EXPECT_FALSE(Pattern::compile(std::string(1000, '(') + std::string(1000, ')')).has_value());
}

// Would take std::regex and every other backtracker longer than anybody lives; also deep recursion for them.
TEST(Pattern, IsLinearWhereOthersAreExponential) {
  EXPECT_FALSE(found("^(a+)+$", std::string(5000, 'a') + "b"));
  EXPECT_FALSE(found("^(a|a)*(a|a)*b$", std::string(5000, 'a')));
  EXPECT_TRUE(found("^(a?){500}a{500}$", std::string(500, 'a')));
}

TEST(Pattern, TakesBytesThatAreNoText) {
  EXPECT_TRUE(found("^.$", "\xff"));
  EXPECT_FALSE(found("^[a-z]$", "\xff"));
}

}  // namespace
}  // namespace hearth
