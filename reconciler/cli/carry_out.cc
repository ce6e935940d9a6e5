#include "reconciler/cli/carry_out.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "reconciler/cli/signal_watch.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/digest.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

ApplyReport carry_out(Session& session, ProgressListener& progress, const Plan& plan, RunId run,
                      ApplyOptions options) {
  options.token = random_hex(16);
  options.holder = whoami() + " (process " + std::to_string(getpid()) + ", run " + std::to_string(run) + ")";
  Applier applier(session.loop(), session.targets(), session.observer(), session.providers(),
                  *session.journal(), progress, plan, run, std::move(options));
  std::optional<ApplyReport> result;
  int signals = 0;
  const SignalWatch watch(session.loop(), [&] {
    if (++signals == 1) {
      std::fputs("\nFinishing what is in flight; nothing more is begun. Once more to stop at once.\n",
                 stderr);
      applier.interrupt();
    } else {
      applier.abandon();
    }
  });
  applier.start([&](ApplyReport done) { result = std::move(done); });
  session.loop().run_until([&] { return result.has_value(); });
  return *std::move(result);
}

std::string look_again_at_checks(Session& session, const Survey& survey, std::vector<Note>& notes) {
  std::string failing;
  std::set<Address> checks;
  std::vector<std::string> patterns;
  for (const Resource* resource : survey.subjects.declared) {
    if (!resource->kind->observe_only() || resource->kind->kind() == "Node") continue;
    checks.insert(resource->address);
    patterns.push_back(resource->address.to_string());
  }
  if (patterns.empty()) return failing;
  SilentProgress silent;
  const auto look = session.look(Selection::parse(patterns).value(), silent);
  std::erase_if(notes, [&](const Note& note) { return checks.contains(note.address); });
  for (const Note& note : look->plan.notes) {
    notes.push_back(note);
    if (note.type != Note::Type::failing && note.type != Note::Type::unknown) continue;
    failing += "  " + std::string(to_string(note.type)) + "  " + note.address.to_string() + ": " +
               printable(note.text) + "\n";
  }
  return failing.empty() ? failing : "Checks after the apply:\n" + failing;
}

}  // namespace hearth
