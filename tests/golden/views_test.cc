// What people and programs see of plans, from plans made by hand: tests/golden/views/.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "reconciler/cli/progress.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"
#include "reconciler/manifest/schema_validator.h"
#include "reconciler/plan/plan_file.h"
#include "tests/golden/golden.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// All of them, so that a golden file which nothing compares any more is noticed.
const std::set<std::string> names = {"complaints",        "complaints-colours",
                                     "create-verbose",    "design",
                                     "design-colours",    "drift",
                                     "drift-none",        "empty",
                                     "eventful",          "eventful-verbose",
                                     "only-held",         "only-unknown",
                                     "only-unreachable",  "progress-log",
                                     "progress-terminal", "steps",
                                     "steps-verbose"};

void check(const std::string& name, const std::string& actual) {
  ASSERT_TRUE(names.contains(name)) << "add " << name << " to the list";
  golden::check(fs::path(HEARTH_SOURCE_DIR) / "tests/golden/views" / (name + ".case"), actual);
}

Action some_action(ActionType type, Address address) {
  Action action;
  action.type = type;
  action.address = std::move(address);
  return action;
}

Change some_change(std::string path, Value live, Value desired, Effect effect = Effect::none) {
  Change change;
  change.path = std::move(path);
  change.live = std::move(live);
  change.desired = std::move(desired);
  change.effect = effect;
  return change;
}

Plan empty_plan() {
  Plan plan;
  plan.cluster = "HomeCluster";
  plan.resources = 26;
  for (const char* name : {"Home", "agent", "agent1", "pve"}) plan.hosts.push_back({name, true, false, ""});
  return plan;
}

// The example of the design page.
Plan design_plan() {
  Plan plan = empty_plan();
  Action share = some_action(ActionType::update, {"SambaShare", "NetworkStorage", "pve"});
  share.effect = Effect::reload;
  share.changes = {some_change("guestOk", true, false, Effect::reload),
                   some_change("validUsers", List{}, List{"demehouse"}, Effect::reload)};
  Action machine = some_action(ActionType::update, {"VirtualMachine", "management", ""});
  machine.effect = Effect::reboot;
  machine.changes = {some_change("memory", "2GiB", "4GiB", Effect::reboot)};
  machine.changes[0].write = FieldSchema::Write::pending;
  plan.actions = {share, some_action(ActionType::create, {"Service", "wol", "agent"}), machine};
  plan.notes = {{Note::Type::held, {"Container", "adguard", ""}, "stopped by root@pam at 23:04"}};
  return plan;
}

Plan eventful_plan() {
  Plan plan = empty_plan();
  plan.hosts[1] = {"agent", false, false, "no route to host"};
  plan.hosts[2] = {"agent1", false, true, "no answer"};
  plan.history = false;

  Action smb = some_action(ActionType::update, {"File", "smb.conf", "pve"});
  smb.cause = Cause::drift;
  smb.effect = Effect::reload;
  smb.changes = {
      some_change(
          "content",
          "[global]\n  workgroup = HOME\n  server role = standalone\n  log level = 1\n  max log size = 50\n"
          "  map to guest = bad user\n  usershare allow guests = yes\n\n[homes]\n  browseable = no\n",
          "[global]\n  workgroup = HOME\n  server role = standalone\n  log level = 1\n  max log size = 50\n"
          "  map to guest = never\n  usershare allow guests = yes\n\n[homes]\n  browseable = no\n"
          "  read only = yes\n",
          Effect::reload),
      some_change("mode", "0666", "0644"), some_change("owner", "(odd)", nullptr)};

  Action user = some_action(ActionType::update, {"SambaUser", "eve", "pve"});
  user.cause = Cause::intent;
  user.changes = {some_change("password", "old-SECRET", "new-SECRET"),
                  some_change("groups", List{"a", "b"}, List{"b"})};
  user.changes[0].secret = true;

  Action disk = some_action(ActionType::update, {"VirtualMachine", "db", ""});
  disk.effect = Effect::destroy;
  disk.changes = {some_change("disks.scsi0.size", "64GiB", "32GiB", Effect::destroy)};
  disk.changes[0].immutable = true;
  disk.refused = "immutable-field";
  disk.refused_why = "a disk cannot be made smaller; make a new one and copy what is on it";

  Action old = some_action(ActionType::remove, {"Directory", "scratch", "pve"});
  old.effect = Effect::destroy;
  Action gone = some_action(ActionType::forget, {"File", "issue", "pve"});

  Action hostile = some_action(ActionType::update, {"File", "motd", "pve"});
  hostile.cause = Cause::both;
  hostile.changes = {
      some_change("content", "one line\x1b[2J", "another\xff line"),
      some_change("x-y.z", UnknownValue{"not\nreadable"}, Map{{"a", 1}, {"b", List{true, nullptr, "c d"}}})};

  List many;
  List more;
  for (int i = 0; i < 30; ++i) {
    many.emplace_back("element-number-" + std::to_string(i));
    if (i != 7) more.emplace_back("element-number-" + std::to_string(i));
  }
  more.emplace_back("a new one");
  Action list = some_action(ActionType::update, {"Firewall", "a-name-that-is-longer-than-all-others", "pve"});
  list.effect = Effect::restart;
  list.changes = {some_change("rules", many, more, Effect::restart)};

  plan.actions = {smb, user, disk, old, gone, hostile, list};
  plan.notes = {
      {Note::Type::unknown, {"Service", "nfs", "agent"}, "agent was not reached"},
      {Note::Type::waiting, {"File", "exports", "pve"}, "waits for Service/nfs@agent"},
      {Note::Type::pending, {"VirtualMachine", "management", ""}, "memory 4GiB at its next start"},
      {Note::Type::unmanaged, {"File", "hosts", "pve"}, "mode is no longer managed, stays 0644"},
      {Note::Type::reported, {"File", "resolv", "pve"}, "content differs, and drift is only reported"},
      {Note::Type::retained, {"Directory", "media", "pve"}, "no longer declared, stays as it is"},
      {Note::Type::failing, {"Check", "dns", "pve"}, "no answer on port 53"},
      {Note::Type::asleep, {"File", "motd", "agent1"}, "agent1 sleeps"},
      {Note::Type::info, {}, "3 more differ because the manifests changed"}};
  return plan;
}

