#include "tests/simulation/simulation.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "reconciler/apply/adopt.h"
#include "reconciler/apply/applier.h"
#include "reconciler/core/digest.h"
#include "reconciler/drift/hold_back.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/plan/survey.h"
#include "tests/fakes/memory_host.h"
#include "tests/fakes/memory_journal.h"
#include "tests/fakes/simulated_loop.h"
#include "tests/fakes/world.h"

namespace hearth {

namespace {

using std::chrono::milliseconds;

// An invariant that did not hold ends the history there and then.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// ---- What is declared ----

struct FileModel {
  std::string path;
  std::string content;
  std::string mode;  // "" : not declared
};
struct ServiceModel {
  std::string name;
  std::vector<std::size_t> reads;  // files
  bool running = true;
  int version = 1;
};
struct HostModel {
  std::vector<FileModel> files;
  std::vector<ServiceModel> services;
  std::string sshd;  // what sshd is to read; "": not declared
  // Files that wait for a service (and so for what that reads): the circles that units have to stand.
  std::map<std::size_t, std::size_t> after_service;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '\n' ? "\\n" : std::string(1, c);
  return out + "\"";
}

std::string service_text(const ServiceModel& service) {
  return "[Unit]\nDescription=" + std::to_string(service.version) + "\n[Service]\nExecStart=/bin/" +
         service.name + "\n[Install]\nWantedBy=multi-user.target\n";
}

const std::string sshd_path = "/etc/ssh/sshd_config.d/50-hearth.conf";

std::string manifests_of(const std::map<std::string, HostModel>& hosts) {
  std::string out;
  for (const auto& [host, model] : hosts)
    out += "kind: Node\nname: " + host + "\nspec: {address: 192.0.2.1}\n---\n";
  for (const auto& [host, model] : hosts) {
    for (std::size_t i = 0; i < model.files.size(); ++i) {
      const FileModel& file = model.files[i];
      out += "kind: File\nname: f" + std::to_string(i) + "\nhosts: " + host + "\n";
      if (const auto after = model.after_service.find(i); after != model.after_service.end()) {
        out += "dependsOn: [Service/" + model.services[after->second].name + "]\n";
      }
      out += "spec: {path: " + file.path + ", content: " + quoted(file.content) +
             (file.mode.empty() ? "" : ", mode: \"" + file.mode + "\"") + "}\nonRemove: delete\n---\n";
    }
    if (!model.sshd.empty()) {
      out += "kind: File\nname: sshd\nhosts: " + host + "\nspec: {path: " + sshd_path +
             ", content: " + quoted(model.sshd) + "}\n---\n";
    }
    for (const ServiceModel& service : model.services) {
      out += "kind: Service\nname: " + service.name + "\nhosts: " + host +
             "\nspec:\n  unit: " + quoted(service_text(service)) +
             "\n  enabled: true\n  state: " + (service.running ? "running" : "stopped") +
             "\n  configFiles: [";
      for (std::size_t i = 0; i < service.reads.size(); ++i) {
        out += (i == 0 ? "" : ", ") + model.files[service.reads[i]].path;
      }
      out += "]\n---\n";
    }
  }
  return out;
}

// ---- The ports of one process ----

// The loop as one process sees it: when the process dies, what it meant to do dies with it.
class ProcessLoop final : public Loop {
 public:
  explicit ProcessLoop(Loop& world) : world_(world) {}
  ~ProcessLoop() override { *alive_ = false; }
  ProcessLoop(const ProcessLoop&) = delete;
  ProcessLoop& operator=(const ProcessLoop&) = delete;

  void post(Task task) override { world_.post(guarded(std::move(task))); }
  TimerId after(milliseconds delay, Task task) override {
    return world_.after(delay, guarded(std::move(task)));
  }
  void cancel(TimerId timer) override { world_.cancel(timer); }
  [[nodiscard]] Time now() const override { return world_.now(); }
  void run_until(const std::function<bool()>& finished) override { world_.run_until(finished); }
  [[nodiscard]] std::shared_ptr<const bool> alive() const { return alive_; }

