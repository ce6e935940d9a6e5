#include "reconciler/transport/script_end.h"

#include <algorithm>

namespace hearth {

namespace {

// The end of what a login said, for a message: enough to recognise, not a screenful.
std::string excerpt(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  constexpr std::size_t longest = 300;
  if (text.size() > longest) text.remove_prefix(text.size() - longest);
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

Diagnostic why_not_begun(std::string_view host, const ScriptEnd& end) {
  const std::string name(host);
  const std::string said = excerpt(end.output.err.empty() ? end.output.out : end.output.err);
  if (end.output.err.find("sudo: a password is required") != std::string::npos ||
      end.output.err.find("sudo: a terminal is required") != std::string::npos) {
    return failure("become-password", "sudo on " + name + " asks for a password, and hearth has none to give",
                   "allow the Node's user to run everything without one (NOPASSWD: ALL), or connect as root");
  }
  if (end.output.err.find("sudo:") != std::string::npos ||
      (end.exit_code == 127 && said.find("sudo") != std::string::npos)) {
    return failure("become", "sudo does not work on " + name + ": " + said,
                   "install and allow sudo there for the Node's user, or connect as root");
  }
  if (!end.why.empty()) return failure("unreachable", name + ": " + end.why, "is it still there? try again");
  return failure("no-shell",
                 "the login on " + name + " did not start sh (exit status " + std::to_string(end.exit_code) +
                     ")" + (said.empty() ? "" : ": " + said),
                 "check the user's login shell, and a forced command in its authorized_keys");
}

Result<std::vector<Reply>> answer_to_observe(std::string_view host, const std::vector<Probe>& probes,
                                             std::string_view nonce, const ScriptEnd& end,
                                             std::string_view root) {
  if (!has_begun(end.output.out, nonce)) return tl::unexpected(why_not_begun(host, end));
  return parse_replies(probes, nonce, end.output, root, end.why);
}

std::vector<std::vector<OperationResult>> answer_to_execute(std::string_view host,
                                                            const std::vector<std::size_t>& sizes,
                                                            std::string_view nonce, const ScriptEnd& end) {
  const bool begun = has_begun(end.output.out, nonce);
  if (!begun && !end.delivered) {
    return none_sent(
        sizes, failure("unreachable", std::string(host) + ": " + end.why, "is it still there? try again"));
  }
  // The shell (or sudo in its place) has ended by itself without a word of the script: nothing was done.
  if (!begun && end.why.empty()) return none_sent(sizes, why_not_begun(host, end));
  return parse_results(sizes, nonce, end.output, end.why);
}

std::vector<std::vector<OperationResult>> none_sent(const std::vector<std::size_t>& sizes,
                                                    const Diagnostic& why) {
  const std::string text = why.message + (why.hint.empty() ? "" : "; " + why.hint);
  std::vector<std::vector<OperationResult>> out;
  out.reserve(sizes.size());
  for (const std::size_t size : sizes) {
    out.emplace_back(size, OperationResult{OperationResult::Status::not_sent, why.rule, text});
  }
  return out;
}

std::vector<std::size_t> sizes_of(const std::vector<OperationGroup>& groups) {
  std::vector<std::size_t> sizes;
  sizes.reserve(groups.size());
  for (const OperationGroup& group : groups) sizes.push_back(group.size());
  return sizes;
}

}  // namespace hearth
