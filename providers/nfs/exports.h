// /etc/exports as exportfs reads it, and its entries changed so that what a person wrote around them stays: exports(5) and the
// reader of nfs-utils (support/nfs/exports.c, xio.c), which knows more than the manual says: it stops at the first mistake.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct ExportClient {
  std::string name;                  // `*` for everybody, also where the file names nobody
  std::vector<std::string> options;  // default options of the entry (`-ro,sync`) included, before its own
};

// One path with its clients: a line of the file, or several that backslashes make one.
struct ExportEntry {
  std::string path;
  std::vector<ExportClient> clients;
  std::vector<std::string> lines;  // of the file, as they are
};

struct ExportsFile {
  std::vector<ExportEntry> entries;
  std::string trouble;  // "3: …", the line at which exportfs gives up the file; "" when it does not
};

ExportsFile read_exports(std::string_view text);

// What OPTIONS mean: later ones win, synonyms are one, what is so without them is left out. Sorted.
std::vector<std::string> canonical_export_options(const std::vector<std::string>& options);

// What is to stand instead of ENTRY's lines once CHANGES are made: by client, its options, or nothing where it is to go. No
// line at all when no client is left: a path without clients is exported to everybody.
std::vector<std::string> export_lines(
    const ExportEntry& entry, const std::map<std::string, std::optional<std::vector<std::string>>>& changes);

// A new entry.
std::string export_line(const std::string& path,
                        const std::map<std::string, std::optional<std::vector<std::string>>>& clients);

}  // namespace hearth
