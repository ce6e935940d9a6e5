// How SSH is done, for all hosts of a run.
//
// hearth reads no ssh_config: what a Node is reached by stands in its manifest, for everybody who applies it,
// and a configuration file may run programs (ProxyCommand, Match exec) and switch checks off without a word.
// Names, users, ports and keys that one has there belong into the Node.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace hearth {

struct SshOptions {
  std::string known_hosts;  // a file; "" is ~/.ssh/known_hosts
  bool use_agent = true;    // the one at SSH_AUTH_SOCK
  // Tried after a Node's own keys; those that do not exist are passed over. ~ is the user's home.
  std::vector<std::string> default_keys{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"};
  std::chrono::seconds connect_timeout{10};  // from the first packet to the accepted login
  // A host of which nothing at all is heard for that long (not even that its kernel received something) is
  // lost.
  std::chrono::seconds silence_timeout{15};
  std::size_t max_channels = 8;         // at once, a host; sshd's MaxSessions is 10 unless told otherwise
  std::size_t max_output = 64U << 20U;  // bytes of one answer
};

// The file of known keys that OPTIONS mean.
std::string known_hosts_path(const SshOptions& options);

// `~` and `~/…` in the user's home.
std::string expand_home(const std::string& path);

}  // namespace hearth
