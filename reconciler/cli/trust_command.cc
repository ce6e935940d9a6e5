#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/installation.h"
#include "reconciler/cli/report.h"
#include "reconciler/core/atomic_file.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/ssh_options.h"
#include "reconciler/transport/ssh_session.h"

namespace hearth {

namespace {

// How a person finds out, on the machine itself, whether the key is the right one.
std::string how_to_compare(const HostKey& key) {
  const std::string name = key.type == "ssh-ed25519" ? "ed25519" : key.type == "ssh-rsa" ? "rsa" : "ecdsa";
  return "on the machine's own console: ssh-keygen -lf /etc/ssh/ssh_host_" + name + "_key.pub";
}

std::string where(const Host& host) {
  return host.address + (host.port == 22 ? "" : " port " + std::to_string(host.port));
}

class Trust {
 public:
  explicit Trust(const TrustOptions& options) : options_(options) {
    path_ = expand_home(ssh_.known_hosts.empty() ? "~/.ssh/known_hosts" : ssh_.known_hosts);
  }

  // One node: asks the machine for its key, a person for their word, and writes the key down.
  Result<void> trust(const Host& host) {
    if (host.local) {
      note(host, {}, "local", "is this machine: there is no key to trust");
      return {};
    }
    auto key = fetch_host_key(host, ssh_, ssh_.connect_timeout);
    if (!key) return tl::unexpected(key.error());
    if (!host.host_key.empty()) return compare_with_pin(host, *key);

    const auto known = known_hosts();
    if (!known) return tl::unexpected(known.error());
    const KeyVerdict verdict = judge_host_key(*known, host.address, host.port, *key);
    const std::string place = path_ + ":" + std::to_string(verdict.line);
    switch (verdict.standing) {
      case KeyStanding::trusted: note(host, *key, "known", "is trusted already"); return {};
      case KeyStanding::revoked:
        return tl::unexpected(
            failure("host-key-revoked",
                    host.name + " (" + where(host) + ") shows a key that " + place + " marks as revoked",
                    "do not log in there; find out why the machine still has this key"));
      case KeyStanding::changed:
        return tl::unexpected(failure(
            "host-key-changed",
            host.name + " (" + where(host) + ") shows another key than " + place + ": " + key->fingerprint,
            "if the machine was made anew, compare the fingerprint " + how_to_compare(*key) +
                ", then forget the old key: ssh-keygen -R " +
                (host.port == 22 ? host.address : "[" + host.address + "]:" + std::to_string(host.port))));
      case KeyStanding::unknown:
      case KeyStanding::other_type: break;
    }
    if (!agreed(host, *key)) {
      note(host, *key, "declined", "is not trusted");
      declined_ = true;
      return {};
    }
    if (auto written = remember(host, *key); !written) return written;
    note(host, *key, "added", "is trusted from now on");
    return {};
  }

  [[nodiscard]] bool declined() const { return declined_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  Map document() { return Map{{"knownHosts", path_}, {"nodes", std::move(nodes_)}}; }

 private:
  Result<void> compare_with_pin(const Host& host, const HostKey& key) {
    if (key.fingerprint == host.host_key) {
      note(host, key, "pinned", "has the key that its manifest names");
      return {};
    }
    return tl::unexpected(failure("host-key-changed",
                                  host.name + " (" + where(host) + ") shows " + key.fingerprint +
                                      ", its manifest names " + host.host_key,
                                  "if the machine was made anew, compare the fingerprint " +
                                      how_to_compare(key) + ", then write it into the manifest's hostKey"));
  }

  // A file that is not there knows nobody.
  [[nodiscard]] Result<std::string> known_hosts() const {
    std::error_code error;
    if (!std::filesystem::exists(path_, error) && !error) return std::string{};
    return read_file(path_);
  }

  [[nodiscard]] bool agreed(const Host& host, const HostKey& key) const {
    if (options_.yes) return true;
    std::cerr << printable(host.name) << " (" << printable(where(host)) << ") shows this key:\n    "
              << key.type << " " << key.fingerprint << "\nCompare it " << how_to_compare(key)
              << "\nTrust it? [y/N] " << std::flush;
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
  }

  Result<void> remember(const Host& host, const HostKey& key) {
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    // sshd and ssh refuse folders that others may write to.
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return tl::unexpected(failure("unwritable-file", "cannot make the folder " + folder.string()));
    }
    auto content = known_hosts();  // again: a person took their time to answer
    if (!content) return tl::unexpected(content.error());
    if (!content->empty() && content->back() != '\n') *content += "\n";
    *content += known_hosts_line(host.address, host.port, key) + "\n";
    return write_file_atomically(path_, *content, 0600);
  }

  void note(const Host& host, const HostKey& key, const std::string& state, const std::string& words) {
    text_ +=
        printable(host.name) + " " + words + (key.fingerprint.empty() ? "" : ": " + key.fingerprint) + "\n";
    Map entry{{"node", host.name}, {"state", state}};
    if (!key.fingerprint.empty()) {
      entry.set("type", key.type);
      entry.set("fingerprint", key.fingerprint);
    }
    nodes_.emplace_back(std::move(entry));
  }

  const TrustOptions& options_;
  SshOptions ssh_;
  std::string path_;
  std::string text_;
  List nodes_;
  bool declined_ = false;
};

Diagnostic unknown_node(const std::string& name, const ManifestSet& manifests) {
  std::vector<std::string> names;
  for (const Host& host : manifests.hosts) names.push_back(host.name);
  const std::string nearest = did_you_mean(name, names);
  std::string known;
  for (const auto& other : names) known += (known.empty() ? "" : ", ") + other;
  return failure("unknown-node", "no manifest declares a Node \"" + printable(name) + "\"",
                 nearest.empty() ? "declared are: " + (known.empty() ? "none" : known) : nearest);
}

}  // namespace

ExitCode run_trust(const Invocation& invocation, const TrustOptions& options) {
  const auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return fail(invocation, schemas.error());
  const ManifestSet manifests = load_manifests(invocation.folder, *schemas);
  if (!manifests.complete) return fail(invocation, manifests.diagnostics);
  for (const std::string& name : options.nodes) {
    if (manifests.find_host(name) == nullptr)
      return fail(invocation, unknown_node(name, manifests), ExitCode::usage);
  }
  if (!options.yes && !invocation.interactive) {
    return fail(invocation,
                failure("no-answer", "trusting a key is a person's word, and there is no terminal to ask on",
                        "where the network between is trusted: hearth trust --yes NODE…"),
                ExitCode::usage);
  }

  Trust trust(options);
  Diagnostics diagnostics;
  for (const std::string& name : options.nodes) {
    if (auto done = trust.trust(*manifests.find_host(name)); !done) diagnostics.add(done.error());
  }
  if (invocation.json()) {
    print_document(invocation, trust.document(), diagnostics);
  } else {
    print(trust.text());
    complain(invocation, diagnostics);
  }
  if (diagnostics.has_errors()) return ExitCode::error;
  return trust.declined() ? ExitCode::differs : ExitCode::clean;
}

}  // namespace hearth
