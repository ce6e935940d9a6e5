#include "reconciler/plan/planner.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/core/secret.h"
#include "reconciler/diff/differ.h"
#include "reconciler/graph/dependency_graph.h"
#include "reconciler/manifest/claims.h"
#include "reconciler/observe/target.h"
#include "reconciler/plan/secret_use.h"
#include "reconciler/plan/way_back.h"
#include "reconciler/safety/way_in.h"

namespace hearth {

namespace {

bool fits(const std::string& pattern, const std::string& text) {
  return pattern == "*" || pattern == text;
}

// A provider that goes on after this many rounds goes round in circles.
constexpr std::size_t most_rounds = 8;

std::string shown(const Value& value) {
  return value.is_string() ? value.as_string() : to_json(value);
}

bool fits_a_line(const Value& value) {
  constexpr std::size_t most = 80;
  const std::string text = shown(value);
  return text.size() <= most && text.find('\n') == std::string::npos;
}

}  // namespace

// ---- Selection ------------------------------------------------------------------------------------------------------

Result<Selection> Selection::parse(const std::vector<std::string>& patterns) {
  Selection selection;
  for (const std::string& text : patterns) {
    Pattern pattern{text, {text, "*", "*"}};
    if (text.find('/') != std::string::npos || text.find('@') != std::string::npos) {
      auto address = Address::parse(text);
      if (!address) {
        return tl::unexpected(failure("bad-address", "\"" + text + "\" is no address",
                                      "write Kind/name@host, Kind/name, or Kind alone; * stands for any"));
      }
      if (text.find('@') == std::string::npos) address->host = "*";
      pattern.address = *std::move(address);
    }
    selection.patterns_.push_back(std::move(pattern));
  }
  return selection;
}

bool Selection::matches(const Address& address) const {
  return all() || std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
           return fits(pattern.address.kind, address.kind) && fits(pattern.address.name, address.name) &&
                  fits(pattern.address.host, address.host);
         });
}

std::vector<std::string> Selection::patterns() const {
  std::vector<std::string> out;
  for (const Pattern& pattern : patterns_) out.push_back(pattern.text);
  return out;
}

std::vector<std::string> Selection::unmatched(const std::vector<Address>& addresses) const {
  std::vector<std::string> out;
  for (const Pattern& pattern : patterns_) {
    Selection one;
    one.patterns_.push_back(pattern);
    const auto hit = [&](const Address& address) { return one.matches(address); };
    if (std::none_of(addresses.begin(), addresses.end(), hit)) out.push_back(pattern.text);
  }
  return out;
}

// ---- Subjects -------------------------------------------------------------------------------------------------------

namespace {

std::optional<Resource> rebuilt(const AppliedRecord& record, const SchemaRegistry& schemas) {
  const auto address = Address::parse(record.address);
  const KindSchema* kind = address ? schemas.find(address->kind) : nullptr;
  if (kind == nullptr) return std::nullopt;
  Resource resource;
  resource.address = *address;
  resource.kind = kind;
  resource.desired = record.spec;
  resource.protect = record.protect;
  resource.on_remove = record.on_remove;
  resource.claims = {record.claim};
  resource.once_secret = secret_fields(record.spec);
  return resource;
}

// The mounts that DECLARED lie on, directly or through others, and that are not among them.
std::vector<const Resource*> mounts_under(const PlanInput& input,
                                          const std::vector<const Resource*>& declared) {
  std::vector<const Resource*> out;
  if (input.selection.all()) return out;
  std::set<const Resource*> seen(declared.begin(), declared.end());
  std::vector<const Resource*> open = declared;
  while (!open.empty()) {
    const Resource* resource = open.back();
    open.pop_back();
    for (const Dependency& dependency : resource->dependencies) {
      if (dependency.type != Dependency::Type::within) continue;
      const Resource* on = input.manifests.find(dependency.on);
      if (on == nullptr || !seen.insert(on).second) continue;
      open.push_back(on);
      if (claims_mount(on->claims)) out.push_back(on);
    }
  }
  return out;
}

}  // namespace

