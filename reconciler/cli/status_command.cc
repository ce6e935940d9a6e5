#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/pause_view.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/json.h"
#include "reconciler/diff/differ.h"
#include "reconciler/drift/checkout_memory.h"
#include "reconciler/drift/hold_back.h"
#include "reconciler/drift/pauses.h"
#include "reconciler/manifest/checkout_update.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/plan/plan_file.h"

namespace hearth {

namespace {

struct CheckState {
  std::string address;
  std::string state;  // "ok", "failing", "unknown"
  std::string message;
};

struct Status {
  std::vector<HostState> hosts;
  std::vector<CheckState> checks;
  std::size_t in_order = 0;
  std::size_t differing = 0;
  std::size_t unknown = 0;
  std::size_t refused = 0;      // of the changes that a plan has: why the exit code is 5
  std::vector<RunRecord> runs;  // the last one, if any
  std::map<Address, HeldBack> flapping;
};

// What the timer did last. It needs no manifests: it is told where they are broken, too.
struct LastReconcile {
  std::optional<RunRecord> run;
  std::vector<ActionRecord> not_done;  // what it began, and what did not end well
  CheckoutMemory checkout;
  std::vector<PauseRecord> pauses;
};

LastReconcile last_reconcile(const Journal& journal, const std::string& folder) {
  LastReconcile out;
  out.run = journal.last_run("reconcile");
  if (out.run) {
    for (ActionRecord& action : journal.actions_of(out.run->id)) {
      if (action.outcome != "done" && action.outcome != "pending") out.not_done.push_back(std::move(action));
    }
  }
  out.checkout = recall_checkout(journal, folder);
  out.pauses = open_pauses(journal.pauses(), milliseconds_now());
  return out;
}

std::string reconcile_text(const LastReconcile& last, const TextStyle& style) {
  std::string out;
  if (last.run) {
    const RunRecord& run = *last.run;
    const bool bad = run.ended == 0 || (run.exit_code != 0 && run.exit_code != 2);
    const std::string outcome =
        run.ended == 0
            ? "still running, or died"
            : printable(run.summary) + (bad ? " (exit " + std::to_string(run.exit_code) + ")" : "");
    out += "Last reconcile: by " + (run.person.empty() ? "the timer" : printable(run.person)) + " at " +
           local_time(run.started) + (run.commit.empty() ? "" : ", commit " + short_commit(run.commit)) +
           ": " + (bad ? paint(style, Color::red, outcome) : outcome) + "\n";
    for (const ActionRecord& action : last.not_done) {
      out += "  " + padded(action.outcome.empty() ? "no end recorded" : action.outcome, 12) +
             printable(action.address) + ": " + printable(action.detail.substr(0, action.detail.find('\n'))) +
             "\n";
    }
  }
  if (!last.checkout.trouble.empty()) {
    out += "Manifests not brought up to date since " + local_time(last.checkout.since) + ": " +
           printable(last.checkout.trouble) + "\n";
  }
  for (const PauseRecord& pause : last.pauses)
    out += "Paused for hearth reconcile: " + pause_text(pause) + "\n";
  return out;
}

void add_reconcile(const LastReconcile& last, Map& out) {
  if (last.run) {
    Map run{{"run", last.run->id},      {"person", last.run->person}, {"started", last.run->started},
            {"ended", last.run->ended}, {"commit", last.run->commit}, {"summary", last.run->summary}};
    if (last.run->exit_code >= 0) run.set("exitCode", last.run->exit_code);
    List bad;
    for (const ActionRecord& action : last.not_done) {
      bad.push_back(Map{{"address", action.address}, {"outcome", action.outcome}, {"detail", action.detail}});
    }
    run.set("notDone", std::move(bad));
    out.set("lastReconcile", std::move(run));
  }
  if (last.checkout.since != 0) {
    out.set("checkout", Map{{"upToDateAt", last.checkout.since},
                            {"lastGoodCommit", last.checkout.good},
                            {"trouble", last.checkout.trouble}});
  }
  out.set("pauses", pauses_json(last.pauses));
}

std::map<Address, HeldBack> flapping(const Survey& survey, const Journal& journal,
                                     const ReconcilePolicy& policy) {
  auto held = hold_back(survey.plan, journal, policy, Allowance(Effect::none), milliseconds_now());
  std::erase_if(held, [](const auto& entry) { return entry.second.by != HeldBack::By::flapping; });
  return held;
}

Status status_of(const Survey& survey, const Journal* journal) {
  Status status;
  status.hosts = survey.plan.hosts;
  std::set<Address> differing;
  std::map<Address, const Note*> notes;
  for (const Action& action : survey.plan.actions) {
    differing.insert(action.address);
    if (!action.refused.empty()) ++status.refused;
  }
  for (const Note& note : survey.plan.notes) {
    if (note.type != Note::Type::unmanaged) notes.emplace(note.address, &note);
  }
  for (const Resource* resource : survey.subjects.declared) {
    const auto note = notes.find(resource->address);
    const Note::Type type = note == notes.end() ? Note::Type::info : note->second->type;
    const bool unknown =
        type == Note::Type::unknown || type == Note::Type::asleep || type == Note::Type::waiting;
    if (resource->kind->observe_only() && resource->kind->kind() != "Node") {
      const Live& live = survey.lives.at(resource->address);
      CheckState check{resource->address.to_string(), "ok", live.fields.string_or("message", "")};
      if (note != notes.end()) {
        check.state = type == Note::Type::failing ? "failing" : "unknown";
        check.message = note->second->text;
      }
      status.checks.push_back(std::move(check));
    } else if (unknown) {
      ++status.unknown;
    } else if (differing.contains(resource->address) || type == Note::Type::reported ||
               type == Note::Type::failing) {
      ++status.differing;
    } else {
      ++status.in_order;
    }
  }
  if (journal != nullptr) status.runs = journal->runs(1);
  return status;
}

std::string status_text(const std::string& cluster, const Status& status, const TextStyle& style) {
  std::size_t reachable = 0;
  std::size_t widest = 0;
  for (const HostState& host : status.hosts) {
    reachable += host.reachable ? 1 : 0;
    widest = std::max(widest, columns(host.name));
  }
  std::string out = (cluster.empty() ? "" : cluster + ": ") + std::to_string(reachable) + " of " +
                    counted(status.hosts.size(), "node") + " reachable\n";
  for (const HostState& host : status.hosts) {
    const std::string state = host.reachable ? paint(style, Color::green, "reachable")
                              : host.on_demand
                                  ? paint(style, Color::dim, "asleep")
                                  : paint(style, Color::red, "unreachable: " + printable(host.why));
    out += "  " + padded(host.name, widest + 2) + state + "\n" + armed_text(host, style);
  }
  if (!status.checks.empty()) {
    std::size_t widest_check = 0;
    for (const CheckState& check : status.checks)
      widest_check = std::max(widest_check, columns(check.address));
    out += "Checks:\n";
    for (const CheckState& check : status.checks) {
      const Color color = check.state == "ok"        ? Color::green
                          : check.state == "failing" ? Color::red
                                                     : Color::yellow;
      out += "  " + paint(style, color, padded(check.state, 9)) + padded(check.address, widest_check + 2) +
             printable(check.message) + "\n";
    }
  }
  out += "Resources: " + std::to_string(status.in_order) + " as declared, " +
         std::to_string(status.differing) + (status.differing == 1 ? " differs" : " differ") +
         (status.differing > 0 ? " (see: hearth plan)" : "") + ", " + std::to_string(status.unknown) +
         " unknown\n";
  if (status.refused > 0) {
    out += "Refused: " + std::to_string(status.refused) +
           " of the changes would not be made (hearth plan says why)\n";
  }
  for (const auto& [address, why] : status.flapping) {
    out += paint(style, Color::red, address.to_string()) + " is " +
           printable(why.why.substr(0, why.why.find('\n'))) + "\n";
  }
  for (const RunRecord& run : status.runs) {
    if (run.command == "reconcile") continue;  // has lines of its own
    out += "Last run: " + run.command + " by " + (run.person.empty() ? "the timer" : run.person) + " at " +
           local_time(run.started) + ": " + (run.ended == 0 ? "still running, or died" : run.summary) + "\n";
  }
  return out;
}

Value status_json(const std::string& cluster, const Status& status, ExitCode code) {
  List hosts;
  for (const HostState& host : status.hosts) {
    Map entry{{"name", host.name}, {"reachable", host.reachable}};
    if (!host.reachable) entry.set("why", host.why);
    if (host.on_demand) entry.set("onDemand", true);
    if (!host.armed.empty()) entry.set("armed", armed_to_value(host));
    hosts.emplace_back(std::move(entry));
  }
  List checks;
  for (const CheckState& check : status.checks) {
    checks.push_back(Map{{"address", check.address}, {"state", check.state}, {"message", check.message}});
  }
  Map out{{"cluster", cluster},
          {"hosts", std::move(hosts)},
          {"checks", std::move(checks)},
          {"resources", Map{{"asDeclared", static_cast<std::int64_t>(status.in_order)},
                            {"differing", static_cast<std::int64_t>(status.differing)},
                            {"unknown", static_cast<std::int64_t>(status.unknown)}}},
          {"exitCode", static_cast<std::int64_t>(code)}};
  List flapping;
  for (const auto& [address, why] : status.flapping) {
    flapping.push_back(Map{{"address", address.to_string()}, {"why", why.why}});
  }
  out.set("flapping", std::move(flapping));
  for (const RunRecord& run : status.runs) {
    out.set("lastRun", Map{{"run", run.id},
                           {"command", run.command},
                           {"person", run.person},
                           {"started", run.started},
                           {"ended", run.ended},
                           {"summary", run.summary}});
  }
  return out;
}

}  // namespace

ExitCode run_status(const Invocation& invocation, const StatusOptions& options) {
  auto session = Session::open(invocation);
  if (!session) {
    // The manifests are no good: just then somebody wants to know how the timer fares.
    std::error_code error;
    const std::string path = default_journal_path();
    auto journal =
        std::filesystem::exists(path, error) ? open_journal(path) : Result<std::unique_ptr<Journal>>();
    if (!journal || *journal == nullptr) return fail(invocation, session.error());
    const LastReconcile last = last_reconcile(**journal, invocation.folder);
    complain(invocation, session.error());
    if (invocation.json()) {
      Map document;
      add_reconcile(last, document);
      print_document(invocation, std::move(document), session.error());
    } else {
      print(reconcile_text(last, invocation.style));
    }
    return ExitCode::error;
  }
  const auto selection = (*session)->select(options.addresses);
  if (!selection) return fail(invocation, selection.error(), ExitCode::usage);
  if (const Diagnostics missing = (*session)->missing_secrets(*selection); missing.has_errors())
    return fail(invocation, missing);
  const auto progress = make_progress(invocation);
  const auto survey = (*session)->look(*selection, *progress);
  const Journal* journal = (*session)->journal();
  Status status = status_of(*survey, journal);
  LastReconcile last;
  if (journal != nullptr) {
    status.flapping = flapping(*survey, *journal, (*session)->manifests().settings.reconcile);
    last = last_reconcile(*journal, invocation.folder);
  }
  const ExitCode code = exit_code_of(survey->plan);
  const std::string& cluster = survey->plan.cluster;
  if (invocation.json()) {
    Value document = status_json(cluster, status, code);
    add_reconcile(last, document.as_map());
    print_document(invocation, std::move(document.as_map()));
  } else {
    print(status_text(cluster, status, invocation.style));
    print(reconcile_text(last, invocation.style));
  }
  return code;
}

}  // namespace hearth
