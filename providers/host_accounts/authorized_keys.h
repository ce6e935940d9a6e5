// The text of an authorized_keys file, as sshd(8) reads it. Pure functions; what is not understood stays byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/value.h"

namespace hearth {

struct PublicKey {
  std::string options;  // `from="10.0.0.0/8",no-pty`, or ""
  std::string type;     // ssh-ed25519
  std::string blob;     // base64: with the type, what makes it this key
  std::string comment;  // the rest of the line, spaces inside kept; or ""

  [[nodiscard]] bool is_key_of(const PublicKey& other) const {
    return type == other.type && blob == other.blob;
  }
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// Nothing when LINE holds no key: a blank one, a comment, something that sshd would pass over.
std::optional<PublicKey> parse_public_key(std::string_view line);
// The one form of it; parse_public_key() gives KEY back.
std::string to_text(const PublicKey& key);

// The lines of TEXT between line feeds, the empty one behind the last feed included.
std::vector<std::string> lines_of(std::string_view text);

// What TEXT holds of the keys in DECLARED (name → key line, or null), in the form of that map. An entry's lines are those
// with its key, else those with its comment (the name, where the key line has none) that no other entry's key is on. An
// entry is DECLARED's own value when all its lines say that: a comment that is not declared does not count. Keys that no
// entry declares are added under names of their own when OTHERS.
Map live_keys(std::string_view text, const Map& declared, bool others);

// TEXT with DECLARED carried out: keys changed where they stand, missing ones added at the end, those that are null gone,
// and when EXCLUSIVE all other keys. What holds no key, and other keys, stay as they are.
std::string with_keys(std::string_view text, const Map& declared, bool exclusive);

// TEXT without the keys that DECLARED names.
std::string without_keys(std::string_view text, const Map& declared);

}  // namespace hearth
