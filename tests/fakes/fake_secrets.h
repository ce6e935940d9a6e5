// Secrets from a map.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "reconciler/core/secret.h"

namespace hearth {

class FakeSecrets final : public SecretStore {
 public:
  explicit FakeSecrets(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}
  [[nodiscard]] Result<SecretText> resolve(const std::string& name) const override {
    const auto found = texts_.find(name);
    if (found == texts_.end())
      return tl::unexpected(failure("missing-secret", "there is no secret \"" + name + "\""));
    return SecretText(std::string(found->second));
  }

 private:
  std::map<std::string, std::string> texts_;
};

}  // namespace hearth
