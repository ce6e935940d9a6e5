#include "providers/host_accounts/account_replies.h"

namespace hearth {

const std::string* account_text(const Reply& reply, std::string_view path, std::string& why) {
  if (const auto* none = std::get_if<NoReply>(&reply)) {
    why = none->why;
    return nullptr;
  }
  const auto* file = std::get_if<FileReply>(&reply);
  if (file != nullptr && file->type == FileReply::Type::regular && file->content) return &*file->content;
  if (file == nullptr) {
    why = "the host's answer about " + std::string(path) + " is not about a file";
  } else if (file->type == FileReply::Type::regular) {
    why = std::string(path) + " is larger than " + std::to_string(most_account_bytes >> 20U) +
          " MiB: that is more accounts than hearth reads";
  } else {
    why = std::string(path) + " is no regular file: put the host's accounts there";
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
