// Where secrets come from. The first place that has one of a name counts, in the order of SecretOrigin: what this machine
// was given goes before what the repository brings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/secret.h"
#include "reconciler/secrets/age.h"

namespace hearth {

enum class SecretOrigin : std::uint8_t { credential, file, environment, encrypted };
std::string_view to_string(SecretOrigin origin);

struct SecretSources {
  std::string credentials;  // systemd's folder of credentials; "" when there is none
  std::string folder;       // of owner-only files; "" when there is none
  std::string encrypted;    // of NAME.age files, which anybody may read; "" when there is none
  std::string identity;     // the file of the private key for these
  Age age;
};

// $CREDENTIALS_DIRECTORY; $HEARTH_SECRETS, else /etc/hearth/secrets for root, else $XDG_CONFIG_HOME/hearth/secrets; the
// folder `secrets` below MANIFESTS; $HEARTH_AGE_IDENTITY, else IDENTITY (hearth.yaml's; "" when it names none), else
// age.key beside the folder of owner-only files that would be without $HEARTH_SECRETS.
SecretSources secret_sources_of(const std::string& manifests, const std::string& identity);

// The variable that NAME is looked for in: HEARTH_SECRET_<NAME>, in capitals, `_` for all that is neither letter nor digit.
std::string secret_variable(std::string_view name);

// Takes all HEARTH_SECRET_… variables out of the environment, so that no program that is started inherits them.
void forget_secret_variables();

// One place that has a secret of some name.
struct SecretPlace {
  SecretOrigin origin = SecretOrigin::file;
  std::string where;  // a path, or the name of a variable
  std::string name;   // of the secret, as far as the place tells: a credential has `.` where the name has `/`
};

class SecretPlaces final : public SecretStore {
 public:
  // The environment is read here and now.
  explicit SecretPlaces(SecretSources sources);

  // The credential NAME (`/` as `.`), the file NAME, which nobody but us may read, the variable, NAME.age. One line break
  // at the end of any but the variable is not part of the secret: editors put it there. NUL bytes and empty secrets are
  // refused. A place that has the name and cannot be used is an error, not a reason to look on.
  [[nodiscard]] Result<SecretText> resolve(const std::string& name) const override;

  // Which places have NAME, the one that counts first. Nothing is read.
  [[nodiscard]] std::vector<SecretPlace> places_of(const std::string& name) const;
  // Everything that lies in any place, whether somebody wants it or not. Nothing is read.
  [[nodiscard]] std::vector<SecretPlace> everything() const;

  // Where `set` puts NAME.
  [[nodiscard]] std::string encrypted_file(const std::string& name) const;
  [[nodiscard]] const SecretSources& sources() const { return sources_; }

 private:
  using Found = Result<std::optional<SecretText>>;
  [[nodiscard]] std::string where(SecretOrigin origin, const std::string& name) const;
  [[nodiscard]] Found read(SecretOrigin origin, const std::string& name) const;
  [[nodiscard]] Found decrypt(const std::string& name, const std::string& path) const;

  SecretSources sources_;
  std::map<std::string, SecretText> variables_;
};

}  // namespace hearth
