#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reconciler/cli/text_diff.h"

namespace hearth {
namespace {

// Few different lines, so that texts have much in common; sometimes without a newline at the end.
std::string any_text() {
  const auto lines = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
  std::string text;
  for (const int line : lines) text += std::string(1, static_cast<char>('a' + line)) + "\n";
  if (!text.empty() && *rc::gen::inRange(0, 3) == 0) text.pop_back();
  return text;
}

std::string rebuilt(const std::vector<DiffLine>& lines, DiffLine::Type side) {
  std::string text;
  for (const DiffLine& line : lines) {
    if (line.type != DiffLine::Type::context && line.type != side) continue;
    text += std::string(line.text) + (line.unfinished ? "" : "\n");
  }
  return text;
}

TEST(TextDiffProperty, BothTextsCanBeReadFromIt) {
  EXPECT_TRUE(rc::check([] {
    const std::string before = any_text();
    const std::string after = any_text();
    RC_PRE(before != after);  // of equal texts nothing but a gap is left
    const auto lines = diff_lines(before, after, 1'000);
    RC_ASSERT(rebuilt(lines, DiffLine::Type::removed) == before);
    RC_ASSERT(rebuilt(lines, DiffLine::Type::added) == after);
  }));
}

TEST(TextDiffProperty, IsAsShortAsCanBe) {
  EXPECT_TRUE(rc::check([] {
    const std::string before = any_text();
    const std::string after = any_text();
    RC_PRE(before != after);  // of equal texts nothing but a gap is left
    const auto lines = diff_lines(before, after, 1'000);
    const auto edits = std::count_if(lines.begin(), lines.end(), [](const DiffLine& line) {
      return line.type != DiffLine::Type::context;
    });
    // The oracle: longest common subsequence by the textbook. Newlines included, so that the last line counts
    // as it is.
    const auto split = [](const std::string& text) {
      std::vector<std::string> out;
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
        out.push_back(text.substr(begin, end - begin));
        begin = end;
      }
      return out;
    };
    const auto a = split(before);
    const auto b = split(after);
    std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        common[i + 1][j + 1] = a[i] == b[j] ? common[i][j] + 1 : std::max(common[i][j + 1], common[i + 1][j]);
      }
    }
    RC_ASSERT(static_cast<std::size_t>(edits) == a.size() + b.size() - 2 * common[a.size()][b.size()]);
  }));
}

}  // namespace
}  // namespace hearth