Subjects subjects(const PlanInput& input) {
  Subjects out;
  std::set<Claim> held;
  std::set<Claim> parts;
  const auto find = [&](const Address& address) { return input.manifests.find(address); };
  for (const Resource& resource : input.manifests.resources) {
    held.insert(resource.claims.begin(), resource.claims.end());
    for (Claim& part : parts_of(resource, find)) parts.insert(std::move(part));
    if (input.selection.matches(resource.address)) out.declared.push_back(&resource);
  }
  out.grounds = mounts_under(input, out.declared);
  // A partial set never deletes, and one that declares nothing is far likelier a mistake than a wish.
  if (input.journal == nullptr || !input.manifests.complete) return out;
  // A file that hearth does not read may hold what seems to be gone.
  const auto& complaints = input.manifests.diagnostics.all();
  const bool partly_read = std::any_of(complaints.begin(), complaints.end(), [](const Diagnostic& complaint) {
    return complaint.rule == "ignored-file";
  });
  for (const AppliedRecord& record : input.journal->all_applied()) {
    if (held.contains(record.claim)) continue;
    // Another set of manifests of this installation's: hosts of the same name are other machines there.
    if (record.cluster != input.manifests.settings.cluster) continue;
    const auto address = Address::parse(record.address);
    if (!address || !input.selection.matches(*address)) continue;
    auto resource = rebuilt(record, input.schemas);
    if (!resource) {
      out.notes.push_back({Note::Type::retained, *address,
                           "no longer declared, and this hearth does not know the kind; it stays as it is"});
    } else if (input.manifests.resources.empty()) {
      out.notes.push_back(
          {Note::Type::retained, *address,
           "no longer declared, but the manifests declare nothing at all: nothing is deleted"});
    } else if (partly_read) {
      out.notes.push_back(
          {Note::Type::retained, *address,
           "no longer declared, but a file beside the manifests is not read (hearth validate says "
           "which): nothing is deleted"});
    } else if (input.manifests.find_host(target_of(*address)) == nullptr) {
      out.notes.push_back(
          {Note::Type::retained, *address, "no longer declared, and neither is its host: it stays as it is"});
    } else {
      // Others keep a part of it now: it lives on as theirs.
      if (parts.contains(record.claim)) resource->on_remove = OnRemove::retain;
      out.orphans.push_back(*std::move(resource));
    }
  }
  return out;
}

// ---- Folding --------------------------------------------------------------------------------------------------------

Live folded(Live live, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    for (const auto& member : step.expects) {
      live.presence = Live::Presence::present;
      live.fields.as_map().set(member.key, member.value);
    }
  }
  return live;
}

Result<std::vector<std::vector<Step>>> fold_steps(const Provider& provider, const Resource& resource,
                                                  Live live) {
  std::vector<std::vector<Step>> rounds;
  while (!diff(resource, live).empty()) {
    std::vector<Step> steps = provider.next_steps(resource, live);
    if (steps.empty() || rounds.size() == most_rounds) {
      const Difference left = diff(resource, live);
      const std::string field = left.changes.empty() ? left.unknown.front().path : left.changes.front().path;
      return tl::unexpected(failure("no-way-there",
                                    resource.address.to_string() + ": there is no way to bring \"" + field +
                                        "\" from its live value to the declared one",
                                    "hearth explain " + resource.address.kind + "." + field));
    }
    live = folded(std::move(live), steps);
    rounds.push_back(std::move(steps));
  }
  return rounds;
}

// ---- Planning -------------------------------------------------------------------------------------------------------

namespace {

// Everything that one make_plan() needs at hand.
class Planner {
 public:
  Planner(const PlanInput& input, const Subjects& subjects, const std::map<Address, Live>& lives)
      : input_(input), subjects_(subjects), lives_(lives) {}

