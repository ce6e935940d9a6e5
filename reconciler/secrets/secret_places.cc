#include "reconciler/secrets/secret_places.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "reconciler/transport/file_descriptor.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace hearth {

namespace {

namespace fs = std::filesystem;

constexpr std::array<SecretOrigin, 4> in_order{SecretOrigin::credential, SecretOrigin::file,
                                               SecretOrigin::environment, SecretOrigin::encrypted};
constexpr std::string_view ending = ".age";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string reason() {
  return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is
}

// Where what belongs to this user and to hearth lies.
std::string own_folder() {
  if (::geteuid() == 0) return "/etc/hearth";
  std::string config = variable("XDG_CONFIG_HOME");
  if (config.empty()) {
    std::string home = variable("HOME");
    if (home.empty()) {
      const passwd* user = ::getpwuid(::geteuid());
      home = user == nullptr ? "" : user->pw_dir;
    }
    config = home + "/.config";
  }
  return config + "/hearth";
}

SecretText without_last_line_break(SecretText text) {
  if (!text.reveal().ends_with('\n')) return text;
  SecretText out;
  out.append(text.reveal().substr(0, text.size() - 1));
  return out;
}

Diagnostic unusable(const std::string& name, const std::string& why, const std::string& hint) {
  return failure("unusable-secret", "the secret \"" + name + "\" cannot be used: " + why, hint);
}

Result<SecretText> checked(const std::string& name, SecretText text) {
  if (text.size() == 0)
    return tl::unexpected(unusable(name, "it is empty", "give it content, or leave the field out"));
  if (text.reveal().find('\0') != std::string_view::npos) {
    return tl::unexpected(unusable(name, "it contains NUL bytes",
                                   "secrets are text; encode it (base64) where what reads it can decode it"));
  }
  if (text.size() < shortest_secret) {
    return tl::unexpected(unusable(name, "it is shorter than " + std::to_string(shortest_secret) + " bytes",
                                   "hearth could not keep it out of what is shown: choose a longer one"));
  }
  return text;
}

// Nothing when there is no such file.
Result<std::optional<SecretText>> from_file(const std::string& name, const std::string& path,
                                            bool owner_only) {
  // O_NONBLOCK: a pipe must not be waited for.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<SecretText>();
    return tl::unexpected(unusable(name, path + ": " + reason(), "let the user that runs hearth read it"));
  }
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return tl::unexpected(
        unusable(name, path + " is no regular file", "put the secret into a file of that name"));
  }
  if (owner_only && facts.st_uid != ::geteuid()) {
    return tl::unexpected(unusable(name,
                                   path + " belongs to another user (" + std::to_string(facts.st_uid) + ")",
                                   "chown " + std::to_string(::geteuid()) + " " + path));
  }
  if (owner_only && (facts.st_mode & 077U) != 0) {
    return tl::unexpected(
        unusable(name, "others than its owner may use " + path,
                 "chmod 600 " + path + "; whoever could read it may know it: think of changing it"));
  }
  auto text = read_secret_text(file.get());
  if (!text) {
    return tl::unexpected(
        unusable(name, path + " cannot be read, or is larger than 1 MiB", "a secret is a password or a key"));
  }
  return text;
}

// The files below FOLDER other than BESIDES, as paths seen from it. What cannot be looked into has none.
std::vector<std::string> files_below(const std::string& folder, const std::string& besides) {
  std::vector<std::string> out;
  if (folder.empty()) return out;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator(folder, options, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_directory(unknown) || entry->path() == besides) continue;
    out.push_back(entry->path().lexically_relative(folder).string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::string_view to_string(SecretOrigin origin) {
  switch (origin) {
    case SecretOrigin::credential: return "credential";
    case SecretOrigin::file: return "file";
    case SecretOrigin::environment: return "environment";
    case SecretOrigin::encrypted: return "encrypted";
  }
  return "";
}

SecretSources secret_sources_of(const std::string& manifests, const std::string& identity) {
  SecretSources sources;
  sources.credentials = variable("CREDENTIALS_DIRECTORY");
  const std::string own = own_folder();
  sources.folder = variable("HEARTH_SECRETS");
  if (sources.folder.empty()) sources.folder = own + "/secrets";
  sources.encrypted = (fs::path(manifests) / "secrets").string();
  sources.identity = variable("HEARTH_AGE_IDENTITY");
  if (sources.identity.empty()) sources.identity = identity.empty() ? own + "/age.key" : identity;
  return sources;
}

std::string secret_variable(std::string_view name) {
  std::string out = "HEARTH_SECRET_";
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 'a' + 'A');
    } else {
      out += (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    }
  }
  return out;
}

void forget_secret_variables() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(secret_variable(""))) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names) ::unsetenv(name.c_str());
}

SecretPlaces::SecretPlaces(SecretSources sources) : sources_(std::move(sources)) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t sign = text.find('=');
    if (!text.starts_with(secret_variable("")) || sign == std::string_view::npos) continue;
    variables_[std::string(text.substr(0, sign))].append(text.substr(sign + 1));
  }
}

