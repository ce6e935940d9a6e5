#include "reconciler/plan/survey.h"

#include <utility>

#include "reconciler/observe/target.h"

namespace hearth {

namespace {

// Shared by the answers that are still to come.
struct Gathering {
  std::unique_ptr<Survey> survey = std::make_unique<Survey>();
  std::map<std::string, std::size_t> open;  // by host: answers to come
  std::map<std::string, Leftovers> leftovers;
  std::vector<HostState> hosts;
};

HostState state_of(const Observer& observer, const Host* host, const std::string& name, Leftovers leftovers,
                   Loop::Time now) {
  HostState state;
  state.name = name;
  state.why = observer.unreachable(name);
  state.reachable = state.why.empty();
  state.on_demand = host != nullptr && host->on_demand;
  for (ArmedOnHost& undo : leftovers.armed) {
    const auto at =
        std::chrono::duration_cast<std::chrono::milliseconds>((now + undo.due).time_since_epoch());
    state.armed.push_back({std::move(undo), at.count()});
  }
  state.leftovers = std::move(leftovers.kept);
  return state;
}

}  // namespace

void survey(Loop& loop, Observer& observer, ProgressListener& progress, const PlanInput& input,
            std::function<void(std::unique_ptr<Survey>)> done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->survey->subjects = subjects(input);

  std::vector<const Resource*> all = gathering->survey->subjects.declared;
  for (const Resource* ground : gathering->survey->subjects.grounds) all.push_back(ground);
  for (const Resource& orphan : gathering->survey->subjects.orphans) all.push_back(&orphan);
  for (const Resource* resource : all) ++gathering->open[target_of(resource->address)];
  for (const auto& [host, count] : gathering->open) progress.observing(host);

  const auto finish = [gathering, input, done = std::move(done)] {
    Survey& result = *gathering->survey;
    result.plan = make_plan(input, result.subjects, result.lives, gathering->hosts);
    done(std::move(gathering->survey));
  };
  if (all.empty()) {
    loop.post(finish);
    return;
  }
  auto open = std::make_shared<std::size_t>(all.size() + gathering->open.size());
  const auto answered = [gathering, open, finish, input, &loop, &observer,
                         &progress](const std::string& host) {
    if (--gathering->open[host] == 0) {
      gathering->hosts.push_back(
          state_of(observer, input.manifests.find_host(host), host, gathering->leftovers[host], loop.now()));
      progress.observed(gathering->hosts.back());
    }
    if (--*open == 0) finish();
  };
  std::vector<std::string> hosts;
  for (auto& [host, count] : gathering->open) {
    ++count;
    hosts.push_back(host);
  }
  for (const Resource* resource : all) {
    observer.observe(*resource, [gathering, resource, answered](Live live) {
      gathering->survey->lives.insert_or_assign(resource->address, std::move(live));
      answered(target_of(resource->address));
    });
  }
  for (const std::string& host : hosts) {
    observer.ask(host, leftovers_probe(), [gathering, host, answered](const Reply& reply) {
      gathering->leftovers[host] = read_leftovers(reply);
      answered(host);
    });
  }
}

}  // namespace hearth
