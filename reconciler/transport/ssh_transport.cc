#include "reconciler/transport/ssh_transport.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <utility>

#include "reconciler/core/digest.h"
#include "reconciler/transport/quiet_thread.h"
#include "reconciler/transport/ssh_session.h"

namespace hearth {

namespace {

using std::chrono::steady_clock;

// What a script's own timeouts do not count: the way there and back, a node that is slow to start a shell.
constexpr std::chrono::seconds slack{10};

// sshd counts a session until its shell has been reaped, a little longer than we do, so it may refuse one at
// first.
constexpr std::chrono::milliseconds refused_pause{50};
constexpr std::chrono::seconds refused_patience{10};

}  // namespace

// What the host's thread does. Owns the session; nobody else touches it.
class SshTransport::Worker {
 public:
  explicit Worker(SshTransport& transport) : t_(transport) {}

  void run() {
    for (;;) {
      if (!take_work()) return;
      if (!waiting_.empty() && !session_) open();
      start_waiting();
      bool moved = true;
      while (moved) moved = step_all();
      if (session_ && !session_->alive()) lose();
      wait();
    }
  }

 private:
  struct Running {
    Request request;
    std::unique_ptr<SshExec> exec;
    steady_clock::time_point deadline;
  };

  // Moves what was posted to us. False when the transport is being destroyed: nobody wants answers any more.
  bool take_work() {
    bool cancelled = false;
    {
      const std::lock_guard lock(t_.mutex_);
      if (t_.ending_) return false;
      t_.wake_.clear();
      cancelled = std::exchange(t_.cancelled_, false);
      if (cancelled) t_.interrupt_.clear();
      std::move(t_.queue_.begin(), t_.queue_.end(), std::back_inserter(waiting_));
      t_.queue_.clear();
    }
    if (cancelled) {
      for (Running& running : running_) answer(running, "cancelled");
      running_.clear();
      for (const Request& request : waiting_) {
        request.answer(
            tl::unexpected(failure("cancelled", t_.host_.name + ": cancelled before it was sent")));
      }
      waiting_.clear();
    }
    return true;
  }

  void open() {
    auto session = SshSession::open(t_.host_, t_.options_, t_.interrupt_.get());
    if (session) {
      session_ = std::move(*session);
      return;
    }
    for (const Request& request : waiting_) request.answer(tl::unexpected(session.error()));
    waiting_.clear();
  }

  void start_waiting() {
    // A shell of the login's own choice, replaced by the one that the script is for.
    const std::string command =
        t_.host_.become == "sudo" && t_.host_.user != "root" ? "exec sudo -n -- sh" : "exec sh";
    while (session_ && !waiting_.empty() && running_.size() < t_.options_.max_channels &&
           steady_clock::now() >= refused_until_) {
      Request request = std::move(waiting_.front());
      waiting_.pop_front();
      const auto deadline = steady_clock::now() + request.script.timeout + slack;
      auto exec = session_->start(command, std::move(request.script.text));
      running_.push_back({std::move(request), std::move(exec), deadline});
    }
  }

  bool step_all() {
    bool moved = false;
    for (auto it = running_.begin(); it != running_.end();) {
      if (it->exec->step()) moved = true;
      const std::string why = why_over(*it);
      if (it->exec->refused() && put_back(*it)) {
        it = running_.erase(it);
      } else if (it->exec->finished() || !why.empty() || has_answered(*it)) {
        answer(*it, why);
        it = running_.erase(it);
        moved = true;
      } else {
        ++it;
      }
    }
    if (moved) start_waiting();
    return moved;
  }

  // False when it has been refused for too long.
  bool put_back(Running& running) {
    const auto now = steady_clock::now();
    if (running.request.refused_since == steady_clock::time_point()) running.request.refused_since = now;
    if (now - running.request.refused_since > refused_patience) return false;
    running.request.script.text = running.exec->take_input();
    waiting_.push_front(std::move(running.request));
    refused_until_ = now + refused_pause;
    return true;
  }

