// Preloaded into hearth by tests that kill it: counts what makes a run move on, fsync to the journal's disk and bytes sent
// into a socket, and ends the process by SIGKILL right before the n-th of one of them. No handler, no destructor and no
// buffer gets its turn, as with a power cut.
//
//   HEARTH_KILL_AT=fsync:7    dies instead of the 7th fsync
//   HEARTH_KILL_AT=send:42    dies instead of the 42nd send
//   HEARTH_KILL_TRACE=FILE    writes a line each, `fsync 7` or `send 42 BYTES`, so that a test knows which there are
//
// Only the program called hearth is meant, not what it or the test starts.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> fsyncs{0};
std::atomic<long> sends{0};
long kill_at_fsync = 0;
long kill_at_send = 0;
int trace = -1;

// `KIND:NUMBER`, else 0.
long number_of(const char* text, const char* kind) {
  const std::size_t size = std::strlen(kind);
  return text != nullptr && std::strncmp(text, kind, size) == 0 ? std::strtol(text + size, nullptr, 10) : 0;
}

__attribute__((constructor)) void read_environment() {
  if (std::strcmp(program_invocation_short_name, "hearth") != 0) return;
  const char* at = std::getenv("HEARTH_KILL_AT");
  kill_at_fsync = number_of(at, "fsync:");
  kill_at_send = number_of(at, "send:");
  if (const char* file = std::getenv("HEARTH_KILL_TRACE"))
    trace = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void before_fsync() {
  const long number = ++fsyncs;
  if (number == kill_at_fsync) ::kill(::getpid(), SIGKILL);
  if (trace >= 0) ::dprintf(trace, "fsync %ld\n", number);
}

void before_send(std::size_t bytes) {
  const long number = ++sends;
  if (number == kill_at_send) ::kill(::getpid(), SIGKILL);
  if (trace >= 0) ::dprintf(trace, "send %ld %zu\n", number, bytes);
}

bool is_socket(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

// The function that would have been called without this library. errno is the caller's.
template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  static const auto real = next<int (*)(int)>("fsync");
  before_fsync();
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static const auto real = next<int (*)(int)>("fdatasync");
  before_fsync();
  return real(descriptor);
}

ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, int)>("send");
  before_send(size);
  return real(descriptor, bytes, size, flags);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (is_socket(descriptor)) before_send(size);
  return real(descriptor, bytes, size);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  static const auto real = next<ssize_t (*)(int, const struct iovec*, int)>("writev");
  if (is_socket(descriptor)) {
    std::size_t size = 0;
    for (int i = 0; i < count; ++i) size += parts[i].iov_len;
    before_send(size);
  }
  return real(descriptor, parts, count);
}

}  // extern "C"
