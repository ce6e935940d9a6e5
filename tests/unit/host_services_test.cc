#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "providers/host_services/host_services_provider.h"
#include "providers/host_services/unit_check.h"
#include "providers/host_services/unit_discovery.h"
#include "providers/host_services/unit_state.h"
#include "reconciler/core/json.h"
#include "reconciler/transport/shell_script.h"
#include "tests/fakes/resources.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

const HostServicesProvider provider;

// ---- What systemd 257 said on a node ----

constexpr std::string_view ssh = R"(Type=notify
RemainAfterExit=no
Result=success
NRestarts=0
ExecMainStatus=0
EnvironmentFiles=/etc/default/ssh (ignore_errors=yes)
Id=ssh.service
Names=ssh.service sshd.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/usr/lib/systemd/system/ssh.service
DropInPaths=
UnitFileState=enabled
InactiveExitTimestamp=Mon 2026-11-23 04:45:16.161551 UTC
NeedDaemonReload=no
InvocationID=4cf0d19cbe1e4eb4a958f424b322b58a
)";

constexpr std::string_view nonexistent = R"(Type=
RemainAfterExit=no
Result=success
NRestarts=0
ExecMainStatus=0
Id=app.service
Names=app.service
LoadState=not-found
ActiveState=inactive
SubState=dead
FragmentPath=
DropInPaths=
UnitFileState=
InactiveExitTimestamp=
NeedDaemonReload=no
InvocationID=
)";

constexpr std::string_view journald = R"(Type=notify
RemainAfterExit=no
Result=success
Id=systemd-journald.service
Names=systemd-journald.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/usr/lib/systemd/system/systemd-journald.service
DropInPaths=
UnitFileState=static
InactiveExitTimestamp=Mon 2026-11-23 04:45:15.833678 UTC
NeedDaemonReload=no
InvocationID=8f93492a5e19483895f38df93dcb086d
)";

constexpr std::string_view fstrim_timer = R"(Result=success
Id=fstrim.timer
Names=fstrim.timer
LoadState=loaded
ActiveState=inactive
SubState=dead
FragmentPath=/usr/lib/systemd/system/fstrim.timer
DropInPaths=
UnitFileState=disabled
InactiveExitTimestamp=
NeedDaemonReload=no
InvocationID=
)";

// Ended well, and nothing refers to it: systemd has forgotten that it ever ran.
constexpr std::string_view forgotten_oneshot = R"(Type=oneshot
RemainAfterExit=no
Result=success
NRestarts=0
ExecMainStatus=0
Id=one.service
Names=one.service
LoadState=loaded
ActiveState=inactive
SubState=dead
FragmentPath=/etc/systemd/system/one.service
DropInPaths=
UnitFileState=disabled
InactiveExitTimestamp=
NeedDaemonReload=no
InvocationID=
)";

constexpr std::string_view failed_oneshot = R"(Type=oneshot
RemainAfterExit=no
Result=exit-code
NRestarts=0
ExecMainStatus=1
Id=onef.service
Names=onef.service
LoadState=loaded
ActiveState=failed
SubState=failed
FragmentPath=/etc/systemd/system/onef.service
DropInPaths=
UnitFileState=static
InactiveExitTimestamp=Mon 2026-11-23 04:45:53 UTC
NeedDaemonReload=no
InvocationID=7066658a6da74941ad84847f63eda4af
)";

constexpr std::string_view loop = R"(Type=simple
RemainAfterExit=no
Result=exit-code
NRestarts=0
ExecMainStatus=1
Id=loop.service
Names=loop.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
FragmentPath=/etc/systemd/system/loop.service
DropInPaths=
UnitFileState=static
InactiveExitTimestamp=Mon 2026-11-23 04:45:53 UTC
NeedDaemonReload=no
InvocationID=c2e36ccdfe694f3db8fe38971875ee43
)";

constexpr std::string_view app = R"(Type=simple
RemainAfterExit=no
Result=success
NRestarts=0
ExecMainStatus=0
EnvironmentFiles=/etc/default/x (ignore_errors=yes)
Id=app.service
Names=app.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/app.service
DropInPaths=/etc/systemd/system/app.service.d/10-n.conf
UnitFileState=enabled
InactiveExitTimestamp=Mon 2026-11-23 04:45:53 UTC
NeedDaemonReload=no
InvocationID=fa22f9f3f58a462f8f3489e7be420d93
)";

constexpr std::string_view masked_socket = R"(Result=success
Id=ssh.socket
Names=ssh.socket
LoadState=masked
ActiveState=inactive
SubState=dead
FragmentPath=/etc/systemd/system/ssh.socket
DropInPaths=
UnitFileState=masked
InactiveExitTimestamp=
NeedDaemonReload=no
InvocationID=
)";

