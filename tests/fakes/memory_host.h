// A host that is a data structure: it answers the same probes and carries out the same operations as a real one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/loop/loop.h"
#include "reconciler/transport/transport.h"

namespace hearth {

// Files, units and a lease. Plain data: tests (and foreign writers in simulations) change it as they like.
class MemoryHost {
 public:
  explicit MemoryHost(const Loop& loop) : loop_(loop) {}

  struct File {
    FileReply::Type type = FileReply::Type::regular;
    std::string content;
    std::string mode = "0644";
    std::string owner = "root";
    std::string group = "root";
    std::int64_t modified = 0;  // µs
  };
  struct Unit {
    bool running = false;
    bool failed = false;
    bool enabled = false;
    bool masked = false;
    std::uint64_t invocation = 0;
    std::int64_t started = 0;
    std::string read_sha256;  // of the inputs, when it was last started or reloaded
    int starts = 0;
    std::string stamped_invocation;
    std::string stamped_sha256;
  };
  struct Lease {
    std::string token;
    std::string holder;
    Loop::Time expires;
  };

  std::map<std::string, File> files;
  std::map<std::string, Unit> units;
  std::int64_t clock_ahead = 0;  // of hearth's, in seconds
  bool run_is_full = false;      // its /run: no lease can be written down
  std::optional<Lease> lease;
  std::map<std::string, std::optional<File>> kept;  // nullopt: nothing was there
  std::map<std::string, std::string> recorded;      // hashes of what was written over what is kept
  std::vector<Operation> carried_out;               // in order, failures left out
  struct Armed {
    Loop::Time due;
    ArmUndo arm;
  };
  std::map<std::string, Armed> armed;  // by id
  // A unit whose inputs hold this text does not come up.
  std::string poison = "POISON";
  // Answers RunProbe and RunCommand.
  std::function<RunReply(const std::vector<std::string>&)> run;

  Reply answer(const Probe& probe) const;
  OperationResult carry_out(const Operation& operation, const std::string& lease_token);

  // Carries out the armed undos whose time is over, as the host does by itself.
  void act();
  // Pulls the plug: what is armed is carried out at the boot.
  void power_cycle();
  // Nobody gets in any more who is not connected already: what sshd reads holds the text LOCKOUT.
  [[nodiscard]] bool locked_out() const;

  void put(const std::string& path, std::string content);
  [[nodiscard]] const std::string& content(const std::string& path) const { return files.at(path).content; }

 private:
  struct Inputs {
    std::string sha256;
    std::int64_t modified = 0;
    bool poisoned = false;
  };
  Inputs inputs_of(const std::string& unit, const std::vector<std::string>& config_files) const;
  OperationResult control(const ControlUnit& operation);
  void run_undo(const std::string& id);
  [[nodiscard]] Reply leftovers() const;
  void keep(const std::string& path, bool proven);
  [[nodiscard]] std::int64_t microseconds() const;

  const Loop& loop_;
};

// Reaches a MemoryHost, with a latency, and with what can go wrong on the way.
class MemoryTransport final : public Transport {
 public:
  MemoryTransport(Loop& loop, MemoryHost& host) : loop_(loop), host_(host) {}

  void observe(std::vector<Probe> probes, Observed done) override;
  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override;
  void cancel() override;

  // The link; while it is cut nothing arrives and nothing answers.
  bool cut = false;
  // Asked before each operation; answering false loses the connection there and then: the operation is carried out
  // if CARRY_OUT_LOST, its answer never comes.
  std::function<bool(const Operation&)> survives;
  bool carry_out_lost = false;
  std::chrono::milliseconds latency{5};

  int observations = 0;
  std::vector<OperationGroup> executions;  // as they were sent, leases left out
  int execs = 0;                           // how many times something was sent, leases left out

 private:
  std::vector<OperationResult> carry_out(const OperationGroup& operations, const std::string& lease);
  bool reaches();

  bool connected_ = false;

  Loop& loop_;
  MemoryHost& host_;
};

}  // namespace hearth
