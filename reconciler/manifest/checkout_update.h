// Brings the git checkout that manifests lie in up to date with what it follows.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "reconciler/core/diagnostic.h"

namespace hearth {

struct CheckoutUpdate {
  bool in_git = false;
  bool clean = true;   // the files below the folder are those of COMMIT
  std::string commit;  // that HEAD is at now; "" outside of git
  std::string
      remote;  // where the followed branch was last seen, if it is a descendant of what was KNOWN; else that
  std::string outcome;  // for people, one line: what was done, or that there was nothing to do
  // Why it is not up to date. Its files, or the commit's, can be used all the same.
  std::optional<Diagnostic> trouble;
  bool may_pass = false;  // what TROUBLE tells of may pass by itself: the network, somebody's unfinished work
};

// Fetches and moves the checkout forward, never sideways or back; a checkout with uncommitted changes below FOLDER is left as it
// is. KNOWN is the commit that the followed branch was last known to be at ("" for none): by that a rewritten branch is told
// from one that went another way. PATIENCE bounds the talk with the other side.
CheckoutUpdate update_checkout(const std::string& folder, const std::string& known,
                               std::chrono::seconds patience = std::chrono::seconds(60));

// Writes FOLDER's files as of COMMIT to INTO, an empty folder that exists.
Result<void> export_commit(const std::string& folder, const std::string& commit, const std::string& into);

// `0123abc`, for people.
std::string short_commit(const std::string& commit);

}  // namespace hearth