// RECORDED with some properties said differently.
UnitReply recorded(std::string_view text, std::vector<std::pair<std::string, std::string>> changes = {}) {
  UnitReply reply = unit_reply(text);
  for (const auto& [key, value] : changes) {
    for (auto& property : reply.properties) {
      if (property.first == key) property.second = value;
    }
  }
  reply.inputs_sha256 = "now";
  if (!reply.property("InactiveExitTimestamp").empty()) {
    reply.started = 2'000'000;
    reply.inputs_modified = 1'000'000;
  }
  return reply;
}

const std::string app_text =
    "[Service]\nExecStart=/bin/sleep 1000\n\n[Install]\nWantedBy=multi-user.target\n";

Resource service(std::string name, Map desired) {
  return host_resource("Service", std::move(name), std::move(desired));
}

Live decode(const Resource& resource, std::vector<Reply> replies) {
  return provider.decode(resource, replies);
}

// The field FIELD as JSON; "missing" when it is not there.
std::string field(const Live& live, std::string_view name) {
  const Value* value = live.fields.find(name);
  return value == nullptr      ? "missing"
         : value->is_unknown() ? "unknown: " + value->why_unknown()
                               : to_json(*value);
}

std::vector<std::string> verbs(const std::vector<Step>& steps) {
  static constexpr std::string_view names[] = {"start",   "stop", "restart", "reload",       "enable",
                                               "disable", "mask", "unmask",  "daemon_reload"};
  std::vector<std::string> out;
  for (const Step& step : steps) {
    if (const auto* control = std::get_if<ControlUnit>(&step.operation)) {
      out.emplace_back(names[static_cast<std::size_t>(control->verb)]);
    } else if (const auto* write = std::get_if<WriteFile>(&step.operation)) {
      out.push_back("write " + write->path);
    } else if (const auto* remove = std::get_if<RemovePath>(&step.operation)) {
      out.push_back("remove " + remove->path);
    } else if (const auto* make = std::get_if<MakeDirectory>(&step.operation)) {
      out.push_back("mkdir " + make->path);
    } else {
      out.emplace_back("?");
    }
  }
  return out;
}

using Words = std::vector<std::string>;

Effect highest(const std::vector<Step>& steps) {
  Effect effect = Effect::none;
  for (const Step& step : steps) effect = std::max(effect, step.effect);
  return effect;
}

// ---- Looking ----

TEST(HostServices, AsksForUnitAndItsFiles) {
  const Resource resource = service("wol", {{"unit", "x"},
                                            {"dropIns", Map{{"10-a", "y"}, {"20-b", nullptr}}},
                                            {"configFiles", List{"/etc//wol.conf"}}});
  EXPECT_EQ(provider.probes(resource),
            (std::vector<Probe>{
                QueryUnit{.unit = "wol.service", .config_files = {"/etc/wol.conf"}},
                ReadFile{.path = "/etc/systemd/system/wol.service", .known_sha256 = sha256("x")},
                ReadFile{.path = "/usr/lib/systemd/system/wol.service", .known_sha256 = "", .max_content = 0},
                ListDirectory{"/etc/systemd/system/wol.service.d"},
                ReadFile{.path = "/etc/systemd/system/wol.service.d/10-a.conf", .known_sha256 = sha256("y")},
                ReadFile{.path = "/etc/systemd/system/wol.service.d/20-b.conf", .known_sha256 = ""},
            }));
  EXPECT_EQ(provider.probes(service("fstrim.timer", {{"enabled", true}})),
            (std::vector<Probe>{QueryUnit{.unit = "fstrim.timer", .config_files = {}}}));
}

TEST(HostServices, SaysWhetherAUnitRuns) {
  struct Case {
    UnitReply reply;
    std::string desired;
    std::string state;
  };
  UnitReply stamped = recorded(forgotten_oneshot);
  stamped.stamped_sha256 = "now";
  UnitReply ran = recorded(forgotten_oneshot, {{"InvocationID", "a"}});
  ran.started = 5;
  UnitReply ran_once_remains = stamped;
  for (auto& property : ran_once_remains.properties) {
    if (property.first == "RemainAfterExit") property.second = "yes";
  }
  const std::vector<Case> cases = {
      {recorded(ssh), "running", "running"},
      {recorded(ssh), "stopped", "running"},
      {recorded(ssh, {{"ActiveState", "reloading"}}), "running", "running"},
      {recorded(ssh, {{"ActiveState", "deactivating"}}), "running", "stopping"},
      {recorded(ssh, {{"ActiveState", "activating"}, {"SubState", "start"}}), "running", "starting"},
      {recorded(loop), "running", "failed"},
      {recorded(loop), "stopped", "failed"},  // it will come up again
      {recorded(failed_oneshot), "running", "failed"},
      {recorded(failed_oneshot), "stopped", "stopped"},
      {recorded(fstrim_timer), "running", "stopped"},
      {recorded(fstrim_timer, {{"ActiveState", "active"}, {"SubState", "waiting"}}), "running", "running"},
      {recorded(forgotten_oneshot), "running", "stopped"},
      {stamped, "running", "running"},
      {stamped, "stopped", "stopped"},
      {stamped, "", "stopped"},
      {ran, "running", "running"},
      {ran_once_remains, "running", "stopped"},  // somebody stopped it
  };
  for (const Case& one : cases) {
    EXPECT_EQ(unit_state(one.reply, one.desired), one.state)
        << one.reply.property("Id") << " " << one.reply.property("ActiveState") << ", desired "
        << one.desired;
  }
}

