// The engine's promises, over hosts in memory with the real providers.
#include "reconciler/apply/applier.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "reconciler/cli/apply_view.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/plan_file.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

constexpr const char* thermostat = R"(
kind: File
name: thermostat-conf
hosts: all
spec: {path: /etc/thermostat.conf, content: "target: 20\n", mode: "0640"}
---
kind: Service
name: thermostat
hosts: all
spec:
  unit: "[Service]\nExecStart=/usr/local/bin/thermostat\n\n[Install]\nWantedBy=multi-user.target\n"
  enabled: true
  state: running
  configFiles: [/etc/thermostat.conf]
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

bool all_done(const ApplyReport& report) {
  return std::all_of(report.actions.begin(), report.actions.end(),
                     [](const ActionReport& action) { return action.outcome == Outcome::done; });
}

std::string trouble(const ApplyReport& report) {
  std::string out;
  for (const ActionReport& action : report.actions) {
    out += std::string(to_string(action.outcome)) + ": " + action.detail + "\n";
  }
  return out;
}

TEST(Apply, ConvergesAndThenHasNothingToDo) {
  World world;
  world.declare({"pve", "agent"}, thermostat);
  EXPECT_EQ(world.plan().actions.size(), 4U);
  const ApplyReport report = world.apply();
  EXPECT_TRUE(all_done(report)) << trouble(report);
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "target: 20\n");
  EXPECT_EQ(world.host("pve").files.at("/etc/thermostat.conf").mode, "0640");
  EXPECT_TRUE(world.host("agent").units.at("thermostat.service").running);
  EXPECT_TRUE(world.plan().actions.empty());
  EXPECT_TRUE(world.plan().notes.empty()) << world.plan().notes.front().text;
}

TEST(Apply, AsksEachHostOnceForAPlan) {
  World world;
  world.declare({"pve", "agent"}, thermostat);
  world.plan();
  EXPECT_EQ(world.transports.at("pve")->observations, 1);
  EXPECT_EQ(world.transports.at("agent")->observations, 1);
}

TEST(Apply, RestartsTheServiceWhoseFileChanged) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.host("pve").put("/etc/thermostat.conf", "target: 35\n");
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 2U);
  EXPECT_EQ(plan.actions[0].unit, plan.actions[1].unit);
  EXPECT_EQ(plan.actions[1].effect, Effect::restart);
  EXPECT_TRUE(all_done(world.apply()));
  EXPECT_EQ(world.host("pve").units.at("thermostat.service").starts, 2);
  EXPECT_TRUE(world.host("pve").kept.empty());
  EXPECT_TRUE(world.plan().actions.empty());
}

TEST(Apply, WithholdsAUnitWholeWhenItsServiceMayNotBeRestarted) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.host("pve").put("/etc/thermostat.conf", "target: 35\n");
  world.plan();
  ApplyOptions options;
  options.allowance = Allowance(Effect::reload);
  const ApplyReport report = world.apply(options);
  EXPECT_EQ(world.of(report, "File/thermostat-conf@pve").outcome, Outcome::withheld);
  EXPECT_EQ(world.of(report, "Service/thermostat@pve").outcome, Outcome::withheld);
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "target: 35\n");
}

TEST(Apply, GivesAServiceThatDoesNotComeUpItsOldFileBack) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.declare({"pve"}, replaced(thermostat, "target: 20", "POISON"));
  world.plan();
  const ApplyReport report = world.apply();
  EXPECT_EQ(world.of(report, "File/thermostat-conf@pve").outcome, Outcome::rolled_back) << trouble(report);
  EXPECT_EQ(world.of(report, "Service/thermostat@pve").outcome, Outcome::rolled_back) << trouble(report);
  const auto& unit = world.host("pve").units.at("thermostat.service");
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "target: 20\n");
  EXPECT_TRUE(unit.running);
  EXPECT_FALSE(unit.failed);
  EXPECT_TRUE(world.host("pve").kept.empty());
  // What went back was not applied: the next plan wants it again, and says that the manifest moved.
  const Plan again = world.plan();
  ASSERT_EQ(again.actions.size(), 2U);
  EXPECT_EQ(again.actions[0].cause, Cause::intent);
}

TEST(Apply, LeavesWhatAPersonEditsWhileItGoesBack) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.declare({"pve"}, replaced(thermostat, "target: 20", "POISON"));
  MemoryHost& host = world.host("pve");
  world.prepare = [&](const std::string&, MemoryTransport& transport) {
    transport.survives = [&](const Operation& operation) {
      const auto* control = std::get_if<ControlUnit>(&operation);
      if (control != nullptr && control->verb == ControlUnit::Verb::restart &&
          host.content("/etc/thermostat.conf").starts_with("POISON")) {
        world.loop.after(std::chrono::milliseconds(0),
                         [&] { host.put("/etc/thermostat.conf", "by hand\n"); });
      }
      return true;
    };
  };
  world.connect();
  world.plan();
  const ApplyReport report = world.apply();
  const ActionReport file = world.of(report, "File/thermostat-conf@pve");
  EXPECT_EQ(file.outcome, Outcome::failed) << trouble(report);
  EXPECT_NE(file.detail.find("/etc/thermostat.conf"), std::string::npos) << file.detail;
  EXPECT_EQ(host.content("/etc/thermostat.conf"), "by hand\n");
  ASSERT_TRUE(host.kept.contains("/etc/thermostat.conf"));
  EXPECT_EQ(host.kept.at("/etc/thermostat.conf")->content, "target: 20\n");
}

