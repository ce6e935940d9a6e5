#include "reconciler/core/live.h"
#include "reconciler/core/secret.h"
#include "reconciler/diff/differ.h"
#include "reconciler/journal/journal.h"

namespace hearth {

AppliedRecord applied_record(const Resource& resource, const Live& live, const std::string& commit,
                             bool by_person, std::int64_t applied) {
  AppliedRecord record;
  if (!resource.claims.empty()) record.claim = resource.claims.front();
  record.address = resource.address.to_string();
  record.spec = with_secret_hashes(resource.desired, resource.secret_hashes);
  record.live = managed_fields(resource, live);
  record.protect = resource.protect;
  record.on_remove = resource.on_remove;
  record.commit = commit;
  record.by_person = by_person;
  record.applied = applied;
  return record;
}

bool was_begun_to_make(const Journal& journal, const std::string& address, ActionId current) {
  for (const ActionRecord& action : journal.actions_on(address, 2)) {
    if (action.id == current) continue;
    return action.operation == "create" && (action.outcome.empty() || action.outcome == "unknown");
  }
  return false;
}

}  // namespace hearth