TEST(HostServices, SaysWhetherAUnitIsEnabled) {
  const auto state = [](std::string text) { return recorded(ssh, {{"UnitFileState", std::move(text)}}); };
  for (const char* no :
       {"disabled", "enabled-runtime", "linked", "linked-runtime", "masked", "masked-runtime", ""}) {
    EXPECT_EQ(enabled_state(state(no), true), Value(false)) << no;
  }
  EXPECT_EQ(enabled_state(state("enabled"), false), Value(true));
  for (const char* fixed : {"static", "indirect", "alias", "generated", "transient", "bad"}) {
    EXPECT_EQ(enabled_state(state(fixed), false), Value(false)) << fixed;
    EXPECT_TRUE(enabled_state(state(fixed), true).is_unknown()) << fixed;
  }
}

TEST(HostServices, SaysWhyAUnitCannotBeEnabled) {
  const Live live = decode(service("systemd-journald", {{"enabled", true}}), {recorded(journald)});
  EXPECT_EQ(field(live, "enabled"),
            "unknown: systemd-journald.service has no [Install] section: other units start it, it cannot be "
            "enabled; leave "
            "`enabled` out");
  EXPECT_TRUE(provider.next_steps(service("systemd-journald", {{"enabled", true}}), live).empty());
}

TEST(HostServices, WantsAnInstallSectionToEnable) {
  const Resource resource = service("app", {{"unit", "[Service]\nExecStart=/bin/true\n"}, {"enabled", true}});
  const Live live = decode(resource, {recorded(nonexistent), FileReply{}, FileReply{}});
  EXPECT_EQ(live.presence, Live::Presence::unknown);
  EXPECT_NE(live.why.find("[Install]"), std::string::npos);
}

TEST(HostServices, KnowsAUnitByItsRealName) {
  const Live live = decode(service("sshd", {{"state", "running"}}), {recorded(ssh)});
  EXPECT_EQ(live.why,
            "sshd.service is only another name of ssh.service on this host: declare `unitName: ssh.service`");
}

TEST(HostServices, SaysThatThereIsNoSuchUnit) {
  const Live live =
      decode(service("app", {{"state", "running"}, {"enabled", false}}), {recorded(nonexistent)});
  EXPECT_EQ(field(live, "enabled"), "false");
  EXPECT_EQ(field(live, "state"),
            "unknown: there is no unit app.service on this host: install the package that brings it, or "
            "declare its `unit`");
  // Stopped and disabled is what it is already.
  const Live stopped =
      decode(service("app", {{"state", "stopped"}, {"enabled", false}}), {recorded(nonexistent)});
  EXPECT_EQ(field(stopped, "state"), "\"stopped\"");
}

TEST(HostServices, IsAbsentWhenNothingOfItIsThere) {
  const Resource resource = service("app", {{"unit", app_text}, {"dropIns", Map{{"a", "[Service]\n"}}}});
  EXPECT_EQ(
      decode(resource, {recorded(nonexistent), FileReply{}, FileReply{}, ListReply{}, FileReply{}}).presence,
      Live::Presence::absent);
  // A leftover drop-in must not be written over unseen.
  EXPECT_EQ(decode(resource, {recorded(nonexistent), FileReply{}, FileReply{}, ListReply{true, {"a.conf"}},
                              regular_file("x")})
                .presence,
            Live::Presence::present);
  // Its file is gone, but it still runs.
  EXPECT_EQ(field(decode(resource, {recorded(nonexistent, {{"ActiveState", "active"}}), FileReply{},
                                    FileReply{}, ListReply{}, FileReply{}}),
                  "state"),
            "\"running\"");
}

