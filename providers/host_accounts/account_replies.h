// What the kinds of this provider share: asking for an account database, and what its name rules are.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "providers/host_accounts/account_files.h"
#include "reconciler/core/live.h"
#include "reconciler/transport/operation.h"

namespace hearth {

// Asks for the text of an account database. By cat, and not by ReadFile, which compares what it reads with what it hashed
// before: those files are replaced whole whenever an account changes, other actions of the same apply do that all the time,
// and either text is a good answer.
RunProbe account_file_probe(std::string_view path);

// The text that came; nullptr, and WHY, when it was not read.
const std::string* account_text(const Reply& reply, std::string_view path, std::string& why);

// A name that a manifest may hold (the schemas say the same), and that no command takes for an option.
bool is_account_name(std::string_view name);

// The entry NAME, nullptr when there is none; WHY is set when that cannot be told.
template <typename Entry>
const Entry* find_account(const AccountFile<Entry>& file, const std::string& name, std::string_view path,
                          std::string& why) {
  const Entry* found = nullptr;
  for (const Entry& entry : file.entries) {
    if (entry.name != name) continue;
    if (found != nullptr) {
      why = std::string(path) + " has two lines for " + name + ": delete one of them (vipw, vigr)";
      return nullptr;
    }
    found = &entry;
  }
  if (found == nullptr &&
      std::find(file.elsewhere.begin(), file.elsewhere.end(), name) != file.elsewhere.end()) {
    why = name + " comes from a network (a `+` or `-` line in " + std::string(path) +
          "), and hearth only keeps accounts of the host itself: declare it where it is kept";
  }
  return found;
}

}  // namespace hearth
