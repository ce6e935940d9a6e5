// What every command that looks at the world has in common: manifests, schemas, providers, journal, loop, targets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/progress.h"
#include "reconciler/cli/invocation.h"
#include "reconciler/core/diagnostic.h"
#include "reconciler/core/secret.h"
#include "reconciler/journal/journal.h"
#include "reconciler/loop/event_loop.h"
#include "reconciler/manifest/checkout.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"
#include "reconciler/observe/observer.h"
#include "reconciler/plan/secret_use.h"
#include "reconciler/plan/survey.h"
#include "reconciler/plugin/provider_registry.h"

namespace hearth {

// Opened once a command. Everything in it lives on the calling thread.
class Session {
 public:
  // Loads manifests and schemas and reads the secrets that they name; contacts nothing. Fails with all complaints: a command never goes on
  // with half of what was declared.
  // CHECKOUT is what git says of the folder, for who has asked already.
  static tl::expected<std::unique_ptr<Session>, Diagnostics> open(const Invocation& invocation,
                                                                  std::optional<Checkout> checkout = {});

  // Which resources PATTERNS name. Patterns that name nothing are errors, with the nearest address that exists.
  [[nodiscard]] Result<Selection> select(const std::vector<std::string>& patterns) const;

  // The secrets that what SELECTION names needs and that cannot be had: an error for each place. Before look().
  [[nodiscard]] Diagnostics missing_secrets(const Selection& selection) const {
    return missing_for(missing_secrets_, selection);
  }
  // TEXT without what it tells of the secrets that the manifests name.
  [[nodiscard]] std::string redact(std::string text) const { return secrets_->redact(std::move(text)); }

  // What can be named: all that is declared or was applied.
  [[nodiscard]] std::vector<Address> known_addresses() const;

  // Observes and plans. Blocks (the loop runs inside).
  std::unique_ptr<Survey> look(const Selection& selection, ProgressListener& progress);

  [[nodiscard]] const ManifestSet& manifests() const { return manifests_; }
  [[nodiscard]] const SchemaRegistry& schemas() const { return schemas_; }
  ProviderRegistry& providers() { return providers_; }
  EventLoop& loop() { return loop_; }
  Targets& targets() { return *targets_; }
  Observer& observer() { return *observer_; }
  // Nullptr when it cannot be used; JOURNAL_TROUBLE says why.
  Journal* journal() { return journal_.get(); }
  [[nodiscard]] const std::string& journal_trouble() const { return journal_trouble_; }

 private:
  Session(SchemaRegistry schemas, std::string plugins)
      : schemas_(std::move(schemas)), providers_(std::move(plugins)) {}

  SchemaRegistry schemas_;
  ManifestSet manifests_;
  ProviderRegistry providers_;
  std::string commit_;
  bool dirty_ = false;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Secrets> secrets_;
  std::vector<MissingSecret> missing_secrets_;
  std::string journal_trouble_;
  EventLoop loop_;  // outlives the transports, whose threads post to it
  std::unique_ptr<Targets> targets_;
  std::unique_ptr<Observer> observer_;
};

// That PATTERN names none of KNOWN; with what is nearest to it, in as many words as the pattern has.
Diagnostic unknown_address(const std::string& pattern, const std::vector<Address>& known);

// `user@machine`, for the journal and for whoever finds our lease.
std::string whoami();

}  // namespace hearth
