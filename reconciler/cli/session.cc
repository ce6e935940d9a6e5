#include "reconciler/cli/session.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "reconciler/cli/installation.h"
#include "reconciler/cli/pause_view.h"
#include "reconciler/core/digest.h"
#include "reconciler/drift/pauses.h"
#include "reconciler/manifest/checkout.h"
#include "reconciler/plan/secret_use.h"
#include "reconciler/secrets/secret_places.h"
#include "reconciler/transport/make_transport.h"

namespace hearth {

tl::expected<std::unique_ptr<Session>, Diagnostics> Session::open(const Invocation& invocation,
                                                                  std::optional<Checkout> checkout) {
  const auto refuse = [](Diagnostic error) {
    Diagnostics all;
    all.add(std::move(error));
    return tl::unexpected(std::move(all));
  };
  auto schemas = SchemaRegistry::load(schemas_folder());
  if (!schemas) return refuse(schemas.error());
  std::unique_ptr<Session> session(new Session(*std::move(schemas), plugins_folder()));
  session->manifests_ = load_manifests(invocation.folder, session->schemas_);
  if (!session->manifests_.complete) return tl::unexpected(session->manifests_.diagnostics);

  auto places = std::make_unique<SecretPlaces>(
      secret_sources_of(invocation.folder, session->manifests_.settings.secrets.identity));
  forget_secret_variables();  // before any program is started
  if (!checkout) checkout = read_checkout(invocation.folder);
  session->commit_ = checkout->commit;
  session->dirty_ = checkout->dirty;
  auto journal = open_journal(default_journal_path());
  if (journal) {
    session->journal_ = *std::move(journal);
  } else {
    session->journal_trouble_ = journal.error().message;
    if (!journal.error().hint.empty()) session->journal_trouble_ += "; " + journal.error().hint;
  }
  // Next to the journal, whose hashes it keys. Without a journal nothing is remembered: any key will do.
  std::string key = random_hex(32);
  if (session->journal_ != nullptr) {
    auto kept = secret_key(default_journal_path() + ".key");
    if (!kept) return refuse(kept.error());
    key = *std::move(kept);
  }
  session->secrets_ = std::make_unique<Secrets>(std::move(places), std::move(key));
  session->missing_secrets_ = read_secrets(session->manifests_, *session->secrets_, session->journal_.get());
  TransportOptions options;
  options.secrets = session->secrets_.get();
  session->targets_ = std::make_unique<Targets>(
      session->manifests_.hosts,
      [loop = &session->loop_, options](const Host& host) { return make_transport(host, *loop, options); });
  session->observer_ = std::make_unique<Observer>(session->loop_, *session->targets_, session->providers_);
  return session;
}

std::vector<Address> Session::known_addresses() const {
  std::vector<Address> known;
  for (const Resource& resource : manifests_.resources) known.push_back(resource.address);
  if (journal_ != nullptr) {
    for (const AppliedRecord& record : journal_->all_applied()) {
      if (const auto address = Address::parse(record.address)) known.push_back(*address);
    }
  }
  return known;
}

Result<Selection> Session::select(const std::vector<std::string>& patterns) const {
  auto selection = Selection::parse(patterns);
  if (!selection) return selection;
  const std::vector<Address> known = known_addresses();
  const std::vector<std::string> unmatched = selection->unmatched(known);
  if (unmatched.empty()) return selection;
  return tl::unexpected(unknown_address(unmatched.front(), known));
}

Diagnostic unknown_address(const std::string& pattern, const std::vector<Address>& known) {
  std::vector<std::string> names;
  for (const Address& address : known) {
    if (pattern.find('@') != std::string::npos) {
      names.push_back(address.to_string());
    } else {
      names.push_back(pattern.find('/') == std::string::npos ? address.kind
                                                             : address.kind + "/" + address.name);
    }
  }
  const std::string nearest = did_you_mean(pattern, names);
  return failure("unknown-address", "nothing declared is called \"" + pattern + "\"",
                 nearest.empty() ? "see what there is: hearth graph --all" : nearest);
}

std::unique_ptr<Survey> Session::look(const Selection& selection, ProgressListener& progress) {
  std::unique_ptr<Survey> result;
  const PlanInput input{manifests_, schemas_, providers_, journal_.get(), selection};
  survey(loop_, *observer_, progress, input, [&](std::unique_ptr<Survey> done) { result = std::move(done); });
  loop_.run_until([&] { return result != nullptr; });
  result->plan.commit = commit_;
  result->plan.dirty = dirty_;
  if (journal_ != nullptr) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now().time_since_epoch()).count();
    for (const PauseRecord& pause : open_pauses(journal_->pauses(), now)) {
      result->plan.notes.push_back(
          {Note::Type::info, {}, "paused for hearth reconcile: " + pause_text(pause)});
    }
  }
  return result;
}

std::string whoami() {
  std::array<char, 256> machine{};
  gethostname(machine.data(), machine.size() - 1);
  const passwd* user = getpwuid(getuid());
  return (user == nullptr ? std::to_string(getuid()) : std::string(user->pw_name)) + "@" + machine.data();
}

}  // namespace hearth
