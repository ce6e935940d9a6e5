#include "reconciler/transport/stream_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "reconciler/transport/spawn.h"

namespace hearth {

namespace {

int milliseconds_left(Deadline deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

std::string where(const Host& host) {
  return host.address + ":" + std::to_string(host.port);
}

Diagnostic unreachable(const Host& host, const std::string& why) {
  return failure("unreachable", host.name + " (" + where(host) + ") is not reachable: " + why,
                 "is it switched on and on the network, and does sshd run there?");
}

// So that a host that vanished without a word (power, cable) is noticed: with something on its way through
// TCP_USER_TIMEOUT, with nothing on its way through probes.
void watch_for_silence(int fd, std::chrono::seconds silence) {
  const auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  const int third = std::max(1, static_cast<int>(silence.count() / 3));
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, third);
  set(IPPROTO_TCP, TCP_KEEPINTVL, third);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count() * 1000));
}

// Waits for the connection that was begun on FD. 0, or what went wrong (ECANCELED: told to stop).
int finish_connect(int fd, int milliseconds, int stop_fd) {
  std::array<pollfd, 2> polled{{{fd, POLLOUT, 0}, {stop_fd, POLLIN, 0}}};
  int ready = 0;
  do {
    ready = ::poll(polled.data(), polled.size(), milliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return errno;
  if (polled[1].revents != 0) return ECANCELED;
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

Result<FileDescriptor> connect_tcp(const Host& host, const SshOptions& options, Deadline deadline,
                                   int stop_fd) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.address.c_str(), std::to_string(host.port).c_str(), &hints, &found);
  if (error != 0) {
    return tl::unexpected(failure(
        "unreachable", host.name + ": the name '" + host.address + "' is not found: " + ::gai_strerror(error),
        "check the Node's address; an IP address needs no name server"));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int left = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) ++left;
  int last_error = ETIMEDOUT;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next, --left) {
    FileDescriptor fd(
        ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol));
    if (!fd.valid()) {
      last_error = errno;
      continue;
    }
    watch_for_silence(fd.get(), options.silence_timeout);
    last_error = ::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    // An address that leads nowhere must leave time for the others.
    if (last_error == EINPROGRESS)
      last_error = finish_connect(fd.get(), milliseconds_left(deadline) / left, stop_fd);
    if (last_error == 0) return fd;
    if (last_error == ECANCELED) break;
  }
  return tl::unexpected(unreachable(host, last_error == ECANCELED ? "cancelled" : std::strerror(last_error)));
}

struct Jump {
  std::string user;
  std::string address;
  std::string port;
};

// `[user@]host[:port]`; an IPv6 address stands in brackets when a port follows.
Jump parse_jump(std::string text) {
  Jump jump;
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    jump.user = text.substr(0, at);
    text.erase(0, at + 1);
  }
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  const bool has_port =
      colon != std::string::npos && (bracketed ? colon > text.rfind(']') : text.find(':') == colon);
  if (has_port) {
    jump.port = text.substr(colon + 1);
    text.resize(colon);
  }
  if (bracketed && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  jump.address = text;
  return jump;
}

// ssh's own quoting of option values.
std::string option_value(const std::string& path) {
  return "\"" + path + "\"";
}

std::vector<std::string> jump_command(const Host& host, const SshOptions& options) {
  const Jump jump = parse_jump(host.proxy_jump);
  // The same rules as for the Node itself: no configuration file, known keys only, nobody to be asked.
  std::vector<std::string> argv{
      "ssh",
      "-F",
      "/dev/null",
      "-T",
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=yes",
      "-o",
      "ClearAllForwardings=no",
      "-o",
      "ConnectTimeout=" + std::to_string(options.connect_timeout.count()),
      "-o",
      "ServerAliveInterval=" + std::to_string(std::max<std::int64_t>(1, options.silence_timeout.count() / 3)),
      "-o",
      "ServerAliveCountMax=3"};
  // Always said: ssh looks for it in the home that the user database names, hearth in $HOME.
  argv.insert(argv.end(), {"-o", "UserKnownHostsFile=" + option_value(known_hosts_path(options))});
  for (const std::string& key : host.keys) argv.insert(argv.end(), {"-i", expand_home(key)});
  if (!jump.user.empty()) argv.insert(argv.end(), {"-l", jump.user});
  if (!jump.port.empty()) argv.insert(argv.end(), {"-p", jump.port});
  const bool is_ipv6 = host.address.find(':') != std::string::npos;
  argv.insert(argv.end(),
              {"-W", (is_ipv6 ? "[" + host.address + "]" : host.address) + ":" + std::to_string(host.port),
               "--", jump.address});
  return argv;
}

}  // namespace

std::string known_hosts_path(const SshOptions& options) {
  return expand_home(options.known_hosts.empty() ? "~/.ssh/known_hosts" : options.known_hosts);
}

std::string expand_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const char* home = std::getenv("HOME");
  std::string folder = home != nullptr ? home : "";
  if (folder.empty()) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
      folder = found->pw_dir;
    }
  }
  return folder + path.substr(1);
}

Result<StreamSocket> StreamSocket::connect(const Host& host, const SshOptions& options, Deadline deadline,
                                           int stop_fd) {
  StreamSocket stream;
  if (host.proxy_jump.empty()) {
    auto socket = connect_tcp(host, options, deadline, stop_fd);
    if (!socket) return tl::unexpected(std::move(socket.error()));
    stream.socket_ = std::move(*socket);
    return stream;
  }
  std::array<int, 2> pair{};
  std::array<int, 2> complaints{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return tl::unexpected(unreachable(host, std::strerror(errno)));
  }
  stream.socket_ = FileDescriptor(pair[0]);
  const FileDescriptor theirs(pair[1]);
  if (::pipe2(complaints.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return tl::unexpected(unreachable(host, std::strerror(errno)));
  }
  stream.complaints_ = FileDescriptor(complaints[0]);
  const FileDescriptor err(complaints[1]);
  ::fcntl(stream.socket_.get(), F_SETFL, ::fcntl(stream.socket_.get(), F_GETFL) | O_NONBLOCK);
  const int error =
      spawn_process(jump_command(host, options), theirs.get(), theirs.get(), err.get(), stream.jump_);
  if (error != 0) {
    stream.jump_ = -1;
    return tl::unexpected(failure(
        "proxy-jump", "cannot start ssh for the jump over " + host.proxy_jump + ": " + std::strerror(error),
        "install openssh-client"));
  }
  return stream;
}

StreamSocket::StreamSocket(StreamSocket&& other) noexcept
    : socket_(std::move(other.socket_)),
      complaints_(std::move(other.complaints_)),
      complaint_(std::move(other.complaint_)),
      jump_(std::exchange(other.jump_, -1)) {}

StreamSocket::~StreamSocket() {
  if (jump_ <= 0) return;
  ::kill(jump_, SIGKILL);
  while (::waitpid(jump_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string StreamSocket::complaint() {
  std::array<char, 4096> buffer;
  while (complaints_.valid() && complaint_.size() < 4096) {
    const ssize_t n = ::read(complaints_.get(), buffer.data(), buffer.size());
    if (n <= 0) break;
    complaint_.append(buffer.data(), static_cast<std::size_t>(n));
  }
  std::string text = complaint_;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  const std::size_t last = text.rfind('\n');
  return last == std::string::npos ? text : text.substr(last + 1);
}

}  // namespace hearth
