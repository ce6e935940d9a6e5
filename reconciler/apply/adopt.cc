#include "reconciler/apply/adopt.h"

#include <set>

#include "reconciler/diff/differ.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

Result<std::size_t> adopt(const Survey& survey, Journal& journal, bool by_person, std::int64_t now) {
  std::set<Address> busy;
  for (const Action& action : survey.plan.actions) busy.insert(action.address);
  for (const Note& note : survey.plan.notes) {
    if (note.type != Note::Type::unmanaged) busy.insert(note.address);
  }
  std::size_t count = 0;
  for (const Resource* resource : survey.subjects.declared) {
    if (busy.contains(resource->address) || resource->claims.empty() || resource->kind->observe_only())
      continue;
    const auto live = survey.lives.find(resource->address);
    if (live == survey.lives.end() || live->second.presence != Live::Presence::present) continue;
    AppliedRecord record = applied_record(*resource, live->second, survey.plan.commit, by_person, now);
    auto known = journal.applied(record.claim);
    record.cluster = survey.plan.cluster;
    if (known && known->cluster != record.cluster) known.reset();
    // What no person ever applied stays so: the timer looks only after what somebody wanted.
    if (!by_person) {
      if (!known || !known->by_person) continue;
      record.by_person = true;
    }
    record.made = known ? known->made : was_begun_to_make(journal, record.address);
    if (known && known->spec == record.spec && known->address == record.address &&
        known->protect == record.protect && known->on_remove == record.on_remove &&
        known->by_person == record.by_person && known->live == record.live) {
      continue;
    }
    if (auto written = journal.remember(record); !written) return tl::unexpected(written.error());
    ++count;
  }
  if (auto flushed = journal.flush(); !flushed) return tl::unexpected(flushed.error());
  return count;
}

}  // namespace hearth