  Plan run(std::vector<HostState> hosts) {
    plan_.cluster = input_.manifests.settings.cluster;
    plan_.hosts = std::move(hosts);
    plan_.selection = input_.selection.patterns();
    plan_.history = input_.journal != nullptr;
    plan_.resources = subjects_.declared.size();
    plan_.manifests_sha256 = fingerprint(input_.manifests);
    plan_.notes = subjects_.notes;
    plan_declared();
    plan_orphans();
    make_units();
    find_leftovers();
    return std::move(plan_);
  }

 private:
  using Index = std::size_t;
  static constexpr Index none = static_cast<Index>(-1);

  void note(Note::Type type, const Address& address, std::string text) {
    plan_.notes.push_back({type, address, std::move(text)});
  }

  const Live& live_of(const Address& address) const {
    static const Live never = Live::unknown("was not observed");
    const auto found = lives_.find(address);
    return found == lives_.end() ? never : found->second;
  }

  // In the order of dependencies, so that what a resource waits for has been decided when its turn comes.
  void plan_declared() {
    const auto& resources = input_.manifests.resources;
    index_.reserve(resources.size());
    for (Index i = 0; i < resources.size(); ++i) index_.emplace(resources[i].address, i);
    DependencyGraph graph(resources.size());
    for (Index i = 0; i < resources.size(); ++i) {
      for (const Dependency& dependency : resources[i].dependencies) {
        if (const auto found = index_.find(dependency.on); found != index_.end()) graph.add(i, found->second);
      }
    }
    action_of_.assign(resources.size(), none);
    inherited_.assign(resources.size(), {});
    blocked_by_.assign(resources.size(), {});
    std::vector<bool> selected(resources.size(), false);
    for (const Resource* resource : subjects_.declared) {
      selected[static_cast<Index>(resource - resources.data())] = true;
    }
    for (const Index i : graph.order()) {
      // What this one waits for, seen through those that have nothing to do themselves.
      std::set<Index> after;
      for (const Index dependency : graph.dependencies_of(i)) {
        if (action_of_[dependency] != none) {
          after.insert(action_of_[dependency]);
        } else {
          after.insert(inherited_[dependency].begin(), inherited_[dependency].end());
        }
        if (blocked_by_[i].empty()) blocked_by_[i] = blocked_by_[dependency];
      }
      inherited_[i].assign(after.begin(), after.end());
      if (selected[i]) {
        plan_one(resources[i], i);
      } else if (lives_.contains(resources[i].address)) {
        block_below(resources[i], i);
      }
    }
  }

  // A mount that was not asked for, but something below it was: that has no place to go while the mount is not there.
  void block_below(const Resource& resource, Index i) {
    const Live& live = live_of(resource.address);
    if (live.presence == Live::Presence::unknown) {
      blocked_by_[i] = resource.address.to_string() + ", which is unknown: " + live.why;
    } else if (live.presence == Live::Presence::absent || !diff(resource, live).empty()) {
      blocked_by_[i] = resource.address.to_string() + ", which is not as declared: apply that, too";
    }
  }

  // What it mounts hides what was there before: all below waits until it is there.
  static bool is_mount(const Resource& resource) { return claims_mount(resource.claims); }

