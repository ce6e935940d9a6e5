// A host over SSH: one connection, one thread, several commands at once.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "reconciler/core/resource.h"
#include "reconciler/loop/loop.h"
#include "reconciler/transport/event_fd.h"
#include "reconciler/transport/mailbox.h"
#include "reconciler/transport/script_end.h"
#include "reconciler/transport/shell_script.h"
#include "reconciler/transport/ssh_options.h"
#include "reconciler/transport/transport.h"

namespace hearth {

// Connects at the first request, and again when the connection has been lost. An observation is one exec, and
// so is each call of execute().
class SshTransport final : public Transport {
 public:
  SshTransport(const Host& host, Loop& loop, const SshOptions& options);
  ~SshTransport() override;

  void observe(std::vector<Probe> probes, Observed done) override;
  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override;
  void cancel() override;

 private:
  // One script under way. Answered exactly once, on the host's thread.
  struct Request {
    Script script;
    std::string nonce;
    std::function<void(const Result<ScriptEnd>&)> answer;
    std::chrono::steady_clock::time_point refused_since;  // the epoch: never
  };
  class Worker;

  void post(Request request);

  const Host host_;
  const SshOptions options_;
  Mailbox mailbox_;
  EventFd wake_;       // there is work
  EventFd interrupt_;  // leave off whatever you are doing

  std::mutex mutex_;
  std::deque<Request> queue_;  // guarded by mutex_
  bool cancelled_ = false;     // guarded by mutex_
  bool ending_ = false;        // guarded by mutex_

  std::thread thread_;  // last: uses all of the above; started by the first request
};

}  // namespace hearth
