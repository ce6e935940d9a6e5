#include "reconciler/plan/plan_file.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "reconciler/core/json.h"
#include "reconciler/diff/differ.h"
#include "reconciler/transport/operation.h"

namespace hearth {

namespace {

constexpr int plan_format = 1;

std::string_view to_string(FieldSchema::Write write) {
  switch (write) {
    case FieldSchema::Write::online: return "online";
    case FieldSchema::Write::pending: return "pending";
    case FieldSchema::Write::create_only: return "create-only";
  }
  return "";
}

Value change_to_value(const Change& change) {
  Map out{{"path", change.path}, {"write", to_string(change.write)}, {"effect", to_string(change.effect)}};
  if (change.secret) {
    out.set("secret", true);
  } else {
    out.set("live", change.live);
    out.set("desired", change.desired);
  }
  if (change.immutable) out.set("immutable", true);
  return out;
}

Value steps_to_value(const Action& action) {
  List rounds;
  for (const auto& round : action.rounds) {
    List steps;
    for (const Step& step : round) {
      List undo;
      for (const Operation& operation : step.undo) undo.push_back(to_value(operation));
      steps.push_back(Map{{"summary", to_string(step.operation)},
                          {"operation", to_value(step.operation)},
                          {"effect", to_string(step.effect)},
                          {"undo", std::move(undo)}});
    }
    rounds.emplace_back(std::move(steps));
  }
  return rounds;
}

Value action_to_value(const Plan& plan, const Action& action) {
  List changes;
  for (const Change& change : action.changes) changes.push_back(change_to_value(change));
  List after;
  for (const std::size_t before : action.after) after.emplace_back(plan.actions[before].address.to_string());
  List claims;
  for (const Claim& claim : action.claims) claims.emplace_back(claim.to_string());
  Map out{{"type", to_string(action.type)},
          {"address", action.address.to_string()},
          {"claims", std::move(claims)},
          {"cause", to_string(action.cause)},
          {"effect", to_string(action.effect)},
          {"changes", std::move(changes)},
          {"after", std::move(after)},
          {"unit", static_cast<std::int64_t>(action.unit)},
          {"present", action.live.presence == Live::Presence::present},
          {"observed", managed_fields(action.resource, action.live)},
          {"rounds", steps_to_value(action)}};
  if (!action.refused.empty()) {
    out.set("refused", Map{{"rule", action.refused}, {"why", action.refused_why}});
  }
  return out;
}

Diagnostic stale(const std::string& message) {
  return failure("stale-plan", message, "look at what changed and plan again: hearth plan");
}

// The first field in which what the plan rested on is not what is there now.
std::string moved_field(const Value& before, const Value& now) {
  for (const auto& member : before.as_map()) {
    const Value* other = now.find(member.key);
    if (other == nullptr || *other != member.value) return member.key;
  }
  for (const auto& member : now.as_map()) {
    if (!before.as_map().contains(member.key)) return member.key;
  }
  return {};
}

std::string brief(const Value* value) {
  if (value == nullptr) return "not there";
  std::string text = to_json(*value);
  constexpr std::size_t most = 60;
  if (text.size() > most) text = text.substr(0, most) + "…";
  return text;
}

}  // namespace

Value armed_to_value(const HostState& host) {
  List out;
  for (const HostState::Armed& armed : host.armed) {
    out.push_back(Map{{"id", armed.undo.id}, {"putsBack", armed.undo.holder}, {"at", armed.at}});
  }
  return out;
}

Value plan_to_value(const Plan& plan) {
  List hosts;
  for (const HostState& host : plan.hosts) {
    Map entry{{"name", host.name}, {"reachable", host.reachable}};
    if (host.on_demand) entry.set("onDemand", true);
    if (!host.reachable) entry.set("why", host.why);
    if (!host.armed.empty()) entry.set("armed", armed_to_value(host));
    List leftovers;
    for (const KeptOnHost& kept : host.leftovers) leftovers.emplace_back(kept.path);
    if (!leftovers.empty()) entry.set("leftovers", std::move(leftovers));
    hosts.emplace_back(std::move(entry));
  }
  List actions;
  for (const Action& action : plan.actions) actions.push_back(action_to_value(plan, action));
  List selection;
  for (const std::string& pattern : plan.selection) selection.emplace_back(pattern);
  List units;
  for (const Unit& unit : plan.units) {
    List finish;
    for (const Operation& operation : unit.finish) finish.push_back(to_value(operation));
    units.push_back(Map{{"host", unit.host},
                        {"effect", to_string(unit.effect)},
                        {"canGoBack", unit.can_go_back},
                        {"finish", std::move(finish)}});
    if (unit.guard) units.back().as_map().set("guard", to_value(Operation(*unit.guard)));
  }
  List notes;
  for (const Note& note : plan.notes) {
    notes.push_back(
        Map{{"type", to_string(note.type)}, {"address", note.address.to_string()}, {"text", note.text}});
  }
  return Map{{"format", plan_format},
             {"cluster", plan.cluster},
             {"commit", plan.commit},
             {"dirty", plan.dirty},
             {"history", plan.history},
             {"manifests", plan.manifests_sha256},
             {"selection", std::move(selection)},
             {"resources", static_cast<std::int64_t>(plan.resources)},
             {"hosts", std::move(hosts)},
             {"actions", std::move(actions)},
             {"units", std::move(units)},
             {"notes", std::move(notes)}};
}

Result<void> write_plan_file(const std::string& path, const Plan& plan) {
  // It shows what lies in files that not everybody may read.
  const mode_t others = ::umask(077);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  ::umask(others);
  file << to_json(plan_to_value(plan), true) << "\n";
  file.close();
  if (!file) return tl::unexpected(failure("plan-file", "cannot write the plan to " + path));
  return {};
}

Result<Value> read_plan_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return tl::unexpected(failure("plan-file", "cannot read the plan file " + path));
  const auto refuse = [&](const std::string& why) {
    return tl::unexpected(failure("plan-file", path + " is not a hearth plan (" + why + ")",
                                  "make one with: hearth plan --out " + path));
  };
  if (text.str().empty()) return refuse("it is empty");
  auto value = parse_json(text.str(), path);
  if (!value) return refuse(text.str().front() == '{' ? "it is cut off or damaged" : "it is some other file");
  if (!value->is_map() || value->find("format") == nullptr) return refuse("it is some other file");
  if (value->integer_or("format", 0) != plan_format) return refuse("another version of hearth made it");
  const Value* actions = value->find("actions");
  if (actions == nullptr || !actions->is_list()) return refuse("it has no actions");
  // What is compared later is taken for granted there.
  for (const Value& action : actions->as_list()) {
    const Value* changes = action.find("changes");
    if (changes == nullptr || !changes->is_list()) return refuse("an action in it is damaged");
  }
  if (const Value* selection = value->find("selection"); selection != nullptr && selection->is_list()) {
    for (const Value& pattern : selection->as_list()) {
      if (!pattern.is_string()) return refuse("its selection is damaged");
    }
  }
  return value;
}

