// Bytes to be sent to a host, some of which may be secrets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/secret.h"
#include "reconciler/core/value.h"

namespace hearth {

// Pieces of text and names of secrets, one after the other. Equality and everything that is shown go by names; the bytes
// of the secrets are put beside the names just before sending (bind()) and come out in one place (revealed()).
class Content {
 public:
  Content() = default;
  Content(std::string text) { add(std::move(text)); }         // NOLINT(google-explicit-constructor)
  Content(std::string_view text) { add(std::string(text)); }  // NOLINT
  Content(const char* text) { add(std::string(text)); }       // NOLINT

  void add(std::string text);
  void add(SecretName name);
  // A string, a secret, or a list of both, as manifests say it; anything else adds nothing.
  static Content from_value(const Value& value);

  [[nodiscard]] bool has_secrets() const;
  [[nodiscard]] std::vector<std::string> secret_names() const;
  // All of it, with `<secret NAME>` in the place of secrets.
  [[nodiscard]] std::string shown() const;
  // A string, or the list of pieces where there are secrets.
  [[nodiscard]] Value to_value() const;

  // Reads the secrets. Content without any needs none.
  Result<void> bind(Secrets& secrets);
  // All bytes; an error when a secret was not bound.
  [[nodiscard]] Result<SecretText> revealed() const;

  friend bool operator==(const Content& a, const Content& b);

 private:
  struct Piece {
    std::string text;
    std::string secret;  // "": a piece of text
    std::shared_ptr<const SecretText> bytes;
  };
  std::vector<Piece> pieces_;
};

}  // namespace hearth
