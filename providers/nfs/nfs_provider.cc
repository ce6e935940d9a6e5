#include "providers/nfs/nfs_provider.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "providers/nfs/exports.h"
#include "providers/support/lines.h"
#include "providers/support/listed_files.h"
#include "providers/support/lists.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

using Options = std::vector<std::string>;
using Changes = std::map<std::string, std::optional<Options>>;

constexpr std::string_view exports_path = "/etc/exports";
constexpr std::string_view threads_path = "/proc/fs/nfsd/threads";
constexpr std::string_view table_path = "/var/lib/nfs/etab";

std::string path_of(const Resource& resource) {
  return normalised_path(resource.desired.string_or("path", "/"));
}

bool is_about(const ExportEntry& entry, const std::string& path) {
  return entry.path.starts_with('/') && normalised_path(entry.path) == path;
}

// By client what it may do; of two entries for one client the first counts.
std::map<std::string, Options> clients_of(const ExportsFile& file, const std::string& path) {
  std::map<std::string, Options> out;
  for (const ExportEntry& entry : file.entries) {
    if (!is_about(entry, path)) continue;
    for (const ExportClient& client : entry.clients) out.emplace(client.name, client.options);
  }
  return out;
}

// The table that mountd reads names all options; only those that the file can name in one way are compared.
Options comparable(Options options) {
  const auto flavour = std::find_if(options.begin(), options.end(),
                                    [](const std::string& option) { return option.starts_with("sec="); });
  options.erase(flavour, options.end());
  std::erase_if(options, [](const std::string& option) {
    return option == "anonuid=65534" || option == "anongid=65534" || option.starts_with("fsid=") ||
           option.starts_with("mountpoint") || option.starts_with("mp") || option.starts_with("refer=") ||
           option.starts_with("replicas=");
  });
  return canonical_export_options(options);
}

bool is_in_table(const std::map<std::string, Options>& file, const std::map<std::string, Options>& table) {
  return std::equal(file.begin(), file.end(), table.begin(), table.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return false;
    const bool by_flavour = std::any_of(a.second.begin(), a.second.end(), [](const std::string& option) {
      return option.starts_with("sec=") || option.starts_with("xprtsec=");
    });
    return by_flavour || comparable(a.second) == comparable(b.second);
  });
}

Value clients_value(const Resource& resource, const std::map<std::string, Options>& clients) {
  const Value* declared = resource.desired.find("clients");
  Map out;
  for (const auto& [name, options] : clients) {
    const Value* wanted = declared == nullptr ? nullptr : declared->find(name);
    const bool same = wanted != nullptr && wanted->is_list() &&
                      canonical_export_options(strings(wanted)) == canonical_export_options(options);
    out.set(name, same ? *wanted : Value(list_of(options)));
  }
  return out;
}

// A candidate is read by exportfs itself, over the file in a mount namespace of its own and with a table of its own, so that
// nothing of it reaches the server. Only what exportfs cannot read counts: a folder that is not there is no mistake of the
// file. Where no namespace can be had (exit 75) nothing goes live unread.
std::vector<std::string> exports_check() {
  static constexpr std::string_view script = R"sh(
said=$(unshare -m sh -c '
  mount --make-rprivate / && mount -t tmpfs tmpfs /var/lib/nfs && cp -- "$1" /var/lib/nfs/candidate &&
  : >/var/lib/nfs/etab || exit 75
  if [ -e /etc/exports ]; then
    mount --bind /var/lib/nfs/candidate /etc/exports && { [ ! -d /etc/exports.d ] || mount -t tmpfs tmpfs /etc/exports.d; }
  else
    mount -t tmpfs tmpfs /etc && cp /var/lib/nfs/candidate /etc/exports
  fi || exit 75
  exportfs -a 2>&1; :' sh "$1" 2>&1) || { printf "%s\n" "$said"; exit 75; }
wrong=$(printf "%s\n" "$said" | grep -i "syntax error\|unknown keyword\|bad option list\|expected client\|bad anon\|bad fsid\|too long\|incompatible\|invalid")
[ -n "$wrong" ] || exit 0
printf "%s\n" "$wrong"
exit 1)sh";
  return {"sh", "-c", std::string(script), "hearth-check-exports", "{}"};
}

std::vector<std::string> lines_of(const std::vector<ExportEntry>& entries) {
  std::vector<std::string> out;
  for (const ExportEntry& entry : entries) out.insert(out.end(), entry.lines.begin(), entry.lines.end());
  return out;
}

