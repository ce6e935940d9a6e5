#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/secret_prompt.h"
#include "reconciler/core/atomic_file.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/plan/secret_use.h"
#include "reconciler/secrets/secret_places.h"

// Nothing in here prints a secret: `list` does not even read them, `check` reads and drops them.

namespace hearth {

namespace {

// A secret that is named, or there, or both.
struct Row {
  std::string name;
  std::vector<SecretPlace> places;  // the first one counts
  std::vector<SecretUse> uses;
  bool usable = true;  // as `check` finds
};

// What the manifests name, then what lies about unused, each by name.
std::vector<Row> rows_of(const ManifestSet& manifests, const SecretPlaces& places) {
  std::map<std::string, std::vector<SecretUse>> used;
  for (SecretUse& use : secret_uses(manifests)) used[use.name].push_back(std::move(use));
  std::vector<Row> rows;
  std::set<std::string> found;  // what is somebody's
  for (auto& [name, uses] : used) {
    Row row{name, places.places_of(name), std::move(uses)};
    for (const SecretPlace& place : row.places) found.insert(place.where);
    rows.push_back(std::move(row));
  }
  std::map<std::string, Row> unused;
  for (SecretPlace& place : places.everything()) {
    if (found.find(place.where) != found.end()) continue;
    Row& row = unused[place.name];
    row.name = place.name;
    row.places.push_back(std::move(place));
  }
  for (auto& [name, row] : unused) rows.push_back(std::move(row));
  return rows;
}

// As few words as say it: a manifest for many hosts is one place.
std::string uses_text(const TextStyle& style, const Row& row) {
  constexpr std::size_t shown = 3;
  std::string out;
  std::size_t count = 0;
  for (const SecretUse& use : row.uses) {
    if (++count > shown && !style.verbose) continue;
    out += (out.empty() ? "" : ", ") + use.address;
  }
  if (count > shown && !style.verbose) out += " and " + std::to_string(count - shown) + " more";
  return out;
}

std::string text_of(const TextStyle& style, const std::vector<Row>& rows) {
  if (rows.empty()) return "No manifest names a secret, and none lies anywhere.\n";
  std::string out;
  for (const Row& row : rows) {
    out += paint(style, Color::bold, printable(row.name)) + "\n  from     ";
    if (row.places.empty()) {
      out += paint(style, Color::red, "nowhere");
    } else {
      out += std::string(to_string(row.places.front().origin)) + " " + printable(row.places.front().where);
    }
    out += "\n";
    for (std::size_t i = 1; i < row.places.size(); ++i) {
      out += "  not from " + std::string(to_string(row.places[i].origin)) + " " +
             printable(row.places[i].where) + "\n";
    }
    out += "  used by  ";
    out += row.uses.empty() ? paint(style, Color::yellow, "nothing") : printable(uses_text(style, row));
    out += "\n";
  }
  return out;
}

Value to_json_value(const SecretPlace& place) {
  return Map{{"origin", to_string(place.origin)}, {"where", place.where}};
}

Value to_json_value(const Row& row, bool checked) {
  List uses;
  for (const SecretUse& use : row.uses) uses.push_back(Map{{"address", use.address}, {"path", use.path}});
  List places;
  for (const SecretPlace& place : row.places) places.push_back(to_json_value(place));
  Map out{{"name", row.name}, {"places", std::move(places)}, {"usedBy", std::move(uses)}};
  if (checked && !row.uses.empty()) out.set("usable", row.usable);
  return out;
}

Map document_of(const std::vector<Row>& rows, bool checked) {
  List secrets;
  for (const Row& row : rows) secrets.push_back(to_json_value(row, checked));
  return Map{{"secrets", std::move(secrets)}};
}

Diagnostic warning(const std::string& rule, const std::string& message, const std::string& hint) {
  Diagnostic out = failure(rule, message, hint);
  out.severity = Severity::warning;
  return out;
}

ExitCode list(const Invocation& invocation, const ManifestSet& manifests, const SecretPlaces& places) {
  const std::vector<Row> rows = rows_of(manifests, places);
  if (invocation.json()) {
    print_document(invocation, document_of(rows, false));
  } else {
    print(text_of(invocation.style, rows));
  }
  return ExitCode::clean;
}

ExitCode check(const Invocation& invocation, const ManifestSet& manifests, const SecretPlaces& places) {
  std::vector<Row> rows = rows_of(manifests, places);
  Diagnostics diagnostics;
  std::size_t used = 0;
  std::size_t usable = 0;
  for (Row& row : rows) {
    if (row.uses.empty()) {
      diagnostics.add(warning("unused-secret", "no manifest names the secret in " + row.places.front().where,
                              "remove it when nothing needs it any more"));
      continue;
    }
    ++used;
    if (const auto text = places.resolve(row.name); !text) {
      row.usable = false;
      Diagnostic error = text.error();
      error.position = row.uses.front().position;
      error.path = row.uses.front().path;
      diagnostics.add(std::move(error));
      continue;
    }
    ++usable;
    for (std::size_t i = 1; i < row.places.size(); ++i) {
      diagnostics.add(warning("shadowed-secret",
                              "the secret \"" + row.name + "\" comes from " + row.places.front().where +
                                  "; the one in " + row.places[i].where + " is not used",
                              "remove the one that is not meant"));
    }
  }
  if (invocation.json()) {
    print_document(invocation, document_of(rows, true), diagnostics);
  } else {
    complain(invocation, diagnostics);
    const std::string summary = std::to_string(usable) + " of " + counted(used, "secret") + " can be used.";
    print(paint(invocation.style, usable == used ? Color::green : Color::red, summary) + "\n");
  }
  return diagnostics.has_errors() ? ExitCode::error : ExitCode::clean;
}

ExitCode set(const Invocation& invocation, const ManifestSet& manifests, const SecretPlaces& places,
             const std::string& name) {
  const auto& recipients = manifests.settings.secrets.recipients;
  if (recipients.empty()) {
    return fail(
        invocation,
        failure("no-recipients", "hearth.yaml does not say who may read the repository's secrets",
                "make a key on each machine that is to: age-keygen -o " + places.sources().identity +
                    "; then write their public keys into hearth.yaml: secrets: {recipients: [age1…]}"));
  }
  auto text =
      invocation.interactive ? ask_for_secret(name, STDIN_FILENO, STDERR_FILENO) : secret_from(STDIN_FILENO);
  if (!text) return fail(invocation, text.error());
  std::string why;
  if (text->reveal().find('\0') != std::string_view::npos) {
    why = "it contains NUL bytes";
  } else if (text->size() < shortest_secret) {
    why = text->size() == 0 ? "it is empty"
                            : "it is shorter than " + std::to_string(shortest_secret) +
                                  " bytes, too short to be "
                                  "kept out of what is shown";
  }
  if (!why.empty()) {
    return fail(invocation, failure("no-secret-given", "the secret cannot be used: " + why,
                                    "nothing was written; a secret is text: a password or a key"));
  }
  // What reads it takes one line break for an editor's.
  SecretText ended;
  ended.append(text->reveal());
  ended.append("\n");
  const auto encrypted = places.sources().age.encrypt(ended, recipients);
  if (!encrypted) return fail(invocation, encrypted.error());

  // What reads it takes no more.
  constexpr std::size_t most = 1U << 20U;
  if (encrypted->size() > most) {
    return fail(invocation, failure("no-secret-given", "the secret is larger than 1 MiB once it is encrypted",
                                    "nothing was written; a secret is a password or a key"));
  }

  const std::string file = places.encrypted_file(name);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  if (error) {
    return fail(invocation,
                failure("unwritable-file", "cannot make the folder of " + file + ": " + error.message(),
                        "nothing was written"));
  }
  // Others may read it: that is what it is encrypted for.
  if (const auto written = write_file_atomically(file, *encrypted, 0644); !written)
    return fail(invocation, written.error());

  Diagnostics diagnostics;
  std::string hint;
  if (why_no_identity(places.sources().identity, hint).empty()) {
    const auto again = places.sources().age.decrypt(*encrypted, places.sources().identity);
    if (!again || !(*again == ended)) {
      diagnostics.add(
          warning("unreadable-here",
                  "this machine's identity " + places.sources().identity + " cannot read what was written" +
                      (again ? "" : ": " + again.error().message),
                  "let its public key be one of hearth.yaml's secrets.recipients, if hearth is to "
                  "run here: age-keygen -y " +
                      places.sources().identity));
    }
  }
  const auto all = places.places_of(name);
  if (!all.empty() && all.front().origin != SecretOrigin::encrypted) {
    diagnostics.add(
        warning("shadowed-secret",
                "on this machine the secret \"" + name + "\" still comes from " + all.front().where,
                "remove that one if the new one is meant"));
  }
  if (invocation.json()) {
    print_document(invocation,
                   Map{{"written", file}, {"recipients", static_cast<std::int64_t>(recipients.size())}},
                   diagnostics);
  } else {
    complain(invocation, diagnostics);
    print("Wrote " + printable(file) + ", which " + counted(recipients.size(), "recipient") +
          " can read. Commit it.\n");
  }
  return ExitCode::clean;
}

}  // namespace

ExitCode run_secret(const Invocation& invocation, const SecretOptions& options) {
  const bool sets = options.action == SecretOptions::Action::set;
  if (sets != !options.name.empty()) {
    return fail(
        invocation,
        sets ? failure("usage", "hearth secret set needs a NAME", "see: hearth secret --help")
             : failure("usage", "only hearth secret set takes a name: \"" + printable(options.name) + "\"",
                       "see: hearth secret --help"),
        ExitCode::usage);
  }
  if (sets && !is_secret_name(options.name)) {
    return fail(
        invocation,
        failure("bad-secret-name", "\"" + printable(options.name) + "\" is no name for a secret",
                "letters, digits and . _ - @ + , in parts between slashes; no part begins with a dot"),
        ExitCode::usage);
  }
  const auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return fail(invocation, schemas.error());
  const ManifestSet manifests = load_manifests(invocation.folder, *schemas);
  if (!manifests.complete) return fail(invocation, manifests.diagnostics);
  const SecretPlaces places(secret_sources_of(invocation.folder, manifests.settings.secrets.identity));
  forget_secret_variables();
  switch (options.action) {
    case SecretOptions::Action::list: return list(invocation, manifests, places);
    case SecretOptions::Action::check: return check(invocation, manifests, places);
    case SecretOptions::Action::set: break;
  }
  return set(invocation, manifests, places, options.name);
}

}  // namespace hearth
