#include "reconciler/cli/pause_view.h"

#include "reconciler/cli/text_style.h"
#include "reconciler/cli/time_text.h"

namespace hearth {

std::string pause_text(const PauseRecord& pause) {
  return (pause.pattern.empty() ? "everything" : printable(pause.pattern)) + " until " +
         local_time(pause.until) + " (" + printable(pause.person) + ": " + printable(pause.why) + ")";
}

Value pauses_json(const std::vector<PauseRecord>& pauses) {
  List out;
  for (const PauseRecord& pause : pauses) {
    Map entry;
    if (!pause.pattern.empty()) entry.set("pattern", pause.pattern);
    entry.set("at", pause.at);
    entry.set("until", pause.until);
    entry.set("person", pause.person);
    entry.set("why", pause.why);
    out.emplace_back(std::move(entry));
  }
  return out;
}

}  // namespace hearth
