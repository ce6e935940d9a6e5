// SSH, systemd and sudo as they are on real nodes. Runs on the operator's machine of the lab; ctest sees to
// that.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "reconciler/core/digest.h"
#include "reconciler/loop/event_loop.h"
#include "reconciler/transport/make_transport.h"
#include "reconciler/transport/ssh_session.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using Status = OperationResult::Status;
using Verb = ControlUnit::Verb;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct CommandOutput {
  int status = -1;
  std::string text;
};

// COMMAND as the operator would type it.
CommandOutput type(const std::string& command) {
  CommandOutput output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.text.append(buffer.data(), n);
  output.status = ::pclose(pipe);
  return output;
}

testing::AssertionResult is_done(const OperationResult& result) {
  if (result.status == Status::done) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "status " << static_cast<int>(result.status) << ", " << result.code
                                     << ": " << result.output;
}
#define EXPECT_DONE(result) EXPECT_TRUE(is_done(result))

class TransportLab : public testing::Test {
 protected:
  void SetUp() override {
    if (environment("HEARTH_LAB").empty())
      GTEST_SKIP() << "not inside a lab; tests/lab/README.md says how to get one";
    // Tests leave the keys of whoever runs them alone.
    ::unsetenv("SSH_AUTH_SOCK");
    options_.ssh.known_hosts = environment("HEARTH_LAB_KNOWN_HOSTS");
    options_.ssh.default_keys.clear();
    std::string pattern = testing::TempDir() + "hearth-lab-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  Host host(const std::string& name = "pve") const {
    Host host;
    host.name = name;
    host.address = name;
    host.keys = {environment("HEARTH_LAB_KEY")};
    return host;
  }

  std::unique_ptr<Transport> connect(const Host& to) { return make_transport(to, loop_, options_); }

