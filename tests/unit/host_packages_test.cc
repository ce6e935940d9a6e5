#include <gtest/gtest.h>

#include "providers/host_packages/dpkg_status.h"
#include "providers/host_packages/host_packages_provider.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostPackagesProvider provider;

constexpr const char* known =
    "hello\tamd64\t2.10-5\tinstall\tinstalled\toptional\n"
    "kept\tamd64\t1.0\thold\tinstalled\toptional\n"
    "gone\tall\t1.0\tdeinstall\tconfig-files\toptional\n"
    "torn\tamd64\t1.0\tinstall\thalf-configured\toptional\n"
    "lib\ti386\t1.0\tdeinstall\tconfig-files\toptional\n"
    "lib\tamd64\t2.0\tinstall\ttriggers-pending\toptional\n"
    "dpkg\tamd64\t1.22\tinstall\tinstalled\trequired\n"
    "nonsense\n";

Live decode(const Resource& resource) {
  const std::vector<Reply> replies{RunReply{0, known, ""}};
  return provider.decode(resource, replies);
}

Resource package(const std::string& name, Map desired = {}) {
  desired.set("name", name);
  return host_resource("Package", name, std::move(desired));
}

std::vector<Step> steps(const Resource& resource) {
  return provider.next_steps(resource, decode(resource));
}

// The commands, without what stands before apt-get's own words in each.
std::string commands(const std::vector<Step>& steps) {
  std::string out;
  for (const Step& step : steps) {
    const auto& argv = std::get<RunCommand>(step.operation).argv;
    std::size_t from = 0;
    // One at a time, whatever of apt it is.
    EXPECT_TRUE(argv[0] == "flock" || argv[0] == "sh") << argv[0];
    if (argv[0] == "flock") from = argv[5] == "env" ? 14 : 5;
    if (argv[0] == "sh") {
      out += argv[2].find("update") != std::string::npos ? "refresh" : "alone";
      from = 4;
    }
    for (std::size_t i = from; i < argv.size(); ++i)
      out += (out.empty() || out.ends_with("\n") ? "" : " ") + argv[i];
    out += "\n";
  }
  return out;
}

TEST(Package, KnowsWhatIsInstalled) {
  EXPECT_EQ(decode(package("hello")).fields,
            Value(Map{{"name", "hello"}, {"state", "present"}, {"version", "2.10-5"}, {"held", false}}));
  EXPECT_TRUE(decode(package("kept")).fields.boolean_or("held", false));
  EXPECT_EQ(decode(package("lib")).fields.string_or("version", ""), "2.0");
  for (const char* name : {"gone", "lib:i386", "unheard-of"}) {
    EXPECT_EQ(decode(package(name)).presence, Live::Presence::absent) << name;
    const Live absent = decode(package(name, {{"state", "absent"}}));
    EXPECT_EQ(absent.presence, Live::Presence::present) << name;
    EXPECT_EQ(absent.fields.string_or("state", ""), "absent") << name;
  }
}

// `hello` and `hello:amd64` would be two owners of one package.
TEST(Package, IsNotNamedWithTheHostsOwnArchitecture) {
  for (const char* name : {"hello:amd64", "unheard-of:amd64"}) {
    for (const Map& spec : {Map{}, Map{{"state", "absent"}}}) {
      const Resource resource = package(name, spec);
      const Live live = decode(resource);
      const Value* said = live.fields.find("name");
      ASSERT_TRUE(said != nullptr && said->is_unknown()) << name;
      EXPECT_NE(said->why_unknown().find("amd64 is this host's own architecture"), std::string::npos);
    }
  }
  EXPECT_EQ(decode(package("hello:i386")).fields.find("name"), nullptr);
}

TEST(Package, SaysWhatItCannotKnow) {
  const Live torn = decode(package("torn"));
  EXPECT_EQ(torn.presence, Live::Presence::unknown);
  EXPECT_NE(torn.why.find("dpkg --configure -a"), std::string::npos);
  const std::vector<Reply> missing{RunReply{127, "", "dpkg-query: not found"}};
  EXPECT_NE(provider.decode(package("hello"), missing).why.find("not found"), std::string::npos);
  const std::vector<Reply> none{NoReply{"no answer"}};
  EXPECT_EQ(provider.decode(package("hello"), none).why, "no answer");
}