 private:
  Task guarded(Task task) {
    return [alive = alive_, task = std::move(task)] {
      if (*alive) task();
    };
  }
  Loop& world_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct SimulatedHost {
  explicit SimulatedHost(const Loop& loop) : memory(loop) {}
  MemoryHost memory;
  bool cut = false;
  bool full = false;                              // no room on its disk
  std::set<std::string> unreadable;               // paths whose probes give no reply
  std::map<std::string, std::string> undeclared;  // files of somebody else's, and what they must keep saying
  std::uint64_t observed = 0;                     // event number of the last observation
  std::uint64_t disturbed = 0;                    // of the last change by somebody else
};

// What one process has seen and sent. Outlives it: messages under way still arrive.
struct ProcessView {
  RunId run = 0;
  bool timer = false;  // `hearth reconcile`, with nobody there
  Loop::Time begun;
  std::map<std::string, std::string> seen;  // host:path → hash, "absent" or "unknown", as last answered
  std::map<std::string, int> carried;       // host and summary → how often it reached the host
};

// ---- The invariants ----

std::string path_of(const Operation& operation) {
  return std::visit(
      [](const auto& one) -> std::string {
        if constexpr (requires { one.path; }) return one.path;
        return {};
      },
      operation);
}

bool is_lease(const Operation& operation) {
  return std::holds_alternative<TakeLease>(operation) || std::holds_alternative<RenewLease>(operation) ||
         std::holds_alternative<ReleaseLease>(operation);
}

// Whether an action has to be looked at after this. Dropping what was kept comes after the look; putting things back and
// reloading systemd's own view are no action's alone.
bool leaves_traces(const Operation& operation) {
  const auto* control = std::get_if<ControlUnit>(&operation);
  if (control != nullptr) return control->verb != ControlUnit::Verb::daemon_reload;
  return !std::holds_alternative<ForgetPrevious>(operation) && !std::holds_alternative<ArmUndo>(operation) &&
         !std::holds_alternative<DisarmUndo>(operation) &&
         !std::holds_alternative<RestorePrevious>(operation);
}

std::string state_of(const MemoryHost& host, const std::string& path) {
  const auto found = host.files.find(path);
  return found == host.files.end() ? "absent" : sha256(found->second.content);
}

// What a unit that fails may leave at PATH: what lies there, or what a run that died has kept of the time before it, if that
// is what the services last came up with.
std::set<std::string> good_to_go_back_to(const MemoryHost& host, const std::string& path) {
  std::set<std::string> good = {state_of(host, path)};
  if (const auto kept = host.kept.find(path); kept != host.kept.end()) {
    good.insert(kept->second ? sha256(kept->second->content) : "absent");
  }
  return good;
}

class Watch {
 public:
  explicit Watch(MemoryJournal& journal) : journal_(journal) {}

  std::map<std::string, std::unique_ptr<SimulatedHost>> hosts;
  std::uint64_t events = 0;
  int operations = 0;
  int corrections = 0;

  // What a person has said once, by applying it or by an apply that found it in order: the timer looks after that only.
  std::set<std::string> wanted;
  // Until when the timer is to leave things alone.
  Loop::Time pause_of_all;
  Loop::Time pause_of_files;

  // The manifests that hold from now on.
  void declare(const ManifestSet& manifests) {
    desired_.clear();
    order_.clear();
    for (const Resource& resource : manifests.resources) {
      const std::string address = resource.address.to_string();
      for (const Claim& claim : resource.claims) {
        if (claim.space == "path") declared_.insert(claim.host + ":" + claim.id);
      }
      if (resource.address.kind == "File") desired_[address] = {resource.claims.front().id, resource.desired};
      for (const Dependency& dependency : resource.dependencies)
        order_[address].insert(dependency.on.to_string());
    }
  }

  void planned(const ProcessView& view, const Plan& plan) {
    for (const Action& action : plan.actions) planned_.insert({view.run, action.address.to_string()});
  }

  void begun(const ProcessView& view, const std::string& address, const std::string& operation) {
    if (view.timer) {
      ++corrections;
      if (!wanted.contains(address))
        throw Broken(address + " is changed by the timer, and no person ever applied it");
      if (view.begun < pause_of_all || (address.starts_with("File/") && view.begun < pause_of_files))
        throw Broken(address + " is changed by the timer, and is paused");
      if (operation == "delete" || operation == "forget")
        throw Broken(address + " is taken away by the timer, and nobody allowed it to");
    }
    begun_[address] = ++events;
    const std::vector<ActionRecord> actions = journal_.actions_of(view.run);
    for (const std::string& before : order_[address]) {
      if (!planned_.contains({view.run, before})) continue;
      const auto record = std::find_if(actions.begin(), actions.end(),
                                       [&](const ActionRecord& action) { return action.address == before; });
      if (record == actions.end()) throw Broken(address + " begins before " + before);
      // Members of a unit are told of at its end: until then, that all their steps have been heard of has to do.
      if (record->outcome == "done") continue;
      const std::vector<StepRecord> steps = journal_.steps_of(record->id);
      const auto answered = [](const StepRecord& step) { return !step.outcome.empty(); };
      if (steps.empty() || !std::all_of(steps.begin(), steps.end(), answered)) {
        throw Broken(address + " begins before " + before + " is done");
      }
    }
  }

