#include "reconciler/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "reconciler/observe/target.h"

namespace hearth {

namespace {

// Live lines of the cluster's own resources stand under this name.
const std::string& host_of(const Action& action) {
  static const std::string cluster = "cluster";
  const std::string& host = target_of(action.address);
  return host.empty() ? cluster : host;
}

Color color_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return Color::green;
    case Outcome::pending: return Color::cyan;
    case Outcome::skipped:
    case Outcome::withheld:
    case Outcome::cancelled: return Color::yellow;
    case Outcome::failed:
    case Outcome::unknown:
    case Outcome::refused:
    case Outcome::rolled_back: return Color::red;
  }
  return Color::plain;
}

}  // namespace

void TextProgress::observing(const std::string& host) {
  lines_.set(host, host + ": looking");
}

void TextProgress::observed(const HostState& host) {
  lines_.remove(host.name);
  // Applying goes on with what is reached; who waits should know at once that one is not.
  if (!host.reachable && !host.on_demand) {
    lines_.finish(paint(style_, Color::red, printable(host.name) + ": not reached") + ": " +
                  printable(host.why));
  }
}

void TextProgress::action_started(const Action& action) {
  under_way_[host_of(action)][action.address.to_string()] = std::string(to_string(action.type));
  show(host_of(action));
}

void TextProgress::step_started(const Action& action, const Operation& operation) {
  under_way_[host_of(action)][action.address.to_string()] = printable(to_string(operation));
  show(host_of(action));
}

void TextProgress::action_ended(const Action& action, Outcome outcome, const std::string& detail) {
  const std::string address = action.address.to_string();
  under_way_[host_of(action)].erase(address);
  std::string text = paint(style_, color_of(outcome), padded(to_string(outcome), 12)) + printable(address);
  // The first line says what; the whole is in the summary and in the journal.
  if (!detail.empty()) text += ": " + printable(detail.substr(0, detail.find('\n')));
  lines_.finish(text);
  show(host_of(action));
}

void TextProgress::show(const std::string& host) {
  const auto& actions = under_way_[host];
  if (actions.empty()) {
    lines_.remove(host);
    return;
  }
  std::string text = host + ": ";
  if (actions.size() > 1) text += std::to_string(actions.size()) + " at work, ";
  lines_.set(host, text + printable(actions.begin()->first) + ": " + actions.begin()->second);
}

std::unique_ptr<ProgressListener> make_progress(const Invocation& invocation) {
  if (invocation.json()) return std::make_unique<SilentProgress>();
  winsize size{};
  const char* terminal = std::getenv("TERM");
  const bool able = ::isatty(STDERR_FILENO) == 1 && terminal != nullptr &&
                    std::string_view(terminal) != "dumb" && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  return std::make_unique<TextProgress>(std::cerr, invocation.error_style, able ? size.ws_col : 0,
                                        able ? size.ws_row : 0);
}

}  // namespace hearth
