#include "reconciler/secrets/age.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "reconciler/transport/file_descriptor.h"
#include "reconciler/transport/process.h"

namespace hearth {

namespace {

// A secret has 1 MiB at most; armored it is a third longer.
constexpr std::size_t most_output = std::size_t{2} << 20U;

// What age says of an error, in one line. Its own advice ("report unexpected or unhelpful errors at …") is not for people
// who use hearth.
std::string complaint_of(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    for (const std::string_view prefix : {"age: ", "error: "}) {
      if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    }
    if (line.empty() || line.starts_with("report unexpected")) continue;
    out += (out.empty() ? "" : "; ") + std::string(line);
  }
  return out;
}

Diagnostic trouble(const std::string& message, const std::string& hint) {
  return failure("age", message, hint);
}

// Not by value: moving a short text copies it.
Result<ProcessResult> run(const Age& age, ProcessRequest& request, const std::string& waits_for) {
  request.timeout = age.timeout;
  request.max_output = most_output;
  request.secret = true;
  auto result = run_process(request);
  wipe(request.input);
  if (!result) {
    return tl::unexpected(
        trouble(result.error().message, "install it: apt-get install age; or put it into PATH"));
  }
  if (result->end == ProcessResult::End::timed_out) {
    wipe(result->out);
    return tl::unexpected(
        trouble("age did not end within " + std::to_string(age.timeout.count() / 1000) + " s", waits_for));
  }
  if (result->end != ProcessResult::End::exited || result->exit_code != 0) {
    wipe(result->out);
    std::string said = complaint_of(result->err);
    if (said.empty()) said = "age ended with exit code " + std::to_string(result->exit_code);
    return tl::unexpected(trouble(said, ""));
  }
  return result;
}

}  // namespace

Result<SecretText> Age::decrypt(const std::string& ciphertext, const std::string& identity) const {
  ProcessRequest request;
  request.argv = {program, "--decrypt", "--identity", identity};
  request.input = ciphertext;
  auto result = run(*this, request,
                    "it may wait for a passphrase, and hearth has nobody to ask: the identity must be one "
                    "without (age-keygen makes such)");
  if (!result) {
    if (result.error().message.find("no identity matched") != std::string::npos) {
      return tl::unexpected(trouble("it is not encrypted to the identity in " + identity,
                                    "name another identity, or let somebody who can read it encrypt it anew "
                                    "to this one too: hearth secret set"));
    }
    return tl::unexpected(result.error());
  }
  return SecretText(std::move(result->out));
}

Result<std::string> Age::encrypt(const SecretText& text, const std::vector<std::string>& recipients) const {
  ProcessRequest request;
  request.argv = {program, "--encrypt", "--armor"};
  for (const std::string& recipient : recipients) {
    request.argv.emplace_back("--recipient");
    request.argv.push_back(recipient);
  }
  request.input.reserve(text.size());
  request.input = text.reveal();
  auto result = run(*this, request, "run it by hand to see what it waits for");
  if (!result) return tl::unexpected(result.error());
  // Whatever calls itself age: nothing but a file that is encrypted gets into the repository.
  if (!result->out.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n")) {
    wipe(result->out);
    return tl::unexpected(trouble(program + " wrote something else than an encrypted file",
                                  "look which program that is: command -v age; age --version"));
  }
  return std::move(result->out);
}

std::string why_no_recipient(const std::string& text) {
  if (text.find("AGE-SECRET-KEY-") != std::string::npos || text.find("PRIVATE KEY") != std::string::npos) {
    return "this is a private key, which whoever reads the repository now has";
  }
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"'; });
  const auto word_behind = [&](std::string_view prefix) {
    return text.starts_with(prefix) && text.size() > prefix.size() + 16;
  };
  if (printable && (word_behind("ssh-ed25519 ") || word_behind("ssh-rsa "))) return "";
  const bool word = std::all_of(text.begin(), text.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (word && word_behind("age1")) return "";
  return "this is no public key that age encrypts to";
}

std::string why_no_identity(const std::string& file, std::string& hint) {
  // O_NONBLOCK: a pipe must not be waited for.
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!opened.valid()) {
    const int error = errno;
    hint = error == ENOENT ? "make one: age-keygen -o " + file + "; then let its public key be a recipient"
                           : "let the user that runs hearth read it";
    return file + ": " + std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is
  }
  struct stat facts{};
  if (::fstat(opened.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    hint = "name a file that age-keygen has made";
    return file + " is no regular file";
  }
  if (facts.st_uid != ::geteuid()) {
    hint = "chown " + std::to_string(::geteuid()) + " " + file;
    return file + " belongs to another user (" + std::to_string(facts.st_uid) + ")";
  }
  if ((facts.st_mode & 077U) != 0) {
    hint = "chmod 600 " + file + "; whoever could read it may know all secrets: think of changing them";
    return "others than its owner may use " + file;
  }
  std::array<char, 64> begin{};
  const ssize_t size = ::read(opened.get(), begin.data(), begin.size());
  const std::string_view first(begin.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const bool locked =
      first.starts_with("age-encryption.org/") || first.starts_with("-----BEGIN AGE ENCRYPTED FILE");
  explicit_bzero(begin.data(), begin.size());
  if (locked) {
    hint = "hearth has nobody to ask for it: use an identity without (age-keygen makes such)";
    return file + " is itself encrypted with a passphrase";
  }
  return "";
}

}  // namespace hearth
