#include "reconciler/drift/pauses.h"

#include <algorithm>

#include "reconciler/plan/planner.h"

namespace hearth {

namespace {

bool matches(const PauseRecord& record, const Address& address) {
  if (record.pattern.empty()) return true;
  const auto selection = Selection::parse({record.pattern});
  // What cannot be read any more holds everything, or resumes nothing.
  return selection ? selection->matches(address) : record.until != 0;
}

}  // namespace

std::vector<PauseRecord> open_pauses(const std::vector<PauseRecord>& records, std::int64_t now) {
  std::vector<PauseRecord> out;
  for (const PauseRecord& record : records) {
    if (record.until == 0) {
      std::erase_if(out, [&](const PauseRecord& pause) {
        return record.pattern.empty() || record.pattern == pause.pattern;
      });
    } else if (record.until > now) {
      out.push_back(record);
    }
  }
  return out;
}

std::optional<PauseRecord> paused(const std::vector<PauseRecord>& records, const Address& address,
                                  std::int64_t now) {
  std::optional<PauseRecord> out;
  for (const PauseRecord& record : records) {
    if (!matches(record, address)) continue;
    if (record.until == 0) {
      out.reset();
    } else if (record.until > now && (!out || record.until > out->until)) {
      out = record;
    }
  }
  return out;
}

std::int64_t last_resumed(const std::vector<PauseRecord>& records, const Address& address) {
  std::int64_t out = 0;
  for (const PauseRecord& record : records) {
    if (record.until == 0 && matches(record, address)) out = std::max(out, record.at);
  }
  return out;
}

}  // namespace hearth
