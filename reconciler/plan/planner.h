// From what is declared and what is to what would be done.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/live.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/plan/plan.h"
#include "reconciler/plugin/provider_registry.h"

namespace hearth {

// Which resources a command is about. Empty means all. A pattern is an address, in which each of kind, name and host
// may be `*`; without `@host` it means every host; without `/` it is a kind.
class Selection {
 public:
  static Result<Selection> parse(const std::vector<std::string>& patterns);
  [[nodiscard]] bool all() const { return patterns_.empty(); }
  [[nodiscard]] bool matches(const Address& address) const;
  [[nodiscard]] std::vector<std::string> patterns() const;  // as they were written
  // The patterns that match none of ADDRESSES, as they were written.
  [[nodiscard]] std::vector<std::string> unmatched(const std::vector<Address>& addresses) const;

 private:
  struct Pattern {
    std::string text;
    Address address;
  };
  std::vector<Pattern> patterns_;
};

struct PlanInput {
  const ManifestSet& manifests;
  const SchemaRegistry& schemas;
  ProviderRegistry& providers;
  const Journal* journal = nullptr;  // nullptr: history unknown
  Selection selection;
};

// What the observations are to be about: the selected declared resources, and what the journal knows of that no manifest
// holds any more. OWNED holds resources rebuilt from the journal.
struct Subjects {
  std::vector<const Resource*> declared;
  // Mounts that were not asked for, but under what was: looked at, and never acted on.
  std::vector<const Resource*> grounds = {};
  std::vector<Resource> orphans;
  std::vector<Note> notes;  // orphans that cannot even be looked at, and why
};
Subjects subjects(const PlanInput& input);

// Pure: equal input gives an equal plan. LIVES has an entry for each subject.
Plan make_plan(const PlanInput& input, const Subjects& subjects, const std::map<Address, Live>& lives,
               std::vector<HostState> hosts);

// Round after round of steps that lead from LIVE to what RESOURCE declares, each step's expectations folded into the
// live values that the next round is asked with. An error when the provider does not come to an end.
Result<std::vector<std::vector<Step>>> fold_steps(const Provider& provider, const Resource& resource,
                                                  Live live);

// The live values that STEPS leave behind.
Live folded(Live live, const std::vector<Step>& steps);

}  // namespace hearth