TEST(HostServices, ReadsTextsAndUndeclaredDropIns) {
  const Resource resource = service(
      "app", {{"unit", app_text}, {"dropIns", Map{{"10-n", "[Service]\nNice=5\n"}, {"20-x", nullptr}}}});
  const Live live =
      decode(resource, {recorded(app), regular_file("old\n"), FileReply{},
                        ListReply{true, {"10-n.conf", "30-other.conf", "README", ".hidden.conf"}},
                        regular_file("[Service]\nNice=5\n"), FileReply{}});
  EXPECT_EQ(field(live, "unit"), "\"old\\n\"");
  EXPECT_EQ(field(live, "dropIns"),
            R"({"10-n":"[Service]\nNice=5\n","20-x":null,"30-other":"<not declared>"})");
}

TEST(HostServices, TakesAMaskForNoText) {
  const Resource resource = service("ssh.socket", {{"unit", nullptr}, {"masked", false}});
  const Live live = decode(resource, {recorded(masked_socket), link_to("/dev/null"), regular_file("")});
  EXPECT_EQ(field(live, "unit"), "null");
  EXPECT_EQ(field(live, "masked"), "true");
  EXPECT_EQ(verbs(provider.next_steps(resource, live)), (Words{"unmask"}));
}

TEST(HostServices, DoesNotFightAMaskThatNobodyDeclared) {
  const Live live = decode(service("ssh.socket", {{"state", "running"}}), {recorded(masked_socket)});
  EXPECT_EQ(field(live, "state"),
            "unknown: ssh.socket is masked on this host: declare `masked: false` to have that undone");
}

TEST(HostServices, PassesOnWhatCouldNotBeRead) {
  EXPECT_EQ(decode(service("app", {}), {NoReply{"timed out"}}).why, "timed out");
  const Resource resource = service("app", {{"unit", app_text}});
  const Live live = decode(resource, {recorded(app), NoReply{"permission denied"}, FileReply{}});
  EXPECT_EQ(field(live, "unit"), "unknown: permission denied");
  EXPECT_TRUE(provider.next_steps(resource, live).empty());
  EXPECT_EQ(decode(resource, {recorded(app), directory(), FileReply{}}).fields.find("unit")->is_unknown(),
            true);
}

// Somebody masked a unit by hand: that is the one thing that differs. What the mask hides is made right along with it.
TEST(HostServices, CallsAMaskOneDifference) {
  for (const bool enabled : {true, false}) {
    const Resource resource =
        service("ssh.socket",
                {{"masked", false}, {"enabled", enabled}, {"configFiles", List{"/etc/ssh/sshd_config"}}});
    UnitReply reply = recorded(masked_socket);
    reply.inputs_modified = reply.started + 1;
    const Live live = decode(resource, {reply});
    EXPECT_EQ(field(live, "masked"), "true");
    EXPECT_EQ(field(live, "enabled"), enabled ? "true" : "false");
    EXPECT_EQ(field(live, "current"), "true");
    EXPECT_EQ(verbs(provider.next_steps(resource, live)), (Words{"unmask", enabled ? "enable" : "disable"}));
  }
}

// ---- Staleness ----

TEST(HostServices, ComparesStampsOfThisInvocationElseTimes) {
  UnitReply reply = recorded(app);
  EXPECT_FALSE(is_stale(reply));
  reply.inputs_modified = reply.started + 1;
  EXPECT_TRUE(is_stale(reply));
  reply.stamped_invocation = reply.property("InvocationID");
  reply.stamped_sha256 = "now";
  EXPECT_FALSE(is_stale(reply));  // touched, but the same
  reply.stamped_sha256 = "before";
  EXPECT_TRUE(is_stale(reply));
  reply.inputs_modified = 0;
  EXPECT_TRUE(is_stale(reply));  // an old file moved into place
  reply.stamped_invocation = "another";
  EXPECT_FALSE(is_stale(reply));  // somebody restarted it since
  reply.started = 0;
  EXPECT_FALSE(is_stale(reply));
}

TEST(HostServices, IsNotCurrentWhenItRunsOnOldInputs) {
  const auto current = [](const Resource& resource, const UnitReply& reply) {
    std::vector<Reply> replies{reply};
    if (resource.desired.find("unit") != nullptr)
      replies.insert(replies.end(), {regular_file(app_text), FileReply{}});
    return field(decode(resource, replies), "current");
  };
  UnitReply stale = recorded(app);
  stale.inputs_modified = stale.started + 1;
  const Resource own = service("app", {{"unit", app_text}, {"state", "running"}});
  EXPECT_EQ(current(own, recorded(app)), "true");
  EXPECT_EQ(current(own, stale), "false");
  EXPECT_EQ(current(service("app", {{"configFiles", List{"/etc/app"}}}), stale), "false");
  // Whoever declares nothing of what it reads does not want it restarted for a package's update.
  EXPECT_EQ(current(service("app", {{"state", "running"}}), stale), "true");
  EXPECT_EQ(current(service("app", {{"unit", app_text}, {"state", "stopped"}}), stale), "true");
}

