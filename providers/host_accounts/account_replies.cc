#include "providers/host_accounts/account_replies.h"

namespace hearth {

RunProbe account_file_probe(std::string_view path) {
  return {.argv = {"cat", std::string(path)}};
}

const std::string* account_text(const Reply& reply, std::string_view path, std::string& why) {
  const auto* run = std::get_if<RunReply>(&reply);
  if (run != nullptr && run->exit_code == 0) return &run->out;
  if (const auto* none = std::get_if<NoReply>(&reply)) {
    why = none->why;
  } else {
    why = std::string(path) + " cannot be read" + (run == nullptr || run->err.empty() ? "" : ": " + run->err);
  }
  return nullptr;
}

bool is_account_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.ends_with('$')) name.remove_suffix(1);
  return !name.empty() && name.size() <= 32 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

}  // namespace hearth
