#include <set>
#include <string>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {

namespace {

struct Counts {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

Counts count(const Diagnostics& diagnostics) {
  Counts counts;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    ++(diagnostic.severity == Severity::error ? counts.errors : counts.warnings);
  }
  return counts;
}

std::size_t kinds_in(const ManifestSet& manifests) {
  std::set<std::string_view> kinds;
  for (const Resource& resource : manifests.resources) kinds.insert(resource.address.kind);
  return kinds.size();
}

std::string summary(const ManifestSet& manifests, const std::string& folder) {
  const Counts counts = count(manifests.diagnostics);
  const std::string warnings = counts.warnings == 0 ? "" : ", " + counted(counts.warnings, "warning");
  if (!manifests.complete)
    return counted(counts.errors, "error") + warnings + " in the manifests folder " + printable(folder) +
           (folder.ends_with('.') ? "" : ".");
  return "Valid: " + counted(manifests.resources.size(), "resource") + " of " +
         counted(kinds_in(manifests), "kind") + " on " + counted(manifests.hosts.size(), "host") + warnings +
         ".";
}

}  // namespace

ExitCode run_validate(const Invocation& invocation) {
  const auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return fail(invocation, schemas.error());
  const ManifestSet manifests = load_manifests(invocation.folder, *schemas);
  if (invocation.json()) {
    print_document(invocation,
                   Map{{"valid", manifests.complete},
                       {"resources", static_cast<std::int64_t>(manifests.resources.size())},
                       {"kinds", static_cast<std::int64_t>(kinds_in(manifests))},
                       {"hosts", static_cast<std::int64_t>(manifests.hosts.size())}},
                   manifests.diagnostics);
  } else {
    complain(invocation, manifests.diagnostics);
    const bool valid = manifests.complete;
    print(paint(invocation.style, valid ? Color::green : Color::red, summary(manifests, invocation.folder)) +
          "\n");
  }
  return manifests.complete ? ExitCode::clean : ExitCode::error;
}

}  // namespace hearth