  // OPERATION is about to reach HOST under TOKEN.
  void arriving(const std::string& name, const Operation& operation, const std::string& token,
                ProcessView& view) {
    // Going back needs no lease, and is asked for until somebody answers.
    if (is_lease(operation) || std::holds_alternative<RunUndo>(operation)) return;
    ++events;
    ++operations;
    SimulatedHost& host = *hosts.at(name);
    const std::string summary = to_string(operation);
    const std::string what = summary + " on " + name;
    const std::string path = path_of(operation);
    if (token.empty()) throw Broken("a write without a lease: " + what);
    if (!path.empty() && !declared_.contains(name + ":" + path))
      throw Broken("undeclared, and touched: " + what);

    int intended = 0;
    for (const ActionRecord& action : journal_.actions_of(view.run)) {
      if (!action.address.ends_with("@" + name) && action.address != "Node/" + name) continue;
      for (const StepRecord& step : journal_.steps_of(action.id)) {
        if (step.summary != summary) continue;
        ++intended;
        if (!step.outcome.empty() || !leaves_traces(operation)) continue;
        touched_[action.id] = events;
        if (!path.empty()) before_.emplace(std::pair(action.id, path), good_to_go_back_to(host.memory, path));
      }
    }
    if (intended == 0) throw Broken("sent, and not in the journal: " + what);
    if (++view.carried[what] > intended) throw Broken("carried out more often than intended: " + what);

    if (const auto* write = std::get_if<WriteFile>(&operation)) {
      const auto seen = view.seen.find(name + ":" + path);
      if (seen == view.seen.end() || seen->second == "unknown")
        throw Broken("written without having been seen: " + what);
      const std::string now = state_of(host.memory, path);
      const bool host_refuses = !write->expected_sha256.empty() && write->expected_sha256 != now;
      if (!host_refuses && seen->second != now) throw Broken("overwrites what nobody has looked at: " + what);
    }
  }

  void ended(const ActionRecord& action, const std::string& outcome) {
    if (action.operation == "tidy")
      return;  // nothing is looked at after it, as it changes nothing that is declared
    const auto touched = touched_.find(action.id);
    const std::string name = action.address.substr(action.address.rfind('@') + 1);
    const SimulatedHost& host = *hosts.at(name);
    if (outcome == "done" && touched != touched_.end() && host.observed < touched->second) {
      throw Broken(action.address + " is called done, and nobody has looked since it was changed");
    }
    if (host.disturbed > begun_[action.address]) return;
    if (const auto file = desired_.find(action.address); outcome == "done" && file != desired_.end()) {
      const auto live = host.memory.files.find(file->second.first);
      const std::string content = file->second.second.string_or("content", "");
      if (live == host.memory.files.end() || live->second.content != content) {
        throw Broken(action.address + " is called done, and is not as declared");
      }
    }
    if (outcome == "rolled back") {
      for (const auto& [key, good] : before_) {
        if (key.first == action.id && !good.contains(state_of(host.memory, key.second))) {
          throw Broken(action.address + " is called rolled back, and " + key.second + " is not what it was");
        }
      }
    }
  }

 private:
  MemoryJournal& journal_;
  std::set<std::string> declared_;                                // host:path, by any manifests so far
  std::map<std::string, std::pair<std::string, Value>> desired_;  // of Files: path and spec
  std::map<std::string, std::set<std::string>> order_;
  std::set<std::pair<RunId, std::string>> planned_;
  std::map<std::string, std::uint64_t> begun_;  // by address: event number of the last beginning
  std::map<ActionId, std::uint64_t>
      touched_;  // event number of the last operation that is (or may be) an action's
  std::map<std::pair<ActionId, std::string>, std::set<std::string>>
      before_;  // good states, by action and path
};

// Tells the watch of beginnings and ends; can be late (a mutation).
class WatchedJournal final : public Journal {
 public:
  WatchedJournal(MemoryJournal& journal, Watch& watch, const ProcessView& view, Mutation mutation)
      : journal_(journal), watch_(watch), view_(view), mutation_(mutation) {}

  Result<RunId> begin_run(const RunRecord& run) override { return journal_.begin_run(run); }
  Result<void> end_run(RunId run, std::int64_t ended, int exit_code, const std::string& summary) override {
    return journal_.end_run(run, ended, exit_code, summary);
  }
  Result<ActionId> begin_action(const ActionRecord& action) override {
    watch_.begun(view_, action.address, action.operation);
    return journal_.begin_action(action);
  }
  Result<void> intend(const std::vector<StepRecord>& steps) override {
    if (mutation_ != Mutation::journal_after_step) return journal_.intend(steps);
    late_.insert(late_.end(), steps.begin(), steps.end());
    return {};
  }
  Result<void> end_step(ActionId action, int number, const std::string& outcome,
                        const std::string& output) override {
    if (!late_.empty()) {
      if (auto written = journal_.intend(std::exchange(late_, {})); !written) return written;
    }
    return journal_.end_step(action, number, outcome, output);
  }
  Result<void> end_action(ActionId action, const std::string& outcome, const std::string& detail) override {
    for (const ActionRecord& record : journal_.actions_of(view_.run)) {
      if (record.id != action) continue;
      watch_.ended(record, outcome);
      if (outcome == "done" && !view_.timer) watch_.wanted.insert(record.address);
    }
    return journal_.end_action(action, outcome, detail);
  }
  Result<void> remember(const AppliedRecord& record) override { return journal_.remember(record); }
  Result<void> forget(const Claim& claim) override { return journal_.forget(claim); }
  Result<void> add_pauses(const std::vector<PauseRecord>& records) override {
    return journal_.add_pauses(records);
  }
  Result<void> note_fact(const std::string& key, const Value& fact) override {
    return journal_.note_fact(key, fact);
  }
  Result<void> flush() override { return journal_.flush(); }
  [[nodiscard]] std::optional<AppliedRecord> applied(const Claim& claim) const override {
    return journal_.applied(claim);
  }
  [[nodiscard]] std::vector<AppliedRecord> all_applied() const override { return journal_.all_applied(); }
  [[nodiscard]] std::vector<RunRecord> runs(std::size_t most) const override { return journal_.runs(most); }
  [[nodiscard]] std::optional<RunRecord> last_run(const std::string& command) const override {
    return journal_.last_run(command);
  }
  [[nodiscard]] std::optional<RunRecord> run(RunId id) const override { return journal_.run(id); }
  [[nodiscard]] std::vector<PauseRecord> pauses() const override { return journal_.pauses(); }
  [[nodiscard]] std::optional<Value> fact(const std::string& key) const override {
    return journal_.fact(key);
  }
  [[nodiscard]] std::vector<ActionRecord> actions_of(RunId run) const override {
    return journal_.actions_of(run);
  }
  [[nodiscard]] std::vector<ActionRecord> actions_on(const std::string& address,
                                                     std::size_t most) const override {
    return journal_.actions_on(address, most);
  }
  [[nodiscard]] std::vector<StepRecord> steps_of(ActionId action) const override {
    return journal_.steps_of(action);
  }
  [[nodiscard]] std::optional<Diagnostic> damage() const override { return journal_.damage(); }