  // All is said: no need to wait for the channel to close, which takes a daemon's inherited descriptors as
  // long as it takes the daemon.
  static bool has_answered(const Running& running) {
    return has_ended(running.exec->out(), running.request.nonce) &&
           has_ended(running.exec->err(), running.request.nonce);
  }

  std::string why_over(const Running& running) const {
    if (running.exec->out().size() + running.exec->err().size() > t_.options_.max_output)
      return "the answers are too long";
    if (steady_clock::now() >= running.deadline) return "no end within the time that was allowed";
    return {};
  }

  void answer(const Running& running, const std::string& why) const {
    ScriptEnd end;
    end.output = {running.exec->out(), running.exec->err()};
    end.delivered = running.exec->delivered();
    end.exit_code = running.exec->exit_code();
    end.why = running.exec->why().empty() ? why : running.exec->why();
    running.request.answer(end);
  }

  void lose() {
    const std::string why = session_->error();
    for (const Running& running : running_) answer(running, why);
    running_.clear();
    session_.reset();
  }

  // Until there is something to do: from us, from the host, or because a time is up.
  void wait() {
    int timeout = -1;
    const auto no_later_than = [&](steady_clock::time_point time) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(time - steady_clock::now());
      const int bounded = static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 3'600'000));
      timeout = timeout < 0 ? bounded : std::min(timeout, bounded);
    };
    for (const Running& running : running_) no_later_than(running.deadline);
    if (!waiting_.empty() && running_.size() < t_.options_.max_channels) no_later_than(refused_until_);
    // A connection that was lost just now leaves what waits without one: open it at once.
    if (!session_ && !waiting_.empty()) return;
    const short events = static_cast<short>(POLLIN | (session_ && session_->wants_to_write() ? POLLOUT : 0));
    std::array<pollfd, 2> polled{{{t_.wake_.get(), POLLIN, 0}, {session_ ? session_->fd() : -1, events, 0}}};
    ::poll(polled.data(), polled.size(), timeout);
    if (session_ && running_.empty() && polled[1].revents != 0) {
      session_->take_in();
      // An end that came while nobody was waiting is nobody's failure: the next request connects again.
      if (!session_->alive() || (polled[1].revents & (POLLHUP | POLLERR)) != 0) session_.reset();
    }
  }

  SshTransport& t_;
  std::deque<Request> waiting_;
  steady_clock::time_point refused_until_;
  std::unique_ptr<SshSession> session_;
  std::list<Running> running_;  // after the session: its channels go first
};

SshTransport::SshTransport(const Host& host, Loop& loop, const SshOptions& options)
    : host_(host), options_(options), mailbox_(loop) {}

SshTransport::~SshTransport() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    wake_.signal();
    interrupt_.signal();
  }
  if (thread_.joinable()) thread_.join();
}

void SshTransport::post(Request request) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(request));
    wake_.signal();
  }
  if (!thread_.joinable()) thread_ = quiet_thread([this] { Worker(*this).run(); });
}

void SshTransport::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  wake_.signal();
  interrupt_.signal();
}

void SshTransport::observe(std::vector<Probe> probes, Observed done) {
  const std::string nonce = random_hex(16);
  Script script = render_observe(probes, nonce);
  post({std::move(script), nonce,
        [this, probes = std::move(probes), nonce, done = std::move(done)](const Result<ScriptEnd>& end) {
          Result<std::vector<Reply>> replies =
              end ? answer_to_observe(host_.name, probes, nonce, *end, "") : tl::unexpected(end.error());
          mailbox_.post([done, replies = std::move(replies)] { done(replies); });
        }});
}

void SshTransport::execute_groups(std::vector<OperationGroup> groups, std::string lease,
                                  GroupsExecuted done) {
  const std::string nonce = random_hex(16);
  post({render_execute(groups, lease, nonce), nonce,
        [this, sizes = sizes_of(groups), nonce, done = std::move(done)](const Result<ScriptEnd>& end) {
          auto results =
              end ? answer_to_execute(host_.name, sizes, nonce, *end) : none_sent(sizes, end.error());
          mailbox_.post([done, results = std::move(results)] { done(results); });
        }});
}

}  // namespace hearth
