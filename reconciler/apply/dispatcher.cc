#include "reconciler/apply/dispatcher.h"

#include <memory>
#include <utility>

namespace hearth {

void Dispatcher::send(const std::string& host, OperationGroup operations, bool alone, Done done) {
  if (alone) {
    Batch batch;
    batch.groups.push_back(std::move(operations));
    batch.done.push_back(std::move(done));
    execute(host, std::move(batch));
    return;
  }
  Batch& batch = waiting_[host];
  if (batch.groups.empty()) loop_.post([this, host] { flush(host); });
  batch.groups.push_back(std::move(operations));
  batch.done.push_back(std::move(done));
}

void Dispatcher::flush(const std::string& host) {
  execute(host, std::exchange(waiting_[host], {}));
}

void Dispatcher::execute(const std::string& host, Batch batch) {
  if (const auto durable = journal_.flush(); !durable) {
    loop_.post([batch = std::move(batch), why = durable.error().message] {
      for (std::size_t i = 0; i < batch.done.size(); ++i) {
        batch.done[i](std::vector<OperationResult>(batch.groups[i].size(),
                                                   {OperationResult::Status::not_sent, "journal", why}));
      }
    });
    return;
  }
  targets_.find(host)->execute_groups(
      std::move(batch.groups), lease_,
      [done = std::move(batch.done)](const std::vector<std::vector<OperationResult>>& results) {
        for (std::size_t i = 0; i < done.size(); ++i) done[i](results[i]);
      });
}

bool is_brief(const Operation& operation) {
  if (const auto* write = std::get_if<WriteFile>(&operation)) return write->check.empty();
  if (const auto* replace = std::get_if<ReplaceLines>(&operation)) return replace->check.empty();
  if (const auto* control = std::get_if<ControlUnit>(&operation)) {
    switch (control->verb) {
      case ControlUnit::Verb::start:
      case ControlUnit::Verb::stop:
      case ControlUnit::Verb::restart:
      case ControlUnit::Verb::reload:
      case ControlUnit::Verb::try_reload: return false;
      case ControlUnit::Verb::enable:
      case ControlUnit::Verb::disable:
      case ControlUnit::Verb::mask:
      case ControlUnit::Verb::unmask:
      case ControlUnit::Verb::daemon_reload: return true;
    }
  }
  return !std::holds_alternative<RunCommand>(operation) && !std::holds_alternative<ArmUndo>(operation) &&
         !std::holds_alternative<DisarmUndo>(operation);
}

}  // namespace hearth
