#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "reconciler/apply/adopt.h"
#include "reconciler/apply/applier.h"
#include "reconciler/cli/apply_view.h"
#include "reconciler/cli/carry_out.h"
#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/drift/hold_back.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/observe/target.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

namespace {

std::int64_t milliseconds_now(const Loop& loop) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(loop.now().time_since_epoch()).count();
}

// A plan file is what is no address and exists.
bool is_plan_file(const std::string& word) {
  return word.find('@') == std::string::npos && access(word.c_str(), F_OK) == 0;
}

std::size_t permitted_deletions(const Plan& plan, const Allowance& allowance) {
  std::size_t count = 0;
  for (const Action& action : plan.actions) {
    if (action.type == ActionType::remove && action.refused.empty() &&
        allowance.permits(action.effect, action.address)) {
      ++count;
    }
  }
  return count;
}

// The answer to QUESTION on the terminal; nothing at the end of input.
std::optional<std::string> ask(const std::string& question) {
  std::fputs(question.c_str(), stderr);
  std::string answer;
  if (!std::getline(std::cin, answer)) return std::nullopt;
  return answer;
}

// One run of `hearth apply`, from the look at the world to the last word.
class ApplyRun {
 public:
  ApplyRun(const Invocation& invocation, const ApplyCommandOptions& options, Session& session,
           Allowance allowance)
      : invocation_(invocation),
        options_(options),
        session_(session),
        allowance_(std::move(allowance)),
        progress_(make_progress(invocation)) {}

  ExitCode from_plan_file(const std::string& path) {
    const auto saved = read_plan_file(path);
    if (!saved) return fail(invocation_, saved.error());
    // The same addresses as when it was made: what was not in it is none of its business.
    std::vector<std::string> patterns;
    if (const Value* selection = saved->find("selection"); selection != nullptr && selection->is_list()) {
      for (const Value& pattern : selection->as_list()) patterns.push_back(pattern.as_string());
    }
    const auto selection = Selection::parse(patterns);
    if (!selection) return fail(invocation_, selection.error());
    if (const auto missing = session_.missing_secrets(*selection); missing.has_errors())
      return fail(invocation_, missing);
    selection_ = *selection;
    survey_ = session_.look(selection_, *progress_);
    if (const auto same = check_still_true(*saved, survey_->plan); !same) {
      return fail(invocation_, same.error(), ExitCode::stale_plan);
    }
    show_plan();
    return confirm_and_carry_out();
  }

  ExitCode from_selection(const Selection& selection) {
    if (const auto missing = session_.missing_secrets(selection); missing.has_errors())
      return fail(invocation_, missing);
    selection_ = selection;
    survey_ = session_.look(selection_, *progress_);
    show_plan();
    return confirm_and_carry_out();
  }

 private:
  void show_plan() const {
    if (!invocation_.json()) print(plan_text(survey_->plan, invocation_.style));
    std::fflush(stdout);
  }

  ExitCode confirm_and_carry_out() {
    // Nobody is asked about what could not be done: as long as an undo is armed a host gives no lease.
    for (const HostState& host : survey_->plan.hosts) {
      const bool concerned =
          std::any_of(survey_->plan.actions.begin(), survey_->plan.actions.end(), [&](const Action& action) {
            return action.type != ActionType::forget && target_of(action.address) == host.name;
          });
      if (host.armed.empty() || !concerned) continue;
      const HostState::Armed& armed = host.armed.front();
      return fail(invocation_,
                  failure("undo-armed",
                          "an undo is armed on " + host.name + ": it puts back " + armed.undo.holder +
                              (armed.undo.due.count() < 0
                                   ? ", and could not"
                                   : " at " + local_time(armed.at) + " unless that change is proven before"),
                          armed.undo.due.count() < 0
                              ? "see journalctl -u hearth-undo-" + armed.undo.id + " on " + host.name
                              : "apply again after that time"),
                  ExitCode::lease_held);
    }
    const std::size_t deletions = permitted_deletions(survey_->plan, allowance_);
    if (deletions > most_unasked_deletions && options_.deletions != static_cast<int>(deletions)) {
      const std::string number = std::to_string(deletions);
      const std::string why = "this would delete " + number + " things";
      if (options_.yes || isatty(STDIN_FILENO) == 0) {
        return fail(invocation_,
                    failure("many-deletions", why, "if that is right, say: --deletions " + number),
                    ExitCode::refused);
      }
      if (ask("This deletes " + number + " things. Type their number to go on: ") != number)
        return declined();
    }
    if (!survey_->plan.actions.empty() && !options_.yes) {
      if (isatty(STDIN_FILENO) == 0) {
        return fail(
            invocation_,
            failure("no-answer", "there is no terminal to ask on", "to apply without being asked: --yes"),
            ExitCode::usage);
      }
      const auto answer = ask("Apply? [y/N] ");
      if (!answer || (*answer != "y" && *answer != "yes")) return declined();
      // A person took their time: the world may have moved meanwhile.
      const Value shown = plan_to_value(survey_->plan);
      const auto again = parse_json(to_json(shown));
      survey_ = session_.look(selection_, *progress_);
      if (const auto same = check_still_true(*again, survey_->plan); !same) {
        return fail(invocation_, same.error(), ExitCode::stale_plan);
      }
    }
    return carry_out();
  }

