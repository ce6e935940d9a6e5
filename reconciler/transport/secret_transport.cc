#include "reconciler/transport/secret_transport.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "reconciler/core/digest.h"
#include "reconciler/core/nt_hash.h"

namespace hearth {

namespace {

// What a hidden file, or the hash of a password, must be to be as declared; or why that cannot be said.
struct Known {
  std::string sha256;
  std::string trouble;
};

// smbpasswd(8) reads one line, and of that no more than this.
constexpr std::size_t longest_password = 250;

Known known_password(RunProbe& probe, Secrets& secrets) {
  if (const auto bound = probe.known_password.bind(secrets); !bound) return {{}, bound.error().message};
  const Result<SecretText> password = probe.known_password.revealed();
  if (!password) return {{}, password.error().message};
  const std::string_view text = password->reveal();
  if (text.size() > longest_password || text.find_first_of("\r\n") != std::string_view::npos) {
    return {{}, "the secret is no password: it has line breaks, or more than 250 bytes"};
  }
  const auto hash = nt_hash(text);
  if (!hash) return {{}, "the secret is no password: it is not UTF-8"};
  SecretText salted;
  salted.append(probe.salt);
  salted.append(hash->reveal());
  return {sha256(salted.reveal()), {}};
}

// TEXT with a mark in the place of each digest.
std::string marked(const std::string& text, const Known& known, Secrets& secrets) {
  constexpr std::size_t digits = 64;
  constexpr std::string_view digit = "0123456789abcdef";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of(digit, at), text.size());
    const std::string word = text.substr(at, end - at);
    if (word.size() == digits) {
      out += (word == known.sha256 ? "=" : "!") + secrets.mark(word);
    } else {
      out += word;
    }
    const std::size_t next = std::min(text.find_first_of(digit, end), text.size());
    out.append(text, end, next - end);
    at = next;
  }
  return out;
}

}  // namespace

void SecretTransport::observe(std::vector<Probe> probes, Observed done) {
  std::vector<std::optional<Known>> known(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) {
    if (auto* run = std::get_if<RunProbe>(&probes[i]); run != nullptr && run->known_password != Content())
      known[i] = known_password(*run, secrets_);
    auto* read = std::get_if<ReadFile>(&probes[i]);
    if (read == nullptr || !read->hidden) continue;
    read->max_content = 0;
    known[i].emplace();
    if (const auto bound = read->known_content.bind(secrets_); !bound) {
      known[i]->trouble = bound.error().message;
      continue;
    }
    known[i]->sha256 = sha256(read->known_content.revealed()->reveal());
  }
  inner_->observe(std::move(probes), [this, known = std::move(known),
                                      done = std::move(done)](Result<std::vector<Reply>> replies) {
    for (std::size_t i = 0; replies && i < replies->size(); ++i) {
      Reply& reply = (*replies)[i];
      if (auto* run = std::get_if<RunReply>(&reply)) {
        run->out = secrets_.redact(std::move(run->out));
        run->err = secrets_.redact(std::move(run->err));
        if (i < known.size() && known[i]) {
          run->out = marked(run->out, *known[i], secrets_);
          run->err = marked(run->err, *known[i], secrets_);
          if (!known[i]->trouble.empty()) reply = NoReply{known[i]->trouble};
          continue;
        }
      } else if (auto* none = std::get_if<NoReply>(&reply)) {
        none->why = secrets_.redact(std::move(none->why));
      }
      auto* file = std::get_if<FileReply>(&reply);
      if (file == nullptr || i >= known.size() || !known[i]) continue;
      file->content.reset();
      if (!known[i]->trouble.empty()) {
        reply = NoReply{known[i]->trouble};
        continue;
      }
      if (file->type != FileReply::Type::regular) continue;
      file->as_known = file->sha256 == known[i]->sha256;
      file->sha256 = secrets_.mark(file->sha256);
    }
    done(std::move(replies));
  });
}

Result<void> SecretTransport::bind(Operation& operation) {
  if (auto* write = std::get_if<WriteFile>(&operation)) {
    if (Secrets::is_mark(write->expected_sha256)) {
      const auto hash = secrets_.behind(write->expected_sha256);
      if (!hash) {
        return tl::unexpected(
            failure("stale-plan", write->path + " was not looked at in this run", "plan again: hearth plan"));
      }
      write->expected_sha256 = *hash;
    }
    return write->content.bind(secrets_);
  }
  if (auto* run = std::get_if<RunCommand>(&operation)) return run->input.bind(secrets_);
  return {};
}

void SecretTransport::execute_groups(std::vector<OperationGroup> groups, std::string lease,
                                     GroupsExecuted done) {
  std::vector<std::vector<OperationResult>> results(groups.size());
  std::vector<OperationGroup> sent;
  std::vector<std::size_t> numbers;  // of what is sent, in GROUPS
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Result<void> bound;
    for (Operation& operation : groups[g]) {
      if (bound) bound = bind(operation);
    }
    if (bound) {
      sent.push_back(std::move(groups[g]));
      numbers.push_back(g);
    } else {
      // Nothing of it is sent: half of what belongs together helps nobody.
      results[g].assign(groups[g].size(),
                        {OperationResult::Status::not_sent, "secret", bound.error().message});
    }
  }
  if (sent.empty()) {
    loop_.post([results = std::move(results), done = std::move(done)] { done(results); });
    return;
  }
  inner_->execute_groups(std::move(sent), std::move(lease),
                         [this, results = std::move(results), numbers = std::move(numbers),
                          done = std::move(done)](std::vector<std::vector<OperationResult>> answers) mutable {
                           for (std::size_t k = 0; k < numbers.size(); ++k) {
                             for (OperationResult& result : answers[k])
                               result.output = secrets_.redact(std::move(result.output));
                             results[numbers[k]] = std::move(answers[k]);
                           }
                           done(std::move(results));
                         });
}

}  // namespace hearth