// Somebody edited a file by hand: that is the one thing that differs, however the unit runs.
TEST(HostServices, CallsAnEditedTextOneDifferenceNotTwo) {
  UnitReply stale = recorded(app, {{"NeedDaemonReload", "yes"}});
  stale.inputs_modified = stale.started + 1;
  const Resource text = service("app", {{"unit", app_text}, {"state", "running"}});
  const auto with_unit = [&](const std::string& live) {
    return field(decode(text, {stale, regular_file(live), FileReply{}}), "current");
  };
  EXPECT_EQ(with_unit(app_text), "false");
  EXPECT_EQ(with_unit(std::string(app_text) + "# mine\n"), "true");

  const auto with_drop_in = [&](const Resource& resource, const std::string& live) {
    return field(decode(resource, {stale, ListReply{true, {"10-n.conf", "mine.conf"}}, regular_file(live)}),
                 "current");
  };
  Resource drop_in = service("app", {{"dropIns", Map{{"10-n", "x\n"}}}});
  EXPECT_EQ(with_drop_in(drop_in, "x\n"), "false");
  EXPECT_EQ(with_drop_in(drop_in, "y\n"), "true");
  drop_in.exclusive_fields = {"dropIns"};
  EXPECT_EQ(with_drop_in(drop_in, "x\n"), "true");
}

TEST(HostServices, IsNotCurrentWhenSystemdReadOtherTexts) {
  const Resource resource = service("app", {{"unit", app_text}, {"dropIns", Map{{"10-n", "x\n"}}}});
  const auto current = [&](const UnitReply& reply, const Reply& drop_in) {
    return field(decode(resource, {reply, regular_file(app_text), FileReply{}, ListReply{}, drop_in}),
                 "current");
  };
  EXPECT_EQ(current(recorded(app), regular_file("x\n")), "true");
  EXPECT_EQ(current(recorded(app, {{"NeedDaemonReload", "yes"}}), regular_file("x\n")), "false");
  // A first file over a package's does not make systemd say so.
  EXPECT_EQ(
      current(recorded(app, {{"FragmentPath", "/usr/lib/systemd/system/app.service"}}), regular_file("x\n")),
      "false");
  EXPECT_EQ(current(recorded(app, {{"DropInPaths", ""}}), regular_file("x\n")), "false");
  EXPECT_EQ(current(recorded(app, {{"DropInPaths", "/a /etc/systemd/system/app.service.d/10-n.conf /b"}}),
                    regular_file("x\n")),
            "true");
  const Resource without = service("app", {{"dropIns", Map{{"10-n", nullptr}}}});
  EXPECT_EQ(field(decode(without, {recorded(app), ListReply{}, FileReply{}}), "current"), "false");
}

// ---- Doing ----

TEST(HostServices, MakesAServiceInOneRound) {
  const Resource resource = service("app", {{"unit", app_text},
                                            {"dropIns", Map{{"10-n", "[Service]\nNice=5\n"}}},
                                            {"enabled", true},
                                            {"state", "running"},
                                            {"configFiles", List{"/etc/app.conf"}},
                                            {"settle", 2.5},
                                            {"timeout", 30}});
  const auto steps = provider.next_steps(resource, Live::absent());
  EXPECT_EQ(verbs(steps),
            (Words{"write /etc/systemd/system/app.service", "mkdir /etc/systemd/system/app.service.d",
                   "write /etc/systemd/system/app.service.d/10-n.conf", "daemon_reload", "enable", "start"}));
  // Nobody feels any of it.
  EXPECT_EQ(highest(steps), Effect::none);
  const auto& unit = std::get<WriteFile>(steps[0].operation);
  EXPECT_EQ(unit.expected_sha256, "absent");
  EXPECT_TRUE(unit.check.empty());  // judged together with the drop-in, by the last that is written
  const auto& drop_in = std::get<WriteFile>(steps[2].operation);
  EXPECT_EQ(drop_in.check, unit_check("app.service", "app.service.d/10-n.conf"));
  EXPECT_EQ(steps[5].operation, Operation(ControlUnit{.verb = ControlUnit::Verb::start,
                                                      .unit = "app.service",
                                                      .config_files = {"/etc/app.conf"},
                                                      .settle = std::chrono::milliseconds(2500),
                                                      .timeout = std::chrono::seconds(30)}));
}

