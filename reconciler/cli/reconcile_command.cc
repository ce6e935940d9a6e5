#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "reconciler/apply/adopt.h"
#include "reconciler/cli/apply_view.h"
#include "reconciler/cli/carry_out.h"
#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/time_span.h"
#include "reconciler/drift/checkout_memory.h"
#include "reconciler/drift/hold_back.h"
#include "reconciler/manifest/checkout_update.h"
#include "reconciler/plan/plan_file.h"
#include "reconciler/transport/file_descriptor.h"

namespace hearth {

namespace {

namespace fs = std::filesystem;

// systemd gives each start of a unit an id.
bool is_started_by_systemd() {
  const char* invocation = std::getenv("INVOCATION_ID");
  return invocation != nullptr && *invocation != '\0';
}

// One reconcile a journal at a time. The kernel takes the lock back from whoever dies.
Result<FileDescriptor> lock_reconcile(const std::string& journal) {
  const std::string path = journal + ".reconcile";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) {
    return tl::unexpected(failure("journal-unwritable",
                                  "cannot make " + path + " (" + std::generic_category().message(errno) + ")",
                                  "run hearth as the user who owns the journal beside it"));
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return tl::unexpected(failure("reconcile-running", "another hearth reconcile is at work here",
                                  "wait until it ends; see what it does: hearth history"));
  }
  return file;
}

// A folder beside the journal for a commit's manifests, gone with everything in it at the end.
class ExportFolder {
 public:
  static Result<ExportFolder> make(const std::string& journal) {
    std::string path = journal + ".export-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
      return tl::unexpected(failure("no-room",
                                    "cannot make a folder in " + fs::path(journal).parent_path().string() +
                                        " (" + std::generic_category().message(errno) + ")",
                                    "free some space there"));
    }
    return ExportFolder(std::move(path));
  }
  // What runs that were killed have left. Whoever calls this is the only one at work.
  static void remove_left_over(const std::string& journal) {
    const std::string begin = fs::path(journal).filename().string() + ".export-";
    std::error_code error;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(fs::path(journal).parent_path(), error)) {
      if (entry.path().filename().string().starts_with(begin)) left.push_back(entry.path());
    }
    for (const fs::path& path : left) fs::remove_all(path, error);
  }

  ExportFolder(ExportFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ExportFolder& operator=(ExportFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ExportFolder(const ExportFolder&) = delete;
  ExportFolder& operator=(const ExportFolder&) = delete;
  ~ExportFolder() {
    std::error_code ignored;  // what is left is in nobody's way
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ExportFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// What is left to a person is told of once, at the end: it was never begun.
class WhatIsDone final : public ProgressListener {
 public:
  explicit WhatIsDone(std::unique_ptr<ProgressListener> listener) : listener_(std::move(listener)) {}
  void observing(const std::string& host) override { listener_->observing(host); }
  void observed(const HostState& host) override { listener_->observed(host); }
  void action_started(const Action& action) override { listener_->action_started(action); }
  void step_started(const Action& action, const Operation& operation) override {
    listener_->step_started(action, operation);
  }
  void action_ended(const Action& action, Outcome outcome, const std::string& detail) override {
    if (outcome != Outcome::withheld && outcome != Outcome::skipped)
      listener_->action_ended(action, outcome, detail);
  }

 private:
  std::unique_ptr<ProgressListener> listener_;
};

class ReconcileRun {
 public:
  ReconcileRun(const Invocation& invocation, const ReconcileOptions& options)
      : invocation_(invocation),
        options_(options),
        progress_(std::make_unique<WhatIsDone>(make_progress(invocation))) {}

  ExitCode run() {
    started_ = milliseconds_now();
    const std::string journal_path = default_journal_path();
    {
      auto journal = open_journal(journal_path);
      if (!journal) return fail(invocation_, journal.error());
      auto lock = lock_reconcile(journal_path);
      if (!lock) return fail(invocation_, lock.error(), ExitCode::lease_held);
      lock_ = *std::move(lock);
      ExportFolder::remove_left_over(journal_path);
      memory_ = recall_checkout(**journal, invocation_.folder);
      if (const auto damage = (*journal)->damage()) return fail(invocation_, *damage);
    }
    update_ = update_checkout(invocation_.folder, memory_.remote);
    if (!open_session(journal_path)) return end_early(journal_path);
    return reconcile();
  }

 private:
  // ---- Which manifests ----

  // The checkout's commit; where that is not good, the last one that was. SAID_ holds why.
  bool open_session(const std::string& journal_path) {
    Diagnostics wrong;
    if (try_open(update_.commit, update_.in_git && !update_.clean, journal_path, wrong)) return true;
    said_.append(wrong);
    if (update_.commit.empty() || memory_.good.empty() || memory_.good == update_.commit) return false;
    Diagnostics as_wrong;
    if (!try_open(memory_.good, true, journal_path, as_wrong)) {
      said_.append(as_wrong);
      return false;
    }
    said_.add(failure("manifests-broken",
                      "the manifests of commit " + short_commit(update_.commit) + " cannot be used; " +
                          short_commit(memory_.good) + ", the last good one, is what counts",
                      "correct them, commit and push; to see what is wrong: hearth validate"));
    return true;
  }

  bool try_open(const std::string& commit, bool exported, const std::string& journal_path,
                Diagnostics& wrong) {
    Invocation there = invocation_;
    if (exported) {
      auto folder = ExportFolder::make(journal_path);
      if (!folder) {
        wrong.add(folder.error());
        return false;
      }
      export_ = *std::move(folder);
      if (const auto written = export_commit(invocation_.folder, commit, export_->path()); !written) {
        wrong.add(written.error());
        return false;
      }
      there.folder = export_->path();
    }
    auto session = Session::open(there, Checkout{commit, false});
    if (!session) {
      wrong = exported ? as_in_commit(session.error(), commit) : session.error();
      return false;
    }
    if (const Diagnostics missing = (*session)->missing_secrets({}); missing.has_errors()) {
      wrong = exported ? as_in_commit(missing, commit) : missing;
      return false;
    }
    session_ = *std::move(session);
    commit_ = commit;
    return true;
  }

  // Complaints about a folder that will be gone, as git names files of a commit: `0123abc:motd.yaml`.
  Diagnostics as_in_commit(const Diagnostics& complaints, const std::string& commit) const {
    Diagnostics out;
    for (Diagnostic complaint : complaints.all()) {
      const std::string folder = export_->path() + "/";
      if (complaint.position.known() && complaint.position.file->starts_with(folder)) {
        complaint.position.file =
            intern_file_name(short_commit(commit) + ":" + complaint.position.file->substr(folder.size()));
      }
      for (std::string* text : {&complaint.message, &complaint.hint}) {
        for (auto at = text->find(export_->path()); at != std::string::npos; at = text->find(export_->path()))
          text->replace(at, export_->path().size(), "commit " + short_commit(commit));
      }
      out.add(std::move(complaint));
    }
    return out;
  }

  // ---- What is said, and kept ----

  // Trouble that may pass by itself is an error only when it has lasted.
  void judge_update(std::chrono::seconds alert_after) {
    const std::int64_t lasted = memory_.since == 0 ? 0 : started_ - memory_.since;
    if (!update_.trouble) return;
    Diagnostic trouble = *update_.trouble;
    if (update_.may_pass && lasted < std::chrono::milliseconds(alert_after).count()) {
      trouble.severity = Severity::warning;
    } else if (update_.may_pass) {
      trouble.message += "; the manifests have not been brought up to date for " +
                         time_span_text(std::chrono::seconds(lasted / 1000));
    }
    said_.add(std::move(trouble));
  }

  CheckoutMemory remembered() const {
    CheckoutMemory out = memory_;
    out.remote = update_.remote;
    if (!update_.trouble || out.since == 0) out.since = started_;
    out.trouble = update_.trouble ? update_.trouble->message : "";
    if (session_ != nullptr && !commit_.empty()) out.good = commit_;
    return out;
  }

  RunRecord record() const {
    RunRecord out;
    out.command = "reconcile";
    out.started = started_;
    if (!is_started_by_systemd()) out.person = whoami();
    out.commit = session_ == nullptr ? update_.commit : commit_;
    return out;
  }

  // The errors, after what SUMMARY says: all that `status` will know of this run.
  std::string with_errors(std::string summary) const {
    for (const Diagnostic& said : said_.all()) {
      if (said.severity != Severity::error) continue;
      summary += (summary.empty() ? "" : " ") + ("error[" + said.rule + "]: " + said.message + ".");
      constexpr std::size_t most = 1000;
      if (summary.size() > most) break;
    }
    return summary;
  }

  // There is nothing to go by: nothing is done, and that is remembered.
  ExitCode end_early(const std::string& journal_path) {
    judge_update(ReconcilePolicy{}.alert_after);
    auto journal = open_journal(journal_path);
    if (journal) {
      const auto noted = remember_checkout(**journal, invocation_.folder, remembered());
      if (!noted) said_.add(noted.error());
      const auto run = (*journal)->begin_run(record());
      const auto ended =
          run ? (*journal)->end_run(*run, milliseconds_now(), static_cast<int>(ExitCode::error),
                                    with_errors("Nothing was done."))
              : Result<void>(tl::unexpected(run.error()));
      if (!ended) said_.add(ended.error());
    } else {
      said_.add(journal.error());
    }
    if (!invocation_.json() && update_.in_git && !update_.outcome.empty())
      print("Manifests: " + update_.outcome + "\n");
    return fail(invocation_, said_);
  }

  // ---- The work ----

  ExitCode reconcile() {
    const ReconcilePolicy& policy = session_->manifests().settings.reconcile;
    auto allowance = allowed(policy);
    if (!allowance) return fail(invocation_, allowance.error(), ExitCode::usage);
    judge_update(policy.alert_after);
    if (session_->journal() == nullptr) {
      return fail(invocation_,
                  failure("no-journal", "the journal cannot be used: " + session_->journal_trouble(),
                          "nothing is done to a host without a record of it"));
    }
    Journal& journal = *session_->journal();
    if (const auto noted = remember_checkout(journal, invocation_.folder, remembered()); !noted)
      return fail(invocation_, noted.error());
    RunRecord begun = record();
    begun.cluster = session_->manifests().settings.cluster;
    const auto run = journal.begin_run(begun);
    if (!run) return fail(invocation_, run.error());

    const auto survey = session_->look(*session_->select({}), *progress_);
    leave_remembered(survey->plan);
    const Plan& plan = survey->plan;
    const auto held = hold_back(plan, journal, policy, *allowance, started_, export_.has_value());
    if (const auto damage = journal.damage()) return fail(invocation_, *damage);
    if (!invocation_.json()) {
      print("Manifests: " + update_.outcome + "\n");
      complain(invocation_, said_);
      print(plan_text(plan, invocation_.style));
      std::fflush(stdout);
    }

    ApplyReport result;
    Plan left;  // what remains to be said
    left.notes = plan.notes;
    std::string failing_checks;
    if (!plan.actions.empty()) {
      ApplyOptions options;
      options.allowance = *std::move(allowance);
      options.by_person = false;
      for (const auto& [address, why] : held) options.held_back.emplace(address, why.why);
      result = carry_out(*session_, *progress_, plan, *run, std::move(options));
    }
    Diagnostics trouble;
    if (result.lease_held_by.empty() && result.journal_error.empty()) {
      const auto adopted = adopt(*survey, journal, false, milliseconds_now());
      if (!adopted) trouble.add(adopted.error());
      if (!result.interrupted && !plan.actions.empty())
        failing_checks = look_again_at_checks(*session_, *survey, left.notes);
    }
    std::set<ExitCode> codes = {exit_code_of(left, result)};
    if (said_.has_errors()) codes.insert(ExitCode::error);
    const std::string summary = plan.actions.empty() ? "Nothing to do." : apply_summary(result);
    const auto ended = journal.end_run(*run, milliseconds_now(), static_cast<int>(most_important(codes)),
                                       with_errors(summary));
    if (!ended) trouble.add(ended.error());
    if (trouble.has_errors()) codes.insert(ExitCode::error);
    const ExitCode code = most_important(codes);
    if (invocation_.json()) {
      Diagnostics all = said_;
      all.append(trouble);
      print_document(invocation_, document(plan, result, held, code), all);
    } else {
      if (!plan.actions.empty()) print(apply_text(plan, result, invocation_.style));
      print(failing_checks);
      complain(invocation_, trouble);
    }
    return code;
  }

  // The policy's, and what the command line adds.
  Result<Allowance> allowed(const ReconcilePolicy& policy) const {
    Allowance allowance(Effect::none);
    for (const auto* list : {&policy.allow, &options_.allow}) {
      for (const std::string& text : *list) {
        if (const auto added = allowance.add(text); !added) return tl::unexpected(added.error());
      }
    }
    return allowance;
  }

  Map document(const Plan& plan, const ApplyReport& result, const std::map<Address, HeldBack>& held,
               ExitCode code) const {
    Value out = apply_json(plan, result, code);
    List list;
    for (const auto& [address, why] : held) {
      list.push_back(Map{{"address", address.to_string()}, {"by", to_string(why.by)}, {"why", why.why}});
    }
    out.as_map().set("heldBack", std::move(list));
    Map checkout{{"git", update_.in_git},
                 {"commit", commit_},
                 {"head", update_.commit},
                 {"upToDate", !update_.trouble.has_value()},
                 {"outcome", update_.outcome}};
    out.as_map().set("checkout", std::move(checkout));
    return out.as_map();
  }

  const Invocation& invocation_;
  const ReconcileOptions& options_;
  std::unique_ptr<ProgressListener> progress_;
  std::int64_t started_ = 0;
  FileDescriptor lock_;
  CheckoutMemory memory_;
  CheckoutUpdate update_;
  std::optional<ExportFolder> export_;
  std::unique_ptr<Session> session_;
  std::string commit_;  // whose manifests count
  Diagnostics said_;
};

}  // namespace

ExitCode run_reconcile(const Invocation& invocation, const ReconcileOptions& options) {
  return ReconcileRun(invocation, options).run();
}

}  // namespace hearth
