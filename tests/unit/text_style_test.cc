#include "reconciler/cli/text_style.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(TextStyle, PaintsOnlyWhereAsked) {
  EXPECT_EQ(paint({}, Color::red, "x"), "x");
  EXPECT_EQ(paint({true, false}, Color::red, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(paint({true, false}, Color::red, ""), "");
}

TEST(TextStyle, CountsCharactersNotBytes) {
  EXPECT_EQ(columns("grün →"), 6U);
  EXPECT_EQ(padded("ü", 3), "ü  ");
  EXPECT_EQ(padded("long", 2), "long");
}

TEST(TextStyle, CutsBetweenCharacters) {
  EXPECT_EQ(cut("grün", 4), "grün");
  EXPECT_EQ(cut("grüner", 4), "grü…");
  EXPECT_EQ(cut("grüner", 1), "…");
  EXPECT_EQ(cut("grüner", 0), "");
}

TEST(TextStyle, LetsNothingThroughThatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2J\a\r\n\tb\x7f"), "a\\x1b[2J\\x07\\x0d\\n\\tb\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m");  // CSI as one C1 character
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt.exe"),
            "\\u202etxt.exe");                              // right-to-left override
  EXPECT_EQ(printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");  // no UTF-8, and an overlong slash
  EXPECT_EQ(printable("grün → 日本"), "grün → 日本");
}

TEST(TextStyle, WritesValuesAsAPersonWould) {
  EXPECT_EQ(inline_text(nullptr), "(unset)");
  EXPECT_EQ(inline_text("plain text"), "plain text");
  EXPECT_EQ(inline_text(""), "\"\"");
  EXPECT_EQ(inline_text(" edge"), "\" edge\"");
  EXPECT_EQ(inline_text("a\nb"), "\"a\\nb\"");
  EXPECT_EQ(inline_text(List{}), "[]");
  EXPECT_EQ(inline_text(List{"a", "b, c", nullptr, 2}), "[a, \"b, c\", null, 2]");
  EXPECT_EQ(inline_text(Map{{"a", true}, {"b", Map{{"c", 1.5}}}}), "{a: true, b: {c: 1.5}}");
  EXPECT_EQ(inline_text(SecretName{"samba/eve"}), "(secret samba/eve)");
  EXPECT_EQ(inline_text(UnknownValue{"no\nanswer"}), "(unknown: no\\nanswer)");
}

TEST(TextStyle, CountsThings) {
  EXPECT_EQ(counted(0, "host"), "0 hosts");
  EXPECT_EQ(counted(1, "host"), "1 host");
}

}  // namespace
}  // namespace hearth