 private:
  MemoryJournal& journal_;
  Watch& watch_;
  const ProcessView& view_;
  Mutation mutation_;
  std::vector<StepRecord> late_;
};

// Between an engine and a host: latency, losses, and the mutations that sit on this port. What has been sent arrives also
// when the sender has died meanwhile.
class SimulatedTransport final : public Transport {
 public:
  SimulatedTransport(Loop& world, const ProcessLoop& process, std::string name,
                     std::shared_ptr<ProcessView> view, Watch& watch, Random& random, Mutation mutation)
      : world_(world),
        alive_(process.alive()),
        name_(std::move(name)),
        view_(std::move(view)),
        watch_(watch),
        random_(random),
        mutation_(mutation) {}

  void observe(std::vector<Probe> probes, Observed done) override {
    world_.after(latency(), [this_ = *this, probes = std::move(probes), done = std::move(done)] {
      if (!*this_.alive_) return;
      SimulatedHost& host = *this_.watch_.hosts.at(this_.name_);
      if (!this_.reaches(host)) {
        done(tl::unexpected(failure("unreachable", "no answer")));
        return;
      }
      host.observed = ++this_.watch_.events;
      std::vector<Reply> replies;
      for (const Probe& probe : probes) replies.push_back(this_.answer(host, probe));
      done(std::move(replies));
    });
  }

  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override {
    if (mutation_ == Mutation::lost_lease && !lease.empty()) lease.clear();
    world_.after(latency(), [this_ = *this, groups = std::move(groups), lease = std::move(lease),
                             done = std::move(done)]() mutable {
      std::vector<std::vector<OperationResult>> results;
      bool connected = true;
      for (OperationGroup& group : groups) {
        results.push_back(this_.carry_out(group, lease, connected));
      }
      this_.world_.after(this_.latency(),
                         [alive = this_.alive_, done = std::move(done), results = std::move(results)] {
                           if (*alive) done(results);
                         });
    });
  }

  void cancel() override {}

 private:
  // Who is in stays in as long as the line holds; who comes has to be let in.
  [[nodiscard]] bool reaches(SimulatedHost& host) const {
    host.memory.act();
    *in_ = !host.cut && (*in_ || !host.memory.locked_out());
    return *in_;
  }

  [[nodiscard]] milliseconds latency() const { return milliseconds(1 + random_.below(20)); }

  [[nodiscard]] Reply answer(SimulatedHost& host, const Probe& probe) const {
    const auto* read = std::get_if<ReadFile>(&probe);
    if (read == nullptr) return host.memory.answer(probe);
    std::string& seen = view_->seen[name_ + ":" + read->path];
    if (host.unreadable.contains(read->path)) {
      seen = "unknown";
      if (mutation_ == Mutation::unknown_taken_for_absent) return FileReply{};
      return NoReply{"Input/output error"};
    }
    seen = state_of(host.memory, read->path);
    return host.memory.answer(probe);
  }

