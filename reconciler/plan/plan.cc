#include "reconciler/plan/plan.h"

#include <algorithm>

#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/diff/differ.h"

namespace hearth {

bool Plan::has_leftovers() const {
  return std::any_of(hosts.begin(), hosts.end(),
                     [](const HostState& host) { return !host.leftovers.empty(); });
}

bool Plan::incomplete() const {
  return std::any_of(notes.begin(), notes.end(), [](const Note& note) {
    return note.type == Note::Type::unknown || note.type == Note::Type::waiting;
  });
}

std::size_t Plan::count(ActionType type) const {
  return static_cast<std::size_t>(std::count_if(actions.begin(), actions.end(),
                                                [&](const Action& action) { return action.type == type; }));
}

std::string_view to_string(ActionType type) {
  switch (type) {
    case ActionType::create: return "create";
    case ActionType::update: return "update";
    case ActionType::remove: return "delete";
    case ActionType::forget: return "forget";
  }
  return "?";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::unknown: return "unknown";
    case Cause::intent: return "intent";
    case Cause::drift: return "drift";
    case Cause::both: return "both";
  }
  return "?";
}

std::string_view to_string(Note::Type type) {
  switch (type) {
    case Note::Type::unknown: return "unknown";
    case Note::Type::held: return "held";
    case Note::Type::pending: return "pending";
    case Note::Type::unmanaged: return "unmanaged";
    case Note::Type::reported: return "reported";
    case Note::Type::retained: return "retained";
    case Note::Type::asleep: return "asleep";
    case Note::Type::waiting: return "waiting";
    case Note::Type::failing: return "failing";
    case Note::Type::info: return "info";
  }
  return "?";
}

std::string fingerprint(const Action& action) {
  if (action.live.presence == Live::Presence::absent) return "absent";
  return sha256(to_canonical_json(managed_fields(action.resource, action.live)));
}

}  // namespace hearth
