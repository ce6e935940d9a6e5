// A secret from its declaration to the host and back, through the real engine and provider: it arrives exactly, and
// nothing else ever shows it.
#include <gtest/gtest.h>

#include <string>

#include "reconciler/cli/apply_view.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/plan_file.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

constexpr const char* path = "/etc/agent.conf";
constexpr const char* value = "hunter2-correct-horse";
constexpr const char* with_secret = R"(
kind: File
name: agent
hosts: all
spec: {path: /etc/agent.conf, content: ["password = ", {secret: agent/password}, "\n"]}
)";
constexpr const char* without_secret = R"(
kind: File
name: agent
hosts: all
spec: {path: /etc/agent.conf, content: "password = none\n"}
)";

// Everything that a person, a plan file, the journal or a log could be given.
std::string all_that_is_told(const World& world, const Plan& plan, const ApplyReport& report = {}) {
  std::string out =
      to_json(plan_to_value(plan)) + plan_text(plan, {}) + steps_text(plan, {}) + drift_text(plan, {});
  for (const Action& action : plan.actions) {
    for (const auto& round : action.rounds) {
      for (const Step& step : round) out += to_string(step.operation) + to_json(to_value(step.operation));
    }
  }
  for (const Note& note : plan.notes) out += note.text;
  for (const ActionReport& action : report.actions) out += action.detail + "\n";
  for (const AppliedRecord& record : world.journal.all_applied())
    out += to_json(record.spec) + to_json(record.live);
  for (const RunRecord& run : world.journal.runs(100)) {
    out += run.summary;
    for (const ActionRecord& action : world.journal.actions_of(run.id)) {
      out += to_json(action.changes) + action.detail;
      for (const StepRecord& step : world.journal.steps_of(action.id))
        out += step.summary + to_json(step.operation) + step.output;
    }
  }
  return out;
}

// Ways in which a secret could be there.
std::vector<std::string> forms_of(const std::string& secret) {
  const std::string whole = "password = " + secret + "\n";
  return {secret, base64(secret), sha256(secret), sha256(whole), base64(whole).substr(16, 24)};
}

void expect_silent(const std::string& told, const std::string& secret) {
  for (const std::string& form : forms_of(secret))
    EXPECT_EQ(told.find(form), std::string::npos) << form << "\n" << told;
}

class SecretFlow : public ::testing::Test {
 protected:
  SecretFlow() {
    world.secret_texts = {{"agent/password", value}};
    world.declare({"pve"}, with_secret);
  }
  void rotate(const std::string& to) {
    world.secret_texts["agent/password"] = to;
    world.connect();
  }
  const MemoryHost::File& file() { return world.host("pve").files.at(path); }
  World world;
};

TEST_F(SecretFlow, TheSearchFindsWhatIsThere) {
  world.declare({"pve"},
                std::string("kind: File\nname: a\nhosts: all\nspec: {path: /etc/a, content: \"password = ") +
                    value + "\\n\"}\n");
  const Plan plan = world.plan();
  const std::string told = all_that_is_told(world, plan, world.apply());
  EXPECT_NE(told.find(value), std::string::npos);
  EXPECT_NE(to_json(to_value(plan.actions.at(0).rounds.at(0).at(0).operation)).find(value),
            std::string::npos);
  EXPECT_NE(to_json(world.journal.all_applied().at(0).spec).find(value), std::string::npos);
}

TEST_F(SecretFlow, ArrivesAndIsNeverTold) {
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  expect_silent(all_that_is_told(world, plan), value);
  const ApplyReport report = world.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::done) << report.actions.at(0).detail;
  EXPECT_EQ(file().content, std::string("password = ") + value + "\n");
  EXPECT_EQ(file().mode, "0600");
  expect_silent(all_that_is_told(world, plan, report), value);
  EXPECT_TRUE(world.plan().actions.empty());
  const std::string spec = to_json(world.journal.all_applied().at(0).spec);
  EXPECT_NE(spec.find("secretHash"), std::string::npos) << spec;
}

TEST_F(SecretFlow, DriftIsSeenRepairedAndNotShown) {
  world.apply();
  world.host("pve").put(path, "password = changed-by-hand\n");
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].cause, Cause::drift);
  ASSERT_EQ(plan.actions[0].changes.size(), 1U);
  EXPECT_TRUE(plan.actions[0].changes[0].secret);
  const ApplyReport report = world.apply();
  expect_silent(all_that_is_told(world, plan, report), value);
  expect_silent(all_that_is_told(world, plan, report), "changed-by-hand");
  EXPECT_EQ(file().content, std::string("password = ") + value + "\n");
}

TEST_F(SecretFlow, RotationIsIntentAndNeitherValueIsTold) {
  world.apply();
  rotate("a-new-password");
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].cause, Cause::intent);
  const ApplyReport report = world.apply();
  EXPECT_EQ(file().content, "password = a-new-password\n");
  expect_silent(all_that_is_told(world, plan, report), value);
  expect_silent(all_that_is_told(world, plan, report), "a-new-password");
  EXPECT_TRUE(world.plan().actions.empty());
}

TEST_F(SecretFlow, RotationOfWhatHasDriftedIsBoth) {
  world.apply();
  world.host("pve").put(path, "by hand\n");
  rotate("a-new-password");
  EXPECT_EQ(world.plan().actions.at(0).cause, Cause::both);
}

