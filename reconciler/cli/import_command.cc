#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/host_choice.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/core/atomic_file.h"
#include "reconciler/import/discovery.h"
#include "reconciler/import/import_set.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/loader.h"

namespace hearth {

namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

Result<std::vector<const KindSchema*>> choose_kinds(const SchemaRegistry& schemas,
                                                    const std::vector<std::string>& words) {
  std::vector<const KindSchema*> kinds;
  for (const std::string& word : words.empty() ? schemas.kinds() : words) {
    const KindSchema* kind = schemas.find(word);
    if (kind == nullptr) {
      const std::string nearest = did_you_mean(word, schemas.kinds());
      return tl::unexpected(failure("unknown-topic", "there is no kind \"" + printable(word) + "\"",
                                    nearest.empty() ? "`hearth explain` lists the kinds" : nearest));
    }
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

// The texts that the session's manifests came from, named as load_manifest_texts() wants them.
Result<Texts> texts_of(const std::string& folder) {
  Diagnostics diagnostics;
  Texts texts;
  for (SourceFile& file : read_folder(folder, diagnostics)) {
    texts.emplace_back(file.settings ? "hearth.yaml" : std::move(file.name), std::move(file.text));
  }
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity == Severity::error) return tl::unexpected(diagnostic);
  }
  return texts;
}

Discovery look_around(Session& session, const std::vector<const KindSchema*>& kinds,
                      const std::vector<const Host*>& hosts, ProgressListener& progress) {
  std::optional<Discovery> result;
  for (const Host* host : hosts) progress.observing(host->name);
  discover(session.loop(), session.targets(), session.providers(), kinds, hosts,
           [&](Discovery discovery) { result = std::move(discovery); });
  session.loop().run_until([&] { return result.has_value(); });
  for (HostState state : result->hosts) {
    state.reachable = true;  // who was not is said at the end, once
    progress.observed(state);
  }
  return *std::move(result);
}

// Plans SET as if it were declared and leaves out what would not stay as it is, until nothing is left to do: an import
// never changes a host at the next apply.
Result<void> prove(Session& session, ImportSet& set, const Texts& folder, ProgressListener& progress) {
  // A world that is changed all the time is no reason to go on for ever.
  constexpr int most_rounds = 5;
  for (int round = 0; round < most_rounds; ++round) {
    const auto all = make_sound(set, folder, session.manifests().hosts, session.schemas());
    if (!all) return tl::unexpected(all.error());
    if (set.things.empty()) return {};
    std::vector<std::string> addresses;
    for (const Imported& thing : set.things) addresses.push_back(thing.address().to_string());
    auto selection = Selection::parse(addresses);
    if (!selection) return tl::unexpected(selection.error());
    std::unique_ptr<Survey> looked;
    const PlanInput input{*all, session.schemas(), session.providers(), nullptr, *std::move(selection)};
    survey(session.loop(), session.observer(), progress, input,
           [&](std::unique_ptr<Survey> done) { looked = std::move(done); });
    session.loop().run_until([&] { return looked != nullptr; });
    if (!drop_what_differs(set, looked->plan)) return {};
  }
  return tl::unexpected(failure("not-imported", "what is there changes faster than it can be looked at",
                                "run the command again when the hosts are at rest, or name fewer KINDs"));
}

// Whether FILES declare just what SET does.
Result<void> compare(const ImportSet& set, const std::vector<ImportFile>& files, const Texts& folder,
                     const ManifestSet& declared, const SchemaRegistry& schemas) {
  Texts laid_out;
  for (const ImportFile& file : files) laid_out.emplace_back(file.name, file.text);
  Texts one_by_one;
  for (std::size_t i = 0; i < set.things.size(); ++i)
    one_by_one.emplace_back(std::to_string(i) + ".yaml", manifest_of(set.things[i]));
  const ManifestSet written = with_files(folder, laid_out, declared.hosts, schemas);
  if (written.complete &&
      fingerprint(written) == fingerprint(with_files(folder, one_by_one, declared.hosts, schemas))) {
    return {};
  }
  return tl::unexpected(
      failure("not-imported", "the manifests as laid out do not say what was found",
              "this is a fault of hearth: report it, with what `hearth import -o json` prints"));
}

Result<void> write_files(const std::string& folder, const std::vector<ImportFile>& files) {
  namespace fs = std::filesystem;
  std::vector<const ImportFile*> missing;
  for (const ImportFile& file : files) {
    const std::string path = folder + "/" + file.name;
    std::error_code error;
    if (!fs::exists(fs::symlink_status(path, error))) {
      missing.push_back(&file);
      continue;
    }
    const auto there = read_file(path);
    if (!there) return tl::unexpected(there.error());
    if (*there != file.text) {
      return tl::unexpected(failure("file-exists",
                                    path + " exists and says something else; nothing was written",
                                    "name another folder with --out, or move the file away"));
    }
  }
  std::error_code error;
  if (!missing.empty()) fs::create_directories(folder, error);
  if (error) {
    return tl::unexpected(failure("unwritable-file",
                                  "cannot make the folder " + folder + ": " + error.message(),
                                  "name another one with --out"));
  }
  for (const ImportFile* file : missing) {
    if (auto written = write_file_atomically(folder + "/" + file->name, file->text, 0644); !written)
      return written;
  }
  return {};
}

std::string summary_of(const ImportSet& set, const std::vector<ImportFile>& files,
                       const ImportOptions& options, bool whole) {
  if (set.things.empty()) {
    return whole ? "Nothing to import: what is there is declared, or belongs to packages."
                 : "Nothing to import from what could be looked at.";
  }
  std::set<std::string> hosts;
  for (const Imported& thing : set.things) hosts.insert(thing.host);
  std::string out = counted(set.things.size(), "resource") + " of " + counted(files.size(), "kind") + " on " +
                    counted(hosts.size(), "host");
  if (options.out_folder.empty()) return out + ".";
  return out + ", in " + printable(options.out_folder) + ": look them over, then: hearth plan";
}

Diagnostics complaints(const ImportSet& set, const Discovery& discovery) {
  Diagnostics diagnostics;
  diagnostics.append(discovery.troubles);
  for (const HostState& host : discovery.hosts) {
    if (host.reachable) continue;
    Diagnostic unreached = failure("unreachable-host", host.name + " was not reached: " + host.why);
    if (host.on_demand) unreached.severity = Severity::warning;
    diagnostics.add(std::move(unreached));
  }
  std::set<std::string> said;
  for (const LeftOut& left : set.left_out) {
    Diagnostic warning = failure("not-imported", left.kind + " " + printable(left.name) + " on " + left.host +
                                                     ": " + printable(left.why));
    warning.severity = Severity::warning;
    if (said.insert(warning.message).second) diagnostics.add(std::move(warning));
  }
  return diagnostics;
}

Map document_of(const ImportSet& set, const std::vector<ImportFile>& files) {
  List file_list;
  for (const ImportFile& file : files)
    file_list.emplace_back(Map{{"file", file.name}, {"kind", file.kind}, {"text", file.text}});
  List resources;
  for (const Imported& thing : set.things)
    resources.emplace_back(Map{{"address", thing.address().to_string()}, {"spec", thing.spec}});
  List left_out;
  for (const LeftOut& left : set.left_out) {
    left_out.emplace_back(
        Map{{"kind", left.kind}, {"name", left.name}, {"host", left.host}, {"why", left.why}});
  }
  return Map{
      {"files", std::move(file_list)}, {"resources", std::move(resources)}, {"leftOut", std::move(left_out)}};
}

}  // namespace

