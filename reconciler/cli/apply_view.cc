#include "reconciler/cli/apply_view.h"

#include <array>

#include "reconciler/cli/plan_outcome.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

namespace {

constexpr std::array all_outcomes = {Outcome::done,    Outcome::pending, Outcome::rolled_back,
                                     Outcome::failed,  Outcome::unknown, Outcome::withheld,
                                     Outcome::refused, Outcome::skipped, Outcome::cancelled};

Color color_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::pending: return Color::green;
    case Outcome::failed:
    case Outcome::rolled_back: return Color::red;
    case Outcome::unknown:
    case Outcome::refused: return Color::yellow;
    case Outcome::skipped:
    case Outcome::withheld:
    case Outcome::cancelled: return Color::dim;
  }
  return Color::plain;
}

ExitCode exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::pending: return ExitCode::clean;
    case Outcome::failed:
    case Outcome::rolled_back: return ExitCode::error;
    case Outcome::unknown: return ExitCode::incomplete;
    case Outcome::refused: return ExitCode::refused;
    // What waited for something that failed has that one's code beside it; the change itself remains.
    case Outcome::skipped:
    case Outcome::withheld:
    case Outcome::cancelled: return ExitCode::differs;
  }
  return ExitCode::error;
}

}  // namespace

std::string apply_summary(const ApplyReport& report) {
  std::string out;
  for (const Outcome outcome : all_outcomes) {
    std::size_t count = 0;
    for (const ActionReport& action : report.actions) count += action.outcome == outcome ? 1 : 0;
    if (count == 0) continue;
    out += (out.empty() ? "Applied: " : ", ") + std::to_string(count) + " " + std::string(to_string(outcome));
  }
  return out.empty() ? "Applied: nothing to do." : out + ".";
}

std::string apply_text(const Plan& plan, const ApplyReport& report, const TextStyle& style) {
  std::string out;
  if (!report.lease_held_by.empty()) {
    return "Nothing was done: somebody else is at work, or was until a moment ago.\n    " +
           printable(report.lease_held_by) +
           "\n    wait until it ends and run again; a run that died loses its lease by itself\n";
  }
  std::string last_failure;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    const ActionReport& action = report.actions[i];
    if (action.outcome == Outcome::done || action.outcome == Outcome::pending) continue;
    out += "  " + paint(style, color_of(action.outcome), padded(to_string(action.outcome), 12)) +
           plan.actions[i].address.to_string() + "\n";
    std::size_t begin = 0;
    while (begin < action.detail.size()) {
      const std::size_t end = std::min(action.detail.find('\n', begin), action.detail.size());
      out += "      " + printable(action.detail.substr(begin, end - begin)) + "\n";
      begin = end + 1;
    }
    if (action.outcome == Outcome::failed || action.outcome == Outcome::rolled_back) {
      last_failure = plan.actions[i].address.to_string();
    }
  }
  if (!report.journal_error.empty()) {
    out += "The journal could not be written, so nothing more was begun: " + report.journal_error + "\n";
  }
  out += apply_summary(report) + "\n";
  if (report.interrupted) out += "Interrupted. What is left is done by the next: hearth apply\n";
  if (!last_failure.empty()) out += "See what was done, step by step: hearth history " + last_failure + "\n";
  return out;
}

Value apply_json(const Plan& plan, const ApplyReport& report, ExitCode code) {
  List actions;
  for (std::size_t i = 0; i < plan.actions.size(); ++i) {
    Map action{{"address", plan.actions[i].address.to_string()},
               {"type", to_string(plan.actions[i].type)},
               {"outcome", to_string(report.actions[i].outcome)}};
    if (!report.actions[i].detail.empty()) action.set("detail", report.actions[i].detail);
    actions.emplace_back(std::move(action));
  }
  Map out{{"plan", plan_to_value(plan)},
          {"actions", std::move(actions)},
          {"interrupted", report.interrupted},
          {"summary", apply_summary(report)},
          {"exitCode", static_cast<std::int64_t>(code)}};
  if (!report.lease_held_by.empty()) out.set("leaseHeldBy", report.lease_held_by);
  if (!report.journal_error.empty()) out.set("journalError", report.journal_error);
  return out;
}

ExitCode exit_code_of(const Plan& plan, const ApplyReport& report) {
  std::set<ExitCode> codes;
  if (!report.lease_held_by.empty()) return ExitCode::lease_held;
  if (!report.journal_error.empty()) codes.insert(ExitCode::error);
  for (const ActionReport& action : report.actions) {
    codes.insert(action.moved ? ExitCode::stale_plan : exit_code_of(action.outcome));
  }
  // What the plan could not see or must not touch is still so.
  Plan notes;
  notes.notes = plan.notes;
  codes.insert(exit_code_of(notes));
  return most_important(codes);
}

}  // namespace hearth
