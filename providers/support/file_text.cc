#include "providers/support/file_text.h"

#include <string_view>

#include "providers/support/text.h"
#include "reconciler/core/digest.h"

namespace hearth {

namespace {

constexpr std::string_view hash_mark = ", sha256 ";
constexpr std::size_t hash_digits = 64;

// `<5 bytes of other than text, sha256 …>`: the hash is what a later write rests on.
std::string description(const FileReply& reply, std::string_view what) {
  return "<" + std::to_string(reply.size) + " bytes" + std::string(what) + std::string(hash_mark) +
         reply.sha256 + ">";
}

// The hash in a description; "" when TEXT is none.
std::string_view described_hash(std::string_view text) {
  if (text.size() < hash_mark.size() + hash_digits + 2 || text.front() != '<' || text.back() != '>')
    return {};
  const std::string_view tail = text.substr(text.size() - hash_digits - hash_mark.size() - 1);
  if (tail.substr(0, hash_mark.size()) != hash_mark) return {};
  return tail.substr(hash_mark.size(), hash_digits);
}

}  // namespace

ReadFile probe_text(std::string path, const Value* desired) {
  ReadFile probe{.path = std::move(path), .known_sha256 = {}};
  if (desired == nullptr) probe.max_content = 0;
  if (desired != nullptr && desired->is_string()) probe.known_sha256 = sha256(desired->as_string());
  return probe;
}

Value live_text(const FileReply& reply, const Value* desired) {
  if (reply.type == FileReply::Type::absent) return nullptr;
  if (reply.type == FileReply::Type::symlink) return "<symbolic link to " + reply.target + ">";
  if (desired != nullptr && desired->is_string() && sha256(desired->as_string()) == reply.sha256)
    return *desired;
  if (!reply.content) return description(reply, "");
  // A file that reads like a description must not be taken for one.
  if (!is_text(*reply.content) || !described_hash(*reply.content).empty())
    return description(reply, " of other than text");
  return *reply.content;
}

std::string expected_hash(const Value& live_text) {
  if (live_text.is_null()) return "absent";
  if (!live_text.is_string()) return "";
  const std::string& text = live_text.as_string();
  if (const std::string_view hash = described_hash(text); !hash.empty()) return std::string(hash);
  // A link has no hash. It is replaced, never written through, so that nothing is lost that it points at.
  if (text.starts_with("<symbolic link to ") && text.ends_with(">")) return "";
  return sha256(text);
}

}  // namespace hearth
