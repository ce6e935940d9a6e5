#include "tests/fakes/memory_host.h"

#include <algorithm>
#include <set>

#include "reconciler/core/digest.h"

namespace hearth {

namespace {

constexpr auto done = OperationResult::Status::done;
constexpr auto failed = OperationResult::Status::failed;

std::uint32_t octal(const std::string& mode) {
  return static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::int64_t MemoryHost::microseconds() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(loop_.now().time_since_epoch()).count();
}

void MemoryHost::put(const std::string& path, std::string content) {
  File& file = files[path];
  file.content = std::move(content);
  file.modified = microseconds();
}

MemoryHost::Inputs MemoryHost::inputs_of(const std::string& unit,
                                         const std::vector<std::string>& config_files) const {
  std::set<std::string> paths(config_files.begin(), config_files.end());
  const std::string own = "/etc/systemd/system/" + unit;
  for (const auto& [path, file] : files) {
    if (path == own || path.starts_with(own + ".d/")) paths.insert(path);
  }
  Inputs inputs;
  std::string all;
  for (const std::string& path : paths) {
    const auto found = files.find(path);
    all += path + "\n";
    if (found == files.end()) continue;
    all += sha256(found->second.content) + "\n";
    inputs.modified = std::max(inputs.modified, found->second.modified);
    if (found->second.content.find(poison) != std::string::npos) inputs.poisoned = true;
  }
  inputs.sha256 = sha256(all);
  return inputs;
}

Reply MemoryHost::answer(const Probe& probe) const {
  if (const auto* read = std::get_if<ReadFile>(&probe)) {
    FileReply reply;
    const auto found = files.find(read->path);
    if (found == files.end()) return reply;
    const File& file = found->second;
    reply.type = file.type;
    reply.mode = octal(file.mode);
    reply.owner = file.owner;
    reply.group = file.group;
    reply.size = file.content.size();
    reply.modified = file.modified / 1'000'000;
    if (file.type == FileReply::Type::symlink) reply.target = file.content;
    if (file.type != FileReply::Type::regular) return reply;
    reply.sha256 = sha256(file.content);
    if (reply.sha256 != read->known_sha256 && reply.size <= read->max_content) reply.content = file.content;
    return reply;
  }
  if (const auto* list = std::get_if<ListDirectory>(&probe)) {
    ListReply reply;
    const auto found = files.find(list->path);
    reply.exists = found != files.end() && found->second.type == FileReply::Type::directory;
    for (const auto& [path, file] : files) {
      if (path != "/" && folder_of(path) == list->path) {
        reply.exists = true;
        reply.names.push_back(path.substr(list->path.size() + (list->path == "/" ? 0 : 1)));
      }
    }
    return reply;
  }
  if (const auto* query = std::get_if<QueryUnit>(&probe)) {
    UnitReply reply;
    const std::string own = "/etc/systemd/system/" + query->unit;
    const auto found = units.find(query->unit);
    const Unit unit = found == units.end() ? Unit{} : found->second;
    const bool exists = found != units.end() || files.contains(own);
    const Inputs inputs = inputs_of(query->unit, query->config_files);
    const bool active = unit.running && !unit.failed;
    std::string drop_ins;
    for (const auto& [path, file] : files) {
      if (path.starts_with(own + ".d/") && path.ends_with(".conf"))
        drop_ins += (drop_ins.empty() ? "" : " ") + path;
    }
    reply.properties = {
        {"Id", query->unit},
        {"Names", query->unit},
        {"LoadState", unit.masked ? "masked"
                      : exists    ? "loaded"
                                  : "not-found"},
        {"ActiveState", unit.failed ? "failed"
                        : active    ? "active"
                                    : "inactive"},
        {"SubState", unit.failed ? "failed"
                     : active    ? "running"
                                 : "dead"},
        {"UnitFileState", unit.masked    ? "masked"
                          : !exists      ? ""
                          : unit.enabled ? "enabled"
                                         : "disabled"},
        {"Type", "simple"},
        {"Result", unit.failed ? "exit-code" : "success"},
        {"FragmentPath", files.contains(own) ? own
                         : exists            ? "/usr/lib/systemd/system/" + query->unit
                                             : ""},
        {"DropInPaths", drop_ins},
        {"EnvironmentFiles", ""},
        {"InvocationID", unit.invocation == 0 ? "" : std::to_string(unit.invocation)},
        {"NeedDaemonReload", "no"},
        {"RemainAfterExit", "no"},
        {"ExecMainStatus", unit.failed ? "1" : "0"},
        {"NRestarts", "0"},
    };
    reply.inputs_sha256 = inputs.sha256;
    reply.inputs_modified = inputs.modified;
    reply.started = unit.started;
    reply.stamped_invocation = unit.stamped_invocation;
    reply.stamped_sha256 = unit.stamped_sha256;
    return reply;
  }
  const auto& probe_run = std::get<RunProbe>(probe);
  if (run) return run(probe_run.argv);
  return NoReply{probe_run.argv.front() + ": not found"};
}

void MemoryHost::keep(const std::string& path, bool proven) {
  if (proven) kept.erase(path);
  const auto found = files.find(path);
  kept.emplace(path, found == files.end() ? std::nullopt : std::optional(found->second));
}

OperationResult MemoryHost::control(const ControlUnit& operation) {
  using Verb = ControlUnit::Verb;
  if (operation.verb == Verb::daemon_reload) return {done, {}, {}};
  const std::string own = "/etc/systemd/system/" + operation.unit;
  if (operation.verb == Verb::try_reload && !units.contains(operation.unit)) return {done, {}, {}};
  if (!units.contains(operation.unit) && !files.contains(own)) {
    return {failed, "command", "Unit " + operation.unit + " not found."};
  }
  Unit& unit = units[operation.unit];
  const Inputs inputs = inputs_of(operation.unit, operation.config_files);
  switch (operation.verb) {
    case Verb::enable: unit.enabled = true; break;
    case Verb::disable: unit.enabled = false; break;
    case Verb::mask: unit.masked = true; break;
    case Verb::unmask: unit.masked = false; break;
    case Verb::stop: unit.running = unit.failed = false; break;
    case Verb::daemon_reload: break;
    case Verb::try_reload:
      if (!unit.running) break;
      [[fallthrough]];
    case Verb::start:
    case Verb::restart:
    case Verb::reload: {
      if (unit.masked) return {failed, "command", "Unit " + operation.unit + " is masked."};
      const bool begins = operation.verb == Verb::restart || (operation.verb == Verb::start && !unit.running);
      if (begins) {
        ++unit.invocation;
        ++unit.starts;
        unit.started = microseconds();
      }
      if (begins || operation.verb == Verb::reload || operation.verb == Verb::try_reload) {
        unit.read_sha256 = inputs.sha256;
        unit.running = true;
        unit.failed = inputs.poisoned;
        if (unit.failed) return {failed, "unit-failed", operation.unit + " did not come up"};
        unit.stamped_invocation = std::to_string(unit.invocation);
        unit.stamped_sha256 = inputs.sha256;
      }
      break;
    }
  }
  return {done, {}, {}};
}

void MemoryHost::run_undo(const std::string& id) {
  const auto found = armed.find(id);
  if (found == armed.end()) return;
  const ArmUndo arm = found->second.arm;
  armed.erase(found);
  for (const UndoOperation& undo : arm.undo) static_cast<void>(carry_out(to_operation(undo), ""));
}

void MemoryHost::act() {
  for (bool acted = true; acted;) {
    acted = false;
    for (const auto& [id, guard] : armed) {
      if (guard.due > loop_.now()) continue;
      run_undo(std::string(id));
      acted = true;
      break;
    }
  }
}

void MemoryHost::power_cycle() {
  while (!armed.empty()) run_undo(std::string(armed.begin()->first));
  lease.reset();
}

bool MemoryHost::locked_out() const {
  return std::any_of(files.begin(), files.end(), [](const auto& entry) {
    return entry.first.starts_with("/etc/ssh/") && entry.second.content.find("LOCKOUT") != std::string::npos;
  });
}

OperationResult MemoryHost::carry_out(const Operation& operation, const std::string& token) {
  act();
  const bool leased = lease && lease->expires > loop_.now();
  if (const auto* take = std::get_if<TakeLease>(&operation)) {
    if (leased && lease->token != take->token) return {failed, "held", lease->holder};
    if (!armed.empty()) return {failed, "held", "an undo is armed: " + armed.begin()->second.arm.holder};
    if (run_is_full) return {failed, "no-space", "write error: No space left on device"};
    lease = Lease{take->token, take->holder, loop_.now() + take->duration};
    return {done, {}, {}};
  }
  if (const auto* renewal = std::get_if<RenewLease>(&operation)) {
    if (!leased || lease->token != renewal->token) return {failed, "lost", "the lease is no longer ours"};
    lease->expires = loop_.now() + renewal->duration;
    return {done, {}, {}};
  }
  if (const auto* release = std::get_if<ReleaseLease>(&operation)) {
    if (lease && lease->token == release->token) lease.reset();
    return {done, {}, {}};
  }
  if (const auto* undo = std::get_if<RunUndo>(&operation)) {
    run_undo(undo->id);
    return {done, {}, {}};
  }
  if (!token.empty() && (!leased || lease->token != token))
    return {failed, "lost", "the lease is no longer ours"};

  OperationResult result{done, {}, {}};
  if (const auto* write = std::get_if<WriteFile>(&operation)) {
    const auto found = files.find(write->path);
    const std::string now = found == files.end() ? "absent" : sha256(found->second.content);
    if (!write->expected_sha256.empty() && write->expected_sha256 != now) {
      return {failed, "moved", write->path + " was changed by somebody else"};
    }
    const auto revealed = write->content.revealed();
    if (!revealed) return {failed, "invalid", revealed.error().message};
    const std::string content(revealed->reveal());
    if (!write->check.empty() && content.find("INVALID") != std::string::npos) {
      return {failed, "check", "the check refused it, line 1: " + content};
    }
    if (write->keep_previous) keep(write->path, write->proven);
    File& file = files[write->path];
    file.type = FileReply::Type::regular;
    if (!write->mode.empty()) file.mode = write->mode;
    if (!write->owner.empty()) file.owner = write->owner;
    if (!write->group.empty()) file.group = write->group;
    file.content = content;
    file.modified = microseconds();
  } else if (const auto* replace = std::get_if<ReplaceLines>(&operation)) {
    const auto found = files.find(replace->path);
    auto content =
        with_lines_replaced(found == files.end() ? std::string() : found->second.content, *replace);
    if (!content) return {failed, "moved", replace->path + " has other lines than when the plan was made"};
    if (!replace->check.empty() && content->find("INVALID") != std::string::npos) {
      return {failed, "check", "the check refused it"};
    }
    put(replace->path, std::move(*content));
  } else if (const auto* attributes = std::get_if<SetAttributes>(&operation)) {
    const auto found = files.find(attributes->path);
    if (found == files.end()) return {failed, "command", attributes->path + ": No such file or directory"};
    if (!attributes->mode.empty()) found->second.mode = attributes->mode;
    if (!attributes->owner.empty()) found->second.owner = attributes->owner;
    if (!attributes->group.empty()) found->second.group = attributes->group;
  } else if (const auto* directory = std::get_if<MakeDirectory>(&operation)) {
    File& file = files[directory->path];
    file.type = FileReply::Type::directory;
    file.mode = directory->mode.empty() ? "0755" : directory->mode;
    if (!directory->owner.empty()) file.owner = directory->owner;
    if (!directory->group.empty()) file.group = directory->group;
  } else if (const auto* removal = std::get_if<RemovePath>(&operation)) {
    if (removal->keep_previous) keep(removal->path, removal->proven);
    files.erase(removal->path);
  } else if (const auto* restore = std::get_if<RestorePrevious>(&operation)) {
    if (const auto found = kept.find(restore->path); found != kept.end()) {
      const auto state = [](const File* file) { return file == nullptr ? "absent" : sha256(file->content); };
      const auto live = files.find(restore->path);
      const std::string now = state(live == files.end() ? nullptr : &live->second);
      const std::string before = state(found->second ? &*found->second : nullptr);
      if (!restore->written_sha256.empty() && now != restore->written_sha256) {
        if (now != before) {
          return {failed, "moved",
                  restore->path + " was changed by somebody else; what lay there before is kept"};
        }
        // It never changed.
      } else if (found->second) {
        files[restore->path] = *found->second;
      } else {
        files.erase(restore->path);
      }
      kept.erase(found);
    }
  } else if (const auto* arm = std::get_if<ArmUndo>(&operation)) {
    if (armed.contains(arm->id)) return {failed, "armed", "is armed already"};
    for (const std::string& path : arm->keep) keep(path, false);
    armed.emplace(arm->id, Armed{loop_.now() + arm->timeout, *arm});
  } else if (const auto* disarm = std::get_if<DisarmUndo>(&operation)) {
    if (armed.erase(disarm->id) == 0) return {failed, "undone", "the node has put itself back already"};
  } else if (const auto* forget = std::get_if<ForgetPrevious>(&operation)) {
    kept.erase(forget->path);
  } else if (const auto* control_unit = std::get_if<ControlUnit>(&operation)) {
    result = control(*control_unit);
  } else if (const auto* command = std::get_if<RunCommand>(&operation)) {
    const RunReply reply =
        run ? run(command->argv) : RunReply{127, "", command->argv.front() + ": not found"};
    if (reply.exit_code != 0) result = {failed, "command", reply.err};
  }
  if (result.status == done) carried_out.push_back(operation);
  return result;
}

// ---- MemoryTransport ----

bool MemoryTransport::reaches() {
  if (cut) return false;
  host_.act();
  connected_ = connected_ || !host_.locked_out();
  return connected_;
}

void MemoryTransport::observe(std::vector<Probe> probes, Observed done_handler) {
  loop_.after(latency, [this, probes = std::move(probes), done_handler = std::move(done_handler)] {
    if (!reaches()) {
      done_handler(tl::unexpected(failure("unreachable", "no answer")));
      return;
    }
    ++observations;
    std::vector<Reply> replies;
    for (const Probe& probe : probes) replies.push_back(host_.answer(probe));
    done_handler(std::move(replies));
  });
}

void MemoryTransport::execute_groups(std::vector<OperationGroup> groups, std::string lease,
                                     GroupsExecuted done_handler) {
  loop_.after(latency, [this, groups = std::move(groups), lease = std::move(lease),
                        done_handler = std::move(done_handler)] {
    const bool reached = reaches();
    if (!lease.empty() && reached) ++execs;
    std::vector<std::vector<OperationResult>> results;
    for (const OperationGroup& group : groups) {
      results.push_back(reached
                            ? carry_out(group, lease)
                            : std::vector<OperationResult>(group.size(), {OperationResult::Status::not_sent,
                                                                          "unreachable", "no answer"}));
    }
    done_handler(std::move(results));
  });
}

std::vector<OperationResult> MemoryTransport::carry_out(const OperationGroup& operations,
                                                        const std::string& lease) {
  std::vector<OperationResult> results(operations.size(),
                                       {OperationResult::Status::not_sent, "unreachable", "no answer"});
  if (!lease.empty() && !cut) executions.push_back(operations);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (cut) break;
    if (survives && !survives(operations[i])) {
      if (carry_out_lost) host_.carry_out(operations[i], lease);
      cut = true;
      connected_ = false;
      results[i] = {OperationResult::Status::unknown, "lost-connection", "the connection was lost"};
      break;
    }
    results[i] = host_.carry_out(operations[i], lease);
    if (results[i].status != OperationResult::Status::done) break;
  }
  return results;
}

void MemoryTransport::cancel() {
  cut = true;
}

}  // namespace hearth
