#include "reconciler/cli/secret_prompt.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "reconciler/transport/file_descriptor.h"

namespace hearth {

namespace {

constexpr std::size_t longest_line = 4096;  // no terminal hands over more

// A terminal without echo. Signals that would end or stop hearth wait until it has its echo again.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    sigset_t waiting;
    sigemptyset(&waiting);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&waiting, signal);
    pthread_sigmask(SIG_BLOCK, &waiting, &before_);
    signals_ = FileDescriptor(::signalfd(-1, &waiting, SFD_CLOEXEC | SFD_NONBLOCK));
    silent_ = ::tcgetattr(fd_, &shown_) == 0;
    if (!silent_) return;
    termios hidden = shown_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    hidden.c_lflag |= static_cast<tcflag_t>(ICANON | ISIG);
    silent_ = ::tcsetattr(fd_, TCSAFLUSH, &hidden) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (silent_) ::tcsetattr(fd_, TCSAFLUSH, &shown_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);  // what has waited is delivered now
  }

  [[nodiscard]] bool silent() const { return silent_; }

  // A line without its end; nothing when a signal came, or the end of input before any of it.
  [[nodiscard]] std::optional<SecretText> line() const {
    SecretText out;
    for (;;) {
      std::array<pollfd, 2> polled{{{fd_, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
      if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return std::nullopt;
      if (polled[1].revents != 0) return std::nullopt;
      if (polled[0].revents == 0) continue;
      std::array<char, longest_line> buffer{};
      const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
      if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (size > 0) out.append({buffer.data(), static_cast<std::size_t>(size)});
      explicit_bzero(buffer.data(), buffer.size());
      if (out.reveal().ends_with('\n')) break;
      if (size <= 0 && out.size() == 0) return std::nullopt;
      if (size <= 0) return out;
    }
    SecretText line;
    line.append(out.reveal().substr(0, out.size() - 1));
    return line;
  }

 private:
  int fd_;
  sigset_t before_{};
  FileDescriptor signals_;
  termios shown_{};
  bool silent_ = false;
};

void say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // a question that nobody sees is answered by nobody
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Diagnostic no_secret(const std::string& message, const std::string& hint) {
  return failure("no-secret-given", message, hint);
}

}  // namespace

Result<SecretText> ask_for_secret(const std::string& name, int in, int out) {
  const SilentTerminal terminal(in);
  if (!terminal.silent()) {
    return tl::unexpected(
        no_secret("the terminal cannot be kept from showing what is typed", "pipe the secret in instead"));
  }
  say(out, "Secret " + name + ": ");
  auto first = terminal.line();
  say(out, "\n");
  if (!first) return tl::unexpected(no_secret("no secret was given", "nothing was written"));
  say(out, "Once more: ");
  const auto second = terminal.line();
  say(out, "\n");
  if (!second) return tl::unexpected(no_secret("no secret was given", "nothing was written"));
  if (!(*first == *second))
    return tl::unexpected(no_secret("the two answers differ", "nothing was written: begin again"));
  return *std::move(first);
}

Result<SecretText> secret_from(int fd) {
  auto text = read_secret_text(fd);
  if (!text) {
    return tl::unexpected(no_secret("standard input cannot be read, or is larger than 1 MiB",
                                    "a secret is a password or a key"));
  }
  if (!text->reveal().ends_with('\n')) return *std::move(text);
  SecretText out;
  out.append(text->reveal().substr(0, text->size() - 1));
  return out;
}

}  // namespace hearth