TEST(HostServices, RestartsWhatRunsWhenItsTextChanges) {
  const Resource resource = service("app", {{"unit", app_text}, {"onChange", "reload"}});
  const Live live =
      decode(resource, {recorded(app), regular_file("[Service]\nExecStart=/bin/sleep 5\n"), FileReply{}});
  const auto steps = provider.next_steps(resource, live);
  EXPECT_EQ(verbs(steps), (Words{"write /etc/systemd/system/app.service", "daemon_reload", "restart"}));
  EXPECT_EQ(steps[2].effect, Effect::restart);
  EXPECT_EQ(std::get<WriteFile>(steps[0].operation).expected_sha256,
            sha256("[Service]\nExecStart=/bin/sleep 5\n"));
  EXPECT_EQ(std::get<WriteFile>(steps[0].operation).check, unit_check("app.service", "app.service"));
  // Put back, the old text is read before the service is started with it.
  ASSERT_EQ(steps[2].undo.size(), 2U);
  EXPECT_EQ(std::get<ControlUnit>(steps[2].undo[0]).verb, ControlUnit::Verb::daemon_reload);
  EXPECT_EQ(std::get<ControlUnit>(steps[2].undo[1]).verb, ControlUnit::Verb::restart);
}

TEST(HostServices, ReloadsWhenOnlyItsConfigurationChanged) {
  const Resource resource =
      service("app", {{"state", "running"}, {"onChange", "reload"}, {"configFiles", List{"/etc/app"}}});
  UnitReply stale = recorded(app);
  stale.inputs_modified = stale.started + 1;
  const auto steps = provider.next_steps(resource, decode(resource, {stale}));
  EXPECT_EQ(verbs(steps), (Words{"daemon_reload", "reload"}));
  EXPECT_EQ(highest(steps), Effect::reload);
}

TEST(HostServices, StartsWhatFailedWithoutWaitingForItsNextAttempt) {
  const Resource resource = service("loop", {{"state", "running"}});
  const auto steps = provider.next_steps(resource, decode(resource, {recorded(loop)}));
  EXPECT_EQ(verbs(steps), (Words{"restart"}));
  EXPECT_EQ(highest(steps), Effect::none);
}

TEST(HostServices, StopsAndDisables) {
  const Resource resource = service("ssh", {{"state", "stopped"}, {"enabled", false}});
  const auto steps = provider.next_steps(resource, decode(resource, {recorded(ssh)}));
  EXPECT_EQ(verbs(steps), (Words{"stop", "disable"}));
  EXPECT_EQ(steps[0].effect, Effect::restart);
  EXPECT_EQ(steps[1].effect, Effect::none);
}

TEST(HostServices, DisablesBeforeItMasks) {
  const Resource resource = service("ssh", {{"state", "stopped"}, {"enabled", false}, {"masked", true}});
  EXPECT_EQ(verbs(provider.next_steps(resource, decode(resource, {recorded(ssh)}))),
            (Words{"stop", "disable", "mask"}));
}

TEST(HostServices, LeavesAMaskThatNobodyDeclaredAndSaysWhatIsNotPossibleWithIt) {
  const Resource resource = service("ssh.socket", {{"unit", app_text}, {"state", "running"}});
  const Live live = decode(resource, {recorded(masked_socket), link_to("/dev/null"), regular_file("")});
  EXPECT_NE(field(live, "unit").find("declare `masked: false`"), std::string::npos) << field(live, "unit");
  EXPECT_NE(field(live, "state").find("declare `masked: false`"), std::string::npos) << field(live, "state");
  for (const std::string& verb : verbs(provider.next_steps(resource, live))) EXPECT_NE(verb, "unmask");
}

TEST(HostServices, WritesItsTextOverAMaskThatIsDeclaredNotToBe) {
  const Resource resource = service("ssh.socket", {{"unit", app_text}, {"masked", false}});
  const Live live = decode(resource, {recorded(masked_socket), link_to("/dev/null"), regular_file("")});
  const auto steps = provider.next_steps(resource, live);
  EXPECT_EQ(verbs(steps), (Words{"unmask", "write /etc/systemd/system/ssh.socket", "daemon_reload"}));
  EXPECT_EQ(std::get<WriteFile>(steps[1].operation).expected_sha256, "absent");
}

TEST(HostServices, LeavesAPackagesUnitInPeace) {
  const Resource resource = service("ssh", {{"unit", nullptr}, {"state", "running"}, {"enabled", true}});
  const Live live = decode(resource, {recorded(ssh), FileReply{}, regular_file("")});
  EXPECT_TRUE(provider.next_steps(resource, live).empty());
  EXPECT_TRUE(provider.removal_steps(resource, live).empty());
}

TEST(HostServices, GoesBackToThePackagesText) {
  const Resource resource = service("ssh", {{"unit", nullptr}});
  const Live live = decode(resource, {recorded(ssh, {{"FragmentPath", "/etc/systemd/system/ssh.service"}}),
                                      regular_file("x\n"), regular_file("")});
  EXPECT_EQ(verbs(provider.next_steps(resource, live)),
            (Words{"remove /etc/systemd/system/ssh.service", "daemon_reload", "restart"}));
}

