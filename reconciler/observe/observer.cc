#include "reconciler/observe/observer.h"

#include <unordered_map>
#include <utility>

#include "providers/provider.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/observe/target.h"

namespace hearth {

namespace {

// What a person reads where the host is named: why, and what to do.
std::string why_unreachable(const Diagnostic& error) {
  return error.hint.empty() ? error.message : error.message + "; " + error.hint;
}

}  // namespace

Targets::Targets(const std::vector<Host>& hosts, Connect connect) : connect_(std::move(connect)) {
  for (const Host& host : hosts) hosts_.emplace(host.name, host);
}

Transport* Targets::find(const std::string& name) {
  if (const auto found = transports_.find(name); found != transports_.end()) return found->second.get();
  const Host* declared = host(name);
  if (declared == nullptr) return nullptr;
  return transports_.emplace(name, connect_(*declared)).first->second.get();
}

std::unique_ptr<Transport> Targets::fresh(const std::string& name) const {
  const Host* declared = host(name);
  return declared == nullptr ? nullptr : connect_(*declared);
}

const Host* Targets::host(const std::string& name) const {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : &found->second;
}

void Targets::cancel() {
  for (auto& [name, transport] : transports_) transport->cancel();
}

Observer::Observer(Loop& loop, Targets& targets, ProviderRegistry& providers)
    : loop_(loop), targets_(targets), providers_(providers) {}

std::string Observer::unreachable(const std::string& host) const {
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? std::string{} : found->second.unreachable;
}

void Observer::observe(const Resource& resource, Done done) {
  const auto provider = providers_.load(resource.kind->provider());
  if (!provider) {
    loop_.post([done = std::move(done), why = provider.error().message] { done(Live::unknown(why)); });
    return;
  }
  enqueue(target_of(resource.address),
          {(*provider)->probes(resource), [&resource, provider = *provider, done = std::move(done)](
                                              const std::string& why, const std::vector<Reply>& replies) {
             done(why.empty() ? provider->decode(resource, replies) : Live::unknown(why));
           }});
}

void Observer::ask(const std::string& host, Probe probe, std::function<void(const Reply&)> done) {
  enqueue(host, {{std::move(probe)},
                 [done = std::move(done)](const std::string& why, const std::vector<Reply>& replies) {
                   done(why.empty() ? replies.front() : Reply(NoReply{why}));
                 }});
}

void Observer::enqueue(const std::string& host, Request request) {
  HostQueue& queue = hosts_[host];
  queue.waiting.push_back(std::move(request));
  // Sent from the loop, not from here: everybody who asks in this turn comes along.
  if (!queue.busy && queue.waiting.size() == 1) loop_.post([this, host] { send(host); });
}

void Observer::send(const std::string& host) {
  HostQueue& queue = hosts_[host];
  if (queue.busy || queue.waiting.empty()) return;
  std::vector<Request> requests = std::exchange(queue.waiting, {});

  Transport* transport = targets_.find(host);
  if (transport == nullptr) {
    for (Request& request : requests) request.done("no Node \"" + host + "\" is declared", {});
    return;
  }

  // Each distinct probe once; WHERE says for each request which replies are its own.
  std::vector<Probe> probes;
  std::unordered_map<std::string, std::vector<std::size_t>> known;
  std::vector<std::vector<std::size_t>> where;
  for (Request& request : requests) {
    std::vector<std::size_t>& mine = where.emplace_back();
    for (Probe& probe : request.probes) {
      std::vector<std::size_t>& alike = known[to_string(probe)];
      std::size_t index = probes.size();
      for (const std::size_t candidate : alike) {
        if (probes[candidate] == probe) index = candidate;
      }
      if (index == probes.size()) {
        alike.push_back(index);
        probes.push_back(std::move(probe));
      }
      mine.push_back(index);
    }
  }

  queue.busy = true;
  transport->observe(
      std::move(probes), [this, host, requests = std::move(requests),
                          where = std::move(where)](Result<std::vector<Reply>> replies) mutable {
        HostQueue& self = hosts_[host];
        self.busy = false;
        self.unreachable = replies ? "" : why_unreachable(replies.error());
        if (!self.waiting.empty()) send(host);
        const std::string why = replies || !self.unreachable.empty() ? self.unreachable : "no answer";
        for (std::size_t i = 0; i < requests.size(); ++i) {
          std::vector<Reply> mine;
          if (replies) {
            for (const std::size_t index : where[i]) mine.push_back((*replies)[index]);
          }
          requests[i].done(why, mine);
        }
      });
}

}  // namespace hearth
