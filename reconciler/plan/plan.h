// What hearth would do, and on what that rests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/provider.h"
#include "reconciler/core/address.h"
#include "reconciler/core/effect.h"
#include "reconciler/core/live.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"
#include "reconciler/diff/change.h"
#include "reconciler/observe/leftovers.h"

namespace hearth {

enum class ActionType : std::uint8_t { create, update, remove, forget };

// Why live and desired differ: told apart with the journal's help.
enum class Cause : std::uint8_t {
  unknown,  // the journal does not know this claim
  intent,   // the manifest moved
  drift,    // the live system moved
  both,
};

// One resource to bring into its state.
struct Action {
  ActionType type = ActionType::update;
  Address address;
  std::vector<Claim> claims;
  Cause cause = Cause::unknown;
  Effect effect = Effect::none;  // the highest of its changes and steps
  std::vector<Change> changes;
  std::vector<std::vector<Step>> rounds;  // steps, round by round: between two rounds the engine observes
  std::vector<std::size_t> after;         // indices into Plan::actions that must end first
  std::size_t unit = 0;                   // index into Plan::units
  Resource resource;        // what to apply, defaults of a new thing filled in; of a removal: as last applied
  Value declared;           // the spec without those defaults: what the journal remembers
  Live live;                // what the plan rests on
  std::string refused;      // a rule id: never carried out as it stands; "" otherwise
  std::string refused_why;  // for people, with what to do
};

// One thing worth saying that is no action.
struct Note {
  enum class Type : std::uint8_t {
    unknown,    // could not be observed: exit 6
    held,       // left alone on purpose (somebody stopped it)
    pending,    // written, takes effect later
    unmanaged,  // a field that the manifest no longer names, and what it stays at
    reported,   // differs, but `drift: report` or only observed: exit 2
    retained,   // no longer declared, stays
    asleep,     // a Node with power: onDemand
    waiting,    // differs, but something that it depends on is unknown
    failing,    // a Check that does not hold: exit 2
    info,
  };
  Type type = Type::info;
  Address address;
  std::string text;
};

// Actions that succeed or go back together: files, and the services that read them. Always on one host.
struct Unit {
  std::string host;
  Effect effect = Effect::none;  // the highest of its members'; withheld whole where that is not allowed
  bool can_go_back = false;      // what it replaces is kept on the host until it has succeeded
  std::vector<std::size_t> actions;
  // Arms the undo of what may lock the operator out, before anything else of the unit is sent. Then the unit has succeeded
  // only when a new login has, too. (Design: guarded steps.)
  std::optional<ArmUndo> guard;
  std::vector<Operation> finish;  // sent when all of them have succeeded
};

struct HostState {
  std::string name;
  bool reachable = false;
  bool on_demand = false;
  std::string why;  // when not reachable
  struct Armed {
    ArmedOnHost undo;
    std::int64_t at = 0;  // when the host puts itself back; ms since the epoch
  };
  std::vector<Armed> armed;
  // What earlier runs kept there and no unit of work needs any more: an apply drops it.
  std::vector<KeptOnHost> leftovers;
};

struct Plan {
  std::string cluster;
  std::string commit;
  bool dirty = false;
  bool history = true;           // the journal could be read; without it nothing is pruned
  std::string manifests_sha256;  // of everything declared: a saved plan is refused when the manifests moved
  std::vector<std::string> selection;  // the addresses that it was asked for; empty: everything
  std::vector<HostState> hosts;
  std::vector<Action> actions;  // in an order that respects `after`
  std::vector<Unit> units;
  std::vector<Note> notes;
  std::size_t resources = 0;  // that were looked at

  [[nodiscard]] bool has_leftovers() const;
  // Something could not be observed (a sleeping on-demand node does not count).
  [[nodiscard]] bool incomplete() const;
  [[nodiscard]] std::size_t count(ActionType type) const;
};

std::string_view to_string(ActionType type);  // "create", "update", "delete", "forget"
std::string_view to_string(Cause cause);
std::string_view to_string(Note::Type type);

// What the live object under an action looked like: the managed fields, without secrets. Two observations with
// the same text found the same world.
std::string fingerprint(const Action& action);

}  // namespace hearth
