// OpenSSH's known_hosts files, read by ourselves: libssh passes over `@revoked` lines, so it would go on
// trusting a key that its owner has withdrawn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// A server's public key.
struct HostKey {
  std::string type;         // as in `ssh-ed25519`
  std::string base64;       // the key itself, as it stands in known_hosts
  std::string fingerprint;  // `SHA256:…`, as ssh-keygen prints it
};

// `SHA256:…` of a key in base64; "" when that is no base64.
std::string fingerprint_of(std::string_view key_base64);

// The line of a known_hosts file that makes KEY known for HOST at PORT, without a newline.
std::string known_hosts_line(std::string_view host, std::uint16_t port, const HostKey& key);

enum class KeyStanding : std::uint8_t {
  trusted,
  unknown,     // nothing is known of this host
  other_type,  // keys of other types are known of it, none of this
  changed,     // another key of this type is known of it
  revoked,     // the key is marked @revoked
};

struct KeyVerdict {
  KeyStanding standing = KeyStanding::unknown;
  std::size_t line = 0;  // that decided, counted from 1; 0 when none did
};

// What TEXT, the content of a known_hosts file, says of KEY. Names, patterns, negations, [host]:port and
// hashed names as in sshd(8). Certificate authorities are passed over: hearth knows keys, not certificates.
KeyVerdict judge_host_key(std::string_view text, std::string_view host, std::uint16_t port,
                          const HostKey& key);

// The types of the keys that TEXT knows of a host: those should be asked for first. Where one key is PINNED by its fingerprint,
// only that one's type: OpenSSH writes all keys of a host down, once it trusts one of them.
std::vector<std::string> known_key_types(std::string_view text, std::string_view host, std::uint16_t port,
                                         std::string_view pinned = {});

}  // namespace hearth