TEST(Package, IsInstalledWithoutAskingAndWithoutRemovingAnything) {
  const Resource resource = package("new");
  const auto found = steps(resource);
  EXPECT_EQ(commands(found), "refresh new\n--no-install-recommends --no-remove install new\n");
  const auto& argv = std::get<RunCommand>(found[1].operation).argv;
  for (const char* word :
       {"DEBIAN_FRONTEND=noninteractive", "Dpkg::Options::=--force-confold", "DPkg::Lock::Timeout=60"})
    EXPECT_NE(std::find(argv.begin(), argv.end(), word), argv.end()) << word;
  EXPECT_EQ(found[1].effect, Effect::none);
  EXPECT_FALSE(found[1].undo.empty());
  EXPECT_EQ(commands(steps(package("gone", {{"version", "1.0"}, {"held", true}}))),
            "refresh gone=1.0\n--no-install-recommends --no-remove --allow-downgrades install gone=1.0\n"
            "apt-mark hold gone\n");
}

TEST(Package, ChangesTheVersionOnlyWhereOneIsDeclared) {
  EXPECT_TRUE(steps(package("hello", {{"state", "present"}})).empty());
  EXPECT_TRUE(steps(package("hello", {{"version", "2.10-5"}})).empty());
  const auto found = steps(package("hello", {{"version", "2.9"}}));
  EXPECT_EQ(commands(found),
            "refresh hello=2.9\n--no-install-recommends --no-remove --allow-downgrades install hello=2.9\n");
  EXPECT_EQ(found[1].effect, Effect::restart);
}

TEST(Package, DoesNotMoveWhatAPersonHolds) {
  const Resource resource = package("kept", {{"version", "2.0"}});
  EXPECT_TRUE(decode(resource).fields.find("version")->is_unknown());
  EXPECT_TRUE(steps(resource).empty());
  EXPECT_EQ(
      commands(steps(package("kept", {{"version", "2.0"}, {"held", true}}))),
      "refresh kept=2.0\n--no-install-recommends --no-remove --allow-downgrades --allow-change-held-packages "
      "install kept=2.0\napt-mark hold kept\n");
  EXPECT_EQ(commands(steps(package("kept", {{"held", false}}))), "apt-mark unhold kept\n");
  EXPECT_EQ(commands(steps(package("hello", {{"held", true}}))), "apt-mark hold hello\n");
}

TEST(Package, GoesAloneAndKeepsItsConfiguration) {
  const auto found = steps(package("hello", {{"state", "absent"}}));
  EXPECT_EQ(commands(found), "alone hello\nremove hello\n");
  EXPECT_EQ(found[1].effect, Effect::restart);
  EXPECT_TRUE(steps(package("gone", {{"state", "absent"}})).empty());
  const Resource resource = package("hello");
  EXPECT_EQ(commands(provider.removal_steps(resource, decode(resource))), "alone hello\nremove hello\n");
  // The hold that hearth itself has put goes with the package.
  const Resource held = package("kept", {{"held", true}});
  EXPECT_EQ(commands(provider.removal_steps(held, decode(held))),
            "apt-mark unhold kept\nalone kept\nremove kept\n");
}

TEST(Package, IsFoundWhereAPersonAskedForIt) {
  const std::vector<Reply> replies{RunReply{0, known, ""},
                                   RunReply{0, "dpkg\nhello\nkept\ngone\nunknown\n", ""}};
  const auto found = provider.discover("Package", replies);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].spec, Value(Map{{"name", "hello"}, {"state", "present"}}));
  EXPECT_EQ(found[1].spec,
            Value(Map{{"name", "kept"}, {"state", "present"}, {"version", "1.0"}, {"held", true}}));
  for (const Found& one : found) {
    EXPECT_TRUE(steps(host_resource("Package", one.name, one.spec.as_map())).empty()) << one.name;
  }
}

}  // namespace
}  // namespace hearth
