// One SSH connection to one host and the commands that run over it. ssh_session.cc is the only user of
// libssh.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/ssh_options.h"
#include "reconciler/transport/stream_socket.h"

namespace hearth {

// A command over a session: fed INPUT, its output collected. Belongs to the session's thread and must not
// outlive it.
class SshExec {
 public:
  ~SshExec();
  SshExec(const SshExec&) = delete;
  SshExec& operator=(const SshExec&) = delete;

  // Does what can be done without waiting. True when it moved anything.
  bool step();
  // The command ended, or the channel failed (why() tells).
  [[nodiscard]] bool finished() const { return finished_; }
  // The host would not open another channel just now. Nothing was sent; take_input() gives the input back.
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] std::string take_input() { return std::move(input_); }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] const std::string& err() const { return err_; }
  // All input was handed over, or all but the last byte: a shell takes the end of the stream for a missing
  // line break.
  [[nodiscard]] bool delivered() const { return fed_ + 1 >= input_.size(); }
  [[nodiscard]] int exit_code() const { return exit_code_; }     // -1: not known
  [[nodiscard]] const std::string& why() const { return why_; }  // "" when it ended by itself

 private:
  friend class SshSession;
  enum class State : std::uint8_t { opening, requesting, feeding, closing_input, running };
  struct Channel;

  SshExec(std::unique_ptr<Channel> channel, std::string command, std::string input);
  void fail(std::string why);
  bool read(bool from_stderr, std::string& into);

  std::unique_ptr<Channel> channel_;
  std::string command_;
  std::string input_;
  std::size_t fed_ = 0;
  State state_ = State::opening;
  bool finished_ = false;
  bool refused_ = false;
  std::string out_;
  std::string err_;
  int exit_code_ = -1;
  std::string why_;
};

// Connected and logged in. All of it belongs to one thread, which libssh asks for. Nothing blocks but open()
// and fetch_host_key().
class SshSession {
 public:
  // Connects, checks the host's key, logs in. Gives up at the connect timeout or when STOP_FD becomes
  // readable.
  static Result<std::unique_ptr<SshSession>> open(const Host& host, const SshOptions& options, int stop_fd);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  [[nodiscard]] std::unique_ptr<SshExec> start(std::string command, std::string input);
  // For poll(): the socket, and whether there is something to be written.
  [[nodiscard]] int fd() const;
  [[nodiscard]] bool wants_to_write() const;
  [[nodiscard]] bool alive() const;
  // Takes in what came while no command was under way: the host asks now and then whether we are still there.
  void take_in();
  // Why it is not alive.
  [[nodiscard]] std::string error() const;

 private:
  friend class SshHandshake;
  struct State;
  explicit SshSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The key that HOST shows, unchecked: for a person to look at. Blocks.
Result<HostKey> fetch_host_key(const Host& host, const SshOptions& options, std::chrono::seconds timeout);

}  // namespace hearth
