// What the timer leaves to a person, over hosts in memory with the real planner and applier.
#include "reconciler/drift/hold_back.h"

#include <gtest/gtest.h>

#include "tests/fakes/world.h"

namespace hearth {
namespace {

constexpr std::int64_t hour = 3'600'000;

constexpr const char* motd = R"(
kind: File
name: motd
hosts: all
onRemove: delete
spec: {path: /etc/motd, content: "hello\n"}
)";

// A world in which reconcile runs, at times that the test says.
class Reconcile : public testing::Test {
 protected:
  ApplyReport reconcile() {
    world.look();
    leave_remembered(world.last->plan);
    held = hold_back(world.last->plan, world.journal, policy, allowance, now);
    ApplyOptions options;
    options.token = "run-" + std::to_string(++runs);
    options.holder = "timer";
    options.by_person = false;
    options.allowance = allowance;
    for (const auto& [address, why] : held) options.held_back.emplace(address, why.why);
    RunRecord record;
    record.command = "reconcile";
    record.cluster = world.last->plan.cluster;
    record.started = now;
    const RunId run = world.journal.begin_run(record).value();
    std::optional<ApplyReport> report;
    Applier applier(world.loop, *world.targets, *world.observer, real_providers(), world.journal,
                    world.progress, world.last->plan, run, options);
    applier.start([&](ApplyReport result) { report = std::move(result); });
    world.loop.run_until([&] { return report.has_value(); });
    EXPECT_TRUE(adopt(*world.last, world.journal, false, now).has_value());
    world.last_plan = world.last->plan;
    world.last = nullptr;
    return *report;
  }

  // By a person, at NOW.
  void apply() {
    world.look();
    RunRecord record;
    record.command = "apply";
    record.cluster = world.last->plan.cluster;
    record.started = now;
    const RunId run = world.journal.begin_run(record).value();
    std::optional<ApplyReport> report;
    ApplyOptions options;
    options.token = "run-" + std::to_string(++runs);
    Applier applier(world.loop, *world.targets, *world.observer, real_providers(), world.journal,
                    world.progress, world.last->plan, run, options);
    applier.start([&](ApplyReport result) { report = std::move(result); });
    world.loop.run_until([&] { return report.has_value(); });
    EXPECT_TRUE(adopt(*world.last, world.journal, true, now).has_value());
    world.last = nullptr;
  }

  void drift(const std::string& text = "mine\n") { world.host("pve").put("/etc/motd", text); }
  std::string content() { return world.host("pve").content("/etc/motd"); }
  std::string why() { return held.empty() ? "" : std::string(to_string(held.begin()->second.by)); }