  Result<std::vector<Reply>> observe(Transport& transport, std::vector<Probe> probes) {
    std::optional<Result<std::vector<Reply>>> answer;
    transport.observe(std::move(probes), [&](auto replies) { answer = std::move(replies); });
    loop_.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  template <typename T>
  T observe_one(Transport& transport, Probe probe) {
    auto replies = observe(transport, {std::move(probe)});
    if (!replies) {
      ADD_FAILURE() << replies.error().to_string();
      return {};
    }
    if (const auto* why = std::get_if<NoReply>(&replies->at(0))) ADD_FAILURE() << why->why;
    return std::holds_alternative<T>(replies->at(0)) ? std::get<T>(replies->at(0)) : T{};
  }

  std::string why_not(const Host& to) {
    const auto transport = connect(to);
    const auto replies = observe(*transport, {RunProbe{{"true"}}});
    return replies ? "it works" : replies.error().to_string();
  }

  std::vector<OperationResult> execute(Transport& transport, std::vector<Operation> operations,
                                       std::string lease = "") {
    std::optional<std::vector<OperationResult>> answer;
    transport.execute(std::move(operations), std::move(lease),
                      [&](auto results) { answer = std::move(results); });
    loop_.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  OperationResult execute_one(Transport& transport, Operation operation, std::string lease = "") {
    return execute(transport, {std::move(operation)}, std::move(lease)).at(0);
  }

  // Past hearth: what a person would see on the node.
  static std::string on(const std::string& node, const std::string& command) {
    return type("ssh -F \"$HEARTH_LAB_SSH_CONFIG\" -o BatchMode=yes " + node + " " + "'" + command + "'")
        .text;
  }

  // What sshd has logged since the node booted. Asking is a login and an exec too.
  struct Counts {
    int logins = 0;
    int execs = 0;
  };
  static Counts count(const std::string& node) {
    std::istringstream log(on(node, "journalctl -b -t sshd-session -o cat"));
    Counts counts;
    for (std::string line; std::getline(log, line);) {
      if (line.starts_with("Accepted publickey")) ++counts.logins;
      if (line.starts_with("Starting session: command")) ++counts.execs;
    }
    return counts;
  }

  std::string write_file(const std::string& name, const std::string& content) const {
    const fs::path path = folder_ / name;
    std::ofstream(path) << content;
    return path;
  }

  static std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  EventLoop loop_;
  TransportOptions options_;
  fs::path folder_;
};

// A unit of this test's own, taken away at its end.
class UnitLab : public TransportLab {
 protected:
  static constexpr const char* unit = "hearth-test.service";

  void SetUp() override {
    TransportLab::SetUp();
    if (IsSkipped()) return;
    transport_ = connect(host());
    clean();
  }
  void TearDown() override {
    if (transport_) clean();
    transport_.reset();
    TransportLab::TearDown();
  }

  static void clean() {
    on("pve",
       "{ systemctl stop hearth-test.service; systemctl disable hearth-test.service; systemctl reset-failed "
       "hearth-test.service; "
       "rm -rf /etc/systemd/system/hearth-test.service* /etc/hearth-test /run/hearth; systemctl "
       "daemon-reload; } >/dev/null 2>&1");
  }

  void install(const std::string& text) {
    const auto results =
        execute(*transport_, {WriteFile{.path = std::string("/etc/systemd/system/") + unit, .content = text},
                              ControlUnit{.verb = Verb::daemon_reload}});
    for (const auto& result : results) EXPECT_DONE(result);
  }

  OperationResult control(Verb verb, int settle_ms = 0, std::vector<std::string> configs = {}) {
    return execute_one(*transport_, ControlUnit{.verb = verb,
                                                .unit = unit,
                                                .config_files = std::move(configs),
                                                .settle = std::chrono::milliseconds(settle_ms),
                                                .timeout = seconds(20)});
  }

  UnitReply query(std::vector<std::string> configs = {}) {
    return observe_one<UnitReply>(*transport_, QueryUnit{unit, std::move(configs)});
  }

  std::unique_ptr<Transport> transport_;
};

// ---- Observing
// -----------------------------------------------------------------------------------------------------

TEST_F(TransportLab, AnObservationIsOneLoginAndOneExec) {
  const Counts before = count("pve");
  const auto transport = connect(host());
  std::vector<Probe> probes;
  for (const char* path :
       {"/etc/passwd", "/etc/fstab", "/etc/hosts", "/etc/ssh/sshd_config", "/etc/shadow", "/nope"}) {
    probes.emplace_back(ReadFile{path});
  }
  for (const char* name :
       {"ssh.service", "cron.service", "smbd.service", "no-such.service", "basic.target", "-.mount"}) {
    probes.emplace_back(QueryUnit{name, {}});
  }
  for (const char* path : {"/etc", "/etc/cron.d", "/nope"}) probes.emplace_back(ListDirectory{path});
  for (int i = 0; i < 12; ++i) probes.emplace_back(RunProbe{{"echo", std::to_string(i)}});
  const auto replies = observe(*transport, probes);
  ASSERT_TRUE(replies) << replies.error().to_string();
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const auto* why = std::get_if<NoReply>(&replies->at(i));
    EXPECT_EQ(why, nullptr) << to_string(probes[i]) << ": " << why->why;
  }
  const Counts after = count("pve");
  EXPECT_EQ(after.execs - before.execs, 1 + 1) << "the second is the counting";
  EXPECT_EQ(after.logins - before.logins, 1 + 1);
}

TEST_F(TransportLab, RequestsShareOneConnectionAndDoNotWaitForEachOther) {
  const Counts before = count("pve");
  options_.ssh.max_channels = 15;  // more than sshd lets be open at once: it refuses some at first
  const auto transport = connect(host());
  constexpr int many = 20;
  int answered = 0;
  for (int i = 0; i < many; ++i) {
    transport->observe({RunProbe{{"sh", "-c", "echo " + std::to_string(i)}}}, [&, i](auto replies) {
      ++answered;
      ASSERT_TRUE(replies) << replies.error().to_string();
      EXPECT_EQ(std::get<RunReply>(replies->at(0)).out, std::to_string(i) + "\n");
    });
  }
  loop_.run_until([&] { return answered == many; });
  EXPECT_EQ(count("pve").logins - before.logins, 1 + 1) << "the second is the counting";

  // A reader waits for a writer that comes over the same connection: they must be under way at once.
  EXPECT_DONE(execute_one(*transport, RunCommand{{"mkfifo", "/run/hearth-test-fifo"}}));
  bool read = false;
  bool written = false;
  transport->observe({RunProbe{{"cat", "/run/hearth-test-fifo"}, seconds(30)}}, [&](auto replies) {
    read = true;
    ASSERT_TRUE(replies);
    EXPECT_EQ(std::get<RunReply>(replies->at(0)).out, "here\n");
  });
  transport->observe({RunProbe{{"sh", "-c", "echo here >/run/hearth-test-fifo"}, seconds(30)}},
                     [&](auto) { written = true; });
  loop_.run_until([&] { return read && written; });
  EXPECT_DONE(execute_one(*transport, RemovePath{"/run/hearth-test-fifo"}));
}

TEST_F(TransportLab, ACommandThatHangsHarmsOnlyItself) {
  const auto transport = connect(host());
  const auto replies =
      observe(*transport, {RunProbe{{"sleep", "1000"}, seconds(1)}, RunProbe{{"echo", "fine"}},
                           RunProbe{{"no-such-command"}}, ReadFile{"/etc/hosts"}});
  ASSERT_TRUE(replies) << replies.error().to_string();
  EXPECT_EQ(std::get<RunReply>(replies->at(0)).exit_code, 124);
  EXPECT_EQ(std::get<RunReply>(replies->at(1)).out, "fine\n");
  EXPECT_EQ(std::get<RunReply>(replies->at(2)).exit_code, 127);
  EXPECT_TRUE(std::get<FileReply>(replies->at(3)).content.has_value());
}

TEST_F(TransportLab, ADaemonLeftBehindDoesNotHoldUpTheAnswer) {
  const auto transport = connect(host());
  const auto run = observe_one<RunReply>(*transport, RunProbe{{"sh", "-c", "setsid sleep 1000 & echo left"}});
  EXPECT_EQ(run.out, "left\n");
  EXPECT_DONE(execute_one(*transport, RunCommand{{"sh", "-c", "setsid sleep 1000 &"}}));
  on("pve", "pkill -x sleep");
}

TEST_F(TransportLab, LargeContentsTravelBothWays) {
  std::string bytes;
  for (unsigned i = 0; bytes.size() < 3'000'000; ++i)
    bytes += sha256(std::to_string(i)) + static_cast<char>(i % 256);
  const auto transport = connect(host());
  EXPECT_DONE(execute_one(*transport, WriteFile{.path = "/root/hearth-test-large", .content = bytes}));
  const auto file = observe_one<FileReply>(*transport, ReadFile{"/root/hearth-test-large", "", 4'000'000});
  EXPECT_EQ(file.content, bytes);
  EXPECT_EQ(file.owner, "root");
  EXPECT_DONE(execute_one(*transport, RemovePath{"/root/hearth-test-large"}));
}

TEST_F(TransportLab, OneBadUnitNameDoesNotHideTheOthers) {
  const auto transport = connect(host());
  const auto replies = observe(*transport, {QueryUnit{"ssh.service", {}}, QueryUnit{"template@.service", {}},
                                            QueryUnit{"bad*", {}}, QueryUnit{"cron", {}}});
  ASSERT_TRUE(replies) << replies.error().to_string();
  EXPECT_EQ(std::get<UnitReply>(replies->at(0)).property("ActiveState"), "active");
  EXPECT_TRUE(std::holds_alternative<NoReply>(replies->at(1)));
  EXPECT_TRUE(std::holds_alternative<NoReply>(replies->at(2)));
  EXPECT_EQ(std::get<UnitReply>(replies->at(3)).property("Id"), "cron.service");
}

TEST_F(TransportLab, OwnersAreSetAndTold) {
  const auto transport = connect(host());
  EXPECT_DONE(execute_one(*transport, WriteFile{.path = "/root/hearth-test-owned",
                                                .content = "x",
                                                .mode = "4750",
                                                .owner = "nobody",
                                                .group = "daemon"}));
  auto file = observe_one<FileReply>(*transport, ReadFile{"/root/hearth-test-owned"});
  EXPECT_EQ(file.owner + ":" + file.group, "nobody:daemon");
  EXPECT_EQ(file.mode, 04750U);
  // What is not said is kept.
  on("pve", "setfacl -m u:bin:r /root/hearth-test-owned");
  EXPECT_DONE(execute_one(*transport, WriteFile{.path = "/root/hearth-test-owned", .content = "y"}));
  file = observe_one<FileReply>(*transport, ReadFile{"/root/hearth-test-owned"});
  EXPECT_EQ(file.owner + ":" + file.group, "nobody:daemon");
  EXPECT_EQ(file.mode, 04750U);
  EXPECT_NE(on("pve", "getfacl -pc /root/hearth-test-owned").find("user:bin:r--"), std::string::npos);
  EXPECT_DONE(
      execute_one(*transport, SetAttributes{.path = "/root/hearth-test-owned", .owner = "0", .group = "0"}));
  file = observe_one<FileReply>(*transport, ReadFile{"/root/hearth-test-owned"});
  EXPECT_EQ(file.owner + ":" + file.group, "root:root");
  EXPECT_DONE(execute_one(*transport, RemovePath{"/root/hearth-test-owned"}));
}

TEST_F(TransportLab, AFullDiskLeavesTheLiveFileAndNothingElse) {
  const auto transport = connect(host());
  on("pve",
     "mkdir -p /mnt/hearth-test && mount -t tmpfs -o size=256k tmpfs /mnt/hearth-test && echo old "
     ">/mnt/hearth-test/a");
  const auto result =
      execute_one(*transport, WriteFile{.path = "/mnt/hearth-test/a", .content = std::string(400'000, 'x')});
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.code, "no-space") << result.output;
  EXPECT_EQ(on("pve", "ls -A /mnt/hearth-test; cat /mnt/hearth-test/a"), "a\nold\n");
  on("pve", "umount /mnt/hearth-test; rmdir /mnt/hearth-test");
}

// ---- Units
// ---------------------------------------------------------------------------------------------------------

TEST_F(UnitLab, AServiceIsFreshAfterItsStartAndStaleAfterAnEdit) {
  install(
      "[Service]\nEnvironmentFile=-/etc/hearth-test/*.env\nEnvironmentFile=-/etc/hearth-test/"
      "none\nExecStart=sleep infinity\n"
      "ExecReload=true\n");
  const std::vector<std::string> configs{"/etc/hearth-test/main conf", "/etc/hearth-test/not-there"};
  on("pve",
     "mkdir -p /etc/hearth-test /etc/systemd/system/hearth-test.service.d; echo A=1 >/etc/hearth-test/a.env; "
     "echo B=1 >/etc/hearth-test/b.env; echo 1 >\"/etc/hearth-test/main conf\"; "
     "printf \"[Service]\\nNice=1\\n\" >\"/etc/systemd/system/hearth-test.service.d/with space.conf\"; "
     "systemctl daemon-reload");
  EXPECT_EQ(query(configs).started, 0);
  EXPECT_DONE(control(Verb::start, 300, configs));
  auto reply = query(configs);
  EXPECT_EQ(reply.property("ActiveState"), "active");
  EXPECT_FALSE(reply.stamped_invocation.empty());
  EXPECT_EQ(reply.stamped_invocation, reply.property("InvocationID"));
  EXPECT_EQ(reply.stamped_sha256, reply.inputs_sha256);
  EXPECT_GT(reply.started, reply.inputs_modified);
  EXPECT_GT(reply.inputs_modified, 1'600'000'000'000'000);

  // Each input counts.
  for (const char* edit :
       {"echo A=2 >/etc/hearth-test/a.env", "rm /etc/hearth-test/b.env", "echo C=1 >/etc/hearth-test/c.env",
        "echo 2 >\"/etc/hearth-test/main conf\"", "echo now >/etc/hearth-test/not-there",
        "echo Nice=2 >>\"/etc/systemd/system/hearth-test.service.d/with space.conf\"; systemctl "
        "daemon-reload",
        "echo Nice=3 >>/etc/systemd/system/hearth-test.service; systemctl daemon-reload"}) {
    on("pve", edit);
    reply = query(configs);
    EXPECT_NE(reply.stamped_sha256, reply.inputs_sha256) << edit;
    EXPECT_GT(reply.inputs_modified, 0) << edit;
    EXPECT_DONE(control(Verb::restart, 0, configs));
    reply = query(configs);
    EXPECT_EQ(reply.stamped_sha256, reply.inputs_sha256) << edit;
    EXPECT_EQ(reply.stamped_invocation, reply.property("InvocationID")) << edit;
  }

  // A reload takes in the configuration, not the unit file.
  const std::string invocation = reply.property("InvocationID");
  on("pve", "echo 3 >\"/etc/hearth-test/main conf\"");
  EXPECT_DONE(control(Verb::reload, 0, configs));
  reply = query(configs);
  EXPECT_EQ(reply.property("InvocationID"), invocation);
  EXPECT_EQ(reply.stamped_sha256, reply.inputs_sha256);
  on("pve", "echo Nice=4 >>/etc/systemd/system/hearth-test.service; systemctl daemon-reload");
  EXPECT_DONE(control(Verb::reload, 0, configs));
  reply = query(configs);
  EXPECT_NE(reply.stamped_sha256, reply.inputs_sha256);

  // A person's restart makes the stamp void.
  on("pve", "systemctl restart hearth-test.service");
  reply = query(configs);
  EXPECT_NE(reply.stamped_invocation, reply.property("InvocationID"));

  EXPECT_DONE(control(Verb::stop));
  reply = query(configs);
  EXPECT_EQ(reply.property("ActiveState"), "inactive");
  EXPECT_EQ(reply.stamped_invocation, "");
}

TEST_F(UnitLab, AServiceThatDoesNotStayUpFailsWithItsLastWords) {
  install("[Service]\nExecStart=sh -c \"echo cannot read the frobnicator; sleep 0.5; exit 3\"\n");
  const auto result = control(Verb::start, 3000);
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.code, "unit-failed");
  EXPECT_NE(result.output.find("cannot read the frobnicator"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("did not stay up"), std::string::npos) << result.output;
  EXPECT_EQ(query().stamped_invocation, "");
}

TEST_F(UnitLab, AServiceThatSystemdKeepsRestartingHasNotComeUp) {
  install("[Service]\nExecStart=sh -c \"sleep 0.3; exit 3\"\nRestart=always\nRestartSec=0.1\n");
  const auto result = control(Verb::start, 5000);
  EXPECT_EQ(result.code, "unit-failed") << result.output;
}

TEST_F(UnitLab, AStartThatFailsSaysWhy) {
  install("[Service]\nType=notify\nExecStart=/nonexistent/program\n");
  const auto result = control(Verb::start);
  EXPECT_EQ(result.code, "unit-failed");
  EXPECT_NE(result.output.find("/nonexistent/program"), std::string::npos) << result.output;
}

TEST_F(UnitLab, AStartLimitDoesNotStandInTheWay) {
  install("[Unit]\nStartLimitIntervalSec=1000\nStartLimitBurst=2\n[Service]\nExecStart=false\n");
  on("pve", "for i in 1 2 3 4; do systemctl start hearth-test.service; sleep 0.2; done 2>/dev/null");
  install("[Unit]\nStartLimitIntervalSec=1000\nStartLimitBurst=2\n[Service]\nExecStart=sleep infinity\n");
  EXPECT_DONE(control(Verb::start, 200));
}

TEST_F(UnitLab, OneshotsAreUpWhenTheySucceeded) {
  install("[Service]\nType=oneshot\nExecStart=true\n");
  EXPECT_DONE(control(Verb::start, 200));
  // Nothing refers to it, so systemd forgets it as soon as it has ended; the stamp does not.
  EXPECT_EQ(query().stamped_invocation, query().property("InvocationID"));
  EXPECT_EQ(query().stamped_sha256, query().inputs_sha256);
  install("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n");
  EXPECT_DONE(control(Verb::start, 200));
  EXPECT_EQ(query().stamped_invocation, query().property("InvocationID"));
  install("[Service]\nType=oneshot\nExecStart=sh -c \"echo no luck; exit 1\"\n");
  const auto result = control(Verb::restart);
  EXPECT_EQ(result.code, "unit-failed");
  EXPECT_NE(result.output.find("no luck"), std::string::npos) << result.output;
}

TEST_F(UnitLab, AConditionThatDoesNotHoldIsNoSuccess) {
  install("[Unit]\nConditionPathExists=/nope\n[Service]\nExecStart=sleep infinity\n");
  const auto result = control(Verb::start);
  EXPECT_EQ(result.code, "unit-failed");
  EXPECT_NE(result.output.find("condition"), std::string::npos) << result.output;
}

TEST_F(UnitLab, EnablesDisablesAndMasks) {
  install("[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n");
  EXPECT_EQ(query().property("UnitFileState"), "disabled");
  EXPECT_DONE(control(Verb::enable));
  EXPECT_EQ(query().property("UnitFileState"), "enabled");
  EXPECT_DONE(control(Verb::disable));
  EXPECT_EQ(query().property("UnitFileState"), "disabled");
  const auto result =
      execute_one(*transport_, ControlUnit{.verb = Verb::start, .unit = "no-such-unit.service"});
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_NE(result.output.find("not found"), std::string::npos) << result.output;
  EXPECT_DONE(execute_one(*transport_, ControlUnit{.verb = Verb::mask, .unit = "no-such-unit.service"}));
  const auto masked = observe_one<UnitReply>(*transport_, QueryUnit{"no-such-unit.service", {}});
  EXPECT_EQ(masked.property("LoadState"), "masked");
  EXPECT_DONE(execute_one(*transport_, ControlUnit{.verb = Verb::unmask, .unit = "no-such-unit.service"}));
}

// ---- Leases
// --------------------------------------------------------------------------------------------------------

TEST_F(TransportLab, NobodyTakesTheLeaseWhileAnOperationRuns) {
  on("pve", "rm -rf /run/hearth /run/hearth-test-fifo; mkfifo /run/hearth-test-fifo");
  const auto mine = connect(host());
  const auto theirs = connect(host());
  EXPECT_DONE(execute_one(*mine, TakeLease{"mine", "me@here", seconds(3)}));
  // Runs on after the lease has ended, until somebody reads what it says.
  std::optional<std::vector<OperationResult>> late;
  mine->execute({RunCommand{{"sh", "-c", "echo done >/run/hearth-test-fifo"}, seconds(60)},
                 WriteFile{.path = "/run/hearth-test-late", .content = "late"}},
                "mine", [&](auto results) { late = std::move(results); });
  OperationResult taken;
  do {
    taken = execute_one(*theirs, TakeLease{"theirs", "you@there", seconds(30)});
    ASSERT_EQ(taken.code, "held") << taken.output;
  } while (taken.output.find("still running") == std::string::npos);
  EXPECT_NE(taken.output.find("me@here"), std::string::npos);
  on("pve", "cat /run/hearth-test-fifo");
  loop_.run_until([&] { return late.has_value(); });
  EXPECT_DONE(late->at(0));
  EXPECT_EQ(late->at(1).code, "lost") << "the lease had run out before the second began";
  EXPECT_DONE(execute_one(*theirs, TakeLease{"theirs", "you@there", seconds(30)}));
  EXPECT_EQ(execute_one(*mine, RenewLease{"mine", seconds(30)}).code, "lost");
  EXPECT_EQ(on("pve", "ls /run/hearth-test-late 2>/dev/null; stat -c %a:%U /run/hearth"), "700:root\n");
  on("pve", "rm -rf /run/hearth /run/hearth-test-fifo");
}

// ---- Getting there
// -------------------------------------------------------------------------------------------------

TEST_F(TransportLab, SudoMakesRootOfAnybodyWhoMay) {
  Host someone = host();
  someone.user = "operator";
  const auto plain = connect(someone);
  const auto refused = observe(*plain, {ReadFile{"/etc/shadow"}, ReadFile{"/root/.ssh/authorized_keys"},
                                        ReadFile{"/etc/hosts"}, ListDirectory{"/root"}});
  ASSERT_TRUE(refused) << refused.error().to_string();
  EXPECT_NE(std::get<NoReply>(refused->at(0)).why.find("Permission denied"), std::string::npos);
  EXPECT_NE(std::get<NoReply>(refused->at(1)).why.find("Permission denied"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<FileReply>(refused->at(2)));
  EXPECT_NE(std::get<NoReply>(refused->at(3)).why.find("Permission denied"), std::string::npos);
  EXPECT_EQ(execute_one(*plain, TakeLease{"t", "h", seconds(1)}).code, "no-access");

  someone.become = "sudo";
  const auto root = connect(someone);
  EXPECT_TRUE(observe_one<FileReply>(*root, ReadFile{"/etc/shadow"}).content.has_value());
  EXPECT_EQ(observe_one<RunReply>(*root, RunProbe{{"id", "-u"}}).out, "0\n");
}

TEST_F(TransportLab, SudoThatWantsAPasswordIsSaidPlainly) {
  on("pve",
     "useradd -m hearthtest && install -d -o hearthtest /home/hearthtest/.ssh && cp "
     "/root/.ssh/authorized_keys "
     "/home/hearthtest/.ssh/ && chown hearthtest /home/hearthtest/.ssh/authorized_keys && usermod -aG sudo "
     "hearthtest");
  Host someone = host();
  someone.user = "hearthtest";
  someone.become = "sudo";
  const std::string why = why_not(someone);
  EXPECT_NE(why.find("error[become-password]"), std::string::npos) << why;
  const auto transport = connect(someone);
  const auto result = execute_one(*transport, RunCommand{{"true"}});
  EXPECT_EQ(result.status, Status::not_sent);
  EXPECT_EQ(result.code, "become-password");
  on("pve", "userdel -rf hearthtest 2>/dev/null");
}

TEST_F(TransportLab, OnlyTheKnownHostKeyIsTrusted) {
  const auto key = fetch_host_key(host(), options_.ssh, seconds(10));
  ASSERT_TRUE(key) << key.error().to_string();
  const auto other = fetch_host_key(host("Home"), options_.ssh, seconds(10));
  ASSERT_TRUE(other) << other.error().to_string();
  EXPECT_NE(key->fingerprint, other->fingerprint);
  EXPECT_NE(on("pve", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").find(key->fingerprint),
            std::string::npos);

  // Pinned in the Node: known_hosts is not needed.
  options_.ssh.known_hosts = write_file("empty", "");
  Host pinned = host();
  pinned.host_key = key->fingerprint;
  EXPECT_EQ(why_not(pinned), "it works");
  pinned.host_key = other->fingerprint;
  std::string why = why_not(pinned);
  EXPECT_NE(why.find("error[host-key-changed]"), std::string::npos) << why;
  EXPECT_NE(why.find(key->fingerprint), std::string::npos) << why;

  why = why_not(host());
  EXPECT_NE(why.find("error[host-key-unknown]"), std::string::npos) << why;
  EXPECT_NE(why.find(key->fingerprint), std::string::npos) << why;
  EXPECT_NE(why.find("hearth trust pve"), std::string::npos) << why;

  const std::string line = known_hosts_line("pve", 22, *key) + "\n";
  options_.ssh.known_hosts = write_file("right", line);
  EXPECT_EQ(why_not(host()), "it works");
  options_.ssh.known_hosts = write_file("hashed", line);
  type("ssh-keygen -q -H -f " + options_.ssh.known_hosts + " 2>/dev/null");
  ASSERT_EQ(read_file(options_.ssh.known_hosts).find("pve"), std::string::npos);
  EXPECT_EQ(why_not(host()), "it works");
  options_.ssh.known_hosts = write_file("changed", known_hosts_line("pve", 22, *other) + "\n");
  why = why_not(host());
  EXPECT_NE(why.find("error[host-key-changed]"), std::string::npos) << why;
  EXPECT_NE(why.find(options_.ssh.known_hosts + ":1"), std::string::npos) << why;
  options_.ssh.known_hosts =
      write_file("revoked", line + "@revoked * " + key->type + " " + key->base64 + "\n");
  why = why_not(host());
  EXPECT_NE(why.find("error[host-key-revoked]"), std::string::npos) << why;
  pinned.host_key = key->fingerprint;
  EXPECT_NE(why_not(pinned).find("error[host-key-revoked]"), std::string::npos)
      << "a pinned key can be revoked too";
}

TEST_F(TransportLab, AKeyOfAnotherTypeIsUsedWhereOnlyThatIsKnown) {
  std::istringstream all(read_file(options_.ssh.known_hosts));
  std::string only;
  for (std::string line; std::getline(all, line);) {
    if (line.starts_with("pve") && line.find(" ssh-ed25519 ") == std::string::npos) only += line + "\n";
  }
  if (only.empty()) GTEST_SKIP() << "the lab's nodes have no other type of key than ed25519";
  options_.ssh.known_hosts = write_file("others", only);
  EXPECT_EQ(why_not(host()), "it works");
}

TEST_F(TransportLab, ALoginThatIsRefusedSaysWhatWasTried) {
  const std::string stranger = folder_ / "stranger";
  const std::string locked = folder_ / "locked";
  type("ssh-keygen -q -t ed25519 -N \"\" -f " + stranger + "; ssh-keygen -q -t ed25519 -N secret -f " +
       locked);
  Host to = host();
  to.keys = {stranger, locked, "/nonexistent/key"};
  const std::string why = why_not(to);
  EXPECT_NE(why.find("error[ssh-login]"), std::string::npos) << why;
  EXPECT_NE(why.find(stranger + ": not accepted"), std::string::npos) << why;
  EXPECT_NE(why.find(locked + ": it has a passphrase"), std::string::npos) << why;
  EXPECT_NE(why.find("/nonexistent/key: No such file"), std::string::npos) << why;
  EXPECT_NE(why.find("SSH_AUTH_SOCK"), std::string::npos) << why;
}

TEST_F(TransportLab, TheAgentIsAskedAndMayHaveTooManyKeys) {
  const std::string socket = folder_ / "agent";
  const std::string agent =
      type("ssh-agent -a " + socket + " | sed -n \"s/.*AGENT_PID=\\([0-9]*\\).*/\\1/p\"").text;
  ASSERT_GT(std::atoi(agent.c_str()), 0);
  ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  Host to = host();
  to.keys.clear();
  type("ssh-add -q \"$HEARTH_LAB_KEY\" 2>/dev/null");
  EXPECT_EQ(why_not(to), "it works");
  // More strangers than sshd allows attempts: the Node's own key must still get its turn.
  type("ssh-add -q -D 2>/dev/null; for i in 1 2 3 4 5 6 7; do ssh-keygen -q -t ed25519 -N \"\" -f " +
       (folder_ / "k").string() + "$i; ssh-add -q " + (folder_ / "k").string() + "$i 2>/dev/null; done");
  EXPECT_EQ(why_not(host()), "it works");
  ::unsetenv("SSH_AUTH_SOCK");
  type("kill " + agent);
}

TEST_F(TransportLab, AHostThatIsNotThereIsUnreachableInTime) {
  options_.ssh.connect_timeout = seconds(3);
  Host nobody = host();
  nobody.address = "192.168.1.99";
  EXPECT_NE(why_not(nobody).find("error[unreachable]"), std::string::npos);
  Host closed = host();
  closed.port = 2;
  const std::string why = why_not(closed);
  EXPECT_NE(why.find("Connection refused"), std::string::npos) << why;
  // Something listens, but says nothing, as a host does that is out of memory.
  on("pve",
     "systemd-run -q --unit=hearth-test-mute nc -lk 2022; until ss -Hltn | grep -q :2022; do sleep 0.1; "
     "done");
  Host mute = host();
  mute.port = 2022;
  const std::string slow = why_not(mute);
  EXPECT_NE(slow.find("error[unreachable]"), std::string::npos) << slow;
  EXPECT_NE(slow.find("3 s"), std::string::npos) << slow;
  on("pve", "systemctl stop hearth-test-mute");
  Host unnamed = host();
  unnamed.address = "no-such-name.invalid";
  EXPECT_NE(why_not(unnamed).find("is not found"), std::string::npos);
  const auto transport = connect(closed);
  const auto result = execute_one(*transport, RunCommand{{"true"}});
  EXPECT_EQ(result.status, Status::not_sent);
  EXPECT_EQ(result.code, "unreachable");
}

TEST_F(TransportLab, ACutCableDuringAnOperationLeavesItUnknown) {
#ifndef HEARTH_SOURCE_DIR
  GTEST_SKIP() << "built without HEARTH_SOURCE_DIR, which says where the lab's tool is";
#else
  const std::string lab = "HEARTH_LAB_NAME=$HEARTH_LAB " HEARTH_SOURCE_DIR "/tests/lab/lab ";
  options_.ssh.silence_timeout = seconds(3);
  const auto transport = connect(host());
  EXPECT_DONE(execute_one(*transport, RunCommand{{"rm", "-f", "/run/hearth-test-begun"}}));
  std::optional<std::vector<OperationResult>> results;
  transport->execute(
      {RunCommand{{"touch", "/run/hearth-test-begun"}}, RunCommand{{"sleep", "1000"}, seconds(900)},
       RunCommand{{"touch", "/run/hearth-test-after"}}},
      "", [&](auto answer) { results = std::move(answer); });
  const auto other = connect(host());
  while (observe_one<FileReply>(*other, ReadFile{"/run/hearth-test-begun"}).type == FileReply::Type::absent) {
  }
  type(lab + "cut pve");
  loop_.run_until([&] { return results.has_value(); });
  type(lab + "heal pve");
  EXPECT_DONE(results->at(0));
  EXPECT_EQ(results->at(1).status, Status::unknown);
  EXPECT_EQ(results->at(2).status, Status::unknown) << "nobody can know that it was not begun";
  EXPECT_NE(results->at(1).output.find("lost"), std::string::npos) << results->at(1).output;
  // The same transport connects anew.
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "again"}}).out, "again\n");
  on("pve", "pkill -x sleep; rm -f /run/hearth-test-*");
#endif
}

TEST_F(TransportLab, AConnectionThatTheHostClosedIsOpenedAgain) {
  const auto transport = connect(host());
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "one"}}).out, "one\n");
  std::optional<Result<std::vector<Reply>>> broken;
  transport->observe({RunProbe{{"sh", "-c", "pkill sshd-session; sleep 1000"}, seconds(900)}},
                     [&](auto replies) { broken = std::move(replies); });
  loop_.run_until([&] { return broken.has_value(); });
  ASSERT_TRUE(*broken) << broken->error().to_string();
  EXPECT_TRUE(std::holds_alternative<NoReply>((*broken)->at(0)));
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "two"}}).out, "two\n");
  on("pve", "pkill -x sleep");
}

