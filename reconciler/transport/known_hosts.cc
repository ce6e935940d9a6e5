#include "reconciler/transport/known_hosts.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "reconciler/core/digest.h"

namespace hearth {

namespace {

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // OpenSSL counts the padding in.
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string name_in_file(std::string_view host, std::uint16_t port) {
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return port == 22 ? name : "[" + name + "]:" + std::to_string(port);
}

// `*` and `?` as in ssh; everything else is itself, brackets too. Steps back to the last `*` only, so that no
// pattern takes more than |pattern| × |text|.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || std::tolower(static_cast<unsigned char>(pattern[p])) == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// `|1|SALT|HASH`: the name's HMAC-SHA1, so that the file does not tell which hosts one visits.
bool matches_hashed(std::string_view entry, std::string_view name) {
  entry.remove_prefix(3);
  const std::size_t bar = entry.find('|');
  if (bar == std::string_view::npos) return false;
  const auto salt = decode_base64(entry.substr(0, bar));
  const auto hash = decode_base64(entry.substr(bar + 1));
  if (!salt || !hash) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(), &size);
  return *hash == std::string_view(reinterpret_cast<const char*>(digest.data()), size);
}

bool matches_hosts(std::string_view hosts, std::string_view name) {
  if (hosts.starts_with("|1|")) return matches_hashed(hosts, name);
  bool matched = false;
  while (!hosts.empty()) {
    const std::size_t comma = std::min(hosts.find(','), hosts.size());
    std::string_view pattern = hosts.substr(0, comma);
    hosts.remove_prefix(std::min(comma + 1, hosts.size()));
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!matches_pattern(pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

struct Entry {
  bool revoked = false;
  std::string_view type;
  std::string_view key;
  std::size_t line = 0;
};

std::string_view next_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

// The entries of TEXT that are about NAME.
std::vector<Entry> entries_for(std::string_view text, std::string_view name) {
  std::vector<Entry> entries;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string_view word = next_word(line);
    if (word.empty() || word.front() == '#') continue;
    Entry entry;
    entry.line = number;
    if (word.front() == '@') {
      if (word != "@revoked") continue;
      entry.revoked = true;
      word = next_word(line);
    }
    if (!matches_hosts(word, name)) continue;
    entry.type = next_word(line);
    entry.key = next_word(line);
    if (!entry.key.empty()) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

std::string fingerprint_of(std::string_view key_base64) {
  const auto key = decode_base64(key_base64);
  if (!key) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(key->data(), key->size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  std::string text = base64({reinterpret_cast<const char*>(digest.data()), size});
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string known_hosts_line(std::string_view host, std::uint16_t port, const HostKey& key) {
  return name_in_file(host, port) + " " + key.type + " " + key.base64;
}

KeyVerdict judge_host_key(std::string_view text, std::string_view host, std::uint16_t port,
                          const HostKey& key) {
  const auto entries = entries_for(text, name_in_file(host, port));
  // A revocation stands above everything, wherever in the file it is.
  for (const Entry& entry : entries) {
    if (entry.revoked && entry.key == key.base64) return {KeyStanding::revoked, entry.line};
  }
  KeyVerdict verdict;
  for (const Entry& entry : entries) {
    if (entry.revoked) continue;
    if (entry.key == key.base64) return {KeyStanding::trusted, entry.line};
    if (entry.type == key.type) {
      verdict = {KeyStanding::changed, entry.line};
    } else if (verdict.standing == KeyStanding::unknown) {
      verdict = {KeyStanding::other_type, entry.line};
    }
  }
  return verdict;
}

std::vector<std::string> known_key_types(std::string_view text, std::string_view host, std::uint16_t port,
                                         std::string_view pinned) {
  std::vector<std::string> types;
  for (const Entry& entry : entries_for(text, name_in_file(host, port))) {
    if (!pinned.empty() && fingerprint_of(entry.key) != pinned) continue;
    if (!entry.revoked && std::find(types.begin(), types.end(), entry.type) == types.end())
      types.emplace_back(entry.type);
  }
  return types;
}

}  // namespace hearth