TEST(Apply, PutsTheOtherFilesBackBesideOneThatAPersonEdited) {
  const std::string two = R"(
kind: File
name: a
hosts: pve
spec: {path: /etc/app/a, content: "A"}
---
kind: File
name: b
hosts: pve
spec: {path: /etc/app/b, content: "B"}
---
kind: Service
name: app
hosts: pve
spec:
  unit: "[Service]\nExecStart=/bin/app\n"
  state: running
  configFiles: [/etc/app/a, /etc/app/b]
)";
  for (const std::string edited : {"/etc/app/a", "/etc/app/b"}) {
    World world;
    world.declare({"pve"}, replaced(replaced(two, "\"A\"", "\"one\""), "\"B\"", "\"one\""));
    world.apply();
    MemoryHost& host = world.host("pve");
    world.declare({"pve"}, replaced(replaced(two, "\"A\"", "\"POISON\""), "\"B\"", "\"POISON\""));
    const std::string other = edited == "/etc/app/a" ? "/etc/app/b" : "/etc/app/a";
    world.prepare = [&](const std::string&, MemoryTransport& transport) {
      transport.survives = [&](const Operation& operation) {
        if (std::holds_alternative<ControlUnit>(operation) && host.content(other) == "POISON")
          world.loop.after(std::chrono::milliseconds(0), [&] { host.put(edited, "by hand"); });
        return true;
      };
    };
    world.connect();
    world.plan();
    const ApplyReport report = world.apply();
    EXPECT_EQ(host.content(edited), "by hand");
    EXPECT_EQ(host.content(other), "one") << trouble(report);
    EXPECT_TRUE(host.units.at("app.service").running);
    EXPECT_FALSE(host.units.at("app.service").failed) << "it is started with what lies there now";
    const ActionReport left = world.of(report, "File/" + edited.substr(9) + "@pve");
    EXPECT_EQ(left.outcome, Outcome::failed);
    EXPECT_NE(left.detail.find(edited), std::string::npos) << left.detail;
    EXPECT_EQ(world.of(report, "File/" + other.substr(9) + "@pve").outcome, Outcome::rolled_back);
  }
}

TEST(Apply, RestartsAServiceThatADeadRunLeftOnOldContent) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.declare({"pve"}, replaced(thermostat, "target: 20", "target: 21"));
  world.prepare = [](const std::string&, MemoryTransport& transport) {
    transport.survives = [](const Operation& operation) {
      return !std::holds_alternative<ControlUnit>(operation);
    };
  };
  world.connect();
  world.plan();
  world.apply();
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "target: 21\n");
  EXPECT_EQ(world.host("pve").units.at("thermostat.service").starts, 1);

  world.prepare = nullptr;
  world.host("pve").lease.reset();
  world.connect();
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].address.to_string(), "Service/thermostat@pve");
  EXPECT_TRUE(all_done(world.apply()));
  EXPECT_EQ(world.host("pve").units.at("thermostat.service").starts, 2);
  EXPECT_TRUE(world.host("pve").kept.empty());
  EXPECT_TRUE(world.plan().actions.empty());
}

// Kept copies hold what files held, secrets with it: none outlives the run that needs it for longer than to the next one.
class Leftovers : public testing::Test {
 protected:
  // A run that changed the thermostat's file to 21 and died at the first operation of TYPE.
  template <typename Type>
  void die_before() {
    world.declare({"pve"}, thermostat);
    world.apply();
    world.declare({"pve"}, replaced(thermostat, "target: 20", "target: 21"));
    world.prepare = [](const std::string&, MemoryTransport& transport) {
      transport.survives = [](const Operation& operation) {
        return !std::holds_alternative<Type>(operation);
      };
    };
    world.connect();
    world.plan();
    world.apply();
    world.prepare = nullptr;
    world.host("pve").lease.reset();
    world.connect();
    ASSERT_EQ(world.host("pve").kept.size(), 1U);
  }

  World world;
};

TEST_F(Leftovers, AreDroppedByTheNextRunAlsoWhenNothingElseIsToBeDone) {
  die_before<ForgetPrevious>();
  ASSERT_TRUE(world.plan().actions.empty());
  ASSERT_TRUE(world.plan().has_leftovers());
  world.look();
  world.apply();
  EXPECT_TRUE(world.host("pve").kept.empty());
  const auto actions = world.journal.actions_of(world.journal.runs(1).front().id);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].operation, "tidy");
  EXPECT_EQ(actions[0].outcome, "done");
  EXPECT_FALSE(world.plan().has_leftovers());
}

TEST_F(Leftovers, AreDroppedByARunAboutSomethingElse) {
  die_before<ForgetPrevious>();
  world.declare({"pve"},
                replaced(thermostat, "target: 20", "target: 21") +
                    "---\nkind: File\nname: motd\nhosts: pve\nspec: {path: /etc/motd, content: hello}\n");
  world.plan();
  world.apply();
  EXPECT_TRUE(world.host("pve").kept.empty());
}