  // One group. CONNECTED: what comes after a lost connection is not heard of either, whether or not it happens.
  std::vector<OperationResult> carry_out(OperationGroup& operations, const std::string& lease,
                                         bool& connected) const {
    SimulatedHost& host = *watch_.hosts.at(name_);
    std::vector<OperationResult> results(operations.size(),
                                         {OperationResult::Status::not_sent, "unreachable", "no answer"});
    if (!connected ? host.cut : !reaches(host)) return results;
    const OperationResult unheard{OperationResult::Status::unknown, "lost-connection",
                                  "the connection was lost"};
    if (!connected) {
      // The script dies with its line, a little sooner or a little later.
      const std::size_t last = random_.below(operations.size() + 1);
      for (std::size_t i = 0; i < last; ++i) {
        if (happen(host, operations[i], lease).status != OperationResult::Status::done) break;
      }
      std::fill(results.begin(), results.end(), unheard);
      return results;
    }
    for (std::size_t i = 0; i < operations.size(); ++i) {
      Operation& operation = operations[i];
      if (auto* write = std::get_if<WriteFile>(&operation)) {
        if (mutation_ == Mutation::undo_not_armed) write->keep_previous = false;
      }
      if (mutation_ == Mutation::undo_not_armed && std::holds_alternative<ArmUndo>(operation)) {
        results[i] = {OperationResult::Status::done, {}, {}};
        continue;
      }
      const bool lost = !is_lease(operation) && random_.chance(3);
      const bool happens = !lost || random_.chance(50);
      for (int times = mutation_ == Mutation::doubled_step && random_.chance(20) ? 2 : 1;
           times > 0 && happens; --times) {
        results[i] = happen(host, operation, lease);
      }
      if (lost) {
        results[i] = unheard;
        connected = *in_ = false;
        break;
      }
      if (results[i].status != OperationResult::Status::done) break;
    }
    return results;
  }

  OperationResult happen(SimulatedHost& host, const Operation& operation, const std::string& lease) const {
    Operation sent = operation;
    if (auto* write = std::get_if<WriteFile>(&sent)) {
      if (mutation_ == Mutation::stale_plan_accepted) write->expected_sha256.clear();
    }
    // The watch compares with what the engine recorded, which knows nothing of mutations on the wire.
    if (host.full && std::holds_alternative<WriteFile>(sent)) {
      return {OperationResult::Status::failed, "no-space", "No space left on device"};
    }
    // A host that no longer honours the lease refuses; then nothing arrives.
    const auto& held = host.memory.lease;
    const bool honoured = held && held->token == lease && held->expires > world_.now();
    if (lease.empty() || honoured) watch_.arriving(name_, sent, lease, *view_);
    return host.memory.carry_out(sent, lease);
  }

  Loop& world_;
  std::shared_ptr<const bool> alive_;
  std::string name_;
  std::shared_ptr<ProcessView> view_;
  Watch& watch_;
  Random& random_;
  Mutation mutation_;
  std::shared_ptr<bool> in_ = std::make_shared<bool>(false);  // logged in
};

// Says that everything is as declared (a mutation).
class BlindProvider final : public Provider {
 public:
  BlindProvider(const Provider& real, const bool& blind) : real_(real), blind_(blind) {}
  [[nodiscard]] std::string_view name() const noexcept override { return real_.name(); }
  [[nodiscard]] std::vector<std::string> kinds() const noexcept override { return real_.kinds(); }
  [[nodiscard]] std::vector<Probe> probes(const Resource& resource) const noexcept override {
    return real_.probes(resource);
  }
  [[nodiscard]] Live decode(const Resource& resource,
                            std::span<const Reply> replies) const noexcept override {
    return blind_ ? Live::present(resource.desired.as_map()) : real_.decode(resource, replies);
  }
  [[nodiscard]] std::vector<Step> next_steps(const Resource& resource,
                                             const Live& live) const noexcept override {
    return real_.next_steps(resource, live);
  }
  [[nodiscard]] std::vector<Step> removal_steps(const Resource& resource,
                                                const Live& live) const noexcept override {
    return real_.removal_steps(resource, live);
  }
  [[nodiscard]] std::vector<Probe> discovery_probes(std::string_view kind) const noexcept override {
    return real_.discovery_probes(kind);
  }
  [[nodiscard]] std::vector<Found> discover(std::string_view kind,
                                            std::span<const Reply> replies) const noexcept override {
    return real_.discover(kind, replies);
  }

 private:
  const Provider& real_;
  const bool& blind_;
};

// ---- One run of hearth ----

class Process {
 public:
  Process(Loop& world, Watch& watch, MemoryJournal& journal, const ManifestSet& manifests, Random& random,
          Mutation mutation, std::string token, bool timer = false, Effect allowed = Effect::restart)
      : loop_(world),
        watch_(watch),
        raw_journal_(journal),
        journal_(journal, watch, *view_, mutation),
        manifests_(manifests),
        mutation_(mutation),
        token_(std::move(token)),
        allowed_(allowed),
        blind_files_(*real_providers().load("host_files").value(), blind_),
        blind_services_(*real_providers().load("host_services").value(), blind_),
        targets_(manifests.hosts,
                 [&world, &watch, &random, this](const Host& host) {
                   return std::make_unique<SimulatedTransport>(world, loop_, host.name, view_, watch, random,
                                                               mutation_);
                 }),
        providers_(HEARTH_BUILD_DIR "/providers"),
        observer_(loop_, targets_, providers_) {
    view_->timer = timer;
    if (mutation == Mutation::lost_verify) {
      providers_.add(blind_files_);
      providers_.add(blind_services_);
    }
  }

