#include "reconciler/cli/text_diff.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth {
namespace {

// One line a line, with the marks of a unified diff; "~N" for a gap.
std::string shown(std::string_view before, std::string_view after, std::size_t context = 2) {
  std::string out;
  for (const DiffLine& line : diff_lines(before, after, context)) {
    switch (line.type) {
      case DiffLine::Type::context: out += " "; break;
      case DiffLine::Type::removed: out += "-"; break;
      case DiffLine::Type::added: out += "+"; break;
      case DiffLine::Type::gap: out += "~" + std::to_string(line.skipped); break;
    }
    out += std::string(line.text) + (line.unfinished ? "$" : "") + ";";
  }
  return out;
}

TEST(TextDiff, ShowsNothingOfEqualTextsButTheGap) {
  EXPECT_EQ(shown("", ""), "");
  EXPECT_EQ(shown("a\n", "a\n"), " a;");
  EXPECT_EQ(shown("a\nb\nc\n", "a\nb\nc\n"), "~3;");
}

TEST(TextDiff, ShowsNewAndGoneTextsWhole) {
  EXPECT_EQ(shown("", "a\nb\n"), "+a;+b;");
  EXPECT_EQ(shown("a\nb\n", ""), "-a;-b;");
}

TEST(TextDiff, FindsTheShortestEdit) {
  EXPECT_EQ(shown("a\nb\nc\n", "a\nx\nc\n"), " a;-b;+x; c;");
  EXPECT_EQ(shown("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 9), "-a;-b; c;+b; a; b;-b; a;+c;");
}

TEST(TextDiff, KeepsContextAndLeavesOutTheRest) {
  EXPECT_EQ(shown("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nX\n", 2), "~6; 7; 8;-9;+X;");
  EXPECT_EQ(shown("A\n2\n3\n4\n5\n6\n7\n8\nB\n", "a\n2\n3\n4\n5\n6\n7\n8\nb\n", 2),
            "-A;+a; 2; 3;~3; 7; 8;-B;+b;");
  // A gap of one line would take as much room as the line.
  EXPECT_EQ(shown("A\n2\n3\n4\nB\n", "a\n2\n3\n4\nb\n", 1), "-A;+a; 2; 3; 4;-B;+b;");
}

TEST(TextDiff, SeesAMissingNewlineAtTheEnd) {
  EXPECT_EQ(shown("a\nb\n", "a\nb"), " a;-b;+b$;");
}

TEST(TextDiff, GivesARightEditEvenWhereNothingIsTheSame) {
  std::string before;
  std::string after;
  for (int i = 0; i < 2'000; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  std::string removed;
  std::string added;
  for (const DiffLine& line : diff_lines(before, after, 2)) {
    (line.type == DiffLine::Type::removed ? removed : added) += std::string(line.text) + "\n";
  }
  EXPECT_EQ(removed, before);
  EXPECT_EQ(added, after);
}

}  // namespace
}  // namespace hearth