  void plan_one(const Resource& resource, Index i) {
    const std::string waits_for = blocked_by_[i];
    Live live = live_of(resource.address);
    if (live.presence == Live::Presence::unknown) {
      report_unknown(resource, live.why);
      blocked_by_[i] = resource.address.to_string() + ", which is unknown";
      return;
    }
    // What moved is judged by what was really seen; what a planned change will outdate has that change's cause.
    const Live seen = live;
    const std::optional<Cause> outdated_by = foresee_refresh(resource, live);
    const bool creating = live.presence == Live::Presence::absent;
    const Difference difference = diff(resource, live);
    if (!difference.unknown.empty()) {
      const UnknownField& field = difference.unknown.front();
      report_unknown(resource, field.path + ": " + field.why);
      blocked_by_[i] = resource.address.to_string() + ", which is unknown";
      return;
    }
    note_unmanaged(resource, live);
    const bool nothing = difference.changes.empty() && !(creating && !resource.kind->observe_only());
    if (nothing) return;
    // Until there is an action for it, nothing may go where it is to be mounted.
    if (is_mount(resource)) blocked_by_[i] = resource.address.to_string() + ", which is not as declared";
    if (resource.kind->observe_only()) {
      report_observed(resource, live, difference);
      return;
    }

    Action action;
    action.type = creating ? ActionType::create : ActionType::update;
    action.address = resource.address;
    action.claims = resource.claims;
    action.resource = creating ? with_defaults(resource) : resource;
    action.declared = resource.desired;
    action.changes = creating ? diff(action.resource, live).changes : difference.changes;
    action.cause = outdated_by && diff(resource, seen).empty() ? *outdated_by : cause_of(resource, seen);
    action.after = inherited_[i];
    action.live = live;
    // What a person newly wants is no drift.
    if (resource.drift == DriftPolicy::ignore && action.cause == Cause::drift) return;
    if (resource.drift == DriftPolicy::report && action.cause == Cause::drift) {
      if (creating) {
        note(Note::Type::reported, resource.address, "missing (drift: report)");
        return;
      }
      for (const Change& change : action.changes) {
        note(Note::Type::reported, resource.address,
             change.secret ? change.path + " differs"
                           : change.path + " is " + shown(change.live) + ", declared " +
                                 shown(change.desired) + " (drift: report)");
      }
      return;
    }
    if (!waits_for.empty()) {
      note(Note::Type::waiting, resource.address, "waits for " + waits_for);
      return;
    }
    blocked_by_[i].clear();
    find_way(action);
    action_of_[i] = plan_.actions.size();
    plan_.actions.push_back(std::move(action));
  }

  bool refuse_closing_way_in(Action& action) const {
    const Host* host = input_.manifests.find_host(target_of(action.address));
    if (host == nullptr) return false;
    auto why = closes_way_in(action.resource, action.type == ActionType::remove, *host);
    if (!why) return false;
    action.refused = "way-in-closed";
    action.refused_why = *std::move(why);
    return true;
  }

  void find_way(Action& action) {
    for (const Change& change : action.changes) {
      if (!change.immutable) continue;
      action.refused = "immutable-field";
      action.refused_why = change.path + " cannot be changed once the thing exists (it is " +
                           (change.secret ? "a secret" : shown(change.live)) +
                           "); hearth never replaces a thing to change a field";
      return;
    }
    if (refuse_closing_way_in(action)) return;
    const auto provider = input_.providers.load(action.resource.kind->provider());
    if (!provider) {
      action.refused = provider.error().rule;
      action.refused_why = provider.error().message;
      return;
    }
    auto rounds = fold_steps(**provider, action.resource, action.live);
    if (!rounds) {
      action.refused = rounds.error().rule;
      action.refused_why = rounds.error().message;
      return;
    }
    action.rounds = *std::move(rounds);
    for (const auto& round : action.rounds) {
      for (const Step& step : round) action.effect = std::max(action.effect, step.effect);
    }
  }

  // A resource that reads another's content when it starts runs on outdated inputs as soon as that one changes. Sets LIVE to
  // that, and answers why the inputs change; nothing when they do not.
  std::optional<Cause> foresee_refresh(const Resource& resource, Live& live) {
    const std::string& refresh = resource.kind->refresh();
    if (refresh.empty() || live.presence != Live::Presence::present) return std::nullopt;
    Value* current = live.fields.find(refresh);
    if (current == nullptr || !current->is_boolean() || !current->as_boolean()) return std::nullopt;
    std::optional<Cause> cause;
    for (const Dependency& dependency : resource.dependencies) {
      if (dependency.type != Dependency::Type::input) continue;
      const auto found = index_.find(dependency.on);
      if (found == index_.end() || action_of_[found->second] == none) continue;
      const Action& input = plan_.actions[action_of_[found->second]];
      if (!input.refused.empty()) continue;
      cause = cause && *cause != input.cause ? Cause::both : input.cause;
    }
    if (cause) *current = false;
    return cause;
  }

