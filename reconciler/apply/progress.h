// What the engine tells while it works. The port behind which terminals, logs and tests listen.
#pragma once

#include <string>

#include "reconciler/apply/outcome.h"
#include "reconciler/plan/plan.h"

namespace hearth {

// Called on the loop's thread.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  virtual void observing(const std::string& host) = 0;
  virtual void observed(const HostState& host) = 0;
  virtual void action_started(const Action& action) = 0;
  // About to be sent.
  virtual void step_started(const Action& action, const Operation& operation) = 0;
  virtual void action_ended(const Action& action, Outcome outcome, const std::string& detail) = 0;
};

// Hears nothing.
class SilentProgress final : public ProgressListener {
 public:
  void observing(const std::string&) override {}
  void observed(const HostState&) override {}
  void action_started(const Action&) override {}
  void step_started(const Action&, const Operation&) override {}
  void action_ended(const Action&, Outcome, const std::string&) override {}
};

}  // namespace hearth
