#include "reconciler/manifest/checkout.h"

#include <chrono>

#include "reconciler/transport/process.h"

namespace hearth {

namespace {

// What `git -C FOLDER ARGS…` prints, or "" when that does not work: outside of git there is nothing to say.
std::string git(const std::string& folder, std::vector<std::string> arguments) {
  ProcessRequest request;
  request.argv = {"git", "-C", folder};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.timeout = std::chrono::seconds(10);
  const auto result = run_process(request);
  if (!result || result->end != ProcessResult::End::exited || result->exit_code != 0) return {};
  return result->out;
}

}  // namespace

Checkout read_checkout(const std::string& folder) {
  Checkout checkout;
  checkout.commit = git(folder, {"rev-parse", "--verify", "--quiet", "HEAD"});
  while (!checkout.commit.empty() && checkout.commit.back() == '\n') checkout.commit.pop_back();
  if (!checkout.commit.empty()) checkout.dirty = !git(folder, {"status", "--porcelain", "--", "."}).empty();
  return checkout;
}

}  // namespace hearth
