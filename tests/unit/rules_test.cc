#include "reconciler/core/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace hearth {
namespace {

TEST(Rules, EachHasAnIdOfItsOwnAndSaysEverything) {
  std::set<std::string_view> seen;
  for (const auto& rule : all_rules()) {
    SCOPED_TRACE(rule.id);
    EXPECT_TRUE(seen.insert(rule.id).second) << "listed twice";
    EXPECT_TRUE(std::all_of(rule.id.begin(), rule.id.end(), [](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
    }));
    // Whole sentences: `hearth explain RULE` prints them as they are.
    for (const std::string_view text : {rule.summary, rule.why, rule.how}) {
      EXPECT_GT(text.size(), 12U);
      EXPECT_TRUE(text.ends_with('.') || text.ends_with(").")) << text;
    }
  }
  EXPECT_GT(seen.size(), 20U);
}

TEST(Rules, AreFoundById) {
  ASSERT_NE(find_rule("alias"), nullptr);
  EXPECT_EQ(find_rule("alias")->id, "alias");
  EXPECT_EQ(find_rule("no-such-rule"), nullptr);
}

// What the sources complain with, they can explain: `hearth explain RULE` is in every message.
TEST(Rules, CoverEveryComplaintInTheSources) {
  namespace fs = std::filesystem;
  std::set<std::string> used;
  for (const char* folder : {"reconciler", "providers"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(HEARTH_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc") continue;
      std::ifstream in(entry.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (const std::string_view before : {"failure(", "rule = ", "refused = "}) {
        for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
          auto begin = text.find_first_not_of(" \n", at + before.size());
          if (begin == std::string::npos || text[begin] != '"')
            continue;  // a variable: its value stands elsewhere
          const auto end = text.find('"', ++begin);
          used.insert(text.substr(begin, end - begin));
        }
      }
    }
  }
  EXPECT_GT(used.size(), 40U) << "the search finds nothing any more";
  for (const auto& id : used) EXPECT_NE(find_rule(id), nullptr) << id << " is not in core/rules.cc";
}

}  // namespace
}  // namespace hearth