TEST_F(Leftovers, StayWhereAServiceHasNotTakenTheNewContentUp) {
  die_before<ControlUnit>();
  EXPECT_FALSE(world.plan().has_leftovers());
  EXPECT_FALSE(world.plan({"File/thermostat"}).has_leftovers());
}

TEST_F(Leftovers, OfAnotherRunAreItsOwn) {
  die_before<ForgetPrevious>();
  world.plan();
  // Since then somebody else has kept something.
  world.host("pve").kept.begin()->second->content = "target: 19\n";
  world.apply();
  EXPECT_EQ(world.host("pve").kept.size(), 1U);
}

TEST_F(Leftovers, AreAnArmedUndosAsLongAsItIsArmed) {
  die_before<ForgetPrevious>();
  ArmUndo arm{.id = "ab", .holder = "File/sshd@pve"};
  ASSERT_EQ(world.host("pve").carry_out(arm, "").status, OperationResult::Status::done);
  const Plan plan = world.plan();
  EXPECT_FALSE(plan.has_leftovers());
  ASSERT_EQ(plan.hosts.at(0).armed.size(), 1U);
  EXPECT_EQ(plan.hosts[0].armed[0].undo.holder, "File/sshd@pve");
  EXPECT_GE(plan.hosts[0].armed[0].undo.due, std::chrono::seconds(118));
  EXPECT_LE(plan.hosts[0].armed[0].undo.due, std::chrono::seconds(120));
}

// A dead run's work was finished without hearth. Much later, a bad change must not lead back to before that run.
TEST(Apply, GoesBackToWhatRanWellNotToWhatADeadRunHadKept) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.declare({"pve"}, replaced(thermostat, "target: 20", "target: 21"));
  world.prepare = [](const std::string&, MemoryTransport& transport) {
    transport.survives = [](const Operation& operation) {
      return !std::holds_alternative<ControlUnit>(operation);
    };
  };
  world.connect();
  world.plan();
  world.apply();
  world.prepare = nullptr;
  MemoryHost& host = world.host("pve");
  host.lease.reset();
  ASSERT_EQ(host.kept.size(), 1U);
  host.carry_out(ControlUnit{.verb = ControlUnit::Verb::restart, .unit = "thermostat.service"}, "");
  host.units.at("thermostat.service").stamped_sha256.clear();  // not by hearth
  world.connect();
  EXPECT_TRUE(world.plan().actions.empty());

  world.declare({"pve"}, replaced(thermostat, "target: 20", "POISON"));
  world.plan();
  world.apply();
  EXPECT_EQ(host.content("/etc/thermostat.conf"), "target: 21\n");
  EXPECT_TRUE(host.units.at("thermostat.service").running);
  EXPECT_TRUE(host.kept.empty());
}

TEST(Apply, LeavesAHostThatIsCutOffUnknownAndDoesTheOthers) {
  World world;
  world.prepare = [](const std::string& name, MemoryTransport& transport) {
    transport.cut = name == "agent";
  };
  world.declare({"pve", "agent"}, thermostat);
  const Plan plan = world.plan();
  EXPECT_TRUE(plan.incomplete());
  EXPECT_EQ(plan.actions.size(), 2U);
  EXPECT_TRUE(all_done(world.apply()));
  EXPECT_TRUE(world.host("agent").carried_out.empty());
}

TEST(Apply, FinishesAfterALinkThatBrokeDuringIt) {
  for (const bool carried_out : {false, true}) {
    World world;
    world.declare({"pve"}, thermostat);
    world.plan();
    world.transports.at("pve")->survives = [](const Operation& operation) {
      return !std::holds_alternative<WriteFile>(operation);
    };
    world.transports.at("pve")->carry_out_lost = carried_out;
    const ApplyReport report = world.apply();
    EXPECT_EQ(world.of(report, "File/thermostat-conf@pve").outcome, Outcome::unknown) << trouble(report);
    world.host("pve").lease.reset();
    world.connect();
    world.plan();
    const ApplyReport second = world.apply();
    EXPECT_TRUE(all_done(second)) << trouble(second);
    EXPECT_TRUE(world.plan().actions.empty());
  }
}

TEST(Apply, LeavesEverythingAloneWhileAnotherRunHoldsALease) {
  World world;
  world.declare({"pve", "agent"}, thermostat);
  world.plan();
  world.host("agent").lease = {"other", "root@desk run 7", world.loop.now() + std::chrono::seconds(30)};
  const ApplyReport report = world.apply();
  EXPECT_EQ(report.lease_held_by, "agent: root@desk run 7");
  EXPECT_TRUE(world.host("agent").carried_out.empty());
  EXPECT_TRUE(world.host("pve").carried_out.empty());
  EXPECT_FALSE(world.host("pve").lease.has_value());
  // The holder died: its lease runs out by itself.
  world.host("agent").lease->expires = world.loop.now();
  world.plan();
  EXPECT_TRUE(all_done(world.apply()));
  EXPECT_FALSE(world.host("agent").lease.has_value());
}