TEST_F(TransportLab, AnIdleConnectionAnswersTheHostAndIsKept) {
  // A second sshd, one that soon wonders whether its client is still there.
  on("pve",
     "systemd-run -q --unit=hearth-test-sshd /usr/sbin/sshd -D -p 2222 -o ClientAliveInterval=1 -o "
     "ClientAliveCountMax=1; "
     "until ss -Hltn | grep -q :2222; do sleep 0.1; done");
  Host watched = host();
  watched.port = 2222;
  const auto key = fetch_host_key(watched, options_.ssh, seconds(10));
  ASSERT_TRUE(key) << key.error().to_string();
  watched.host_key = key->fingerprint;
  const auto transport = connect(watched);
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "one"}}).out, "one\n");
  const Counts before = count("pve");
  const auto other = connect(host());
  observe_one<RunReply>(*other,
                        RunProbe{{"sleep", "4"}});  // longer than that sshd waits for somebody who is gone
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "two"}}).out, "two\n");
  EXPECT_EQ(count("pve").logins - before.logins, 1 + 1) << "the other's and the counting's";
  on("pve", "systemctl stop hearth-test-sshd");
}

TEST_F(TransportLab, CancellingAnswersEverythingAndTheTransportGoesOn) {
  const auto transport = connect(host());
  std::vector<OperationResult> results;
  transport->execute({RunCommand{{"sleep", "1000"}, seconds(900)}}, "",
                     [&](auto answer) { results = std::move(answer); });
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "connected"}}).out, "connected\n");
  transport->cancel();
  loop_.run_until([&] { return !results.empty(); });
  EXPECT_EQ(results.at(0).status, Status::unknown);
  EXPECT_EQ(observe_one<RunReply>(*transport, RunProbe{{"echo", "still"}}).out, "still\n");
  on("pve", "pkill -x sleep");

  // While still connecting.
  Host nobody = host();
  nobody.address = "192.168.1.99";
  options_.ssh.connect_timeout = seconds(600);
  const auto hanging = connect(nobody);
  std::optional<Result<std::vector<Reply>>> answer;
  hanging->observe({RunProbe{{"true"}}}, [&](auto replies) { answer = std::move(replies); });
  hanging->cancel();
  loop_.run_until([&] { return answer.has_value(); });
  EXPECT_FALSE(*answer);
}

