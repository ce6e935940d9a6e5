#include "reconciler/transport/ssh_session.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace hearth {

namespace {

using std::chrono::steady_clock;

template <auto Function>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
using Session = std::unique_ptr<ssh_session_struct, Release<&ssh_free>>;
using Key = std::unique_ptr<ssh_key_struct, Release<&ssh_key_free>>;

std::string read_text_file(const std::string& path, bool& exists) {
  std::ifstream file(path, std::ios::binary);
  exists = file.is_open();
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// Old-fashioned names of what a server may call its key, in the order in which we like them: fast and short
// first.
const std::vector<std::string>& preferred_key_types() {
  static const std::vector<std::string> types{"ssh-ed25519",         "ecdsa-sha2-nistp256",
                                              "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                                              "rsa-sha2-512",        "rsa-sha2-256"};
  return types;
}

// KNOWN types first: a server with several keys then shows one that we can check.
std::string host_key_algorithms(const std::vector<std::string>& known) {
  std::vector<std::string> order;
  const auto add = [&](const std::string& type) {
    if (std::find(order.begin(), order.end(), type) == order.end()) order.push_back(type);
  };
  for (const std::string& type : known) {
    if (type == "ssh-rsa") {  // the key's type; signatures with SHA-1 are never wanted
      add("rsa-sha2-512");
      add("rsa-sha2-256");
    } else if (std::find(preferred_key_types().begin(), preferred_key_types().end(), type) !=
               preferred_key_types().end()) {
      add(type);
    }
  }
  for (const std::string& type : preferred_key_types()) add(type);
  std::string list;
  for (const std::string& type : order) list += (list.empty() ? "" : ",") + type;
  return list;
}

}  // namespace

struct SshSession::State {
  StreamSocket stream;
  Session session;

  explicit State(StreamSocket socket) : stream(std::move(socket)), session(ssh_new()) {}
};

struct SshExec::Channel {
  ssh_session session;
  std::unique_ptr<ssh_channel_struct, Release<&ssh_channel_free>> channel;
};

// The way from nothing to a login, all against one deadline.
class SshHandshake {
 public:
  SshHandshake(const Host& host, const SshOptions& options, Deadline deadline, int stop_fd)
      : host_(host), options_(options), deadline_(deadline), stop_fd_(stop_fd) {}

  Result<std::unique_ptr<SshSession>> log_in() {
    auto attempt = log_in_once(options_.use_agent);
    // An agent with many keys may use up the attempts that the server allows before the right key had its
    // turn.
    if (!attempt && refused_agent_) attempt = log_in_once(false);
    return attempt;
  }

  Result<HostKey> fetch_key() {
    auto connected = connect({});
    if (!connected) return tl::unexpected(std::move(connected.error()));
    return shown_key();
  }

 private:
  Result<std::unique_ptr<SshSession>> log_in_once(bool with_agent) {
    tried_.clear();
    refused_agent_ = false;
    const std::string path = known_hosts_path(options_);
    bool exists = false;
    const std::string known = read_text_file(path, exists);
    auto connected = connect(known_key_types(known, host_.address, host_.port, host_.host_key));
    if (!connected) return tl::unexpected(std::move(connected.error()));
    const auto key = shown_key();
    if (!key) return tl::unexpected(key.error());
    if (auto why = why_not_trusted(*key, known, path)) return tl::unexpected(std::move(*why));
    if (auto why = authenticate(with_agent)) return tl::unexpected(std::move(*why));
    return std::unique_ptr<SshSession>(new SshSession(std::move(state_)));
  }

  [[nodiscard]] ssh_session session() const { return state_->session.get(); }
  [[nodiscard]] std::string where() const { return host_.address + ":" + std::to_string(host_.port); }

  Diagnostic protocol_error(const std::string& doing) {
    std::string why = ssh_get_error(session());
    if (const std::string complaint = state_->stream.complaint(); !complaint.empty()) {
      return failure("proxy-jump",
                     host_.name + ": the jump over " + host_.proxy_jump + " failed: " + complaint,
                     "try by hand: ssh -J " + host_.proxy_jump + " " + host_.user + "@" + host_.address);
    }
    return failure("ssh-protocol", host_.name + " (" + where() + "): " + doing + ": " + why,
                   "does an SSH server answer there? try: ssh -v " + host_.user + "@" + host_.address);
  }

  // Repeats CALL, which returns AGAIN for as long as it waits for the host. Nothing when told to stop or out
  // of time.
  template <typename Call>
  auto await(int again, const Call& call) -> std::optional<decltype(call())> {
    for (;;) {
      const auto result = call();
      if (static_cast<int>(result) != again) return result;
      // libssh may go on waiting for the answer of a server that has hung up.
      if (connected_ && ssh_is_connected(session()) == 0) return static_cast<decltype(call())>(SSH_ERROR);
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - steady_clock::now()).count();
      if (left <= 0) return std::nullopt;
      const bool writing = (ssh_get_poll_flags(session()) & SSH_WRITE_PENDING) != 0;
      std::array<pollfd, 2> polled{
          {{state_->stream.fd(), static_cast<short>(POLLIN | (writing ? POLLOUT : 0)), 0},
           {stop_fd_, POLLIN, 0}}};
      ::poll(polled.data(), polled.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
      if (polled[1].revents != 0) {
        stopped_ = true;
        return std::nullopt;
      }
    }
  }

  Diagnostic gave_up(const std::string& doing) {
    if (stopped_) return failure("cancelled", host_.name + ": cancelled while " + doing);
    return failure(
        "unreachable",
        host_.name + " (" + where() + (host_.proxy_jump.empty() ? "" : ", by way of " + host_.proxy_jump) +
            ") took longer than " + std::to_string(options_.connect_timeout.count()) + " s: " + doing,
        "the host answers slowly or not at all; is it overloaded, or only just starting?");
  }

  // TCP, then SSH up to the point where both have the same key.
  Result<void> connect(const std::vector<std::string>& known_types) {
    auto stream = StreamSocket::connect(host_, options_, deadline_, stop_fd_);
    if (!stream) return tl::unexpected(std::move(stream.error()));
    connected_ = false;
    state_ = std::make_unique<SshSession::State>(std::move(*stream));
    // libssh closes the descriptor that it is given.
    int fd = ::fcntl(state_->stream.fd(), F_DUPFD_CLOEXEC, 0);
    if (session() == nullptr || fd < 0)
      return tl::unexpected(failure("ssh-protocol", "out of memory or descriptors"));
    const std::string algorithms = host_key_algorithms(known_types);
    const bool no = false;
    const int level = SSH_LOG_NOLOG;
    ssh_options_set(session(), SSH_OPTIONS_FD, &fd);
    ssh_options_set(session(), SSH_OPTIONS_HOST, host_.address.c_str());
    ssh_options_set(session(), SSH_OPTIONS_USER, host_.user.c_str());
    ssh_options_set(session(), SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session(), SSH_OPTIONS_LOG_VERBOSITY, &level);
    ssh_options_set(session(), SSH_OPTIONS_COMPRESSION, "no");
    ssh_options_set(session(), SSH_OPTIONS_HOSTKEYS, algorithms.c_str());
    ssh_set_blocking(session(), 0);
    const auto result = await(SSH_AGAIN, [&] { return ssh_connect(session()); });
    if (!result) return tl::unexpected(gave_up("exchanging keys"));
    if (*result != SSH_OK) return tl::unexpected(protocol_error("exchanging keys"));
    connected_ = true;
    return {};
  }

  Result<HostKey> shown_key() {
    ssh_key raw = nullptr;
    if (ssh_get_server_publickey(session(), &raw) != SSH_OK)
      return tl::unexpected(protocol_error("reading the host's key"));
    const Key key(raw);
    char* text = nullptr;
    if (ssh_pki_export_pubkey_base64(key.get(), &text) != SSH_OK) {
      return tl::unexpected(protocol_error("reading the host's key"));
    }
    HostKey shown;
    shown.base64 = text;
    ssh_string_free_char(text);
    shown.type = ssh_key_type_to_char(ssh_key_type(key.get()));
    shown.fingerprint = fingerprint_of(shown.base64);
    return shown;
  }

  std::optional<Diagnostic> why_not_trusted(const HostKey& key, const std::string& known,
                                            const std::string& path) const {
    const std::string who = host_.name + " (" + where() + ")";
    const KeyVerdict verdict = judge_host_key(known, host_.address, host_.port, key);
    const std::string place = path + ":" + std::to_string(verdict.line);
    if (verdict.standing == KeyStanding::revoked) {
      return failure(
          "host-key-revoked", who + " shows the key " + key.fingerprint + ", which " + place + " revokes",
          "whoever has this key is not to be trusted; give the host a new one, then: hearth trust " +
              host_.name);
    }
    if (!host_.host_key.empty()) {
      if (host_.host_key == key.fingerprint) return std::nullopt;
      return failure(
          "host-key-changed",
          who + " shows another key than the Node's hostKey: " + key.fingerprint + " (" + key.type +
              "), not " + host_.host_key,
          "somebody may be in between, or the host was installed anew: compare with `ssh-keygen -lf "
          "/etc/ssh/ssh_host_ed25519_key.pub` on its console before changing hostKey");
    }
    switch (verdict.standing) {
      case KeyStanding::trusted: return std::nullopt;
      case KeyStanding::unknown:
        return failure("host-key-unknown",
                       who + " shows a key that is not known: " + key.fingerprint + " (" + key.type + ")",
                       "compare it with what the host itself says, then: hearth trust " + host_.name);
      case KeyStanding::other_type:
        return failure("host-key-unknown",
                       who + " shows a key of another type than " + place + " knows: " + key.fingerprint +
                           " (" + key.type + ")",
                       "compare it with what the host itself says, then: hearth trust " + host_.name);
      case KeyStanding::changed:
      case KeyStanding::revoked: break;
    }
    return failure(
        "host-key-changed",
        "THE KEY OF " + who + " HAS CHANGED: it shows " + key.fingerprint + " (" + key.type + "), " + place +
            " knows another",
        "somebody may be in between, or the host was installed anew; how to find out, and what to do then, "
        "says: hearth trust " +
            host_.name);
  }

  // ---- Logging in

  // Nothing when logged in.
  std::optional<Diagnostic> authenticate(bool with_agent) {
    if (with_agent) {
      if (std::getenv("SSH_AUTH_SOCK") == nullptr) {
        tried_.emplace_back("the agent: there is none (SSH_AUTH_SOCK is not set)");
      } else {
        const auto result = await(SSH_AUTH_AGAIN, [&] { return ssh_userauth_agent(session(), nullptr); });
        if (!result) return gave_up("logging in with the agent");
        if (*result == SSH_AUTH_SUCCESS) return std::nullopt;
        tried_.emplace_back("the agent: none of its keys is accepted");
        if (ssh_is_connected(session()) == 0) {
          refused_agent_ = true;
          return refused();
        }
      }
    }
    for (const std::string& file : host_.keys) {
      const auto result = try_key(expand_home(file), true);
      if (result.done) return result.why;
    }
    for (const std::string& file : options_.default_keys) {
      const auto result = try_key(expand_home(file), false);
      if (result.done) return result.why;
    }
    return refused();
  }

  struct Attempt {
    bool done = false;              // no further key need be tried
    std::optional<Diagnostic> why;  // nothing when logged in
  };

  Attempt try_key(const std::string& path, bool expected) {
    if (::access(path.c_str(), R_OK) != 0) {
      if (expected || errno != ENOENT) tried_.push_back(path + ": " + std::strerror(errno));
      return {};
    }
    ssh_key raw = nullptr;
    // Nobody can be asked for a passphrase: the callback says so, else libssh would ask the terminal.
    const auto no_passphrase = [](const char*, char*, size_t, int, int, void*) { return -1; };
    if (ssh_pki_import_privkey_file(path.c_str(), nullptr, no_passphrase, nullptr, &raw) != SSH_OK) {
      tried_.push_back(path + ": it has a passphrase (load it with ssh-add) or is no private key");
      return {};
    }
    const Key key(raw);
    const auto result =
        await(SSH_AUTH_AGAIN, [&] { return ssh_userauth_publickey(session(), nullptr, key.get()); });
    if (!result) return {true, gave_up("logging in with " + path)};
    if (*result == SSH_AUTH_SUCCESS) return {true, std::nullopt};
    if (ssh_is_connected(session()) == 0) {
      tried_.push_back(path + ": the host hung up (" + ssh_get_error(session()) + ")");
      return {true, refused()};
    }
    tried_.push_back(path + ": not accepted");
    return {};
  }

  Diagnostic refused() {
    std::string message = host_.name + " (" + where() + ") lets " + host_.user + " in with none of: ";
    for (std::size_t i = 0; i < tried_.size(); ++i) message += (i == 0 ? "" : "; ") + tried_[i];
    if (tried_.empty()) message += "(there is no key to try)";
    return failure("ssh-login", message,
                   "put a public key into ~" + host_.user +
                       "/.ssh/authorized_keys there, or name its file in the Node's keys");
  }

  const Host& host_;
  const SshOptions& options_;
  Deadline deadline_;
  int stop_fd_;
  std::unique_ptr<SshSession::State> state_;
  std::vector<std::string> tried_;
  bool refused_agent_ = false;
  bool stopped_ = false;
  bool connected_ = false;  // keys are exchanged
};

// ---- SshSession
// ----------------------------------------------------------------------------------------------------

SshSession::SshSession(std::unique_ptr<State> state) : state_(std::move(state)) {}

SshSession::~SshSession() {
  // One packet that says goodbye, if the socket takes it at once; nobody waits for an answer.
  if (state_->session && ssh_is_connected(state_->session.get()) != 0) ssh_disconnect(state_->session.get());
}

Result<std::unique_ptr<SshSession>> SshSession::open(const Host& host, const SshOptions& options,
                                                     int stop_fd) {
  return SshHandshake(host, options, steady_clock::now() + options.connect_timeout, stop_fd).log_in();
}

std::unique_ptr<SshExec> SshSession::start(std::string command, std::string input) {
  auto channel = std::make_unique<SshExec::Channel>();
  channel->session = state_->session.get();
  channel->channel.reset(ssh_channel_new(channel->session));
  return std::unique_ptr<SshExec>(new SshExec(std::move(channel), std::move(command), std::move(input)));
}

int SshSession::fd() const {
  return state_->stream.fd();
}

bool SshSession::wants_to_write() const {
  return (ssh_get_poll_flags(state_->session.get()) & SSH_WRITE_PENDING) != 0;
}

bool SshSession::alive() const {
  return ssh_is_connected(state_->session.get()) != 0;
}

void SshSession::take_in() {
  // Only an event loop of libssh's own reads without a channel to read for.
  const std::unique_ptr<ssh_event_struct, Release<&ssh_event_free>> event(ssh_event_new());
  if (event == nullptr || ssh_event_add_session(event.get(), state_->session.get()) != SSH_OK) return;
  ssh_event_dopoll(event.get(), 0);
  ssh_event_remove_session(event.get(), state_->session.get());
}

std::string SshSession::error() const {
  std::string why = ssh_get_error(state_->session.get());
  if (const std::string complaint = state_->stream.complaint(); !complaint.empty())
    why += " (jump: " + complaint + ")";
  return "the connection was lost" + (why.empty() ? "" : ": " + why);
}

Result<HostKey> fetch_host_key(const Host& host, const SshOptions& options, std::chrono::seconds timeout) {
  SshOptions own = options;
  own.connect_timeout = timeout;
  return SshHandshake(host, own, steady_clock::now() + timeout, -1).fetch_key();
}

// ---- SshExec
// -------------------------------------------------------------------------------------------------------

SshExec::SshExec(std::unique_ptr<Channel> channel, std::string command, std::string input)
    : channel_(std::move(channel)), command_(std::move(command)), input_(std::move(input)) {
  if (!channel_->channel) fail("out of memory");
}

SshExec::~SshExec() = default;

void SshExec::fail(std::string why) {
  why_ = std::move(why);
  finished_ = true;
}

bool SshExec::read(bool from_stderr, std::string& into) {
  std::array<char, 32768> buffer;
  bool moved = false;
  for (;;) {
    const int n = ssh_channel_read_nonblocking(channel_->channel.get(), buffer.data(), buffer.size(),
                                               from_stderr ? 1 : 0);
    if (n <= 0)
      return moved;  // nothing now, the end, or an error: which of them, the channel tells afterwards
    into.append(buffer.data(), static_cast<std::size_t>(n));
    moved = true;
  }
}

bool SshExec::step() {
  if (finished_) return false;
  ssh_channel channel = channel_->channel.get();
  const auto lost = [&](const char* doing) {
    fail(std::string(doing) + ": " + ssh_get_error(channel_->session));
  };
  bool moved = false;
  if (state_ == State::opening) {
    const int result = ssh_channel_open_session(channel);
    if (result == SSH_AGAIN) return false;
    if (result != SSH_OK) {
      refused_ = ssh_is_connected(channel_->session) != 0;
      lost("opening a channel");
      return true;
    }
    state_ = State::requesting;
    moved = true;
  }
  if (state_ == State::requesting) {
    const int result = ssh_channel_request_exec(channel, command_.c_str());
    if (result == SSH_AGAIN) return moved;
    if (result != SSH_OK) {
      lost("starting a shell");
      return true;
    }
    state_ = State::feeding;
    moved = true;
  }
  while (state_ == State::feeding) {
    if (fed_ == input_.size()) {
      state_ = State::closing_input;
      break;
    }
    const std::size_t window = ssh_channel_window_size(channel);
    const std::size_t want = std::min({input_.size() - fed_, window, std::size_t{32768}});
    if (want == 0) break;
    const int n = ssh_channel_write(channel, input_.data() + fed_, static_cast<std::uint32_t>(want));
    if (n < 0) {
      lost("sending the script");
      return true;
    }
    if (n == 0) break;
    fed_ += static_cast<std::size_t>(n);
    moved = true;
  }
  if (state_ == State::closing_input) {
    const int result = ssh_channel_send_eof(channel);
    if (result == SSH_ERROR) {
      lost("sending the script");
      return true;
    }
    if (result == SSH_OK) state_ = State::running;
    moved = true;
  }
  if (read(false, out_)) moved = true;
  if (read(true, err_)) moved = true;
#if LIBSSH_VERSION_INT >= SSH_VERSION_INT(0, 11, 0)
  std::uint32_t code = 0;
  if (ssh_channel_get_exit_state(channel, &code, nullptr, nullptr) == SSH_OK)
    exit_code_ = static_cast<int>(code);
#else
  // In 0.10 this one pumps the connection once more; with nothing to be had it returns -1 at once.
  exit_code_ = ssh_channel_get_exit_status(channel);
#endif
  if (ssh_channel_is_closed(channel) != 0 || (ssh_channel_is_eof(channel) != 0 && exit_code_ != -1)) {
    // Nothing that came together with the end may be left in libssh's buffers.
    read(false, out_);
    read(true, err_);
    if (ssh_is_connected(channel_->session) == 0) {
      fail("the connection was lost");
    } else {
      finished_ = true;
    }
    return true;
  }
  return moved;
}

}  // namespace hearth
