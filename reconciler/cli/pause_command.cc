#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/pause_view.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/time_span.h"
#include "reconciler/drift/pauses.h"
#include "reconciler/journal/journal.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/plan/planner.h"

namespace hearth {

namespace {

// Whether PATTERNS can be addresses, and name something. Manifests that cannot be read keep nobody from pausing: that may be
// just what a person needs now.
Result<void> check_patterns(const Invocation& invocation, const std::vector<std::string>& patterns,
                            const Journal& journal) {
  const auto selection = Selection::parse(patterns);
  if (!selection) return tl::unexpected(selection.error());
  if (patterns.empty()) return {};
  const auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return {};
  const ManifestSet manifests = load_manifests(invocation.folder, *schemas);
  if (!manifests.complete) return {};
  std::vector<Address> known;
  std::vector<std::string> names;
  for (const Resource& resource : manifests.resources) known.push_back(resource.address);
  for (const AppliedRecord& record : journal.all_applied()) {
    if (const auto address = Address::parse(record.address)) known.push_back(*address);
  }
  for (const PauseRecord& record : journal.pauses()) names.push_back(record.pattern);
  for (const Address& address : known) {
    names.push_back(address.to_string());
    names.push_back(address.kind + "/" + address.name);
  }
  for (const std::string& pattern : selection->unmatched(known)) {
    if (std::find(names.begin(), names.end(), pattern) != names.end()) continue;
    const std::string nearest = did_you_mean(pattern, names);
    return tl::unexpected(failure("unknown-address", "nothing declared is called \"" + pattern + "\"",
                                  nearest.empty() ? "see what there is: hearth graph" : nearest));
  }
  return {};
}

std::string pauses_text(const std::vector<PauseRecord>& pauses) {
  std::string out;
  for (const PauseRecord& pause : pauses) out += "  " + pause_text(pause) + "\n";
  return out.empty() ? "Nothing is paused.\n" : "Left alone by hearth reconcile:\n" + out;
}

ExitCode tell(const Invocation& invocation, const std::vector<std::string>& patterns, PauseRecord record) {
  auto journal = open_journal(default_journal_path());
  if (!journal) return fail(invocation, journal.error());
  if (const auto good = check_patterns(invocation, patterns, **journal); !good)
    return fail(invocation, good.error(), ExitCode::usage);
  record.person = whoami();
  std::vector<PauseRecord> records;
  for (const std::string& pattern : patterns.empty() ? std::vector<std::string>{""} : patterns) {
    record.pattern = pattern;
    records.push_back(record);
  }
  if (const auto written = (*journal)->add_pauses(records); !written)
    return fail(invocation, written.error());
  const auto open = open_pauses((*journal)->pauses(), record.at);
  if (const auto damage = (*journal)->damage()) return fail(invocation, *damage);
  if (invocation.json()) {
    print_document(invocation, Map{{"pauses", pauses_json(open)}});
  } else {
    print(pauses_text(open));
  }
  return ExitCode::clean;
}

}  // namespace

ExitCode run_pause(const Invocation& invocation, const PauseOptions& options) {
  const auto span = parse_time_span(options.duration);
  if (!span) {
    return fail(invocation,
                failure("bad-span", "--for " + printable(options.duration) + " is no span of time",
                        "write a number with its unit, such as 45m, 2h, 1d or 1h30m; at most a year"),
                ExitCode::usage);
  }
  if (options.why.find_first_not_of(' ') == std::string::npos) {
    return fail(invocation,
                failure("usage", "--why is empty", "say in a few words why, for who finds it paused"),
                ExitCode::usage);
  }
  PauseRecord record;
  record.at = milliseconds_now();
  record.until = record.at + std::chrono::milliseconds(*span).count();
  record.why = options.why;
  return tell(invocation, options.addresses, std::move(record));
}

ExitCode run_resume(const Invocation& invocation, const ResumeOptions& options) {
  PauseRecord record;
  record.at = milliseconds_now();
  return tell(invocation, options.addresses, std::move(record));
}

}  // namespace hearth
