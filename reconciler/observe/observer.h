// Asks hosts what is, once for all who want to know.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reconciler/core/live.h"
#include "reconciler/core/resource.h"
#include "reconciler/loop/loop.h"
#include "reconciler/plugin/provider_registry.h"
#include "reconciler/transport/transport.h"

namespace hearth {

// The targets of a run, reached on first use. Used from the loop's thread only.
class Targets {
 public:
  using Connect = std::function<std::unique_ptr<Transport>(const Host&)>;

  Targets(const std::vector<Host>& hosts, Connect connect);
  // Nullptr for a host that no manifest declares.
  Transport* find(const std::string& host);
  // One of the caller's own, which shares no connection with that of find(). Nullptr likewise.
  [[nodiscard]] std::unique_ptr<Transport> fresh(const std::string& host) const;
  [[nodiscard]] const Host* host(const std::string& name) const;
  // Gives up everything under way on all of them.
  void cancel();

 private:
  std::map<std::string, Host> hosts_;
  Connect connect_;
  std::map<std::string, std::unique_ptr<Transport>> transports_;
};

// Requests for one host that come while none of its observations is under way go out together, in one exec, each
// distinct probe once; those that come later wait for it and go together after it. So a plan costs one exec a host,
// and verifying many actions that end at about the same time costs few. Used from the loop's thread only.
class Observer {
 public:
  using Done = std::function<void(Live)>;

  Observer(Loop& loop, Targets& targets, ProviderRegistry& providers);

  // DONE is called later on the loop, exactly once. RESOURCE must live until then.
  void observe(const Resource& resource, Done done);

  // Asks HOST one thing that is no resource's, together with all else. DONE likewise; NoReply when there is no answer.
  void ask(const std::string& host, Probe probe, std::function<void(const Reply&)> done);

  // Why HOST could not be reached at its last observation; "" when it was reached or not asked.
  [[nodiscard]] std::string unreachable(const std::string& host) const;
  [[nodiscard]] bool asked(const std::string& host) const { return hosts_.contains(host); }

 private:
  struct Request {
    std::vector<Probe> probes;
    // Gets one reply a probe, or why there are none.
    std::function<void(const std::string& why, const std::vector<Reply>& replies)> done;
  };
  struct HostQueue {
    std::vector<Request> waiting;
    bool busy = false;
    std::string unreachable;
  };

  void enqueue(const std::string& host, Request request);
  void send(const std::string& host);

  Loop& loop_;
  Targets& targets_;
  ProviderRegistry& providers_;
  std::map<std::string, HostQueue> hosts_;
};

}  // namespace hearth