ExitCode run_import(const Invocation& invocation, const ImportOptions& options) {
  auto opened = Session::open(invocation);
  if (!opened) return fail(invocation, opened.error());
  Session& session = **opened;
  if (const auto missing = session.missing_secrets({}); missing.has_errors())
    return fail(invocation, missing);
  const auto kinds = choose_kinds(session.schemas(), options.kinds);
  if (!kinds) return fail(invocation, kinds.error(), ExitCode::usage);
  const std::vector<std::string> all = {"all"};
  const auto hosts = session.manifests().hosts.empty()
                         ? Result<std::vector<const Host*>>(tl::unexpected(
                               failure("unknown-node", "no manifest declares a Node to look at",
                                       "declare one: see hearth explain Node")))
                         : choose_hosts(session.manifests(), options.hosts.empty() ? all : options.hosts);
  if (!hosts) return fail(invocation, hosts.error(), ExitCode::usage);
  const auto folder = texts_of(invocation.folder);
  if (!folder) return fail(invocation, folder.error());

  const auto progress = make_progress(invocation);
  const Discovery discovery = look_around(session, *kinds, *hosts, *progress);
  ImportSet set = choose(discovery, session.manifests());
  if (const auto proven = prove(session, set, *folder, *progress); !proven)
    return fail(invocation, proven.error());
  const std::vector<ImportFile> files = lay_out(set, session.manifests().hosts);
  if (const auto same = compare(set, files, *folder, session.manifests(), session.schemas()); !same)
    return fail(invocation, same.error());
  if (!options.out_folder.empty()) {
    if (const auto written = write_files(options.out_folder, files); !written)
      return fail(invocation, written.error());
  }

  const Diagnostics diagnostics = complaints(set, discovery);
  complain(invocation, diagnostics);
  if (invocation.json()) {
    print_document(invocation, document_of(set, files), diagnostics);
  } else {
    if (options.out_folder.empty()) {
      std::string text;
      for (const ImportFile& file : files) text += (text.empty() ? "" : "---\n") + file.text;
      print(text);
    }
    std::cout.flush();
    std::cerr << summary_of(set, files, options, !diagnostics.has_errors()) << "\n";
  }
  return diagnostics.has_errors() ? ExitCode::incomplete : ExitCode::clean;
}

}  // namespace hearth
