#include "reconciler/core/secret.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "reconciler/core/digest.h"

namespace hearth {

namespace {

constexpr std::string_view hash_key = "secretHash";
constexpr std::string_view mark_prefix = "keyed:";
constexpr std::size_t hash_digits = 64;
constexpr std::size_t largest_secret = 1U << 20U;

// A descriptor that closes itself.
class File {
 public:
  explicit File(const std::string& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string reason() {
  return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

void wipe(std::string& text) noexcept {
  // All that was ever allocated, not just what is in use.
  OPENSSL_cleanse(text.data(), text.capacity());
  text.clear();
}

SecretText::SecretText(std::string&& bytes) : bytes_(bytes) {
  wipe(bytes);
}

SecretText::SecretText(SecretText&& other) noexcept : bytes_(std::move(other.bytes_)) {
  wipe(other.bytes_);  // a short string was copied
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    wipe(bytes_);
    bytes_.swap(other.bytes_);
  }
  return *this;
}

SecretText::~SecretText() {
  wipe(bytes_);
}

void SecretText::append(std::string_view bytes) {
  // Growing moves the bytes: where they were must be wiped as well.
  if (bytes_.capacity() - bytes_.size() < bytes.size()) {
    std::string larger;
    larger.reserve((bytes_.size() + bytes.size()) * 2);
    larger = bytes_;
    wipe(bytes_);
    bytes_.swap(larger);
    wipe(larger);
  }
  bytes_ += bytes;
}

bool operator==(const SecretText& a, const SecretText& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.bytes_.data(), b.bytes_.data(), a.size()) == 0;
}

bool is_secret_name(std::string_view name) {
  if (name.empty() || name.size() > 200) return false;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part.front() == '.') return false;
    begin = end + 1;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-@+").find(c) != std::string_view::npos;
  });
}

std::optional<SecretText> read_secret_text(int fd) {
  SecretText out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size > 0) out.append({buffer.data(), static_cast<std::size_t>(size)});
    if (size <= 0 || out.size() > largest_secret) {
      OPENSSL_cleanse(buffer.data(), buffer.size());
      if (size < 0 || out.size() > largest_secret) return std::nullopt;
      return out;
    }
  }
}

Secrets::Secrets(std::unique_ptr<SecretStore> store, std::string key)
    : store_(std::move(store)), key_(std::move(key)) {}

Result<std::shared_ptr<const SecretText>> Secrets::find(const std::string& name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  auto text = store_->resolve(name);
  if (!text) return tl::unexpected(text.error());
  return known_.emplace(name, std::make_shared<const SecretText>(*std::move(text))).first->second;
}

std::string Secrets::keyed_hash(const SecretText& text) const {
  return keyed_sha256(key_, text.reveal());
}

std::string Secrets::mark(const std::string& sha256) {
  std::string made = std::string(mark_prefix) + keyed_sha256(key_, sha256);
  marks_.insert_or_assign(made, sha256);
  return made;
}

bool Secrets::is_mark(std::string_view text) {
  return text.size() == mark_prefix.size() + hash_digits && text.starts_with(mark_prefix);
}

std::optional<std::string> Secrets::behind(const std::string& mark) const {
  const auto found = marks_.find(mark);
  if (found == marks_.end()) return std::nullopt;
  return found->second;
}

std::string Secrets::redact(std::string text) const {
  for (const auto& [name, secret] : known_) {
    const std::string_view whole = secret->reveal();
    const std::string instead = "<secret " + name + ">";
    const auto hide = [&](std::string_view part) {
      if (part.size() >= shortest_secret) replace_all(text, part, instead);
    };
    hide(whole);
    // Within a longer text it may begin at each of three places of a group; what it shares a group with stays.
    for (std::size_t skip = 0; skip < 3 && skip + 3 <= whole.size(); ++skip) {
      std::string encoded = base64(whole.substr(skip, (whole.size() - skip) / 3 * 3));
      if (encoded.size() > shortest_secret) hide(encoded);
      wipe(encoded);
    }
    for (std::size_t begin = 0; begin < whole.size();) {
      const std::size_t end = std::min(whole.find('\n', begin), whole.size());
      hide(whole.substr(begin, end - begin));
      begin = end + 1;
    }
    // Only the end of what a tool says is kept: it may begin in the middle of the secret.
    for (std::size_t at = 1; at + shortest_secret <= whole.size(); ++at) {
      if (!text.starts_with(whole.substr(at))) continue;
      text.replace(0, whole.size() - at, instead);
      break;
    }
  }
  return text;
}

bool holds_secret(const Value& value) {
  if (value.is_secret()) return true;
  if (value.is_list()) return std::any_of(value.as_list().begin(), value.as_list().end(), holds_secret);
  if (!value.is_map()) return false;
  const Map& map = value.as_map();
  if (const Value* hash = map.find(hash_key); hash != nullptr && hash->is_string() && map.size() == 1)
    return true;
  return std::any_of(map.begin(), map.end(),
                     [](const Map::Member& member) { return holds_secret(member.value); });
}

Value with_secret_hashes(const Value& value, const std::map<std::string, std::string>& hashes) {
  if (value.is_secret()) {
    const auto found = hashes.find(value.as_secret().name);
    return Map{{std::string(hash_key), found == hashes.end() ? std::string() : found->second}};
  }
  if (value.is_list()) {
    List out;
    for (const Value& element : value.as_list()) out.push_back(with_secret_hashes(element, hashes));
    return out;
  }
  if (!value.is_map()) return value;
  Map out;
  for (const auto& member : value.as_map()) out.set(member.key, with_secret_hashes(member.value, hashes));
  return out;
}

Result<std::string> secret_key(const std::string& file) {
  constexpr std::size_t key_bytes = 32;
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    return tl::unexpected(
        failure("no-secret-key", "the key of the journal's hashes of secrets, " + file + ", " + why, hint));
  };
  {
    // Made whole before it has its name; when two make it at once, the first one's counts.
    const std::string made = file + ".new-" + random_hex(8);
    const File present(file, O_RDONLY);
    if (present.get() < 0 && errno == ENOENT) {
      const std::string key = random_hex(key_bytes);
      bool written = false;
      {
        const File fresh(made, O_WRONLY | O_CREAT | O_EXCL, 0600);
        written = fresh.get() >= 0 &&
                  ::write(fresh.get(), key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
                  ::fsync(fresh.get()) == 0;
      }
      const bool linked = written && (::link(made.c_str(), file.c_str()) == 0 || errno == EEXIST);
      const std::string why = reason();
      ::unlink(made.c_str());
      if (!linked) return refuse("cannot be made: " + why, "its folder must be writable");
    }
  }
  const File present(file, O_RDONLY);
  struct stat facts{};
  if (present.get() < 0 || ::fstat(present.get(), &facts) != 0) {
    return refuse("cannot be read: " + reason(), "let the user that runs hearth read it");
  }
  if (facts.st_uid != ::geteuid() || (facts.st_mode & 077U) != 0) {
    return refuse("may be used by others", "chmod 600 " + file);
  }
  auto key = read_secret_text(present.get());
  if (!key || key->size() != key_bytes * 2) {
    return refuse("is damaged",
                  "remove it: the next apply takes all secrets for changed, and remembers them anew");
  }
  return std::string(key->reveal());
}

}  // namespace hearth