  void report_unknown(const Resource& resource, const std::string& why) {
    const std::string& target = target_of(resource.address);
    for (const HostState& host : plan_.hosts) {
      if (host.name != target || host.reachable) continue;
      // The host is said once, above all; a resource of a sleeping node is no news.
      if (host.on_demand) {
        note(Note::Type::asleep, resource.address, "its node sleeps");
        return;
      }
    }
    note(Note::Type::unknown, resource.address, why);
  }

  void report_observed(const Resource& resource, const Live& live, const Difference& difference) {
    const std::string message = live.fields.string_or("message", "");
    for (const Change& change : difference.changes) {
      if (!message.empty() && change.path == resource.kind->refresh()) {
        note(Note::Type::failing, resource.address, message);
      } else {
        note(Note::Type::failing, resource.address,
             change.path + " is " + shown(change.live) + ", declared " + shown(change.desired));
      }
    }
  }

  void note_unmanaged(const Resource& resource, const Live& live) {
    const auto record = applied(resource);
    if (!record || !record->spec.is_map()) return;
    for (const auto& member : record->spec.as_map()) {
      const FieldSchema* field = resource.kind->root().find(member.key);
      if (field == nullptr || !field->live || field->secret || resource.desired.as_map().contains(member.key))
        continue;
      const Value* value = live.fields.find(member.key);
      const std::string stays =
          value == nullptr || value->is_unknown() || holds_secret(member.value) ? "as it is" : shown(*value);
      note(Note::Type::unmanaged, resource.address, member.key + " is no longer managed, stays " + stays);
    }
  }

  std::optional<AppliedRecord> applied(const Resource& resource) const {
    if (input_.journal == nullptr || resource.claims.empty()) return std::nullopt;
    auto record = input_.journal->applied(resource.claims.front());
    if (record && record->cluster != input_.manifests.settings.cluster) record.reset();
    return record;
  }

  Cause cause_of(const Resource& resource, const Live& live) const {
    const auto record = applied(resource);
    if (!record || !record->spec.is_map()) return Cause::unknown;
    const bool manifest_moved = record->spec != with_secret_hashes(resource.desired, resource.secret_hashes);
    // Compared over what was managed then and still is: a newly declared field, or entry of a map, is intent, not drift.
    bool live_moved = live.presence == Live::Presence::absent;
    Resource then = resource;
    then.desired = Map{};
    for (const auto& member : record->spec.as_map()) {
      if (resource.desired.as_map().contains(member.key)) then.desired.as_map().set(member.key, member.value);
    }
    const Value now = managed_fields(then, live);
    for (const auto& member : now.as_map()) {
      const Value* before = record->live.find(member.key);
      if (before != nullptr && *before != member.value) live_moved = true;
    }
    if (manifest_moved && live_moved) return Cause::both;
    return manifest_moved ? Cause::intent : Cause::drift;
  }

  void plan_orphans() {
    for (const Resource& resource : subjects_.orphans) {
      const Live& live = live_of(resource.address);
      if (live.presence == Live::Presence::unknown) {
        report_unknown(resource, live.why);
        continue;
      }
      Action action;
      action.address = resource.address;
      action.claims = resource.claims;
      action.resource = resource;
      action.declared = resource.desired;
      action.live = live;
      action.cause = Cause::intent;
      if (live.presence == Live::Presence::absent || resource.kind->observe_only()) {
        action.type = ActionType::forget;
      } else if (resource.on_remove == OnRemove::retain) {
        action.type = ActionType::forget;
        note(Note::Type::retained, resource.address, "no longer declared, stays as it is (onRemove: retain)");
      } else if (const auto record = applied(resource); !record || !record->made) {
        action.type = ActionType::forget;
        note(Note::Type::retained, resource.address,
             "no longer declared, stays as it is: hearth did not make it");
      } else {
        action.type = ActionType::remove;
        action.effect = Effect::destroy;
        find_removal(action);
        if (action.type == ActionType::remove) note_changed_since(action, *record);
      }
      plan_.actions.push_back(std::move(action));
    }
  }