  void start() {
    const PlanInput input{manifests_, real_schemas(), providers_, &raw_journal_, {}};
    survey(loop_, observer_, progress_, input, [this](std::unique_ptr<Survey> done) {
      survey_ = std::move(done);
      loop_.post([this] { apply(); });
    });
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const Plan& plan() const { return survey_->plan; }
  [[nodiscard]] const ApplyReport& report() const { return report_; }

 private:
  void apply() {
    view_->begun = loop_.now();
    RunRecord record;
    record.command = view_->timer ? "reconcile" : "apply";
    record.started = milliseconds_now();
    view_->run = raw_journal_.begin_run(record).value();
    if (mutation_ == Mutation::wrong_order) {
      for (Action& action : survey_->plan.actions) action.after.clear();
    }
    watch_.planned(*view_, survey_->plan);
    blind_ = true;
    ApplyOptions options;
    options.token = token_;
    options.holder = token_;
    options.allowance = Allowance(allowed_);
    options.by_person = !view_->timer;
    if (view_->timer && mutation_ != Mutation::nothing_held_back) {
      leave_remembered(survey_->plan);
      const ReconcilePolicy policy;
      for (const auto& [address, why] :
           hold_back(survey_->plan, raw_journal_, policy, options.allowance, milliseconds_now())) {
        options.held_back.emplace(address, why.why);
      }
    }
    applier_ = std::make_unique<Applier>(loop_, targets_, observer_, providers_, journal_, progress_,
                                         survey_->plan, view_->run, options);
    applier_->start([this](ApplyReport report) {
      report_ = std::move(report);
      if (report_.lease_held_by.empty()) found_in_order();
      finished_ = true;
    });
  }

  std::int64_t milliseconds_now() {
    return std::chrono::duration_cast<milliseconds>(loop_.now().time_since_epoch()).count();
  }

  void found_in_order() {
    static_cast<void>(adopt(*survey_, raw_journal_, !view_->timer, milliseconds_now()));
    if (view_->timer) return;
    std::set<Address> busy;
    for (const Action& action : survey_->plan.actions) busy.insert(action.address);
    for (const Note& note : survey_->plan.notes) {
      if (note.type != Note::Type::unmanaged) busy.insert(note.address);
    }
    for (const Resource* resource : survey_->subjects.declared) {
      if (!busy.contains(resource->address)) watch_.wanted.insert(resource->address.to_string());
    }
  }

  ProcessLoop loop_;
  Watch& watch_;
  MemoryJournal& raw_journal_;
  std::shared_ptr<ProcessView> view_ = std::make_shared<ProcessView>();
  WatchedJournal journal_;
  const ManifestSet& manifests_;
  Mutation mutation_;
  std::string token_;
  Effect allowed_;
  bool blind_ = false;
  BlindProvider blind_files_;
  BlindProvider blind_services_;
  Targets targets_;
  ProviderRegistry providers_;
  Observer observer_;
  SilentProgress progress_;
  std::unique_ptr<Survey> survey_;
  std::unique_ptr<Applier> applier_;
  ApplyReport report_;
  bool finished_ = false;
};

// ---- One history ----

class History {
 public:
  History(std::uint64_t seed, Mutation mutation)
      : random_(seed), world_(seed), watch_(journal_), mutation_(mutation) {}

  SimulationResult run() {
    SimulationResult result;
    try {
      make_hosts();
      const std::size_t rounds = 1 + random_.below(4);
      for (std::size_t round = 0; round < rounds; ++round) {
        change_manifests(true);
        one_round(result);
      }
      come_to_rest(result);
    } catch (const std::exception& broken) {
      result.broken = broken.what();
    }
    result.operations = watch_.operations;
    result.corrections = watch_.corrections;
    return result;
  }

 private:
  void make_hosts() {
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t h = 0; h < count; ++h) {
      const std::string name = "h" + std::to_string(h);
      auto host = std::make_unique<SimulatedHost>(world_);
      host->memory.put("/etc/hostname", name + "\n");
      host->memory.run = [name](const std::vector<std::string>&) { return RunReply{0, name + "\n", ""}; };
      HostModel& model = model_[name];
      const std::size_t files = 1 + random_.below(4);
      for (std::size_t f = 0; f < files; ++f) {
        const std::string path = "/etc/app/" + std::to_string(f);
        model.files.push_back({path, "one\n", random_.chance(50) ? "0640" : ""});
        if (random_.chance(30)) host->memory.put(path, "from before\n");
      }
      if (random_.chance(40)) {
        model.sshd = "one\n";
        host->memory.put(sshd_path, "from before\n");
      }
      const std::size_t services = random_.below(3);
      for (std::size_t s = 0; s < services; ++s) {
        ServiceModel service{"s" + std::to_string(s), {}, random_.chance(85), 1};
        for (std::size_t f = 0; f < files; ++f) {
          if (random_.chance(50)) service.reads.push_back(f);
        }
        model.services.push_back(std::move(service));
      }
      // A file may wait for a service only when that one does not (through its files) wait for the file.
      for (std::size_t f = 1; f < files && services > 0; ++f) {
        const std::size_t s = random_.below(services);
        const auto& reads = model.services[s].reads;
        if (random_.chance(30) &&
            std::all_of(reads.begin(), reads.end(), [&](std::size_t read) { return read < f; }) &&
            std::none_of(model.after_service.begin(), model.after_service.end(),
                         [&](const auto& other) { return other.first < f; })) {
          model.after_service.emplace(f, s);
        }
      }
      for (const char* path : {"/etc/other", "/etc/app/not-ours"}) {
        host->memory.put(path, "keep me\n");
        host->undeclared[path] = "keep me\n";
      }
      watch_.hosts.emplace(name, std::move(host));
    }
  }