Plan stepped_plan() {
  Plan plan = empty_plan();
  Action file = some_action(ActionType::create, {"File", "motd", "pve"});
  WriteFile write;
  write.path = "/etc/motd";
  write.content = "hello\n";
  write.mode = "0644";
  write.owner = "root";
  write.group = "root";
  write.keep_previous = true;
  Step write_step{write, Map{{"content", "hello\n"}}, Effect::none, {RestorePrevious{"/etc/motd"}}};
  file.changes = {some_change("content", nullptr, "hello\n")};
  file.claims = {{"path", "pve", "/etc/motd"}};
  file.rounds = {{write_step}};

  Action service = some_action(ActionType::update, {"Service", "sshd", "pve"});
  service.effect = Effect::restart;
  ControlUnit reload;
  reload.verb = ControlUnit::Verb::daemon_reload;
  ControlUnit restart;
  restart.verb = ControlUnit::Verb::restart;
  restart.unit = "ssh.service";
  RunCommand prove{{"sshd", "-T"}, std::chrono::seconds(5)};
  service.rounds = {
      {Step{reload, {}, Effect::none, {}}, Step{restart, Map{{"state", "running"}}, Effect::restart, {}}},
      {Step{prove, {}, Effect::none, {}}}};
  service.after = {0};
  Action refused = some_action(ActionType::remove, {"File", "passwd", "pve"});
  refused.refused = "protected";
  refused.refused_why = "it is protected; take `protect: true` away first";
  plan.actions = {file, service, refused};
  plan.units = {{"pve", Effect::restart, true, {0, 1}, {}, {ForgetPrevious{"/etc/motd"}}}};
  return plan;
}

TEST(Views, ShowThePlanOfTheDesign) {
  check("design", plan_text(design_plan(), {}));
}
TEST(Views, ShowAnEmptyPlanInOneLine) {
  check("empty", plan_text(empty_plan(), {}));
}
TEST(Views, ShowEverythingThatCanHappen) {
  check("eventful", plan_text(eventful_plan(), {}));
}
TEST(Views, LeaveNothingOutWhenVerbose) {
  check("eventful-verbose", plan_text(eventful_plan(), {false, true}));
}
TEST(Views, ShowColoursWhereAsked) {
  check("design-colours", plan_text(design_plan(), {true, false}));
}
TEST(Views, ShowStepsRoundByRound) {
  check("steps", steps_text(stepped_plan(), {}));
}
TEST(Views, ShowHowStepsAreUndoneWhenVerbose) {
  check("steps-verbose", steps_text(stepped_plan(), {false, true}));
}
TEST(Views, ShowCreatedFieldsWhenVerbose) {
  check("create-verbose", plan_text(stepped_plan(), {false, true}));
}

