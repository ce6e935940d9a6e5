#include "reconciler/transport/local_transport.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "reconciler/core/digest.h"
#include "reconciler/transport/quiet_thread.h"
#include "reconciler/transport/script_end.h"

namespace hearth {

namespace {

// The folder itself, links resolved: the scripts compare against it.
std::string canonical_root(const std::string& root) {
  if (root.empty()) return {};
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(root.c_str(), nullptr), &std::free);
  std::string path = real ? real.get() : root;
  while (path.ends_with('/')) path.pop_back();
  return path;
}

ScriptEnd end_of(const Result<ProcessResult>& result) {
  ScriptEnd end;
  if (!result) {
    end.delivered = false;
    end.why = result.error().message;
    return end;
  }
  end.output = {result->out, result->err};
  end.exit_code = result->exit_code;
  switch (result->end) {
    case ProcessResult::End::exited:
    case ProcessResult::End::satisfied: break;
    case ProcessResult::End::timed_out: end.why = "no end within the time that was allowed"; break;
    case ProcessResult::End::stopped: end.why = "cancelled"; break;
    case ProcessResult::End::too_much_output: end.why = "the answers are too long"; break;
  }
  return end;
}

}  // namespace

LocalTransport::LocalTransport(const Host& host, Loop& loop)
    : root_(canonical_root(host.root)),
      // Below a folder of one's own nobody needs to be root.
      sudo_(host.become == "sudo" && ::geteuid() != 0 && root_.empty()),
      mailbox_(loop) {}

LocalTransport::~LocalTransport() {
  cancel();
  for (Job& job : jobs_) job.thread.join();
}

void LocalTransport::cancel() {
  for (Job& job : jobs_) job.stop.signal();
}

Result<ProcessResult> LocalTransport::run(const Script& script, const std::string& nonce, int stop_fd) const {
  ProcessRequest request;
  request.argv = sudo_ ? std::vector<std::string>{"sudo", "-n", "--", "sh"} : std::vector<std::string>{"sh"};
  request.input = script.text;
  request.timeout = script.timeout;
  request.stop_fd = stop_fd;
  request.satisfied = [&nonce](std::string_view out, std::string_view err) {
    return has_ended(out, nonce) && has_ended(err, nonce);
  };
  return run_process(request);
}

// WORK runs on a thread of its own and returns the task that hands its result to whoever asked.
template <typename Work>
void LocalTransport::start(Work work) {
  const auto job = jobs_.emplace(jobs_.end());
  job->thread = quiet_thread([this, job, work = std::move(work)]() mutable {
    auto answer = work(job->stop.get());
    mailbox_.post([this, job, answer = std::move(answer)]() mutable {
      job->thread.join();
      jobs_.erase(job);
      answer();
    });
  });
}

void LocalTransport::observe(std::vector<Probe> probes, Observed done) {
  start([this, probes = std::move(probes), done = std::move(done)](int stop_fd) {
    const std::string nonce = random_hex(16);
    const ScriptEnd end = end_of(run(render_observe(probes, nonce, root_), nonce, stop_fd));
    return [done, answer = answer_to_observe("this machine", probes, nonce, end, root_)] { done(answer); };
  });
}

void LocalTransport::execute_groups(std::vector<OperationGroup> groups, std::string lease,
                                    GroupsExecuted done) {
  start([this, groups = std::move(groups), lease = std::move(lease), done = std::move(done)](int stop_fd) {
    const std::string nonce = random_hex(16);
    const ScriptEnd end = end_of(run(render_execute(groups, lease, nonce, root_), nonce, stop_fd));
    return [done, answer = answer_to_execute("this machine", sizes_of(groups), nonce, end)] { done(answer); };
  });
}

}  // namespace hearth