  void change_manifests(bool may_poison) {
    static const std::vector<std::string> contents = {"one\n", "two\n", "three\n"};
    for (auto& [name, model] : model_) {
      for (FileModel& file : model.files) {
        if (random_.chance(40)) file.content = random_.one_of(contents);
        if (may_poison && random_.chance(10)) file.content = "POISON\n";
        if (!may_poison && file.content == "POISON\n") file.content = "one\n";
      }
      if (!model.sshd.empty()) {
        if (random_.chance(50)) model.sshd = random_.one_of(contents);
        if (may_poison && random_.chance(25)) model.sshd = "LOCKOUT\n";
        if (!may_poison && model.sshd == "LOCKOUT\n") model.sshd = "one\n";
      }
      for (ServiceModel& service : model.services) {
        if (random_.chance(20)) ++service.version;
        if (random_.chance(10)) service.running = !service.running;
      }
    }
    commits_.push_back(std::make_unique<ManifestSet>(load_manifest_texts(
        {{"hearth.yaml", "format: 1\n"}, {"all.yaml", manifests_of(model_)}}, real_schemas())));
    if (!commits_.back()->complete) throw Broken("bad test: " + commits_.back()->diagnostics.to_string());
    watch_.declare(*commits_.back());
  }

  SimulatedHost& any_host() {
    auto found = watch_.hosts.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(random_.below(watch_.hosts.size())));
    return *found->second;
  }

  // Something that nobody planned.
  void disturb() {
    SimulatedHost& host = any_host();
    const std::string path = "/etc/app/" + std::to_string(random_.below(4));
    const std::size_t what = random_.below(7);
    if (what == 0) host.cut = !host.cut;
    if (what == 1) host.full = !host.full;
    if (what == 2) host.unreadable.insert(path);
    if (what > 2) host.disturbed = ++watch_.events;
    if (what == 3 && host.memory.files.contains(path)) host.memory.put(path, "by hand\n");
    if (what == 4) host.memory.files.erase(path);
    if (what == 5) {
      for (auto& [name, unit] : host.memory.units) unit.running = unit.running && random_.chance(50);
    }
    if (what == 6) {
      const std::string mine = "/etc/new-" + std::to_string(random_.below(5));
      host.memory.put(mine, "mine\n");
      host.undeclared[mine] = "mine\n";
    }
  }

  void plan_disturbances(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      world_.after(milliseconds(random_.below(400)), [this] { disturb(); });
    }
  }

  // The timer's: now and then with manifests that somebody has emptied, and then with all permissions that there are.
  std::unique_ptr<Process> new_reconcile() {
    const ManifestSet* manifests = commits_.back().get();
    Effect allowed = random_.chance(50) ? Effect::reload : Effect::restart;
    if (random_.chance(20)) {
      std::string nodes;
      const bool nothing = random_.chance(50);
      for (const auto& [name, host] : watch_.hosts)
        nodes += "kind: Node\nname: " + name + "\nspec: {address: 192.0.2.1}\n---\n";
      std::vector<std::pair<std::string, std::string>> texts = {{"hearth.yaml", "format: 1\n"}};
      if (!nothing) texts.emplace_back("nodes.yaml", nodes);
      emptied_.push_back(std::make_unique<ManifestSet>(load_manifest_texts(texts, real_schemas())));
      if (!emptied_.back()->complete) throw Broken("bad test: " + emptied_.back()->diagnostics.to_string());
      manifests = emptied_.back().get();
      if (nothing) allowed = Effect::destroy;
    }
    return std::make_unique<Process>(world_, watch_, journal_, *manifests, random_, mutation_,
                                     "run-" + std::to_string(++processes_), true, allowed);
  }

  void change_pauses() {
    if (random_.chance(75)) return;
    const auto now = std::chrono::duration_cast<milliseconds>(world_.now().time_since_epoch()).count();
    PauseRecord record{"", now, 0, "eve@desk", "why"};
    if (random_.chance(30)) {
      watch_.pause_of_all = watch_.pause_of_files = world_.now();
    } else {
      record.until = now + static_cast<std::int64_t>(1 + random_.below(3000));
      const Loop::Time until{milliseconds(record.until)};
      Loop::Time& pause = random_.chance(50) ? watch_.pause_of_all : watch_.pause_of_files;
      if (&pause == &watch_.pause_of_files) record.pattern = "File";
      pause = std::max(pause, until);
    }
    static_cast<void>(journal_.add_pauses({record}));
  }