  World world;
  ReconcilePolicy policy;
  Allowance allowance{Effect::reload};
  std::map<Address, HeldBack> held;
  std::int64_t now = 1000 * hour;
  int runs = 0;
};

TEST_F(Reconcile, OnlyReportsWhatNoPersonHasEverApplied) {
  world.declare({"pve"}, motd);
  const ApplyReport report = reconcile();
  EXPECT_EQ(report.actions.front().outcome, Outcome::withheld);
  EXPECT_FALSE(world.host("pve").files.contains("/etc/motd"));
  EXPECT_EQ(why(), "unapplied");
  // Also where it happens to be in state, and then no longer is: nobody has ever said that it shall be.
  drift("hello\n");
  reconcile();
  drift();
  reconcile();
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(why(), "unapplied");
}

TEST_F(Reconcile, CorrectsDriftOfWhatAPersonAppliedAgainAndAgain) {
  world.declare({"pve"}, motd);
  apply();
  for (int i = 0; i < 5; ++i) {
    now += 13 * hour;
    drift();
    reconcile();
    EXPECT_EQ(content(), "hello\n") << i;
  }
  // The timer's own doing does not make it the timer's: a person still stands behind it.
  EXPECT_TRUE(world.journal.all_applied().front().by_person);
}

TEST_F(Reconcile, KnowsWhatAPersonFoundInOrder) {
  world.declare({"pve"}, motd);
  drift("hello\n");
  apply();
  drift();
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, TellsDriftFromIntent) {
  world.declare({"pve"}, motd);
  apply();
  const std::string changed = std::string(motd).replace(std::string(motd).find("hello"), 5, "tadaa");

  policy.correct_drift = false;
  drift();
  reconcile();
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(why(), "policy");
  EXPECT_NE(held.begin()->second.why.find("live system moved"), std::string::npos);
  drift("hello\n");
  world.declare({"pve"}, changed);
  reconcile();
  EXPECT_EQ(content(), "tadaa\n");

  policy.correct_drift = true;
  policy.apply_intent = false;
  drift();
  reconcile();
  EXPECT_EQ(content(), "tadaa\n");
  world.declare({"pve"}, motd);
  reconcile();
  EXPECT_EQ(content(), "tadaa\n");
  EXPECT_NE(held.begin()->second.why.find("manifest changed"), std::string::npos);
  // Both moved: what either of the two forbids is not done.
  drift();
  reconcile();
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(world.last_plan.actions.front().cause, Cause::both);
}

TEST_F(Reconcile, JournalsTheCause) {
  world.declare({"pve"}, motd);
  apply();
  drift();
  reconcile();
  EXPECT_EQ(world.journal.actions_on("File/motd@pve", 1).front().cause, "drift");
}

TEST_F(Reconcile, LeavesPausedThingsAlone) {
  world.declare({"pve"}, motd);
  apply();
  drift();
  ASSERT_TRUE(world.journal.add_pauses({{"File", now, now + hour, "eve@desk", "moving house"}}).has_value());
  reconcile();
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(why(), "paused");
  EXPECT_NE(held.begin()->second.why.find("moving house"), std::string::npos);
  now += hour;
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, StopsCorrectingWhatFlaps) {
  world.declare({"pve"}, motd);
  apply();
  for (int i = 0; i < 3; ++i) {
    now += hour;
    drift("theirs\n");
    reconcile();
    ASSERT_EQ(content(), "hello\n");
  }
  now += hour;
  drift("theirs\n");
  reconcile();
  EXPECT_EQ(content(), "theirs\n");
  EXPECT_EQ(why(), "flapping");
  EXPECT_NE(held.begin()->second.why.find("content to \"theirs\\n\""), std::string::npos)
      << held.begin()->second.why;
  // A day after the first correction it gets another try.
  now += 22 * hour;
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, CorrectsWhatFlappedOnceAPersonHasLooked) {
  world.declare({"pve"}, motd);
  apply();
  const auto flap = [&] {
    for (int i = 0; i < 3; ++i) {
      now += hour / 4;
      drift();
      reconcile();
    }
    now += hour / 4;
    drift();
    reconcile();
    ASSERT_EQ(why(), "flapping");
  };
  flap();
  apply();
  EXPECT_EQ(content(), "hello\n");
  now += hour / 4;
  drift();
  reconcile();
  EXPECT_EQ(content(), "hello\n");
  apply();
  now += 30 * hour;
  flap();
  now += 1;
  ASSERT_TRUE(world.journal.add_pauses({{"File/motd@pve", now, 0, "eve@desk", ""}}).has_value());
  now += 1;
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, DoesNotTakeNewIntentForFlapping) {
  world.declare({"pve"}, motd);
  apply();
  for (int i = 0; i < 6; ++i) {
    now += hour / 4;
    std::string text = motd;
    world.declare({"pve"}, text.replace(text.find("hello"), 5, "text" + std::to_string(i)));
    reconcile();
    EXPECT_EQ(content(), "text" + std::to_string(i) + "\n");
  }
}

TEST_F(Reconcile, DeletesNothingUnlessThePolicyAllowsIt) {
  world.declare({"pve"}, motd);
  apply();
  world.declare({"pve"}, "");
  reconcile();
  EXPECT_EQ(content(), "hello\n");
  allowance = Allowance(Effect::destroy);
  policy.apply_intent = false;
  reconcile();
  EXPECT_EQ(content(), "hello\n");
  policy.apply_intent = true;
  reconcile();
  EXPECT_FALSE(world.host("pve").files.contains("/etc/motd"));
}

TEST_F(Reconcile, DeletesNothingWhenTheManifestsDeclareNothingAtAll) {
  world.declare({"pve"}, motd);
  apply();
  allowance = Allowance(Effect::destroy);
  world.manifests = load_manifest_texts({{"hearth.yaml", "format: 1\ncluster: Test\n"}}, real_schemas());
  ASSERT_TRUE(world.manifests.complete);
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, NeverDeletesMany) {
  std::string many;
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    many += "---\nkind: File\nname: f" + n + "\nhosts: all\nonRemove: delete\nspec: {path: /srv/" + n +
            ", content: \"x\\n\"}\n";
  }
  world.declare({"pve"}, many);
  apply();
  world.declare({"pve"}, "");
  allowance = Allowance(Effect::destroy);
  reconcile();
  EXPECT_EQ(world.host("pve").content("/srv/0"), "x\n");
  EXPECT_EQ(why(), "deletions");
  EXPECT_EQ(held.size(), 6U);
}

