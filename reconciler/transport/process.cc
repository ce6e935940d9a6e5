#include "reconciler/transport/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "reconciler/transport/file_descriptor.h"
#include "reconciler/transport/spawn.h"

namespace hearth {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

bool open_pipe(Pipe& out) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  out.read = FileDescriptor(ends[0]);
  out.write = FileDescriptor(ends[1]);
  return true;
}

void set_nonblocking(const FileDescriptor& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

constexpr std::size_t read_size = 65536;

// Reads what there is, but not much beyond what REQUEST wants at most. False at the end of the stream.
bool read_available(const FileDescriptor& fd, std::string& into, const ProcessRequest& request) {
  std::array<char, read_size> buffer;
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(n));
      if (request.secret) explicit_bzero(buffer.data(), static_cast<std::size_t>(n));
      // A writer that is never done must not grow it for ever, nor (if secret) beyond what was reserved.
      if (into.size() > request.max_output) return true;
    } else if (n == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

// Writes what fits. False when nothing more needs to or can be written.
bool write_available(const FileDescriptor& fd, std::string_view& rest) {
  while (!rest.empty()) {
    const ssize_t n = ::write(fd.get(), rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      return errno == EAGAIN;  // a reader that has gone wants no more
    }
  }
  return false;
}

// A write to a program that has closed its input must be an error here, not the end of hearth.
class BlockedSigpipe {
 public:
  BlockedSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &previous_);
  }
  BlockedSigpipe(const BlockedSigpipe&) = delete;
  BlockedSigpipe& operator=(const BlockedSigpipe&) = delete;
  ~BlockedSigpipe() {
    if (sigismember(&previous_, SIGPIPE) != 0) return;
    const timespec no_time{};
    while (sigtimedwait(&pipe_, nullptr, &no_time) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t previous_{};
};

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request) {
  const auto failed = [&](int error) {
    return tl::unexpected(
        failure("process", "cannot start " + request.argv.front() + ": " + std::strerror(error)));
  };
  const BlockedSigpipe blocked_sigpipe;
  Pipe in;
  Pipe out;
  Pipe err;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err)) return failed(errno);
  pid_t pid = 0;
  if (const int error = spawn_process(request.argv, in.read.get(), out.write.get(), err.write.get(), pid);
      error != 0)
    return failed(error);
  // Not pidfd_open(): glibc 2.36 declares it without C linkage.
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  in.read.reset();
  out.write.reset();
  err.write.reset();
  for (const FileDescriptor* fd : {&in.write, &out.read, &err.read}) set_nonblocking(*fd);

  ProcessResult result;
  // Text that grows is moved, and what it leaves behind is not wiped.
  if (request.secret) result.out.reserve(request.max_output + 2 * read_size);
  std::string_view rest = request.input;
  if (rest.empty()) in.write.reset();
  const Clock::time_point deadline = Clock::now() + request.timeout;
  bool running = true;
  while (running) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      result.end = ProcessResult::End::timed_out;
      break;
    }
    // A descriptor of -1 is passed over. Once a stream has ended only the process itself is waited for,
    // because a daemon that it left behind may keep the other open for ever.
    std::array<pollfd, 5> polled{{{in.write.get(), POLLOUT, 0},
                                  {out.read.get(), POLLIN, 0},
                                  {err.read.get(), POLLIN, 0},
                                  {process.get(), POLLIN, 0},
                                  {request.stop_fd, POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(),
               static_cast<int>(std::min<std::int64_t>(left.count() + 1, 60'000))) < 0 &&
        errno != EINTR) {
      break;
    }
    if (polled[0].revents != 0 && !write_available(in.write, rest)) in.write.reset();
    if (polled[1].revents != 0 && !read_available(out.read, result.out, request)) out.read.reset();
    if (polled[2].revents != 0 && !read_available(err.read, result.err, request)) err.read.reset();
    if (polled[4].revents != 0) {
      result.end = ProcessResult::End::stopped;
      break;
    }
    if (result.out.size() + result.err.size() > request.max_output) {
      result.end = ProcessResult::End::too_much_output;
      break;
    }
    if (request.satisfied && request.satisfied(result.out, result.err)) {
      result.end = ProcessResult::End::satisfied;
      break;
    }
    if (polled[3].revents != 0) {
      if (out.read.valid()) read_available(out.read, result.out, request);
      if (err.read.valid()) read_available(err.read, result.err, request);
      running = false;
      if (result.out.size() + result.err.size() > request.max_output)
        result.end = ProcessResult::End::too_much_output;
    }
  }
  // Before the leader is reaped its number cannot become another's.
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!running) result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace hearth