  std::unique_ptr<Process> new_process() {
    return std::make_unique<Process>(world_, watch_, journal_, *commits_.back(), random_, mutation_,
                                     "run-" + std::to_string(++processes_));
  }

  void one_round(SimulationResult& result) {
    change_pauses();
    plan_disturbances(random_.below(5));
    std::vector<std::unique_ptr<Process>> processes;
    const std::size_t count = random_.chance(20) ? 2 : 1;
    for (std::size_t i = 0; i < count; ++i) {
      processes.push_back(random_.chance(35) ? new_reconcile() : new_process());
      processes.back()->start();
      ++result.runs;
    }
    if (random_.chance(30)) {
      world_.after(milliseconds(random_.below(300)), [this, &processes, &result] {
        std::unique_ptr<Process>& victim = processes[random_.below(processes.size())];
        if (victim == nullptr || victim->finished()) return;
        victim.reset();
        ++result.crashes;
      });
    }
    bool timed_out = false;
    const Loop::TimerId limit = world_.after(std::chrono::minutes(10), [&] { timed_out = true; });
    world_.run_until([&] {
      return timed_out || std::all_of(processes.begin(), processes.end(), [](const auto& process) {
               return process == nullptr || process->finished();
             });
    });
    world_.cancel(limit);
    if (timed_out) throw Broken("a run does not come to an end");
    // Whatever is still planned for this round must not find it gone.
    pass(std::chrono::seconds(1));
  }

  void pass(milliseconds time) {
    bool over = false;
    world_.after(time, [&] { over = true; });
    world_.run_until([&] { return over; });
  }

  // No more faults: then at most a few runs, and everything is as declared.
  void come_to_rest(SimulationResult& result) {
    for (auto& [name, host] : watch_.hosts) {
      host->cut = host->full = false;
      host->unreadable.clear();
    }
    change_manifests(false);
    // Leases end in this time, and every host that is to put itself back has done so: without a run, without a line.
    pass(std::chrono::seconds(180));
    for (auto& [name, host] : watch_.hosts) {
      host->memory.act();
      if (host->memory.locked_out()) throw Broken("the operator is locked out of " + name);
      if (!host->memory.armed.empty()) throw Broken("an undo is still armed on " + name);
    }
    std::string left;
    for (int attempt = 0; attempt < 12; ++attempt) {
      const auto process = new_process();
      process->start();
      ++result.runs;
      world_.run_until([&] { return process->finished(); });
      left.clear();
      for (const Action& action : process->plan().actions) left += " " + action.address.to_string();
      for (const Note& note : process->plan().notes) {
        if (note.type != Note::Type::unmanaged)
          left += " " + note.address.to_string() + " (" + note.text + ")";
      }
      for (const HostState& host : process->plan().hosts) {
        if (!host.leftovers.empty()) left += " what was kept on " + host.name;
      }
      if (left.empty()) break;
      // Answers still get lost: what was armed and not heard of keeps the next run waiting.
      pass(std::chrono::seconds(180));
    }
    if (!left.empty()) throw Broken("does not converge:" + left);
    for (const auto& [name, host] : watch_.hosts) {
      for (const auto& [path, content] : host->undeclared) {
        const auto found = host->memory.files.find(path);
        if (found == host->memory.files.end() || found->second.content != content) {
          throw Broken("undeclared, and changed: " + path + " on " + name);
        }
      }
      if (host->memory.lease && host->memory.lease->expires > world_.now())
        throw Broken("a lease is left on " + name);
      if (!host->memory.kept.empty())
        throw Broken("a copy of " + host->memory.kept.begin()->first + " is left on " + name);
      check_services(name, *host);
    }
  }

  void check_services(const std::string& name, const SimulatedHost& host) const {
    for (const ServiceModel& service : model_.at(name).services) {
      const auto unit = host.memory.units.find(service.name + ".service");
      const bool running = unit != host.memory.units.end() && unit->second.running && !unit->second.failed;
      if (running != service.running)
        throw Broken(service.name + " on " + name + " does not do what is declared");
      if (!running) continue;
      QueryUnit query{service.name + ".service", {}};
      for (const std::size_t f : service.reads) query.config_files.push_back(model_.at(name).files[f].path);
      const auto reply = std::get<UnitReply>(host.memory.answer(query));
      if (reply.inputs_sha256 != unit->second.read_sha256) {
        throw Broken(service.name + " on " + name + " runs on outdated content");
      }
    }
  }

  Random random_;
  SimulatedLoop world_;
  MemoryJournal journal_;
  Watch watch_;
  Mutation mutation_;
  std::map<std::string, HostModel> model_;
  std::vector<std::unique_ptr<ManifestSet>> commits_;
  std::vector<std::unique_ptr<ManifestSet>> emptied_;
  int processes_ = 0;
};

}  // namespace

SimulationResult simulate(std::uint64_t seed, Mutation mutation) {
  return History(seed, mutation).run();
}

}  // namespace hearth