std::string SecretPlaces::encrypted_file(const std::string& name) const {
  return sources_.encrypted + "/" + name + std::string(ending);
}

std::string SecretPlaces::where(SecretOrigin origin, const std::string& name) const {
  switch (origin) {
    case SecretOrigin::credential: {
      if (sources_.credentials.empty()) return "";
      std::string file = name;
      std::replace(file.begin(), file.end(), '/', '.');
      return sources_.credentials + "/" + file;
    }
    case SecretOrigin::file: return sources_.folder.empty() ? "" : sources_.folder + "/" + name;
    case SecretOrigin::environment: return secret_variable(name);
    case SecretOrigin::encrypted: return sources_.encrypted.empty() ? "" : encrypted_file(name);
  }
  return "";
}

SecretPlaces::Found SecretPlaces::decrypt(const std::string& name, const std::string& path) const {
  auto encrypted = from_file(name, path, false);
  if (!encrypted || !*encrypted) return encrypted;
  std::string hint;
  if (const std::string why = why_no_identity(sources_.identity, hint); !why.empty()) {
    return tl::unexpected(
        unusable(name, path + " is encrypted, and there is no identity to read it with: " + why,
                 hint + "; another one is named by $HEARTH_AGE_IDENTITY or hearth.yaml's secrets.identity"));
  }
  auto text = sources_.age.decrypt(std::string((*encrypted)->reveal()), sources_.identity);
  if (!text) return tl::unexpected(unusable(name, path + ": " + text.error().message, text.error().hint));
  return std::optional<SecretText>(without_last_line_break(*std::move(text)));
}

SecretPlaces::Found SecretPlaces::read(SecretOrigin origin, const std::string& name) const {
  const std::string place = where(origin, name);
  if (place.empty()) return std::optional<SecretText>();
  switch (origin) {
    case SecretOrigin::credential:
    case SecretOrigin::file: {
      auto text = from_file(name, place, origin == SecretOrigin::file);
      if (!text || !*text) return text;
      return std::optional<SecretText>(without_last_line_break(**std::move(text)));
    }
    case SecretOrigin::environment: {
      const auto found = variables_.find(place);
      if (found == variables_.end()) return std::optional<SecretText>();
      SecretText text;
      text.append(found->second.reveal());
      return std::optional<SecretText>(std::move(text));
    }
    case SecretOrigin::encrypted: return decrypt(name, place);
  }
  return std::optional<SecretText>();
}

Result<SecretText> SecretPlaces::resolve(const std::string& name) const {
  if (!is_secret_name(name)) {
    return tl::unexpected(
        failure("bad-secret-name", "\"" + name + "\" is no name for a secret",
                "letters, digits and . _ - @ + , in parts between slashes; no part begins with a dot"));
  }
  std::string looked;
  for (const SecretOrigin origin : in_order) {
    auto found = read(origin, name);
    if (!found) return tl::unexpected(found.error());
    if (*found) return checked(name, **std::move(found));
    const std::string place = where(origin, name);
    if (place.empty()) continue;
    looked += (looked.empty() ? "" : ", ") +
              (origin == SecretOrigin::environment ? "the variable " + place : place);
  }
  std::string hint;
  if (!sources_.folder.empty())
    hint = "write it into " + where(SecretOrigin::file, name) + " (mode 0600), or ";
  hint += "set " + secret_variable(name);
  if (!sources_.encrypted.empty()) hint += ", or encrypt it into the repository: hearth secret set " + name;
  return tl::unexpected(
      failure("missing-secret", "there is no secret \"" + name + "\"; looked for " + looked, hint));
}

std::vector<SecretPlace> SecretPlaces::places_of(const std::string& name) const {
  std::vector<SecretPlace> out;
  if (!is_secret_name(name)) return out;
  for (const SecretOrigin origin : in_order) {
    const std::string place = where(origin, name);
    std::error_code error;
    const bool there =
        origin == SecretOrigin::environment
            ? variables_.find(place) != variables_.end()
            : !place.empty() && fs::symlink_status(place, error).type() != fs::file_type::not_found;
    if (there) out.push_back({origin, place, name});
  }
  return out;
}

std::vector<SecretPlace> SecretPlaces::everything() const {
  std::vector<SecretPlace> out;
  for (const std::string& file : files_below(sources_.credentials, sources_.identity))
    out.push_back({SecretOrigin::credential, sources_.credentials + "/" + file, file});
  for (const std::string& file : files_below(sources_.folder, sources_.identity))
    out.push_back({SecretOrigin::file, sources_.folder + "/" + file, file});
  for (const auto& [name, text] : variables_) out.push_back({SecretOrigin::environment, name, name});
  for (const std::string& file : files_below(sources_.encrypted, sources_.identity)) {
    if (!file.ends_with(ending)) continue;
    out.push_back({SecretOrigin::encrypted, sources_.encrypted + "/" + file,
                   file.substr(0, file.size() - ending.size())});
  }
  return out;
}

}  // namespace hearth