  // What somebody else made of a thing that is about to go. A field that the steps leave something of is not lost.
  void note_changed_since(const Action& action, const AppliedRecord& record) {
    std::set<std::string> left;
    for (const auto& round : action.rounds) {
      for (const Step& step : round) {
        for (const auto& member : step.expects) left.insert(member.key);
      }
    }
    const Value now = managed_fields(action.resource, action.live);
    for (const auto& member : now.as_map()) {
      const Value* before = record.live.find(member.key);
      if (before == nullptr || *before == member.value || member.value.is_unknown()) continue;
      const bool hidden = action.resource.hides(member.key) || holds_secret(member.value);
      std::string what = member.key;
      if (!hidden && fits_a_line(*before) && fits_a_line(member.value))
        what += " from " + shown(*before) + " to " + shown(member.value);
      note(
          Note::Type::info, action.address,
          "somebody else changed " + what + " since hearth applied it: " +
              (left.contains(member.key) ? "what hearth did not put there stays" : "deleting it loses that"));
    }
  }

  void find_removal(Action& action) {
    if (action.resource.protect) {
      action.refused = "protected";
      action.refused_why =
          "it was applied with protect: true; no flag deletes it. Declare it again with protect: false, "
          "apply, and then remove it";
      return;
    }
    const auto provider = input_.providers.load(action.resource.kind->provider());
    if (!provider) {
      action.refused = provider.error().rule;
      action.refused_why = provider.error().message;
      return;
    }
    if (refuse_closing_way_in(action)) return;
    std::vector<Step> steps = (*provider)->removal_steps(action.resource, action.live);
    if (steps.empty()) {
      // There is nothing of hearth's own to take away: a package's unit, a file whose content was never declared.
      action.type = ActionType::forget;
      action.effect = Effect::none;
      note(Note::Type::retained, action.address,
           "no longer declared, stays as it is: what was declared of it last leaves hearth nothing to take "
           "away");
      return;
    }
    action.rounds.push_back(std::move(steps));
  }

  // ---- Units of work ----

  void make_units() {
    const Index count = plan_.actions.size();
    std::unordered_map<Address, Index> by_address;
    for (Index i = 0; i < count; ++i) by_address.emplace(plan_.actions[i].address, i);
    DependencyGraph graph(count);
    for (Index i = 0; i < count; ++i) {
      for (const Dependency& dependency : plan_.actions[i].resource.dependencies) {
        if (dependency.type != Dependency::Type::input) continue;
        if (const auto found = by_address.find(dependency.on); found != by_address.end())
          graph.add(i, found->second);
      }
    }
    for (const auto& members : graph.components()) {
      Unit unit;
      unit.host = target_of(plan_.actions[members.front()].address);
      unit.actions = members;
      for (const Index i : members) {
        plan_.actions[i].unit = plan_.units.size();
        unit.effect = std::max(unit.effect, plan_.actions[i].effect);
      }
      unit.can_go_back = is_guarded(unit);
      keep_previous(unit);
      if (is_guarded(unit)) arm(unit);
      plan_.units.push_back(std::move(unit));
    }
  }