TEST(Apply, SendsNothingThatTheJournalDoesNotHold) {
  for (std::size_t writes = 0; writes < 12; ++writes) {
    World world;
    world.declare({"pve"}, thermostat);
    world.plan();
    world.on_applier = [&](Applier&) { world.journal.fail_writes_after(writes); };
    const ApplyReport report = world.apply();
    world.journal.heal();
    std::size_t recorded = 0;
    for (const ActionRecord& action : world.journal.actions_of(1))
      recorded += world.journal.steps_of(action.id).size();
    EXPECT_LE(world.host("pve").carried_out.size(), recorded) << "after " << writes << " writes";
    if (writes < 2) {
      EXPECT_FALSE(report.journal_error.empty());
      EXPECT_TRUE(world.host("pve").carried_out.empty());
    }
  }
}

TEST(Apply, RefusesToOverwriteWhatAPersonEditedSinceThePlan) {
  World world;
  world.declare({"pve"}, thermostat);
  world.plan();
  world.host("pve").put("/etc/thermostat.conf", "by hand\n");
  const ApplyReport report = world.apply();
  EXPECT_EQ(world.of(report, "File/thermostat-conf@pve").outcome, Outcome::refused) << trouble(report);
  EXPECT_EQ(world.of(report, "Service/thermostat@pve").outcome, Outcome::skipped);
  EXPECT_EQ(world.host("pve").content("/etc/thermostat.conf"), "by hand\n");
}

TEST(Apply, CallsThePlanStaleWhenAPersonEditedSinceThePlan) {
  World world;
  world.declare({"pve"}, thermostat);
  world.plan();
  world.host("pve").put("/etc/thermostat.conf", "by hand\n");
  const ApplyReport report = world.apply();
  EXPECT_TRUE(world.of(report, "File/thermostat-conf@pve").moved);
  EXPECT_EQ(exit_code_of(world.last_plan, report), ExitCode::stale_plan);
}

TEST(Apply, SaysThatANodesRunIsFull) {
  World world;
  world.declare({"pve"}, thermostat);
  world.host("pve").run_is_full = true;
  const ApplyReport report = world.apply();
  const ActionReport file = world.of(report, "File/thermostat-conf@pve");
  EXPECT_EQ(file.outcome, Outcome::failed);
  EXPECT_EQ(file.detail.find("cannot be reached"), std::string::npos) << file.detail;
  EXPECT_NE(file.detail.find("/run is full"), std::string::npos) << file.detail;
  EXPECT_TRUE(world.host("pve").files.count("/etc/thermostat.conf") == 0);
}

TEST(Apply, FinishesTheUnitInFlightWhenInterruptedAndBeginsNothingMore) {
  World world;
  world.declare({"pve"}, std::string(thermostat) + R"(
---
kind: File
name: later
hosts: all
dependsOn: [Service/thermostat]
spec: {path: /etc/later, content: "x\n"}
)");
  world.plan();
  world.on_applier = [&](Applier& applier) {
    world.loop.after(std::chrono::milliseconds(8), [&applier] { applier.interrupt(); });
  };
  const ApplyReport report = world.apply();
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(world.of(report, "File/thermostat-conf@pve").outcome, Outcome::done) << trouble(report);
  EXPECT_EQ(world.of(report, "Service/thermostat@pve").outcome, Outcome::done) << trouble(report);
  EXPECT_EQ(world.of(report, "File/later@pve").outcome, Outcome::cancelled);
  EXPECT_FALSE(world.host("pve").lease.has_value());
}

TEST(Apply, EndsUnknownWhenAbandoned) {
  World world;
  world.declare({"pve"}, thermostat);
  world.plan();
  world.on_applier = [&](Applier& applier) {
    world.loop.after(std::chrono::milliseconds(8), [&applier] { applier.abandon(); });
  };
  const ApplyReport report = world.apply();
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(all_done(report));
}

TEST(Apply, SkipsWhatWaitsForWhatFailed) {
  World world;
  world.declare({"pve"}, R"(
kind: File
name: bad
hosts: all
spec: {path: /etc/bad, content: "INVALID\n", validate: [check, "{}"]}
---
kind: File
name: after
hosts: all
dependsOn: [File/bad]
spec: {path: /etc/after, content: "x\n"}
---
kind: File
name: beside
hosts: all
spec: {path: /etc/beside, content: "x\n"}
)");
  world.plan();
  const ApplyReport report = world.apply();
  EXPECT_EQ(world.of(report, "File/bad@pve").outcome, Outcome::failed);
  EXPECT_EQ(world.of(report, "File/after@pve").outcome, Outcome::skipped);
  EXPECT_EQ(world.of(report, "File/beside@pve").outcome, Outcome::done);
  EXPECT_FALSE(world.host("pve").files.contains("/etc/bad"));
}