TEST(Views, TellWhatWasNotSeen) {
  Plan plan = empty_plan();
  plan.notes = {{Note::Type::unknown, {"Service", "nfs", "agent"}, "permission denied"}};
  check("only-unknown", plan_text(plan, {}));
  plan.notes = {{Note::Type::held, {"Container", "adguard", ""}, "stopped by root@pam at 23:04"}};
  check("only-held", plan_text(plan, {}));
  plan.notes.clear();
  plan.hosts[3] = {"pve", false, false, "timed out"};
  check("only-unreachable", plan_text(plan, {}));
}

TEST(Views, ShowDrift) {
  check("drift-none", drift_text(empty_plan(), {}));
  Plan plan = empty_plan();
  Action gone = some_action(ActionType::create, {"File", "motd", "pve"});
  gone.cause = Cause::drift;
  Action moved = some_action(ActionType::update, {"File", "hosts", "pve"});
  moved.cause = Cause::drift;
  moved.changes = {some_change("mode", "0600", "0644")};
  plan.actions = {gone, moved};
  check("drift", drift_text(plan, {}));
}

TEST(Views, NeverShowSecrets) {
  for (const bool verbose : {false, true}) {
    const std::string text = plan_text(eventful_plan(), {false, verbose});
    EXPECT_NE(text.find("password"), std::string::npos);
    EXPECT_EQ(text.find("SECRET"), std::string::npos) << text;
  }
  EXPECT_EQ(to_json(plan_to_value(eventful_plan())).find("SECRET"), std::string::npos);
}

TEST(Views, ColourComplaints) {
  Diagnostics diagnostics;
  Diagnostic error = failure("unknown-field", "File has no field \"mod\"\x1b[31m", "did you mean \"mode\"?");
  error.position = {intern_file_name("a.yaml"), 3, 5};
  error.path = "spec.mod";
  diagnostics.add(error);
  Diagnostic warning = failure("unused", "nothing uses this");
  warning.severity = Severity::warning;
  diagnostics.add(warning);
  check("complaints", diagnostics_text(diagnostics, {}));
  check("complaints-colours", diagnostics_text(diagnostics, {true, false}));
}

// A run as a log sees it, and as a terminal does.
std::string progress_of(std::size_t columns) {
  std::ostringstream out;
  const Plan plan = stepped_plan();
  {
    TextProgress progress(out, {}, columns, 10);
    progress.observing("pve");
    progress.observing("agent");
    progress.observed({"pve", true, false, ""});
    progress.observed({"agent", false, false, "no route to host"});
    progress.action_started(plan.actions[0]);
    progress.step_started(plan.actions[0], plan.actions[0].rounds[0][0].operation);
    progress.action_ended(plan.actions[0], Outcome::done, "");
    progress.action_started(plan.actions[1]);
    progress.action_ended(plan.actions[1], Outcome::rolled_back, "did not come up\nmore lines");
  }
  return out.str();
}

TEST(Views, LogOneLineForEachActionOffATerminal) {
  check("progress-log", progress_of(0));
}
TEST(Views, KeepOneLiveLineForEachHostOnATerminal) {
  check("progress-terminal", progress_of(40));
}

TEST(Views, PlansFitTheirSchema) {
  Diagnostics bad_schema;
  const fs::path file = fs::path(HEARTH_SOURCE_DIR) / "schemas/plan.schema.json";
  const auto document = parse_json(golden::read_file(file), file.string());
  ASSERT_TRUE(document.has_value()) << document.error().to_string();
  const auto schema =
      SchemaValidator::compile(*document, file.string(), bad_schema, SchemaValidator::Dialect::draft7);
  ASSERT_NE(schema, nullptr) << bad_schema.to_string();
  for (const Plan& plan : {empty_plan(), design_plan(), eventful_plan(), stepped_plan()}) {
    const auto written = parse_json(to_json(plan_to_value(plan)));
    ASSERT_TRUE(written.has_value());
    const Diagnostics wrong = schema->validate(*written, "plan");
    EXPECT_TRUE(wrong.empty()) << wrong.to_string();
  }
  // And the schema is worth something: it notices what is not there and what should not be.
  EXPECT_FALSE(schema->is_valid(Value(Map{{"format", 1}})));
}

TEST(Views, LeaveNoGoldenFileUncompared) {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(fs::path(HEARTH_SOURCE_DIR) / "tests/golden/views")) {
    found.insert(entry.path().stem().string());
  }
  EXPECT_EQ(found, names);
}

}  // namespace
}  // namespace hearth