  // Of what earlier runs kept on the hosts, leaves what nobody needs any more: no undo is armed that puts it back, no unit
  // of this plan goes back to it (those drop it themselves when they have succeeded), and nothing is left to be known there.
  void find_leftovers() {
    std::set<std::pair<std::string, std::string>> needed;  // host and path
    for (const Unit& unit : plan_.units) {
      const auto note_path = [&](const Operation& operation) {
        const std::string path = std::visit(
            [](const auto& one) -> std::string {
              if constexpr (requires { one.path; }) return one.path;
              return {};
            },
            operation);
        if (!path.empty()) needed.emplace(unit.host, path);
      };
      for (const Operation& operation : unit.finish) note_path(operation);
      for_each_step(unit, [&](const Step& step) { note_path(step.operation); });
    }
    std::set<std::string> unsure;  // hosts
    for (const Note& note : plan_.notes) {
      if (note.type != Note::Type::unmanaged && note.type != Note::Type::info &&
          note.type != Note::Type::retained)
        unsure.insert(target_of(note.address));
    }
    for (HostState& host : plan_.hosts) {
      if (!host.armed.empty() || unsure.contains(host.name)) host.leftovers.clear();
      std::erase_if(host.leftovers, [&](const KeptOnHost& kept) {
        return needed.contains({host.name, kept.path}) || !is_settled(host.name, kept.path);
      });
    }
  }

  // Whether all that takes PATH up on HOST was looked at, and is as declared where no action of the plan says otherwise.
  [[nodiscard]] bool is_settled(const std::string& host, const std::string& path) const {
    if (input_.selection.all()) return true;
    const std::vector<std::string>& databases = account_databases();
    if (std::find(databases.begin(), databases.end(), path) != databases.end()) return true;
    const auto claims_it = [&](const Resource& resource) {
      return std::any_of(resource.claims.begin(), resource.claims.end(), [&](const Claim& claim) {
        return claim.space == "path" && claim.host == host && claim.id == path;
      });
    };
    const auto& all = input_.manifests.resources;
    const auto owner = std::find_if(all.begin(), all.end(), claims_it);
    if (owner == all.end() || !lives_.contains(owner->address)) return false;
    return std::all_of(all.begin(), all.end(), [&](const Resource& resource) {
      return lives_.contains(resource.address) ||
             std::none_of(resource.dependencies.begin(), resource.dependencies.end(),
                          [&](const Dependency& on) {
                            return on.type == Dependency::Type::input && on.on == owner->address;
                          });
    });
  }

  // Whether all that take the unit's content up run well with what lies there now. Then what a run that died may have kept
  // is worth nothing any more: that run was finished by systemd, or by a person.
  [[nodiscard]] bool is_proven(const Unit& unit) const {
    return std::all_of(unit.actions.begin(), unit.actions.end(), [&](Index i) {
      const Resource& resource = plan_.actions[i].resource;
      if (resource.kind->refresh().empty()) return true;
      const Live& live = live_of(resource.address);
      return live.presence == Live::Presence::absent || live.proven;
    });
  }

  template <typename Visit>
  void for_each_step(const Unit& unit, Visit visit) {
    for (const Index i : unit.actions) {
      for (auto& round : plan_.actions[i].rounds) {
        for (Step& step : round) visit(step);
      }
    }
  }

  bool is_guarded(const Unit& unit) {
    const Host* host = input_.manifests.find_host(unit.host);
    bool guarded = false;
    if (host != nullptr)
      for_each_step(unit, [&](const Step& step) { guarded = guarded || touches_way_in(step, *host); });
    return guarded;
  }

  // The undo that lies on the host while the way in is not proven. What commands do to accounts is taken back by putting the
  // databases back: it needs no inverse command, and holds after any of them.
  void arm(Unit& unit) {
    ArmUndo guard;
    std::vector<const Step*> steps;
    bool databases = false;
    for_each_step(unit, [&](const Step& step) {
      if (!step.account.empty() && std::holds_alternative<RunCommand>(step.operation)) {
        databases = true;
      } else {
        steps.push_back(&step);
      }
    });
    if (databases) {
      guard.keep = account_databases();
      for (const std::string& path : guard.keep) guard.undo.emplace_back(RestorePrevious{path});
    }
    for (const Operation& operation : way_back(steps)) {
      auto undo = to_undo(operation);
      if (!undo) continue;
      // Getting in again counts for more than an edit that somebody made meanwhile, and may have been part of the trouble.
      if (auto* restore = std::get_if<RestorePrevious>(&*undo)) restore->written_sha256.clear();
      guard.undo.push_back(*std::move(undo));
    }
    for (const Index i : unit.actions) {
      guard.holder += (guard.holder.empty() ? "" : ", ") + plan_.actions[i].address.to_string();
    }
    guard.timeout = input_.manifests.settings.prove_within;
    // The same plan has the same: what is printed is what is sent.
    guard.id = sha256(to_json(to_value(Operation(guard)))).substr(0, 16);
    std::vector<Operation> finish = {DisarmUndo{guard.id}};
    for (const std::string& path : guard.keep) finish.emplace_back(ForgetPrevious{path});
    unit.finish.insert(unit.finish.begin(), finish.begin(), finish.end());
    unit.guard = std::move(guard);
  }