TEST(Apply, DeletesWhatIsNoLongerDeclaredOnlyWhenAllowed) {
  World world;
  const std::string two = R"(
kind: File
hosts: all
items:
  one: {path: /etc/one, content: "1\n"}
  two: {path: /etc/two, content: "2\n"}
)";
  world.declare({"pve"}, two);
  world.apply();
  world.declare({"pve"}, replaced(two, "  two: {path: /etc/two, content: \"2\\n\"}\n", ""));
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].type, ActionType::remove);
  EXPECT_EQ(plan.actions[0].effect, Effect::destroy);
  EXPECT_EQ(world.of(world.apply(), "File/two@pve").outcome, Outcome::withheld);
  EXPECT_TRUE(world.host("pve").files.contains("/etc/two"));
  world.plan();
  ApplyOptions options;
  options.allowance = Allowance(Effect::destroy);
  EXPECT_EQ(world.of(world.apply(options), "File/two@pve").outcome, Outcome::done);
  EXPECT_FALSE(world.host("pve").files.contains("/etc/two"));
  EXPECT_TRUE(world.plan().actions.empty());
}

bool says(const Plan& plan, Note::Type type, const std::string& address, const std::string& text) {
  return std::any_of(plan.notes.begin(), plan.notes.end(), [&](const Note& note) {
    return note.type == type && note.address.to_string() == address &&
           note.text.find(text) != std::string::npos;
  });
}

TEST(Apply, SaysWhatOthersMadeOfAThingThatGoes) {
  World world;
  const std::string one = "kind: File\nname: one\nhosts: all\nspec: {path: /etc/one, content: \"1\\n\"}\n";
  const std::string entry = "kind: HostsEntry\nname: 10.0.0.9\nhosts: all\nspec: {names: [nine]}\n";
  const std::string stays = "kind: Directory\nname: d\nhosts: all\nspec: {path: /srv/d}\n";
  world.declare({"pve"}, one + "---\n" + entry + "---\n" + stays);
  world.host("pve").put("/etc/hosts", "127.0.0.1 localhost\n");
  world.apply();
  ASSERT_EQ(world.host("pve").files.at("/etc/hosts").content, "127.0.0.1 localhost\n10.0.0.9\tnine\n");
  world.declare({"pve"}, stays);
  EXPECT_EQ(world.plan().count(ActionType::remove), 2U);
  EXPECT_TRUE(world.plan().notes.empty());
  world.host("pve").put("/etc/one", "mine\n");
  world.host("pve").put("/etc/hosts", "127.0.0.1 localhost\n10.0.0.9\tnine mine\n");
  const Plan plan = world.plan();
  EXPECT_TRUE(says(plan, Note::Type::info, "File/one@pve", "changed content since"));
  EXPECT_TRUE(says(plan, Note::Type::info, "File/one@pve", "deleting it loses that"));
  EXPECT_TRUE(says(plan, Note::Type::info, "HostsEntry/10.0.0.9@pve",
                   "changed names from [\"nine\"] to [\"nine\",\"mine\"] since"));
  EXPECT_TRUE(says(plan, Note::Type::info, "HostsEntry/10.0.0.9@pve", "what hearth did not put there stays"));
  ApplyOptions options;
  options.allowance = Allowance(Effect::destroy);
  world.apply(options);
  EXPECT_EQ(world.host("pve").files.at("/etc/hosts").content, "127.0.0.1 localhost\n10.0.0.9\tmine\n");
  EXPECT_TRUE(world.plan().actions.empty());
}

// /etc/hosts was a File, now its lines are declared: it lives on.
TEST(Apply, KeepsAWholeWhosePartsAreDeclaredInstead) {
  World world;
  world.declare(
      {"pve"},
      "kind: File\nname: hosts\nhosts: all\nspec: {path: /etc/hosts, content: \"10.0.0.9 nine\\n\"}\n");
  world.apply();
  world.declare({"pve"}, "kind: HostsEntry\nname: 10.0.0.9\nhosts: all\nspec: {names: [nine]}\n");
  EXPECT_EQ(world.plan().count(ActionType::remove), 0U);
  EXPECT_TRUE(says(world.plan(), Note::Type::retained, "File/hosts@pve", "stays as it is"));
}

TEST(Apply, NeverDeletesWithoutHistoryOrWithNothingDeclared) {
  World world;
  world.declare({"pve"}, "kind: File\nname: one\nhosts: all\nspec: {path: /etc/one, content: \"1\\n\"}\n");
  world.apply();
  world.declare({"pve"}, "kind: Directory\nname: d\nhosts: all\nspec: {path: /srv/d}\n");
  world.with_journal = false;
  EXPECT_EQ(world.plan().count(ActionType::remove), 0U);
  world.with_journal = true;
  EXPECT_EQ(world.plan().count(ActionType::remove), 1U);
  world.manifests.complete = false;
  EXPECT_EQ(world.plan().count(ActionType::remove), 0U);
  world.manifests.complete = true;
  world.manifests.resources.clear();
  EXPECT_EQ(world.plan().count(ActionType::remove), 0U);
}

TEST(Apply, DoesNothingForAResourceThatOnlyGotAnotherName) {
  World world;
  const std::string text = "kind: File\nname: one\nhosts: all\nspec: {path: /etc/one, content: \"1\\n\"}\n";
  world.declare({"pve"}, text);
  world.apply();
  world.declare({"pve"}, replaced(text, "name: one", "name: uno"));
  EXPECT_TRUE(world.plan().actions.empty());
}

