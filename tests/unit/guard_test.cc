// Guarded steps: what may lock the operator out is undone by the host unless a new login proved that it did not.
#include <gtest/gtest.h>

#include <string>

#include "reconciler/plan/way_back.h"
#include "reconciler/safety/way_in.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

const std::string path = "/etc/ssh/sshd_config.d/50-hardening.conf";

std::string sshd(const std::string& content) {
  return "kind: File\nname: sshd\nhosts: pve\nspec: {path: " + path + ", content: \"" + content + "\"}\n";
}

class Guard : public testing::Test {
 protected:
  void SetUp() override {
    world.declare({"pve"}, sshd("Port 22"));
    ASSERT_EQ(world.of(world.apply(), address).outcome, Outcome::done);
    world.connections.clear();
    world.transports.clear();
    world.connect();
  }

  // What the file says, and that nothing is left of the guard.
  void expect(const std::string& content) {
    EXPECT_EQ(world.host("pve").content(path), content);
    EXPECT_TRUE(world.host("pve").armed.empty());
    EXPECT_TRUE(world.host("pve").kept.empty());
  }

  // Lets hearth die as soon as the change is on the host; its lease runs out.
  void change_and_die(const std::string& content) {
    world.declare({"pve"}, sshd(content));
    world.look();
    ApplyOptions options;
    options.token = "dies";
    options.holder = "tester";
    RunRecord record;
    const RunId run = world.journal.begin_run(record).value();
    Applier applier(world.loop, *world.targets, *world.observer, real_providers(), world.journal,
                    world.progress, world.last->plan, run, options);
    applier.start([](const ApplyReport&) {});
    world.loop.run_until([&] { return world.host("pve").content(path) == content; });
    ASSERT_EQ(world.host("pve").armed.size(), 1U);
    world.loop.die();
    world.connect();
  }

  void pass(std::chrono::seconds time) {
    bool over = false;
    world.loop.after(time, [&] { over = true; });
    world.loop.run_until([&] { return over; });
    world.host("pve").act();
  }

  const std::string address = "File/sshd@pve";
  World world;
};

TEST_F(Guard, AGoodChangeIsProvenOverANewConnectionAndDisarmed) {
  world.declare({"pve"}, sshd("Port 22\\nX11Forwarding no"));
  EXPECT_EQ(world.of(world.apply(), address).outcome, Outcome::done);
  expect("Port 22\nX11Forwarding no");
  EXPECT_EQ(world.connections["pve"], 2);
}

TEST_F(Guard, IsArmedBeforeAnythingIsSent) {
  world.declare({"pve"}, sshd("new"));
  world.apply();
  const auto& sent = world.transports.at("pve")->executions;
  ASSERT_GE(sent.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<ArmUndo>(sent[0].front()));
  EXPECT_TRUE(std::holds_alternative<WriteFile>(sent[1].front()));
}

TEST_F(Guard, AChangeThatShutsTheOperatorOutIsTakenBack) {
  world.declare({"pve"}, sshd("LOCKOUT"));
  const ActionReport report = world.of(world.apply(), address);
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_NE(report.detail.find("a new login failed after the change"), std::string::npos) << report.detail;
  expect("Port 22");
}

TEST_F(Guard, TheHostPutsItselfBackWhenHearthDies) {
  change_and_die("LOCKOUT");
  pass(std::chrono::seconds(119));
  EXPECT_EQ(world.host("pve").content(path), "LOCKOUT");
  pass(std::chrono::seconds(2));
  expect("Port 22");
}

TEST_F(Guard, TheHostPutsItselfBackWhenItBootsWhileArmed) {
  change_and_die("LOCKOUT");
  world.host("pve").power_cycle();
  expect("Port 22");
}

