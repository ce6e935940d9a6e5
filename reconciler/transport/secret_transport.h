// A transport that knows the secrets: what the engine and the providers say by name goes over the wire as bytes, and what
// comes back has none of them. One for each host, around the one that reaches it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/secret.h"
#include "reconciler/loop/loop.h"
#include "reconciler/transport/transport.h"

namespace hearth {

// Content is bound to its secrets as it is sent. Hidden files (ReadFile) are compared here: their reply says whether the
// content is the known one, and has a mark in the place of its hash, which WriteFile::expected_sha256 may be. Likewise the hashes of passwords that a probe's command prints. Secrets in
// the words of tools (failed operations, probes) are replaced by their names. SECRETS must outlive the transport.
class SecretTransport final : public Transport {
 public:
  SecretTransport(std::unique_ptr<Transport> inner, Loop& loop, Secrets& secrets)
      : inner_(std::move(inner)), loop_(loop), secrets_(secrets) {}

  void observe(std::vector<Probe> probes, Observed done) override;
  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override;
  void cancel() override { inner_->cancel(); }

 private:
  Result<void> bind(Operation& operation);

  std::unique_ptr<Transport> inner_;
  Loop& loop_;
  Secrets& secrets_;
};

}  // namespace hearth