TEST(Apply, SaysWhatIsNoLongerManagedAndLeavesIt) {
  World world;
  const std::string text =
      "kind: File\nname: one\nhosts: all\nspec: {path: /etc/one, content: \"1\\n\", mode: \"0600\"}\n";
  world.declare({"pve"}, text);
  world.apply();
  world.declare({"pve"}, replaced(text, ", mode: \"0600\"", ""));
  const Plan plan = world.plan();
  EXPECT_TRUE(plan.actions.empty());
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_EQ(plan.notes[0].text, "mode is no longer managed, stays 0600");
}

TEST(Apply, AnEntryAddedToAMapIsIntentAndNoDrift) {
  World world;
  const std::string text =
      "kind: CronJob\nname: one\nhosts: all\nspec: {schedule: \"5 4 * * *\", command: \"true\", environment: "
      "{A: "
      "\"1\"}}\n";
  world.declare({"pve"}, text);
  world.apply();
  ASSERT_TRUE(world.plan().actions.empty());
  for (const char* env :
       {"environment: {A: \"1\", B: \"2\"}", "environment: {A: \"2\"}", "environment: {A: null}"}) {
    world.declare({"pve"}, replaced(text, "environment: {A: \"1\"}", env));
    const Plan plan = world.plan();
    ASSERT_EQ(plan.actions.size(), 1U) << env;
    EXPECT_EQ(plan.actions[0].cause, Cause::intent) << env;
  }
}

TEST(Apply, TellsDriftFromIntent) {
  World world;
  const std::string text = "kind: File\nname: one\nhosts: all\nspec: {path: /etc/one, content: \"1\\n\"}\n";
  world.declare({"pve"}, text);
  EXPECT_EQ(world.plan().actions.at(0).cause, Cause::unknown);
  world.apply();
  world.host("pve").put("/etc/one", "hand\n");
  EXPECT_EQ(world.plan().actions.at(0).cause, Cause::drift);
  world.declare({"pve"}, replaced(text, "1\\n", "2\\n"));
  EXPECT_EQ(world.plan().actions.at(0).cause, Cause::both);
  world.host("pve").put("/etc/one", "1\n");
  EXPECT_EQ(world.plan().actions.at(0).cause, Cause::intent);
}

TEST(Apply, CallsAServiceThatANewFileOutdatesIntent) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.declare({"pve"}, replaced(thermostat, "target: 20", "target: 21"));
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 2U);
  EXPECT_EQ(plan.actions[1].cause, Cause::intent);
}

// The File owns the unit's text there, and the Service says only that it runs.
TEST(Manifests, LetAFileHoldTheTextOfAServiceThatDeclaresNone) {
  World world;
  EXPECT_NO_THROW(world.declare({"pve"}, R"(
kind: File
name: text
hosts: all
spec: {path: /etc/systemd/system/wol.service, content: "[Service]\nExecStart=/bin/true\n"}
---
kind: Service
name: wol
hosts: all
spec: {state: running}
)"));
}

TEST(Apply, ForgetsWhatItDidNotMake) {
  World world;
  const std::string keep = "kind: Directory\nname: d\nhosts: all\nspec: {path: /srv/d}\n";
  world.declare({"pve"}, keep + "---\nkind: Service\nname: cron\nhosts: all\nspec: {state: running}\n");
  world.host("pve").units["cron.service"].running = true;
  world.apply();
  world.declare({"pve"}, keep);
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].type, ActionType::forget);
  const std::string text = plan_text(plan, TextStyle{});
  EXPECT_NE(text.find("Service/cron@pve"), std::string::npos) << text;
  EXPECT_EQ(text.find("Service/cron@pve"), text.rfind("Service/cron@pve")) << "said twice: " << text;
  world.apply();
  EXPECT_TRUE(world.host("pve").units.at("cron.service").running);
  EXPECT_TRUE(world.plan().actions.empty());
}

constexpr const char* found_things = R"(
kind: File
name: found
hosts: all
spec: {path: /etc/found, content: "1\n"}
---
kind: Directory
name: found
hosts: all
onRemove: delete
spec: {path: /srv/found}
---
kind: Service
name: found
hosts: all
spec: {unit: "[Service]\nExecStart=/bin/true\n"}
)";
constexpr const char* something_else = R"(
kind: File
name: other
hosts: all
spec: {path: /etc/other, content: "1\n"}
)";

