// The files of some folders with their text and the package that each belongs to: what discovery of kinds that live in
// drop-in folders rests on, and what reading of a whole such folder takes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

struct ListedFile {
  std::string path;
  std::string text;
  std::string owner;  // the package that brought it, or ""
};

// Asks for the regular files (links followed, /dev/null is an empty one) that lie in FOLDERS and end in SUFFIX. WITH_OWNERS
// costs a run of dpkg-query for each.
RunProbe list_files(std::string_view suffix, const std::vector<std::string>& folders, bool with_owners);

// What that said. Lines that it would not say are left out.
std::vector<ListedFile> listed_files(std::string_view output);

}  // namespace hearth
