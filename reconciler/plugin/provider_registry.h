// Finds, checks and loads the provider modules.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

class Provider;

// Modules are loaded on first use of one of their kinds and never unloaded. Refused: a module with another ABI tag, or
// that is (or lies in a folder that is) writable by anybody but root and its owner, where the owner is neither root nor
// the user who runs hearth.
class ProviderRegistry {
 public:
  explicit ProviderRegistry(std::string folder) : folder_(std::move(folder)) {}

  // The provider NAME (module FOLDER/hearth_<NAME>.so).
  Result<const Provider*> load(std::string_view name);
  // For tests and in-memory worlds: takes precedence over a module of that name. Not owned.
  void add(const Provider& provider);

 private:
  std::string folder_;
  std::map<std::string, const Provider*, std::less<>> loaded_;
};

}  // namespace hearth
