// How targets are reached: the port between the engine and the world.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/transport/operation.h"

namespace hearth {

// Reaches one host. Made on the loop's thread and used only from there; handlers are called on it too, never from
// within the call that took them. Several requests may be under way at once; a transport orders nothing between them.
// Every request is answered exactly once, also after a timeout, a cancel() or a lost connection. Destroying a transport
// waits for its threads and drops handlers not yet called.
class Transport {
 public:
  // Replies in the order of the probes; or why the host could not be reached at all (every reply is then unknown).
  using Observed = std::function<void(Result<std::vector<Reply>>)>;
  // Results in the order of the operations.
  using Executed = std::function<void(std::vector<OperationResult>)>;
  using GroupsExecuted = std::function<void(std::vector<std::vector<OperationResult>>)>;

  virtual ~Transport() = default;

  // All PROBES in one exec.
  virtual void observe(std::vector<Probe> probes, Observed done) = 0;
  // All GROUPS in one exec, one after the other. LEASE is the token under which the host may be written ("" for the lease
  // operations themselves and for tests); the host refuses every operation (code `lost`) when another holds it.
  virtual void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) = 0;
  // The same for one group.
  void execute(OperationGroup operations, std::string lease, Executed done);
  // Gives up everything under way: answered as unknown. For the second Ctrl-C.
  virtual void cancel() = 0;
};

}  // namespace hearth