TEST(Apply, NeverDeletesWhatWasThereBeforeIt) {
  for (const bool changed : {false, true}) {
    World world;
    world.declare({"pve"}, std::string(found_things) + "---" + something_else);
    MemoryHost& host = world.host("pve");
    host.put("/etc/found", changed ? "0\n" : "1\n");
    host.put("/etc/systemd/system/found.service",
             changed ? "[Service]\nExecStart=/bin/false\n" : "[Service]\nExecStart=/bin/true\n");
    host.files["/srv/found"].type = FileReply::Type::directory;
    host.files["/srv/found"].mode = changed ? "0700" : "0755";
    world.plan();
    EXPECT_TRUE(all_done(world.apply()));
    // Also not when it changed it again.
    world.declare({"pve"}, replaced(found_things, "1\\n", "2\\n") + "---" + something_else);
    EXPECT_TRUE(all_done(world.apply()));
    EXPECT_EQ(host.content("/etc/found"), "2\n");
    world.declare({"pve"}, something_else);
    const Plan plan = world.plan();
    EXPECT_EQ(plan.actions.size(), 3U);
    for (const Action& action : plan.actions) EXPECT_EQ(action.type, ActionType::forget);
    EXPECT_EQ(plan.notes.size(), 3U);
    for (const Note& note : plan.notes) {
      EXPECT_EQ(note.type, Note::Type::retained);
      EXPECT_NE(note.text.find("hearth did not make it"), std::string::npos) << note.text;
    }
    ApplyOptions options;
    options.allowance = Allowance(Effect::destroy);
    EXPECT_TRUE(all_done(world.apply(options)));
    EXPECT_EQ(host.files.count("/etc/found") + host.files.count("/srv/found") +
                  host.files.count("/etc/systemd/system/found.service"),
              3U);
    EXPECT_TRUE(world.plan().actions.empty());
  }
}

TEST(Apply, DeletesWhatItMadeAlsoAfterItChangedIt) {
  World world;
  world.declare({"pve"}, std::string(found_things) + "---" + something_else);
  EXPECT_TRUE(all_done(world.apply()));
  world.declare({"pve"}, replaced(found_things, "1\\n", "2\\n") + "---" + something_else);
  EXPECT_TRUE(all_done(world.apply()));
  world.declare({"pve"}, something_else);
  const Plan plan = world.plan();
  EXPECT_EQ(plan.actions.size(), 3U);
  for (const Action& action : plan.actions) EXPECT_EQ(action.type, ActionType::remove);
}

TEST(Apply, KnowsWhatItMadeAlsoWhenNoAnswerCame) {
  World world;
  world.declare({"pve"}, something_else);
  world.prepare = [](const std::string&, MemoryTransport& transport) {
    transport.survives = [](const Operation& operation) {
      return !std::holds_alternative<WriteFile>(operation);
    };
    transport.carry_out_lost = true;
  };
  world.connect();
  world.plan();
  world.apply();
  world.prepare = nullptr;
  world.host("pve").lease.reset();
  world.connect();
  EXPECT_TRUE(world.plan().actions.empty());
  world.apply();
  world.declare({"pve"}, replaced(something_else, "/etc/other", "/etc/another"));
  const Plan plan = world.plan();
  EXPECT_TRUE(std::any_of(plan.actions.begin(), plan.actions.end(),
                          [](const Action& action) { return action.type == ActionType::remove; }));
}

TEST(Apply, OnlyReportsDriftWhereThatIsAskedFor) {
  World world;
  const std::string text =
      "kind: File\nname: one\nhosts: all\ndrift: report\nspec: {path: /etc/one, content: \"1\\n\"}\n";
  world.declare({"pve"}, text);
  EXPECT_EQ(world.plan().actions.size(), 1U) << "new intent is applied";
  world.apply();
  world.host("pve").put("/etc/one", "hand\n");
  const Plan plan = world.plan();
  EXPECT_TRUE(plan.actions.empty());
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_EQ(plan.notes[0].type, Note::Type::reported);
}

TEST(PlanFile, IsRefusedWhenTheWorldMovedAndNamesObjectAndField) {
  World world;
  world.declare({"pve"}, thermostat);
  world.apply();
  world.host("pve").put("/etc/thermostat.conf", "target: 35\n");
  const Value saved = parse_json(to_json(plan_to_value(world.plan()))).value();
  EXPECT_TRUE(check_still_true(saved, world.plan()).has_value());
  world.host("pve").put("/etc/thermostat.conf", "target: 36\n");
  const auto moved = check_still_true(saved, world.plan());
  ASSERT_FALSE(moved.has_value());
  EXPECT_EQ(moved.error().rule, "stale-plan");
  EXPECT_NE(moved.error().message.find("File/thermostat-conf@pve: content"), std::string::npos)
      << moved.error().message;
  world.host("pve").put("/etc/thermostat.conf", "target: 20\n");
  EXPECT_FALSE(check_still_true(saved, world.plan()).has_value());
}

// One unit each, as units have no order among them.
TEST(Apply, SendsExactlyWhatThePlanSaid) {
  const std::string sshd =
      "kind: File\nname: sshd\nhosts: pve\nspec: {path: /etc/ssh/sshd_config.d/1.conf, content: x}\n";
  const std::string quiet = thermostat;
  World world;
  for (const char* target : {"", "35", "sshd"}) {
    world.declare({"pve"}, target == std::string("sshd") ? sshd : quiet);
    world.with_journal = false;  // what is no longer declared is another unit of work
    if (target == std::string("35"))
      world.host("pve").put("/etc/thermostat.conf", "target: " + std::string(target) + "\n");
    const Plan plan = world.plan();
    std::vector<std::string> planned;
    for (const Unit& unit : plan.units) {
      if (unit.guard) planned.push_back(to_json(to_value(Operation(*unit.guard))));
      for (const std::size_t i : unit.actions) {
        for (const auto& round : plan.actions[i].rounds) {
          for (const Step& step : round) planned.push_back(to_json(to_value(step.operation)));
        }
      }
      for (const Operation& operation : unit.finish) planned.push_back(to_json(to_value(operation)));
    }
    world.transports.at("pve")->executions.clear();
    ApplyOptions options;
    options.lanes = 1;
    EXPECT_TRUE(all_done(world.apply(options)));
    std::vector<std::string> sent;
    for (const auto& operations : world.transports.at("pve")->executions) {
      for (const Operation& operation : operations) {
        if (std::holds_alternative<RenewLease>(operation)) continue;
        sent.push_back(to_json(to_value(operation)));
      }
    }
    EXPECT_FALSE(planned.empty());
    EXPECT_EQ(sent, planned);
  }
}

