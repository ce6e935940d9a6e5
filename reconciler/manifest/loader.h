// Finds and reads the files of a manifests folder.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

struct SourceFile {
  std::string name;  // as people see it: with the folder's name in front
  std::string text;
  bool settings = false;  // hearth.yaml at the top of the folder
};

// hearth.yaml and every *.yaml below FOLDER, sorted by path. Hidden files and folders are left out; symbolic
// links are followed, but not in circles. Whatever cannot be read is an error, the rest is read all the same.
std::vector<SourceFile> read_folder(const std::string& folder, Diagnostics& diagnostics);

}  // namespace hearth