TEST_F(Guard, NoRunStartsOnTopOfOne) {
  change_and_die("Port 2222");
  pass(std::chrono::seconds(60));  // the lease of the dead is over
  world.declare({"pve"}, sshd("Port 2200"));
  world.look();
  EXPECT_NE(world.apply().lease_held_by.find("undo is armed"), std::string::npos);
  pass(std::chrono::seconds(61));
  expect("Port 22");
  EXPECT_EQ(world.of(world.apply(), address).outcome, Outcome::done);
  expect("Port 2200");
}

// With the line cut nobody can prove anything: the host is waited for, and found to have put itself back.
TEST_F(Guard, ACutLineIsWaitedFor) {
  world.declare({"pve"}, sshd("new"));
  world.look();
  MemoryTransport& transport = *world.transports.at("pve");
  bool cut = false;
  transport.survives = [&](const Operation& operation) {
    if (cut || !std::holds_alternative<WriteFile>(operation)) return true;
    cut = true;
    world.loop.after(std::chrono::seconds(90), [&] { transport.cut = false; });
    return false;
  };
  transport.carry_out_lost = true;
  const ActionReport report = world.of(world.apply(), address);
  EXPECT_EQ(report.outcome, Outcome::rolled_back) << report.detail;
  expect("Port 22");
}

// The policy says how long.
TEST_F(Guard, TakesItsTimeFromThePolicy) {
  EXPECT_EQ(world.manifests.settings.prove_within, std::chrono::seconds(120));
  world.look();
  world.manifests.settings.prove_within = std::chrono::seconds(10);
  world.host("pve").put(path, "by hand");
  const Plan& plan = world.plan();
  ASSERT_EQ(plan.units.size(), 1U);
  ASSERT_TRUE(plan.units.front().guard.has_value());
  EXPECT_EQ(plan.units.front().guard->timeout, std::chrono::seconds(10));
}

// Two undos at once could take each other's changes back.
TEST_F(Guard, GuardsOneUnitAfterTheOther) {
  world.declare({"pve"}, sshd("new") +
                             "---\nkind: File\nname: sudo\nhosts: pve\nspec: {path: /etc/sudoers.d/eve, "
                             "content: x}\n---\nkind: File\nname: pam\nhosts: pve\nspec: {path: "
                             "/etc/pam.d/eve, content: x}\n");
  for (const ActionReport& report : world.apply().actions) EXPECT_EQ(report.outcome, Outcome::done);
  int armed = 0;
  int units = 0;
  for (const OperationGroup& group : world.transports.at("pve")->executions) {
    for (const Operation& operation : group) {
      if (std::holds_alternative<ArmUndo>(operation)) ++armed, ++units;
      if (std::holds_alternative<DisarmUndo>(operation)) --armed;
      EXPECT_LE(armed, 1);
    }
  }
  EXPECT_EQ(units, 3);
}

TEST_F(Guard, NothingIsTriedThatNoLoginWouldNotice) {
  for (const char* closed : {"masked: true", "enabled: false", "state: stopped"}) {
    world.declare({"pve"}, std::string("kind: Service\nname: ssh\nhosts: pve\nspec: {") + closed + "}\n");
    world.host("pve").units["ssh.service"] = {.running = true, .enabled = true};
    const Plan& plan = world.plan();
    ASSERT_EQ(plan.actions.size(), 2U) << closed;  // the file of the others is no longer declared
    EXPECT_EQ(plan.actions.front().refused, "way-in-closed") << closed;
  }
}

// Homes, too: sshd takes no keys that others could have written.
TEST_F(Guard, AHomeThatOthersMayWriteToIsGuarded) {
  Host host;
  host.user = "root";
  EXPECT_TRUE(touches_way_in({.operation = SetAttributes{.path = "/root", .mode = "0777"}}, host));
  EXPECT_FALSE(touches_way_in({.operation = SetAttributes{.path = "/home/eve", .mode = "0777"}}, host));
  host.user = "eve";
  EXPECT_TRUE(touches_way_in({.operation = SetAttributes{.path = "/home/eve", .mode = "0777"}}, host));
}

