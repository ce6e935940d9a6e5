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

// design: each rule has its test. Here only that one names it.
TEST(Rules, EachIsNamedByATest) {
  namespace fs = std::filesystem;
  // What no test can bring about at will, or reaches by its message alone.
  const std::set<std::string> unnamed = {
      "exec-failed",        // the kernel refuses to start a program
      "git-failed",         // git is broken
      "no-room",            // /tmp is full
      "no-way-there",       // a provider that contradicts its own schema
      "plugin-unreadable",  // an installation that lost a file between two looks
      "proxy-jump",         // lab/transport: what ssh said of the jump
      "ssh-protocol",       // libssh gives up in the middle
      "unreadable-here",    // a recipient list that leaves this machine out; said by `hearth secret set`
  };
  std::string tests;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(HEARTH_SOURCE_DIR) / "tests")) {
    if (!fs::is_regular_file(entry.symlink_status()) || entry.path().filename() == "rules_test.cc") continue;
    std::ifstream in(entry.path());
    tests.append(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_GT(tests.size(), 1'000'000U) << "the search finds nothing any more";
  for (const Rule& rule : all_rules()) {
    const std::string id(rule.id);
    const bool named =
        tests.find("[" + id + "]") != std::string::npos || tests.find("\"" + id + "\"") != std::string::npos;
    EXPECT_NE(named, unnamed.contains(id))
        << id << (named ? " has a test: take it from the list" : " is in no test");
  }
}

}  // namespace
}  // namespace hearth
