#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/address.h"
#include "reconciler/journal/journal.h"

namespace hearth {

namespace {

constexpr std::size_t all = std::numeric_limits<std::int32_t>::max();

std::string who(const RunRecord& run) {
  return run.person.empty() ? "the timer" : printable(run.person);
}

std::string how_it_ended(const RunRecord& run) {
  if (run.ended == 0) return "never ended: still running, or it died";
  return run.summary.empty() ? "exit " + std::to_string(run.exit_code) : printable(run.summary);
}

std::string outcome_or_open(const std::string& outcome) {
  return outcome.empty() ? "no end recorded" : outcome;
}

Color color_of(const std::string& outcome) {
  if (outcome == "done") return Color::green;
  if (outcome == "pending") return Color::cyan;
  if (outcome == "skipped" || outcome == "withheld" || outcome == "cancelled" || outcome == "not sent")
    return Color::yellow;
  return Color::red;
}

std::string run_line(const RunRecord& run, const TextStyle& style) {
  const std::string id = std::to_string(run.id);
  const Color color = run.exit_code == 0 ? Color::plain : run.exit_code == 2 ? Color::yellow : Color::red;
  return std::string(id.size() < 4 ? 4 - id.size() : 0, ' ') + paint(style, Color::bold, id) + "  " +
         local_time(run.started) + "  " + padded(run.command, 11) + padded(who(run), 18) +
         paint(style, color, how_it_ended(run)) + "\n";
}

// Text of several lines, each indented.
std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += indent + printable(std::string_view(text).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string changes_text(const Value& changes) {
  std::string out;
  if (!changes.is_list()) return out;
  for (const Value& change : changes.as_list()) {
    const std::string label = "        " + printable(change.string_or("path", "?")) + ": ";
    if (change.boolean_or("secret", false)) {
      out += label + "(secret, not recorded)\n";
      continue;
    }
    const Value nothing;
    const Value* live = change.find("live");
    const Value* desired = change.find("desired");
    constexpr std::size_t most = 60;
    out += label + cut(inline_text(live == nullptr ? nothing : *live), most) + " → " +
           cut(inline_text(desired == nullptr ? nothing : *desired), most) + "\n";
  }
  return out;
}

// What was applied for the first time has no cause worth a word.
std::string cause_text(const std::string& cause) {
  if (cause == "drift") return "  (drift)";
  if (cause == "intent") return "  (new intent)";
  if (cause == "both") return "  (drift and new intent)";
  return {};
}

std::string action_text(const Journal& journal, const ActionRecord& action, const TextStyle& style) {
  std::string out = "    " +
                    paint(style, color_of(action.outcome), padded(outcome_or_open(action.outcome), 17)) +
                    padded(action.operation, 8) + printable(action.address) + cause_text(action.cause) +
                    "\n" + indented(action.detail, "        ") + changes_text(action.changes);
  for (const StepRecord& step : journal.steps_of(action.id)) {
    const std::string number = std::to_string(step.number);
    out += "      " + std::string(number.size() < 2 ? 1 : 0, ' ') + number + "  " + printable(step.summary) +
           ": " +
           paint(style, color_of(step.outcome),
                 step.outcome.empty() ? "sent, no answer recorded" : step.outcome) +
           "\n";
    if (step.outcome != "done" || style.verbose) out += indented(step.output, "          ");
  }
  return out;
}

Value run_json(const RunRecord& run) {
  Map out{{"run", run.id},        {"command", run.command}, {"started", run.started},
          {"ended", run.ended},   {"person", run.person},   {"cluster", run.cluster},
          {"commit", run.commit}, {"dirty", run.dirty},     {"summary", run.summary}};
  if (run.exit_code >= 0) out.set("exitCode", run.exit_code);
  return out;
}

Value action_json(const Journal& journal, const ActionRecord& action) {
  List steps;
  for (const StepRecord& step : journal.steps_of(action.id)) {
    steps.emplace_back(Map{{"number", step.number},
                           {"summary", step.summary},
                           {"operation", step.operation},
                           {"outcome", step.outcome},
                           {"output", step.output}});
  }
  return Map{{"run", action.run},       {"address", action.address}, {"action", action.operation},
             {"cause", action.cause},   {"changes", action.changes}, {"outcome", action.outcome},
             {"detail", action.detail}, {"steps", std::move(steps)}};
}

// What was asked for, collected first: whether the journal could be read is known only afterwards.
struct Answer {
  std::string text;
  Map document;
};

// The timer found everything in order: true of almost all of its runs, and news of none.
bool is_idle(const RunRecord& run) {
  return run.command == "reconcile" && run.exit_code == 0 && run.summary == "Nothing to do.";
}

Answer recent_runs(const Journal& journal, std::size_t most, const TextStyle& style) {
  Answer answer;
  List list;
  std::size_t idle = 0;
  for (const RunRecord& run : journal.runs(style.verbose ? most : all)) {
    if (is_idle(run) && !style.verbose) {
      ++idle;
      continue;
    }
    if (list.size() == most) break;
    answer.text += run_line(run, style);
    list.push_back(run_json(run));
  }
  if (list.empty()) answer.text = "Nothing has been applied yet.\n";
  if (idle > 0) {
    answer.text += paint(style, Color::dim,
                         counted(idle, "run") + " of hearth reconcile found nothing to do (-v shows them).") +
                   "\n";
  }
  answer.document.set("runs", std::move(list));
  return answer;
}

std::optional<Answer> one_run(const Journal& journal, RunId id, const TextStyle& style) {
  const auto runs = journal.runs(all);
  const auto run =
      std::find_if(runs.begin(), runs.end(), [&](const RunRecord& record) { return record.id == id; });
  if (run == runs.end()) return std::nullopt;
  Answer answer;
  answer.text = paint(style, Color::bold, "Run " + std::to_string(run->id)) + ": " + run->command + " by " +
                who(*run) + ", " + local_time(run->started);
  if (run->ended != 0) {
    answer.text +=
        ", " + duration_text(run->ended - run->started) + ", exit " + std::to_string(run->exit_code);
  }
  answer.text += "\n";
  if (!run->commit.empty()) {
    answer.text +=
        "    commit " + printable(run->commit) + (run->dirty ? ", with changes not committed" : "") + "\n";
  }
  List actions;
  for (const ActionRecord& action : journal.actions_of(id)) {
    answer.text += action_text(journal, action, style);
    actions.push_back(action_json(journal, action));
  }
  answer.text += "    " + how_it_ended(*run) + "\n";
  answer.document.set("runs", List{run_json(*run)});
  answer.document.set("actions", std::move(actions));
  return answer;
}

Answer one_address(const Journal& journal, const std::string& address, std::size_t most,
                   const TextStyle& style) {
  std::map<RunId, RunRecord> runs;
  for (RunRecord& run : journal.runs(all)) runs.emplace(run.id, std::move(run));
  Answer answer;
  List actions;
  for (const ActionRecord& action : journal.actions_on(address, most)) {
    const auto run = runs.find(action.run);
    if (run != runs.end()) {
      answer.text += paint(style, Color::bold, "Run " + std::to_string(action.run)) + ", " +
                     local_time(run->second.started) + " by " + who(run->second) + "\n";
    }
    answer.text += action_text(journal, action, style);
    actions.push_back(action_json(journal, action));
  }
  if (actions.empty()) answer.text = "Nothing was ever done to " + printable(address) + ".\n";
  answer.document.set("actions", std::move(actions));
  return answer;
}

}  // namespace

ExitCode run_history(const Invocation& invocation, const HistoryOptions& options) {
  if (options.most == 0) {
    return fail(invocation,
                failure("usage", "-n 0 would show nothing",
                        "leave -n out for the last 20, or give it a number from 1"),
                ExitCode::usage);
  }
  const std::string path = default_journal_path();
  // Asking must not make a journal.
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (invocation.json()) {
      print_document(invocation, Map{{"runs", List{}}});
    } else {
      print("Nothing has been applied yet: there is no journal at " + path + ".\n");
    }
    return ExitCode::clean;
  }
  auto journal = open_journal(path);
  if (!journal) return fail(invocation, journal.error());

  RunId id = 0;
  const char* end = options.topic.data() + options.topic.size();
  const auto number = std::from_chars(options.topic.data(), end, id);
  std::optional<Answer> answer;
  if (options.topic.empty()) {
    answer = recent_runs(**journal, options.most, invocation.style);
  } else if (number.ec == std::errc{} && number.ptr == end) {
    answer = one_run(**journal, id, invocation.style);
    if (!answer && !(*journal)->damage()) {
      return fail(invocation, failure("unknown-run", "the journal knows no run " + options.topic,
                                      "`hearth history` lists the runs"));
    }
  } else if (Address::parse(options.topic)) {
    answer = one_address(**journal, options.topic, options.most, invocation.style);
  } else {
    return fail(
        invocation,
        failure("usage", "\"" + printable(options.topic) + "\" is neither a run's number nor an address",
                "write a number from `hearth history`, or an address such as File/motd@pve"),
        ExitCode::usage);
  }
  if (const auto damage = (*journal)->damage()) return fail(invocation, *damage);
  if (invocation.json()) {
    print_document(invocation, std::move(answer->document));
  } else {
    print(answer->text);
  }
  return ExitCode::clean;
}

}  // namespace hearth