TEST(HostServices, MovesLinksWhenInstallChanges) {
  const Resource resource = service("app", {{"unit", app_text}, {"enabled", true}});
  const std::string old = "[Service]\nExecStart=/bin/sleep 1000\n\n[Install]\nWantedBy=graphical.target\n";
  const Live live = decode(resource, {recorded(app), regular_file(old), FileReply{}});
  EXPECT_EQ(
      verbs(provider.next_steps(resource, live)),
      (Words{"disable", "write /etc/systemd/system/app.service", "daemon_reload", "enable", "restart"}));
}

TEST(HostServices, OwnsDropInsWholeOnlyWhereToldSo) {
  Resource resource = service("app", {{"dropIns", Map{{"10-n", "x\n"}, {"20-gone", nullptr}}}});
  const std::vector<Reply> replies = {recorded(app),
                                      ListReply{true, {"10-n.conf", "20-gone.conf", "30-other.conf"}},
                                      regular_file("x\n"), regular_file("y\n")};
  const Words removed{"remove /etc/systemd/system/app.service.d/20-gone.conf"};
  const auto removals = [&] {
    Words out = verbs(provider.next_steps(resource, decode(resource, replies)));
    std::erase_if(out, [](const std::string& word) { return !word.starts_with("remove"); });
    return out;
  };
  EXPECT_EQ(removals(), removed);
  resource.exclusive_fields = {"dropIns"};
  EXPECT_EQ(removals(), (Words{removed[0], "remove /etc/systemd/system/app.service.d/30-other.conf"}));
}

TEST(HostServices, TakesAwayItsOwnUnit) {
  const Resource resource = service("app", {{"unit", app_text}, {"dropIns", Map{{"10-n", "x\n"}}}});
  const Live live = decode(resource, {recorded(app), regular_file(app_text), FileReply{},
                                      ListReply{true, {"10-n.conf"}}, regular_file("x\n")});
  const auto steps = provider.removal_steps(resource, live);
  EXPECT_EQ(verbs(steps), (Words{"stop", "disable", "remove /etc/systemd/system/app.service.d/10-n.conf",
                                 "remove /etc/systemd/system/app.service", "daemon_reload"}));
  EXPECT_EQ(highest(steps), Effect::restart);
}

// What hearth added goes; the package's unit stays, and runs without it.
TEST(HostServices, TakesAwayWhatItAddedToAPackagesUnit) {
  const Resource resource = service("ssh", {{"unit", app_text}});
  const Live live = decode(resource, {recorded(ssh), regular_file(app_text), regular_file("")});
  EXPECT_EQ(field(live, "packaged"), "true");
  const auto steps = provider.removal_steps(resource, live);
  EXPECT_EQ(verbs(steps), (Words{"remove /etc/systemd/system/ssh.service", "daemon_reload", "restart"}));
  EXPECT_TRUE(
      provider.removal_steps(resource, decode(resource, {recorded(ssh), FileReply{}, regular_file("")}))
          .empty());

  const Resource drop_in =
      service("ssh", {{"enabled", true}, {"dropIns", Map{{"10-n", "x\n"}, {"20-o", nullptr}}}});
  const auto decoded = [&](const Reply& first) {
    return decode(drop_in, {recorded(ssh), ListReply{}, first, FileReply{}});
  };
  EXPECT_EQ(verbs(provider.removal_steps(drop_in, decoded(regular_file("x\n")))),
            (Words{"remove /etc/systemd/system/ssh.service.d/10-n.conf", "daemon_reload", "restart"}));
  EXPECT_TRUE(provider.removal_steps(drop_in, decoded(FileReply{})).empty());
}

TEST(HostServices, RestartsWhatRunsOnAnOlderTextOfItsOwnWhereAReloadIsDeclared) {
  const Resource resource = service(
      "ssh", {{"unit", app_text}, {"onChange", "reload"}, {"configFiles", List{"/etc/ssh/sshd_config"}}});
  UnitReply reply = recorded(ssh);
  for (auto& [name, value] : reply.properties) {
    if (name == "FragmentPath") value = "/etc/systemd/system/ssh.service";
  }
  reply.started = 2'000'000'000;
  reply.inputs_modified = reply.started + 5'000'000;
  FileReply text = regular_file(std::string(app_text));
  text.modified = 2000;
  EXPECT_EQ(verbs(provider.next_steps(resource, decode(resource, {reply, text, FileReply{}}))),
            (Words{"daemon_reload", "reload"}));
  text.modified = 2005;
  EXPECT_EQ(verbs(provider.next_steps(resource, decode(resource, {reply, text, FileReply{}}))),
            (Words{"daemon_reload", "restart"}));
}