// The entries that LIVE carries, in the words of the file.
std::vector<ExportEntry> entries_in(const Live& live) {
  std::string text;
  if (const Value* lines = live.fields.find("lines"); lines != nullptr) {
    for (const std::string& line : strings(lines)) text += line + "\n";
  }
  return read_exports(text).entries;
}

Step export_again() {
  const RunCommand run{.argv = {"exportfs", "-ra"}};
  return {.operation = run, .expects = {{"exported", true}}, .effect = Effect::reload, .undo = {run}};
}

std::vector<Step> steps_for(const std::vector<ExportEntry>& entries, std::vector<std::string> lines,
                            Map expects) {
  const std::vector<std::string> before = lines_of(entries);
  expects.set("lines", list_of(lines));
  ReplaceLines replace{.path = std::string(exports_path),
                       .old_lines = before,
                       .new_lines = std::move(lines),
                       .check = exports_check()};
  const ReplaceLines back{replace.path, replace.new_lines, before};
  std::vector<Step> steps;
  steps.push_back({.operation = std::move(replace), .expects = std::move(expects), .undo = {back}});
  steps.push_back(export_again());
  return steps;
}

}  // namespace

std::vector<Probe> NfsProvider::probes(const Resource&) const noexcept {
  return {ReadFile{.path = std::string(exports_path), .known_sha256 = {}},
          list_files(".exports", {"/etc/exports.d"}, false),
          ReadFile{.path = std::string(threads_path), .known_sha256 = {}},
          ReadFile{.path = std::string(table_path), .known_sha256 = {}}};
}

Live NfsProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  for (const Reply& reply : replies) {
    if (const auto* none = std::get_if<NoReply>(&reply)) return Live::unknown(none->why);
  }
  const auto* file = replies.size() == 4 ? std::get_if<FileReply>(replies.data()) : nullptr;
  const auto* others = replies.size() == 4 ? std::get_if<RunReply>(&replies[1]) : nullptr;
  const auto* threads = replies.size() == 4 ? std::get_if<FileReply>(&replies[2]) : nullptr;
  const auto* table = replies.size() == 4 ? std::get_if<FileReply>(&replies[3]) : nullptr;
  if (file == nullptr || others == nullptr || threads == nullptr || table == nullptr)
    return Live::unknown("the host gave no answer about its exports");
  const std::string path = path_of(resource);
  if (threads->type == FileReply::Type::absent || (threads->content && *threads->content == "0\n")) {
    return Live::unknown(
        "the kernel of " + resource.address.host +
        " serves no NFS: install nfs-kernel-server, or start nfs-server.service (in a container the "
        "kernel has none to offer)");
  }
  if (file->type != FileReply::Type::regular && file->type != FileReply::Type::absent)
    return Live::unknown(
        "/etc/exports is no regular file on this host, and hearth edits nothing through a link");
  if (file->type == FileReply::Type::regular && (!file->content || !is_text(*file->content)))
    return Live::unknown("/etc/exports is too large, or holds other than text: correct it by hand");
  const ExportsFile said = read_exports(file->content.value_or(""));
  if (!said.trouble.empty()) {
    return Live::unknown(
        "/etc/exports:" + said.trouble +
        ". exportfs gives the file up there, and what follows is not exported: correct it by hand");
  }
  for (const ListedFile& other : listed_files(others->out)) {
    const ExportsFile more = read_exports(other.text);
    if (std::any_of(more.entries.begin(), more.entries.end(),
                    [&](const ExportEntry& entry) { return is_about(entry, path); }))
      return Live::unknown(other.path + " exports " + path + ", too: move that line to /etc/exports");
  }
  std::vector<ExportEntry> entries;
  for (const ExportEntry& entry : said.entries) {
    if (is_about(entry, path)) entries.push_back(entry);
  }
  // Lines are changed by what stands in them: one that another entry is continued by must not be taken for this one's.
  const std::vector<std::string> own = lines_of(entries);
  const std::vector<std::string> all = split_lines(file->content.value_or(""));
  for (const std::string& line : own) {
    if (std::count(all.begin(), all.end(), line) > std::count(own.begin(), own.end(), line)) {
      return Live::unknown("/etc/exports has the line `" + line +
                           "` also as part of another entry: put each entry on one line");
    }
  }
  const std::map<std::string, Options> clients = clients_of(said, path);
  Live live = entries.empty() ? Live::absent() : Live::present({});
  Map fields{{"path", path}, {"lines", list_of(lines_of(entries))}};
  if (!entries.empty()) {
    fields.set("clients", clients_value(resource, clients));
    fields.set("exported", is_in_table(clients, clients_of(read_exports(table->content.value_or("")), path)));
  }
  live.fields = std::move(fields);
  return live;
}

