// Secrets' content. Manifests, plans, journals and operations know secrets by name only; what turns a name into bytes
// (secrets/secret_places says where from) is seen through here, and the bytes go to the host that they were declared for
// and nowhere else.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

// The content of a secret. It converts to nothing, prints nowhere, and leaves no copy behind in memory that it owned.
class SecretText {
 public:
  SecretText() = default;
  // Takes the bytes and wipes where they were.
  explicit SecretText(std::string&& bytes);
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText();

  // The bytes themselves, for what sends or hashes them. Every use of this is a place to look at twice.
  [[nodiscard]] std::string_view reveal() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void append(std::string_view bytes);
  // Takes as long whatever differs.
  friend bool operator==(const SecretText& a, const SecretText& b);

 private:
  std::string bytes_;
};

// Overwrites TEXT's bytes in a way that no compiler leaves out, and empties it.
void wipe(std::string& text) noexcept;

// Where secrets come from.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  // The content of NAME; or why there is none, every place that was looked in, and what to do.
  [[nodiscard]] virtual Result<SecretText> resolve(const std::string& name) const = 0;
};

// Nothing shorter can be told from ordinary text, where what a tool says is searched for it.
constexpr std::size_t shortest_secret = 4;

// Whether NAME may be one: parts of letters, digits and . _ - @ + , between slashes, none of which begins with a dot. That
// is a path below a folder of secrets that leads nowhere else.
bool is_secret_name(std::string_view name);

// The bytes that can be read from FD; nothing when that fails or there are more than a secret may have (1 MiB).
std::optional<SecretText> read_secret_text(int fd);

// The secrets of one run: each is read once. Used from the loop's thread only.
class Secrets {
 public:
  // KEY: of keyed hashes; the journal's, so that they can be recognised by the next run.
  Secrets(std::unique_ptr<SecretStore> store, std::string key);

  Result<std::shared_ptr<const SecretText>> find(const std::string& name);
  // What the journal remembers of a secret: recognised again, not guessable.
  [[nodiscard]] std::string keyed_hash(const SecretText& text) const;

  // A stand-in for the SHA-256 of something that holds secrets: a plain hash of a short password can be guessed from.
  std::string mark(const std::string& sha256);
  static bool is_mark(std::string_view text);
  // The hash behind a mark that this run has made; nothing for others.
  [[nodiscard]] std::optional<std::string> behind(const std::string& mark) const;

  // TEXT, that a tool has said, with `<secret NAME>` for all that it tells of secrets read so far: whole, by the line, in
  // base64, and cut off at the beginning.
  [[nodiscard]] std::string redact(std::string text) const;

 private:
  std::unique_ptr<SecretStore> store_;
  std::string key_;
  std::map<std::string, std::shared_ptr<const SecretText>> known_;
  std::map<std::string, std::string> marks_;  // mark: hash
};

// True when there is a secret in VALUE: by name, or as the keyed hash that the journal keeps of it.
bool holds_secret(const Value& value);
// VALUE with {"secretHash": HASH} for each secret, from HASHES (by name).
Value with_secret_hashes(const Value& value, const std::map<std::string, std::string>& hashes);

// The key in FILE, 32 random bytes; made (owner-only) when there is none.
Result<std::string> secret_key(const std::string& file);

}  // namespace hearth
