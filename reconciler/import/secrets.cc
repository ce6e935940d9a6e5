#include "reconciler/import/secrets.h"

#include <algorithm>
#include <cctype>

namespace hearth {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Whether LINE, in small letters, gives something of this name a value: `db_password = x`, `--token x`, `password: x`,
// `api-key=x`, `user:pass@host`.
bool names_a_secret(std::string_view line) {
  for (const std::string_view word :
       {"password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "private_key",
        "privatekey", "access_key", "credential", "pwd", "psk"}) {
    for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
      // `pwd` and the like only as words of their own: not in `cd "$(pwd)"` or `task`.
      const bool brief = word.size() <= 3;
      if (brief && ((at > 0 && is_word(line[at - 1])))) continue;
      std::string_view rest = line.substr(at + word.size());
      if (rest.starts_with("s")) rest.remove_prefix(1);
      if (brief && !rest.empty() && is_word(rest.front())) continue;
      // The name may go on: password_hash=, TokenFile= (which names a file: harmless, but nobody is hurt by the care).
      while (!rest.empty() && (is_word(rest.front()) || rest.front() == '_' || rest.front() == '-'))
        rest.remove_prefix(1);
      while (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) rest.remove_prefix(1);
      const bool option = at >= 2 && line.substr(0, at).find("--") != std::string_view::npos;
      std::size_t blanks = 0;
      while (blanks < rest.size() && (rest[blanks] == ' ' || rest[blanks] == '\t')) ++blanks;
      const std::string_view after = rest.substr(blanks);
      if (after.empty()) continue;
      if (after.front() == '=' || after.front() == ':') {
        std::string_view value = after.substr(1);
        while (!value.empty() && (value.front() == ' ' || value.front() == '\t' || value.front() == '=' ||
                                  value.front() == '"' || value.front() == '\'')) {
          value.remove_prefix(1);
        }
        if (!value.empty()) return true;
      } else if (option && blanks > 0) {
        return true;
      }
    }
  }
  // https://user:pass@host
  for (auto at = line.find("://"); at != std::string_view::npos; at = line.find("://", at + 1)) {
    const std::string_view rest = line.substr(at + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/ \t\"'"));
    const auto colon = authority.find(':');
    const auto sign = authority.find('@');
    if (sign != std::string_view::npos && colon != std::string_view::npos && colon + 1 < sign) return true;
  }
  return line.find("authorization:") != std::string_view::npos ||
         line.find("bearer ") != std::string_view::npos ||
         line.find("age-secret-key-") != std::string_view::npos;
}

void take(Value& value, const std::string& path, std::vector<std::string>& taken);

// Whether VALUE goes as a whole.
bool goes(Value& value, const std::string& path, std::vector<std::string>& taken) {
  if (value.is_string()) {
    const std::string why = secret_in_text(value.as_string());
    if (!why.empty()) taken.push_back(path + " is left out: " + why);
    return !why.empty();
  }
  if (value.is_list()) {
    // A list is owned whole: one without the element would say something else.
    for (const Value& element : value.as_list()) {
      Value copy = element;
      std::vector<std::string> inner;
      if (goes(copy, path, inner) || !inner.empty()) {
        taken.push_back(inner.front());
        return true;
      }
    }
    return false;
  }
  if (value.is_map()) take(value, path, taken);
  return false;
}

void take(Value& value, const std::string& path, std::vector<std::string>& taken) {
  std::vector<std::string> gone;
  for (auto& [key, position, member] : value.as_map()) {
    if (goes(member, path.empty() ? key : path + "." + key, taken)) gone.push_back(key);
  }
  for (const std::string& key : gone) value.as_map().erase(key);
}

}  // namespace

std::string secret_in_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = lower(text.substr(0, end));
    if (line.find("-----begin") != std::string::npos && line.find("private key") != std::string::npos)
      return "it holds a private key";
    if (names_a_secret(line)) return "a line of it looks like a password or token";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::string secret_by_name(std::string_view path, std::string_view mode) {
  const std::string name = lower(path.substr(path.rfind('/') + 1));
  const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
  if (ends(".key") || ends(".p12") || ends(".pfx") || ends(".jks") || ends(".kdbx") || ends(".keytab") ||
      name.starts_with("id_rsa") || name.starts_with("id_ed25519") || name.starts_with("id_ecdsa") ||
      ends("_key")) {
    if (!ends(".pub")) return "its name is that of a private key";
  }
  if (name == "shadow" || name == "gshadow" || name == "shadow-" || name == "gshadow-" ||
      name.find("htpasswd") != std::string::npos || name == ".netrc" || name == ".pgpass" ||
      name == ".my.cnf" || name.find("credential") != std::string::npos ||
      name.find("passwd") != std::string::npos || name.find("password") != std::string::npos ||
      name.find("secret") != std::string::npos || name.find("token") != std::string::npos) {
    return "its name is that of a file of passwords";
  }
  const bool for_few = !mode.empty() && (mode.back() == '0');
  if ((name == "env" || name.starts_with(".env") || ends(".env")) && for_few)
    return "it is an environment file that others may not read";
  return {};
}

std::vector<std::string> take_secrets(Value& spec) {
  std::vector<std::string> taken;
  if (!spec.is_map()) return taken;
  if (spec.find("content") != nullptr) {
    const std::string why = secret_by_name(spec.string_or("path", ""), spec.string_or("mode", ""));
    if (!why.empty()) {
      taken.push_back("content is left out: " + why);
      spec.as_map().erase("content");
    }
  }
  take(spec, "", taken);
  return taken;
}

}  // namespace hearth