Result<void> check_still_true(const Value& saved, const Plan& fresh) {
  if (saved.string_or("manifests", "") != fresh.manifests_sha256) {
    return tl::unexpected(stale("the manifests are not those that the plan was made from"));
  }
  // Through the same JSON as the saved one, so that both sides lost the same (positions, the kinds of numbers).
  const auto now = parse_json(to_json(plan_to_value(fresh)));
  if (!now) return tl::unexpected(now.error());
  const List& before_actions = saved.find("actions")->as_list();
  const List& now_actions = now->find("actions")->as_list();
  const auto by_address = [](const List& actions) {
    std::map<std::string, const Value*> out;
    for (const Value& action : actions) out.emplace(action.string_or("address", ""), &action);
    return out;
  };
  const auto before_by_address = by_address(before_actions);
  const auto now_by_address = by_address(now_actions);
  for (const Value& action : before_actions) {
    const std::string address = action.string_or("address", "");
    const auto found = now_by_address.find(address);
    if (found == now_by_address.end()) {
      for (const Note& note : fresh.notes) {
        if (note.address.to_string() == address) return tl::unexpected(stale(address + ": " + note.text));
      }
      std::string fields;
      for (const Value& change : action.find("changes")->as_list()) {
        fields += (fields.empty() ? "" : ", ") + change.string_or("path", "");
      }
      return tl::unexpected(stale(address + ": somebody has brought it into its declared state since" +
                                  (fields.empty() ? "" : " (" + fields + ")")));
    }
    const Value* other = found->second;
    if (action.boolean_or("present", true) != other->boolean_or("present", true)) {
      return tl::unexpected(
          stale(address + ": " + (other->boolean_or("present", true) ? "exists now" : "is gone")));
    }
    const Value* observed_then = action.find("observed");
    const Value* observed_now = other->find("observed");
    if (observed_then == nullptr || !observed_then->is_map() || observed_now == nullptr) continue;
    if (const std::string field = moved_field(*observed_then, *observed_now); !field.empty()) {
      return tl::unexpected(stale(address + ": " + field + " was " + brief(observed_then->find(field)) +
                                  ", is " + brief(observed_now->find(field))));
    }
    for (const char* part : {"type", "rounds", "effect"}) {
      const Value* then = action.find(part);
      const Value* today = other->find(part);
      if (then == nullptr || today == nullptr || *then != *today) {
        return tl::unexpected(stale(address + ": what would be done is no longer the same"));
      }
    }
  }
  for (const Value& action : now_actions) {
    const std::string address = action.string_or("address", "");
    if (before_by_address.contains(address)) continue;
    const List& changes = action.find("changes")->as_list();
    return tl::unexpected(stale(address + ": differs now" +
                                (changes.empty() ? "" : " in " + changes.front().string_or("path", "")) +
                                ", and did not when the plan was made"));
  }
  return {};
}

}  // namespace hearth