  ExitCode declined() const {
    std::fputs("Nothing was done.\n", stderr);
    return exit_code_of(survey_->plan);
  }

  ExitCode carry_out() {
    const Plan& plan = survey_->plan;
    if (session_.journal() == nullptr) {
      return fail(invocation_,
                  failure("no-journal", "the journal cannot be used: " + session_.journal_trouble(),
                          "nothing is done to a host without a record of it"));
    }
    if (plan.actions.empty() && !plan.has_leftovers()) {
      const auto adopted = adopt(*survey_, *session_.journal(), true, milliseconds_now(session_.loop()));
      if (!adopted) return fail(invocation_, adopted.error());
      if (invocation_.json()) print_document(invocation_, apply_json(plan, {}, exit_code_of(plan)).as_map());
      return exit_code_of(plan);
    }
    Journal& journal = *session_.journal();
    RunRecord record;
    record.command = "apply";
    record.started = milliseconds_now(session_.loop());
    record.person = whoami();
    record.cluster = plan.cluster;
    record.commit = plan.commit;
    record.dirty = plan.dirty;
    const auto run = journal.begin_run(record);
    if (!run) return fail(invocation_, run.error());

    ApplyOptions options;
    options.allowance = allowance_;
    const ApplyReport result = hearth::carry_out(session_, *progress_, plan, *run, std::move(options));
    Plan left;  // what remains to be said
    left.notes = plan.notes;
    Diagnostics trouble;
    if (result.lease_held_by.empty() && result.journal_error.empty()) {
      const auto adopted = adopt(*survey_, journal, true, milliseconds_now(session_.loop()));
      if (!adopted) trouble.add(adopted.error());
      if (!result.interrupted) failing_checks_ = look_again_at_checks(session_, *survey_, left.notes);
    }
    const ExitCode outcome = exit_code_of(left, result);
    const auto ended = journal.end_run(*run, milliseconds_now(session_.loop()), static_cast<int>(outcome),
                                       apply_summary(result));
    if (!ended) trouble.add(ended.error());
    const ExitCode code = trouble.has_errors() ? most_important({outcome, ExitCode::error}) : outcome;
    if (invocation_.json()) {
      print_document(invocation_, apply_json(plan, result, code).as_map(), trouble);
    } else {
      print(apply_text(plan, result, invocation_.style));
      print(failing_checks_);
      complain(invocation_, trouble);
    }
    return code;
  }

  const Invocation& invocation_;
  const ApplyCommandOptions& options_;
  Session& session_;
  Allowance allowance_;
  Selection selection_;
  std::unique_ptr<ProgressListener> progress_;
  std::unique_ptr<Survey> survey_;
  std::string failing_checks_;
};

}  // namespace

ExitCode run_apply(const Invocation& invocation, const ApplyCommandOptions& options) {
  Allowance allowance(Effect::restart);
  for (const std::string& text : options.allow) {
    if (const auto added = allowance.add(text); !added)
      return fail(invocation, added.error(), ExitCode::usage);
  }
  auto session = Session::open(invocation);
  if (!session) return fail(invocation, session.error());
  const std::vector<Address> known = (*session)->known_addresses();
  if (const auto unmatched = allowance.unmatched(known); !unmatched.empty()) {
    Diagnostic error = unknown_address(unmatched.front(), known);
    error.message = "--allow: " + error.message;
    return fail(invocation, error, ExitCode::usage);
  }
  ApplyRun run(invocation, options, **session, std::move(allowance));
  if (options.targets.size() == 1 && is_plan_file(options.targets.front())) {
    return run.from_plan_file(options.targets.front());
  }
  const auto selection = (*session)->select(options.targets);
  if (!selection) return fail(invocation, selection.error(), ExitCode::usage);
  return run.from_selection(*selection);
}

}  // namespace hearth