// How the check ends for TEXT, as a real systemd says.
int checked(const std::string& text, const std::string& environment = "") {
  TemporaryFolder folder;
  std::ofstream(folder / "new") << text;
  std::vector<std::string> words = unit_check("hearth-test.service", "hearth-test.service");
  words.back() = folder / "new";
  std::string line = environment + " ";
  for (const std::string& word : words) line += shell_quote(word) + " ";
  return WEXITSTATUS(std::system((line + ">/dev/null 2>&1").c_str()));
}

TEST(HostServices, LetsSystemdJudgeAText) {
  if (std::system("command -v systemd-analyze >/dev/null") != 0) GTEST_SKIP() << "no systemd here";
  const std::string good = "[Service]\nExecStart=/bin/true\n";
  EXPECT_EQ(checked(good), 0);
  // From a newer systemd: this one ignores it.
  EXPECT_EQ(checked(good + "Sparkle=yes\n[Glitter]\nX=1\n"), 0);
  EXPECT_EQ(checked(good + "MemoryMax=a lot\n"), 1);
  EXPECT_EQ(checked("[Service]\nRestart=always\n"), 1);
  EXPECT_EQ(checked(good, "TMPDIR=/nonexistent"), 75) << "nothing was judged";
}

// ---- Texts ----

TEST(HostServices, ReadsInstallSections) {
  EXPECT_EQ(install_section("[Service]\nWantedBy=x\n[Install]\n# no\n WantedBy=a.target "
                            "\n;no\nAlso=b\n[Unit]\nX=1\n[Install]\nAlias=c"),
            "WantedBy=a.target\nAlso=b\nAlias=c\n");
  EXPECT_EQ(install_section("[Install]\n\n   \n"), "");
}

TEST(HostServices, ChecksUnitsWithoutBracesThatAreNotForTheTransport) {
  const auto check = unit_check("a.service", "a.service.d/b.conf");
  ASSERT_EQ(check.size(), 7U);
  EXPECT_EQ(check[2].find("{}"), std::string::npos);
  EXPECT_EQ(check[6], "{}");
}

// ---- Discovery ----

TEST(HostServices, FindsUnitsAndDropIns) {
  const auto line = [](std::string letter, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) letter += " " + base64(word);
    return letter + "\n";
  };
  RunReply reply;
  reply.out = line("U", {"wol.service", app_text}) +
              line("U", {"backup.timer", "[Timer]\nOnCalendar=daily\n"}) +
              "P backup-tools: /etc/systemd/system/backup.timer\n" +
              line("D", {"ssh.service", "10-x", "[Service]\n"}) + line("D", {"empty.service", "x", ""}) +
              line("U", {"getty@tty9.service", "[Service]\n"}) +
              line("U", {"binary.service", std::string_view("\0", 1)}) + line("M", {"zz-masked.service"}) +
              line("I", {"getty@tty2.service"}) + line("L", {"zz-linked.service", "/opt/x.service"}) +
              "S Id=wol.service\nS ActiveState=active\nS UnitFileState=enabled\nS \n"
              "S Id=backup.timer\nS ActiveState=inactive\nS UnitFileState=static\nS \n"
              "S Id=getty@tty2.service\nS ActiveState=active\nS UnitFileState=enabled\nS \n";
  const Reply replies[] = {reply};
  auto found = provider.discover("Service", replies);
  const auto take = [&](std::string_view name) {
    const auto at =
        std::find_if(found.begin(), found.end(), [&](const Found& one) { return one.name == name; });
    if (at == found.end()) throw std::runtime_error(std::string(name));
    Found one = *at;
    found.erase(at);
    return one;
  };
  EXPECT_EQ(to_json(take("zz-masked").spec), R"({"masked":true})");
  EXPECT_EQ(to_json(take("getty-tty2").spec),
            R"({"unitName":"getty@tty2.service","enabled":true,"state":"running"})");
  for (const char* name : {"binary", "zz-linked"}) {
    const Found left_out = take(name);
    EXPECT_TRUE(left_out.spec.is_null()) << name;
    EXPECT_FALSE(left_out.remark.empty()) << name;
  }
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].name, "backup.timer");
  EXPECT_EQ(found[0].owner, "backup-tools");
  EXPECT_EQ(to_json(found[0].spec), R"({"unit":"[Timer]\nOnCalendar=daily\n"})");
  EXPECT_EQ(found[1].name, "getty-tty9");
  EXPECT_EQ(found[1].spec.string_or("unitName", ""), "getty@tty9.service");
  EXPECT_EQ(found[2].name, "ssh");
  EXPECT_EQ(to_json(found[2].spec), R"({"dropIns":{"10-x":"[Service]\n"}})");
  EXPECT_EQ(found[3].name, "wol");
  EXPECT_EQ(found[3].spec, (Value(Map{{"unit", app_text}, {"enabled", true}, {"state", "running"}})));
}

}  // namespace
}  // namespace hearth