TEST_F(TransportLab, ATransportCanBeDestroyedAtAnyTime) {
  for (int i = 0; i < 5; ++i) {
    auto transport = connect(host());
    bool called = false;
    transport->observe({RunProbe{{"sleep", "1000"}, seconds(900)}}, [&](auto) { called = true; });
    // Sooner or later on its way.
    if (i > 0) observe(*transport, {RunProbe{{"sleep", "0.0" + std::to_string(i)}}});
    transport.reset();
    EXPECT_FALSE(called);
  }
  on("pve", "pkill -x sleep");
}

TEST_F(TransportLab, ANodeIsReachedOverAnother) {
  // The jump is ssh's; its key and known hosts are ours.
  Host behind = host();
  behind.proxy_jump = "root@Home";
  const auto transport = connect(behind);
  const auto run = observe_one<RunReply>(
      *transport, RunProbe{{"sh", "-c", "hostname; ss -Htn state established sport = :22"}});
  EXPECT_TRUE(run.out.starts_with("pve\n")) << run.out;
  EXPECT_NE(run.out.find("192.168.1.50"), std::string::npos) << "it came from Home: " << run.out;
  behind.proxy_jump = "root@192.168.1.99";
  options_.ssh.connect_timeout = seconds(3);
  const std::string why = why_not(behind);
  EXPECT_NE(why.find("192.168.1.99"), std::string::npos) << why;
}

}  // namespace
}  // namespace hearth
