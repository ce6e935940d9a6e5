#include "reconciler/core/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

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

}  // namespace
}  // namespace hearth
