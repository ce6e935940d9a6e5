#include "reconciler/manifest/host_text.h"

#include <gtest/gtest.h>

#include <string>

#include "reconciler/core/json.h"
#include "tests/fakes/manifest_kinds.h"

namespace hearth {
namespace {

class HostText : public testing::Test {
 protected:
  HostText() {
    host_.name = "pve";
    host_.fields =
        Map{{"nic", "nic0"}, {"address", "${host.nic}"}, {"speed", 2.5}, {"keys", List{"a"}}, {"port", 2222}};
  }

  std::string replaced(const std::string& text) {
    Value spec = Map{{"text", text}};
    good_ =
        replace_host_text(spec, {&host_, fakes::kinds().find("Node"), "File"}, "spec", report_, diagnostics_);
    report_.flush(diagnostics_);
    return spec.string_or("text", "");
  }

  Host host_;
  FanOutReport report_;
  Diagnostics diagnostics_;
  bool good_ = false;
};

TEST_F(HostText, PutsInScalarsOfTheNode) {
  EXPECT_EQ(replaced("${host.nic} ${host.port}${host.name}"), "nic0 2222pve");
  EXPECT_TRUE(good_);
}

TEST_F(HostText, LooksAtNothingTwice) {
  EXPECT_EQ(replaced("${host.address}"), "${host.nic}");
}

TEST_F(HostText, TakesTwoDollarsForTheLiteral) {
  EXPECT_EQ(replaced("$${host.nic}"), "${host.nic}");
  EXPECT_EQ(replaced("$${host.nic} ${host.nic}"), "${host.nic} nic0");
  EXPECT_EQ(replaced("$$${host.nic}"), "$${host.nic}");
  EXPECT_EQ(replaced("$${host.nic"), "${host.nic");
  EXPECT_TRUE(good_);
}

TEST_F(HostText, LeavesOtherDollarsAlone) {
  for (const char* text : {"$", "$$", "${HOME}", "${host}", "$host.nic", "$$$", ""})
    EXPECT_EQ(replaced(text), text);
  EXPECT_TRUE(good_);
}

TEST_F(HostText, ReachesAllStringsOfATree) {
  Value spec = Map{{"a", List{"${host.nic}", Map{{"b", "${host.nic}"}}}}, {"c", 1}};
  EXPECT_TRUE(mentions_host(spec));
  EXPECT_TRUE(
      replace_host_text(spec, {&host_, fakes::kinds().find("Node"), "File"}, "spec", report_, diagnostics_));
  EXPECT_EQ(to_json(spec), R"({"a":["nic0",{"b":"nic0"}],"c":1})");
  EXPECT_FALSE(mentions_host(spec));
}

TEST_F(HostText, UsesTheDefaultOfAFieldThatIsLeftOut) {
  host_.fields.as_map().erase("port");
  EXPECT_EQ(replaced("${host.port}"), "22");
}

TEST_F(HostText, TellsAMisspeltFieldFromOneThatIsNotDeclared) {
  replaced("${host.mac} ${host.mca}");
  EXPECT_FALSE(good_);
  ASSERT_EQ(diagnostics_.all().size(), 2U);
  EXPECT_EQ(diagnostics_.all()[0].message, "a Node has no field \"mca\"");
  EXPECT_EQ(diagnostics_.all()[0].hint, "did you mean \"mac\"?");
  EXPECT_EQ(diagnostics_.all()[1].message, "\"mac\" is not declared on pve");
}

}  // namespace
}  // namespace hearth