TEST(WayIn, NeedsItsPackages) {
  Host host;
  const auto refused = [&](Map spec) {
    Resource resource;
    resource.address = {"Package", "p", "pve"};
    resource.desired = std::move(spec);
    return closes_way_in(resource, false, host).has_value();
  };
  EXPECT_TRUE(refused({{"name", "openssh-server"}, {"state", "absent"}}));
  EXPECT_TRUE(refused({{"name", "openssh-server:amd64"}, {"state", "absent"}}));
  EXPECT_FALSE(refused({{"name", "openssh-server"}}));
  EXPECT_FALSE(refused({{"name", "sudo"}, {"state", "absent"}}));
  host.become = "sudo";
  EXPECT_TRUE(refused({{"name", "sudo"}, {"state", "absent"}}));
  EXPECT_FALSE(refused({{"name", "htop"}, {"state", "absent"}}));
}

// What was masked has to be unmasked before it can start.
TEST(WayBack, LetsAUnitStartBeforeItStartsIt) {
  using Verb = ControlUnit::Verb;
  const auto undo = [](Verb verb) { return Step{.undo = {ControlUnit{.verb = verb, .unit = "a.service"}}}; };
  const std::vector<Step> steps = {undo(Verb::start), undo(Verb::unmask), undo(Verb::daemon_reload)};
  const auto back = way_back({&steps[0], &steps[1], &steps[2]});
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(std::get<ControlUnit>(back[0]).verb, Verb::daemon_reload);
  EXPECT_EQ(std::get<ControlUnit>(back[1]).verb, Verb::unmask);
  EXPECT_EQ(std::get<ControlUnit>(back[2]).verb, Verb::start);
}

TEST(WayIn, IsWhatALoginNeeds) {
  Host host;
  host.user = "operator";
  const auto guarded = [&](Operation operation, const std::string& account = "") {
    Step step{.operation = std::move(operation)};
    step.account = account;
    return touches_way_in(step, host);
  };
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/ssh/sshd_config"}));
  EXPECT_TRUE(guarded(RemovePath{"/etc/sudoers.d/operator"}));
  EXPECT_TRUE(guarded(SetAttributes{.path = "/home/operator/.ssh"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/root/.ssh/authorized_keys"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/pam.d/sshd"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/systemd/system/ssh.service.d/limits.conf"}));
  EXPECT_TRUE(guarded(ControlUnit{.verb = ControlUnit::Verb::restart, .unit = "ssh.service"}));
  EXPECT_TRUE(guarded(RunCommand{{"usermod", "-L", "operator"}}, "operator"));
  EXPECT_TRUE(guarded(RunCommand{{"groupdel", "sudo"}}, "*"));
  EXPECT_FALSE(guarded(RunCommand{{"usermod", "-L", "guest"}}, "guest"));
  EXPECT_TRUE(guarded(WriteFile{.path = "/root/.bashrc"})) << "bash reads it for sshd, too";
  EXPECT_TRUE(guarded(WriteFile{.path = "/home/operator/.bashrc"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/bash.bashrc"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/environment"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/run/nologin"}));
  EXPECT_TRUE(guarded(WriteFile{.path = "/etc/systemd/system/service.d/10-all.conf"}));
  EXPECT_FALSE(guarded(WriteFile{.path = "/etc/skel/.bashrc"}));
  EXPECT_FALSE(guarded(WriteFile{.path = "/etc/sshuttle.conf"}));
  EXPECT_FALSE(guarded(WriteFile{.path = "/etc/motd"}));
  EXPECT_FALSE(guarded(ControlUnit{.verb = ControlUnit::Verb::restart, .unit = "smbd.service"}));
  host.local = true;
  EXPECT_FALSE(guarded(WriteFile{.path = "/etc/ssh/sshd_config"}));
}

}  // namespace
}  // namespace hearth
