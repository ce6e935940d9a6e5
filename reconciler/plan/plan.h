// What hearth would do, and on what that rests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "providers/provider.h"
#include "reconciler/core/address.h"
#include "reconciler/core/effect.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"
#include "reconciler/diff/change.h"

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
  Effect effect = Effect::none;          // the highest of its changes and steps
  std::vector<Change> changes;
  std::vector<std::vector<Step>> rounds; // steps, round by round: between two rounds the engine observes
  std::vector<std::size_t> after;        // indices into Plan::actions that must end first
  std::size_t unit = 0;                  // actions of one unit go back together; index into nothing, just equal or not
  std::string fingerprint;               // of the live object that this rests on
  std::string refused;                   // a rule id: never carried out as it stands; "" otherwise
  std::string refused_why;               // for people, with what to do
};

// One thing worth saying that is no action.
struct Note {
  enum class Type : std::uint8_t {
    unknown,       // could not be observed: exit 6
    held,          // left alone on purpose (somebody stopped it)
    pending,       // written, takes effect later
    unmanaged,     // a field that the manifest no longer names, and what it stays at
    reported,      // differs, but `drift: report` or only observed: exit 2
    retained,      // no longer declared, stays
    asleep,        // a Node with power: onDemand
    info,
  };
  Type type = Type::info;
  Address address;
  std::string text;
};

struct HostState {
  std::string name;
  bool reachable = false;
  bool on_demand = false;
  std::string why;       // when not reachable
};

struct Plan {
  std::string cluster;
  std::string commit;
  bool dirty = false;
  std::string manifests_sha256;   // of everything declared: a saved plan is refused when the manifests moved
  std::vector<HostState> hosts;
  std::vector<Action> actions;    // in an order that respects `after`
  std::vector<Note> notes;
  std::size_t resources = 0;      // that were looked at

  [[nodiscard]] bool incomplete() const;
};

}  // namespace hearth
