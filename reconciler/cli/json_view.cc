#include "reconciler/cli/json_view.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hearth {

namespace {

std::string_view to_string(FieldSchema::Write write) {
  switch (write) {
    case FieldSchema::Write::online:
      return "online";
    case FieldSchema::Write::pending:
      return "pending";
    case FieldSchema::Write::create_only:
      return "create-only";
  }
  return "";
}

Value change_json(const Change& change) {
  Map out{{"path", change.path}};
  if (change.secret) {
    out.set("secret", true);
  } else {
    out.set("live", change.live);
    out.set("desired", change.desired);
  }
  out.set("write", to_string(change.write));
  out.set("effect", to_string(change.effect));
  if (change.immutable) out.set("immutable", true);
  return out;
}

Value step_json(const Step& step) {
  List undo;
  for (const Operation& operation : step.undo) undo.push_back(to_value(operation));
  return Map{{"summary", to_string(step.operation)},
             {"operation", to_value(step.operation)},
             {"expects", step.expects},
             {"effect", to_string(step.effect)},
             {"undo", std::move(undo)}};
}

Value action_json(const Action& action) {
  List claims;
  for (const Claim& claim : action.claims) claims.emplace_back(claim.to_string());
  List changes;
  for (const Change& change : action.changes) changes.push_back(change_json(change));
  List rounds;
  for (const auto& round : action.rounds) {
    List steps;
    for (const Step& step : round) steps.push_back(step_json(step));
    rounds.emplace_back(std::move(steps));
  }
  List after;
  for (const std::size_t other : action.after) after.emplace_back(static_cast<std::int64_t>(other));

  Map out{{"type", to_string(action.type)},
          {"address", action.address.to_string()},
          {"claims", std::move(claims)},
          {"cause", to_string(action.cause)},
          {"effect", to_string(action.effect)},
          {"changes", std::move(changes)},
          {"rounds", std::move(rounds)},
          {"after", std::move(after)},
          {"unit", static_cast<std::int64_t>(action.unit)},
          {"fingerprint", action.fingerprint}};
  if (!action.refused.empty()) out.set("refused", Map{{"rule", action.refused}, {"why", action.refused_why}});
  return out;
}

}  // namespace

std::string_view to_string(ActionType type) {
  switch (type) {
    case ActionType::create:
      return "create";
    case ActionType::update:
      return "update";
    case ActionType::remove:
      return "delete";
    case ActionType::forget:
      return "forget";
  }
  return "";
}

std::string_view to_string(Note::Type type) {
  switch (type) {
    case Note::Type::unknown:
      return "unknown";
    case Note::Type::held:
      return "held";
    case Note::Type::pending:
      return "pending";
    case Note::Type::unmanaged:
      return "unmanaged";
    case Note::Type::reported:
      return "reported";
    case Note::Type::retained:
      return "retained";
    case Note::Type::asleep:
      return "asleep";
    case Note::Type::info:
      return "info";
  }
  return "";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::unknown:
      return "unknown";
    case Cause::intent:
      return "intent";
    case Cause::drift:
      return "drift";
    case Cause::both:
      return "both";
  }
  return "";
}

Value plan_json(const Plan& plan) {
  List hosts;
  for (const HostState& host : plan.hosts) {
    Map out{{"name", host.name}, {"reachable", host.reachable}, {"onDemand", host.on_demand}};
    if (!host.reachable) out.set("why", host.why);
    hosts.emplace_back(std::move(out));
  }
  List actions;
  for (const Action& action : plan.actions) actions.push_back(action_json(action));
  List notes;
  for (const Note& note : plan.notes) {
    notes.emplace_back(
        Map{{"type", to_string(note.type)}, {"address", note.address.to_string()}, {"text", note.text}});
  }
  return Map{{"cluster", plan.cluster},
             {"commit", plan.commit},
             {"dirty", plan.dirty},
             {"manifestsSha256", plan.manifests_sha256},
             {"resources", static_cast<std::int64_t>(plan.resources)},
             {"hosts", std::move(hosts)},
             {"actions", std::move(actions)},
             {"notes", std::move(notes)}};
}

Value diagnostic_json(const Diagnostic& diagnostic) {
  Map out{{"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"rule", diagnostic.rule}};
  if (diagnostic.position.known()) {
    out.set("file", *diagnostic.position.file);
    out.set("line", static_cast<std::int64_t>(diagnostic.position.line));
    out.set("column", static_cast<std::int64_t>(diagnostic.position.column));
  }
  if (!diagnostic.path.empty()) out.set("path", diagnostic.path);
  out.set("message", diagnostic.message);
  if (!diagnostic.hint.empty()) out.set("hint", diagnostic.hint);
  return out;
}

Value diagnostics_json(const Diagnostics& diagnostics) {
  List out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out.push_back(diagnostic_json(diagnostic));
  return out;
}

}  // namespace hearth
