// The connected socket below an SSH session: TCP, or a jump host's pipe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/transport/file_descriptor.h"
#include "reconciler/transport/ssh_options.h"

namespace hearth {

using Deadline = std::chrono::steady_clock::time_point;

// Owns the socket and, for a jump, the `ssh -W` that carries it, which it ends and reaps. One thread.
class StreamSocket {
 public:
  // Connects to HOST, through its proxy_jump when it has one. Gives up at DEADLINE or when STOP_FD becomes
  // readable. The name is looked up by the system's resolver, which alone may take longer than the deadline.
  static Result<StreamSocket> connect(const Host& host, const SshOptions& options, Deadline deadline,
                                      int stop_fd);

  StreamSocket(StreamSocket&& other) noexcept;
  StreamSocket& operator=(StreamSocket&&) = delete;
  ~StreamSocket();

  [[nodiscard]] int fd() const { return socket_.get(); }
  // What the jump's ssh complained of so far; "" without a jump.
  [[nodiscard]] std::string complaint();

 private:
  StreamSocket() = default;

  FileDescriptor socket_;
  FileDescriptor complaints_;
  std::string complaint_;
  pid_t jump_ = -1;
};

}  // namespace hearth