TEST_F(Reconcile, RemembersWhatIsNoLongerDeclared) {
  std::string retained = motd;
  retained.replace(retained.find("delete"), 6, "retain");
  world.declare({"pve"}, retained);
  apply();
  world.declare({"pve"}, "");
  reconcile();
  EXPECT_TRUE(world.last_plan.actions.empty());
  ASSERT_EQ(world.last_plan.notes.size(), 1U);
  EXPECT_EQ(world.last_plan.notes.front().type, Note::Type::retained);
  // The commit that took it away was a mistake, and is taken back: it is looked after as before.
  world.declare({"pve"}, retained);
  drift();
  reconcile();
  EXPECT_EQ(content(), "hello\n");
}

TEST_F(Reconcile, HoldsWhatBelongsTogetherBackTogether) {
  const std::string service = R"(
kind: File
name: conf
hosts: all
spec: {path: /etc/thermostat.conf, content: "target: 20\n"}
---
kind: Service
name: thermostat
hosts: all
spec: {unit: "[Service]\nExecStart=/bin/thermostat\n", state: running, configFiles: [/etc/thermostat.conf]}
)";
  world.declare({"pve"}, service);
  apply();
  allowance = Allowance(Effect::restart);
  world.host("pve").put("/etc/thermostat.conf", "target: 35\n");
  ASSERT_TRUE(world.journal.add_pauses({{"Service", now, now + hour, "eve@desk", "why"}}).has_value());
  const ApplyReport report = reconcile();
  EXPECT_EQ(world.of(report, "File/conf@pve").outcome, Outcome::withheld);
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "target: 35\n");
  EXPECT_EQ(world.host("pve").units.at("thermostat.service").starts, 1);
}

TEST_F(Reconcile, DoesNotAskRulesAboutWhatItLeavesAlone) {
  // A change that a safety rule refuses is an error every time; not of what nobody wants changed now.
  world.declare({"pve"}, motd);
  apply();
  drift();
  ASSERT_TRUE(world.journal.add_pauses({{"File", now, now + hour, "eve@desk", "why"}}).has_value());
  world.look();
  world.last->plan.actions.front().refused = "some-rule";
  ApplyOptions options;
  options.token = "run";
  for (const auto& [address, why] : hold_back(world.last->plan, world.journal, policy, allowance, now))
    options.held_back.emplace(address, why.why);
  EXPECT_EQ(world.apply(options).actions.front().outcome, Outcome::withheld);
}

TEST_F(Reconcile, DoesNotMixClustersUp) {
  world.declare({"pve"}, motd);
  apply();
  world.manifests.settings.cluster = "Other";
  drift();
  reconcile();
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(why(), "unapplied");
}

}  // namespace
}  // namespace hearth
