#include "reconciler/apply/tidy.h"

#include <algorithm>
#include <utility>

namespace hearth {

// Shared by the answers that are still to come.
struct Tidy::Gathering {
  std::size_t open = 0;
  std::string trouble;
  std::function<void(const std::string&)> done;

  void one_is_over(const std::string& why) {
    if (trouble.empty()) trouble = why;
    if (--open == 0) done(trouble);
  }
};

void Tidy::clear(const std::vector<const HostState*>& hosts, std::function<void(const std::string&)> done) {
  auto all = std::make_shared<Gathering>();
  all->open = hosts.size();
  all->done = std::move(done);
  for (const HostState* host : hosts) {
    observer_.ask(host->name, leftovers_probe(), [this, host, all](const Reply& reply) {
      const std::vector<KeptOnHost> now = read_leftovers(reply).kept;
      std::vector<KeptOnHost> same;
      for (const KeptOnHost& kept : host->leftovers) {
        if (std::find(now.begin(), now.end(), kept) != now.end()) same.push_back(kept);
      }
      drop(host->name, same, all);
    });
  }
}

void Tidy::drop(const std::string& host, const std::vector<KeptOnHost>& kept,
                std::shared_ptr<Gathering> all) {
  if (kept.empty()) {
    all->one_is_over("");
    return;
  }
  ActionRecord record;
  record.run = run_;
  record.address = "Node/" + host;
  record.operation = "tidy";
  const auto action = journal_.begin_action(record);
  if (!action) {
    all->one_is_over(action.error().message);
    return;
  }
  OperationGroup operations;
  std::vector<StepRecord> steps;
  for (const KeptOnHost& one : kept) {
    const Operation& operation = operations.emplace_back(ForgetPrevious{one.path});
    StepRecord& step = steps.emplace_back();
    step.action = *action;
    step.number = static_cast<int>(operations.size());
    step.summary = to_string(operation);
    step.operation = to_value(operation);
  }
  if (const auto written = journal_.intend(steps); !written) {
    all->one_is_over(written.error().message);
    return;
  }
  dispatcher_.send(host, std::move(operations), false,
                   [this, all, id = *action](const std::vector<OperationResult>& results) {
                     std::string trouble;
                     bool well = true;
                     for (std::size_t k = 0; k < results.size(); ++k) {
                       const bool dropped = results[k].status == OperationResult::Status::done;
                       well = well && dropped;
                       const auto written = journal_.end_step(id, static_cast<int>(k) + 1,
                                                              dropped ? "done" : "failed", results[k].output);
                       if (!written) trouble = written.error().message;
                     }
                     if (const auto written = journal_.end_action(id, well ? "done" : "failed", ""); !written)
                       trouble = written.error().message;
                     all->one_is_over(trouble);
                   });
}

}  // namespace hearth