// Whatever order the world's answers come in, the end is the same.
TEST(Apply, ConvergesInAnyOrderOfEvents) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    World world(seed);
    world.declare({"pve", "agent", "Home"}, thermostat);
    ApplyOptions options;
    options.lanes = 1 + seed % 3;
    world.plan();
    const ApplyReport report = world.apply(options);
    ASSERT_TRUE(all_done(report)) << "seed " << seed << "\n" << trouble(report);
    ASSERT_TRUE(world.plan().actions.empty()) << "seed " << seed;
  }
}

// Starting a shell on a host costs more than writing a file: what is ready together goes out together.
TEST(Apply, SendsFilesTogether) {
  World world;
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "kind: File\nname: f" + std::to_string(i) + "\nhosts: pve\nspec: {path: /srv/" +
            std::to_string(i) + ", content: \"x\"}\n---\n";
  }
  world.declare({"pve"}, text);
  world.look();
  const ApplyReport report = world.apply();
  for (const ActionReport& action : report.actions) EXPECT_EQ(action.outcome, Outcome::done);
  EXPECT_EQ(report.actions.size(), 20U);
  EXPECT_EQ(world.transports.at("pve")->execs, 1);
}

// What becomes of one of them is nothing to the others.
TEST(Apply, OneFailureAmongFilesSentTogetherIsOnlyItsOwn) {
  World world;
  std::string text;
  for (int i = 0; i < 3; ++i) {
    text += "kind: File\nname: f" + std::to_string(i) + "\nhosts: pve\nspec: {path: /srv/" +
            std::to_string(i) + ", content: \"x\"}\n---\n";
  }
  world.declare({"pve"}, text);
  world.look();
  world.host("pve").put("/srv/1", "somebody else was here");
  const ApplyReport report = world.apply();
  EXPECT_EQ(world.of(report, "File/f0@pve").outcome, Outcome::done);
  EXPECT_EQ(world.of(report, "File/f1@pve").outcome, Outcome::refused);
  EXPECT_EQ(world.of(report, "File/f2@pve").outcome, Outcome::done);
  EXPECT_EQ(world.host("pve").content("/srv/1"), "somebody else was here");
}

// `drift: ignore` is about what moves by itself, not about what a person newly wants.
TEST(Apply, MakesWhatIsDeclaredAlsoWhereDriftIsIgnored) {
  const std::string motd =
      "kind: File\nname: motd\nhosts: pve\ndrift: ignore\nspec: {path: /etc/motd, content: \"1\"}\n";
  World world;
  world.declare({"pve"}, motd);
  EXPECT_TRUE(all_done(world.apply()));
  EXPECT_EQ(world.host("pve").content("/etc/motd"), "1");
  world.host("pve").put("/etc/motd", "by hand");
  EXPECT_TRUE(world.plan().actions.empty());
}

// One installation may serve several clusters, whose machines have the same names.
TEST(Apply, NeverDeletesWhatAnotherClusterDeclares) {
  World world;
  world.declare({"pve"}, "kind: File\nname: motd\nhosts: pve\nspec: {path: /etc/motd, content: \"1\"}\n");
  EXPECT_TRUE(all_done(world.apply()));
  world.declare({"pve"}, "kind: File\nname: other\nhosts: pve\nspec: {path: /etc/other, content: \"1\"}\n");
  ASSERT_EQ(world.plan().count(ActionType::remove), 1U);
  world.manifests.settings.cluster = "Elsewhere";
  EXPECT_EQ(world.plan().count(ActionType::remove), 0U);
}

// What seems to be gone may lie in a file of another name.
TEST(Apply, NeverDeletesWhileAFileIsNotRead) {
  World world;
  world.declare({"pve"}, "kind: File\nname: motd\nhosts: pve\nspec: {path: /etc/motd, content: \"1\"}\n");
  EXPECT_TRUE(all_done(world.apply()));
  world.declare({"pve"}, "kind: File\nname: other\nhosts: pve\nspec: {path: /etc/other, content: \"1\"}\n");
  world.manifests.diagnostics.add({Severity::warning, "ignored-file", {}, "", "motd.yml is not read", ""});
  const Plan& plan = world.plan();
  EXPECT_EQ(plan.count(ActionType::remove), 0U);
  EXPECT_TRUE(std::any_of(plan.notes.begin(), plan.notes.end(), [](const Note& note) {
    return note.text.find("is not read") != std::string::npos;
  }));
}

}  // namespace
}  // namespace hearth