std::vector<Step> NfsProvider::next_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  const std::string path = path_of(resource);
  const std::vector<ExportEntry> entries = entries_in(live);
  Changes changes;
  Map after;
  if (const Value* there = live.fields.find("clients"); there != nullptr && there->is_map())
    after = there->as_map();
  const Value* declared = resource.desired.find("clients");
  if (declared == nullptr || !declared->is_map()) return {export_again()};
  for (const auto& [name, position, options] : declared->as_map()) {
    const Value* now = after.find(name);
    if (options.is_list()) {
      const bool same = now != nullptr &&
                        canonical_export_options(strings(now)) == canonical_export_options(strings(&options));
      if (!same) changes[name] = strings(&options);
    } else if (now != nullptr && now->is_list()) {
      changes[name] = std::nullopt;
    }
  }
  if (resource.is_exclusive("clients")) {
    for (const auto& [name, position, options] : after) {
      if (declared->find(name) == nullptr && options.is_list()) changes[name] = std::nullopt;
    }
  }
  if (changes.empty()) return {export_again()};
  for (const auto& [name, options] : changes) after.set(name, options ? Value(list_of(*options)) : Value());

  std::vector<std::string> lines;
  if (entries.empty()) {
    lines = {export_line(path, changes)};
  } else {
    // New clients go to the first entry; each entry gives up what is to go.
    Changes rest = changes;
    for (const ExportEntry& entry : entries) {
      Changes own;
      for (const ExportClient& client : entry.clients) {
        if (const auto change = changes.find(client.name); change != changes.end()) own.insert(*change);
      }
      if (&entry == &entries.front()) {
        for (const auto& [name, options] : changes) {
          const bool elsewhere =
              std::any_of(entries.begin() + 1, entries.end(), [&](const ExportEntry& other) {
                return std::any_of(other.clients.begin(), other.clients.end(),
                                   [&](const ExportClient& client) { return client.name == name; });
              });
          if (!elsewhere) own.emplace(name, options);
        }
      }
      for (std::string& line : export_lines(entry, own)) lines.push_back(std::move(line));
    }
  }
  return steps_for(entries, std::move(lines), {{"path", path}, {"clients", std::move(after)}});
}

std::vector<Step> NfsProvider::removal_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  const std::vector<ExportEntry> entries = entries_in(live);
  const Value* declared = resource.desired.find("clients");
  if (declared == nullptr || !declared->is_map() || entries.empty()) return {};
  Changes changes;
  for (const auto& [name, position, options] : declared->as_map()) {
    if (options.is_list()) changes[name] = std::nullopt;
  }
  std::vector<std::string> lines;
  for (const ExportEntry& entry : entries) {
    for (std::string& line : export_lines(entry, changes)) lines.push_back(std::move(line));
  }
  if (lines == lines_of(entries)) return {};
  std::vector<Step> steps = steps_for(entries, std::move(lines), {});
  for (Step& step : steps) step.expects = {};
  return steps;
}

std::vector<Probe> NfsProvider::discovery_probes(std::string_view) const noexcept {
  return {ReadFile{.path = std::string(exports_path), .known_sha256 = {}}};
}

std::vector<Found> NfsProvider::discover(std::string_view, std::span<const Reply> replies) const noexcept {
  std::vector<Found> found;
  const auto* file = replies.size() == 1 ? std::get_if<FileReply>(replies.data()) : nullptr;
  if (file == nullptr || !file->content || !is_text(*file->content)) return found;
  const ExportsFile said = read_exports(*file->content);
  for (const ExportEntry& entry : said.entries) {
    if (!entry.path.starts_with('/') || !is_text(entry.path)) continue;
    const std::string path = normalised_path(entry.path);
    if (std::any_of(found.begin(), found.end(),
                    [&](const Found& known) { return known.spec.string_or("path", "") == path; }))
      continue;
    Map clients;
    for (const auto& [name, options] : clients_of(said, path)) clients.set(name, list_of(options));
    Found one{.kind = "NfsExport",
              .name = fit_name(path),
              .spec = Map{{"path", path}, {"clients", std::move(clients)}},
              .owner = {},
              .remark = {}};
    if (!said.trouble.empty())
      one.remark = "/etc/exports:" + said.trouble + "; exportfs reads nothing after that";
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace hearth