TEST_F(SecretFlow, WhatWasASecretStaysUnseenWhenItIsNoneAnyMore) {
  world.apply();
  world.declare({"pve"}, without_secret);
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  const ApplyReport report = world.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::done) << report.actions.at(0).detail;
  EXPECT_EQ(file().content, "password = none\n");
  expect_silent(all_that_is_told(world, plan, report), value);
  EXPECT_TRUE(world.plan().actions.empty());
}

TEST_F(SecretFlow, IsRemovedUnseen) {
  world.apply();
  world.declare({"pve"}, "kind: Directory\nname: d\nhosts: all\nspec: {path: /etc}\n");
  const Plan plan = world.plan();
  ApplyOptions options;
  ASSERT_TRUE(options.allowance.add("destroy").has_value());
  const ApplyReport report = world.apply(options);
  EXPECT_FALSE(world.host("pve").files.contains(path));
  expect_silent(all_that_is_told(world, plan, report), value);
}

TEST_F(SecretFlow, AChangeBetweenPlanAndApplyIsNotOverwritten) {
  world.apply();
  world.host("pve").put(path, "by hand\n");
  world.look();
  world.host("pve").put(path, "by another hand\n");
  const ApplyReport report = world.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::refused) << report.actions.at(0).detail;
  EXPECT_EQ(file().content, "by another hand\n");
}

TEST_F(SecretFlow, AnOpenFileIsClosedBeforeASecretGoesIn) {
  world.host("pve").put(path, "something\n");
  world.host("pve").files.at(path).mode = "0644";
  world.apply();
  EXPECT_EQ(file().mode, "0600");
  EXPECT_TRUE(world.plan().actions.empty());
}

TEST_F(SecretFlow, SavedPlansHoldOnlyAsLongAsTheWorldDoes) {
  world.apply();
  world.host("pve").put(path, "by hand\n");
  const auto saved = parse_json(to_json(plan_to_value(world.plan())));
  ASSERT_TRUE(saved.has_value());
  world.connect();
  EXPECT_TRUE(check_still_true(*saved, world.plan()).has_value());
  world.host("pve").put(path, "by another hand\n");
  const auto moved = check_still_true(*saved, world.plan());
  ASSERT_FALSE(moved.has_value());
  EXPECT_NE(moved.error().message.find("File/agent@pve: content was"), std::string::npos)
      << moved.error().message;
}

TEST_F(SecretFlow, AMissingOneStopsEverythingBeforeTheHostIsAsked) {
  world.secret_texts.clear();
  world.connect();
  const Diagnostics missing = prepare_secrets(world.manifests, *world.secrets, nullptr);
  ASSERT_EQ(missing.all().size(), 1U);
  EXPECT_EQ(missing.all()[0].rule, "missing-secret");
  EXPECT_EQ(missing.all()[0].path, "spec.content[1]");
  EXPECT_TRUE(missing.all()[0].position.known());
  EXPECT_TRUE(world.transports.empty());
}

TEST_F(SecretFlow, WhatToolsSayOfItIsCutOut) {
  world.declare({"pve"}, R"(
kind: File
name: agent
hosts: all
spec: {path: /etc/agent.conf, content: [{secret: agent/password}], validate: [check, "{}"]}
)");
  world.prepare = [](const std::string&, MemoryTransport&) {};
  rotate(std::string("INVALID-") + value);
  const Plan plan = world.plan();
  const ApplyReport report = world.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::failed);
  EXPECT_NE(report.actions.at(0).detail.find("line 1: <secret agent/password>"), std::string::npos)
      << report.actions.at(0).detail;
  expect_silent(all_that_is_told(world, plan, report), value);
}

TEST(SecretManifests, ModesThatLetEverybodyReadAreRefused) {
  const auto complaints = [](const std::string& mode, const std::string& content) {
    return load_manifest_texts(
               {{"hearth.yaml", "format: 1\n"},
                {"m.yaml",
                 "kind: Node\nname: pve\nspec: {address: 192.0.2.1}\n---\nkind: File\nname: a\nhosts: all\n"
                 "spec: {path: /etc/a, mode: \"" +
                     mode + "\", content: " + content + "}\n"}},
               real_schemas())
        .diagnostics.to_string();
  };
  EXPECT_EQ(complaints("0644", "[\"a\", {secret: b}]"),
            "m.yaml:8:28: error[secret-open-to-others]: with 0644 everybody on the host may use what holds a "
            "secret\n"
            "    at spec.mode\n"
            "    end the mode with 0, as in \"0640\", and give the group to who has to read it\n");
  for (const char* mode : {"0601", "777", "0602"}) EXPECT_NE(complaints(mode, "[{secret: b}]"), "") << mode;
  for (const char* mode : {"0600", "0640", "0770"}) EXPECT_EQ(complaints(mode, "[{secret: b}]"), "") << mode;
  EXPECT_EQ(complaints("0644", "[\"a\", \"b\"]"), "");
}

TEST(PlainPieces, AreJoinedAndShownLikeAnyText) {
  World world;
  world.declare({"pve"},
                "kind: File\nname: a\nhosts: all\nspec: {path: /etc/a, content: [\"one\\n\", \"two\\n\"]}\n");
  world.apply();
  EXPECT_EQ(world.host("pve").content("/etc/a"), "one\ntwo\n");
  EXPECT_EQ(world.host("pve").files.at("/etc/a").mode, "0644");
  EXPECT_TRUE(world.plan().actions.empty());
}

}  // namespace
}  // namespace hearth
