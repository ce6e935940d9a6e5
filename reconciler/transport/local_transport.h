// This machine, without SSH: the same scripts, fed to a shell here.
#pragma once

#include <list>
#include <string>
#include <thread>

#include "reconciler/core/resource.h"
#include "reconciler/loop/loop.h"
#include "reconciler/transport/event_fd.h"
#include "reconciler/transport/mailbox.h"
#include "reconciler/transport/process.h"
#include "reconciler/transport/shell_script.h"
#include "reconciler/transport/transport.h"

namespace hearth {

// With Host::root all paths lie below that folder. What cannot be redirected there is refused instead of
// being done to this machine: commands, and units other than enabling and masking them.
class LocalTransport final : public Transport {
 public:
  LocalTransport(const Host& host, Loop& loop);
  ~LocalTransport() override;

  void observe(std::vector<Probe> probes, Observed done) override;
  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override;
  void cancel() override;

 private:
  // One thread a request: they are few, and each waits for its shell.
  struct Job {
    EventFd stop;
    std::thread thread;
  };

  template <typename Work>
  void start(Work work);
  [[nodiscard]] Result<ProcessResult> run(const Script& script, const std::string& nonce, int stop_fd) const;

  std::string root_;
  bool sudo_ = false;
  Mailbox mailbox_;
  std::list<Job> jobs_;  // the loop's thread only
};

}  // namespace hearth