  // What a unit replaces is kept only where something can fail after the replacing: where a unit file or a configuration
  // is written and then taken up.
  void keep_previous(Unit& unit) {
    const auto each_step = [&](auto&& visit) { for_each_step(unit, visit); };
    each_step([&](const Step& step) {
      if (std::holds_alternative<ControlUnit>(step.operation)) unit.can_go_back = true;
    });
    const bool proven = is_proven(unit);
    std::set<std::string> kept;
    each_step([&](Step& step) {
      bool* keep = nullptr;
      bool* is_proven = nullptr;
      std::string path;
      std::string written;
      if (auto* write = std::get_if<WriteFile>(&step.operation)) {
        // What a secret makes of it is not known here, and its hash is nobody's business: the host notes it.
        written = write->content.has_secrets() ? "recorded" : sha256(write->content.shown());
        keep = &write->keep_previous;
        is_proven = &write->proven;
        path = write->path;
      } else if (auto* removal = std::get_if<RemovePath>(&step.operation)) {
        keep = &removal->keep_previous;
        is_proven = &removal->proven;
        written = "absent";
        path = removal->path;
      }
      if (keep == nullptr) return;
      *keep = unit.can_go_back;
      // Once a path: what this run itself has kept is what it goes back to.
      *is_proven = unit.can_go_back && proven && !kept.contains(path);
      if (!unit.can_go_back) {
        step.undo.clear();
        return;
      }
      if (step.undo.empty()) step.undo.emplace_back(RestorePrevious{path});
      // Going back must not take away what a person has written over it meanwhile.
      for (Operation& undo : step.undo) {
        auto* restore = std::get_if<RestorePrevious>(&undo);
        if (restore != nullptr && restore->path == path) restore->written_sha256 = written;
      }
      if (kept.insert(path).second) unit.finish.emplace_back(ForgetPrevious{path});
    });
    if (!unit.can_go_back) return;
    // A run that died between write and restart has left something kept: once the service is up with the new content,
    // nobody may ever go back to that.
    for (const Index i : unit.actions) {
      for (const Dependency& dependency : plan_.actions[i].resource.dependencies) {
        const auto found = index_.find(dependency.on);
        if (dependency.type != Dependency::Type::input || found == index_.end()) continue;
        const Resource& input = input_.manifests.resources[found->second];
        if (input.claims.empty() || input.claims.front().space != "path") continue;
        const std::string& path = input.claims.front().id;
        if (kept.insert(path).second) unit.finish.emplace_back(ForgetPrevious{path});
      }
    }
  }

  const PlanInput& input_;
  const Subjects& subjects_;
  const std::map<Address, Live>& lives_;
  Plan plan_;
  std::unordered_map<Address, Index> index_;   // of the declared resources
  std::vector<Index> action_of_;               // by resource: its action, or none
  std::vector<std::vector<Index>> inherited_;  // by resource: the actions it waits for
  std::vector<std::string> blocked_by_;        // by resource: the unknown one that it waits for, or ""
};

}  // namespace

Plan make_plan(const PlanInput& input, const Subjects& subjects, const std::map<Address, Live>& lives,
               std::vector<HostState> hosts) {
  return Planner(input, subjects, lives).run(std::move(hosts));
}

}  // namespace hearth
