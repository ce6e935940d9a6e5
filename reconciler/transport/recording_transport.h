// Remembers what was sent through another transport.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "reconciler/transport/transport.h"

namespace hearth {

// What is recorded outlives the transport: the caller owns it. Used on the loop's thread, like every
// transport.
struct Recording {
  std::vector<std::vector<Probe>> observed;  // one entry a call
  std::vector<Operation> executed;           // in the order of sending, all calls together
};

class RecordingTransport final : public Transport {
 public:
  RecordingTransport(std::unique_ptr<Transport> inner, Recording& recording)
      : inner_(std::move(inner)), recording_(recording) {}

  void observe(std::vector<Probe> probes, Observed done) override {
    recording_.observed.push_back(probes);
    inner_->observe(std::move(probes), std::move(done));
  }
  void execute_groups(std::vector<OperationGroup> groups, std::string lease, GroupsExecuted done) override {
    for (const OperationGroup& group : groups) {
      recording_.executed.insert(recording_.executed.end(), group.begin(), group.end());
    }
    inner_->execute_groups(std::move(groups), std::move(lease), std::move(done));
  }
  void cancel() override { inner_->cancel(); }

 private:
  std::unique_ptr<Transport> inner_;
  Recording& recording_;
};

}  // namespace hearth
