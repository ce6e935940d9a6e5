#include <cstdio>
#include <map>
#include <set>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/plan_outcome.h"
#include "reconciler/cli/progress.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/cli/text_style.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/core/json.h"
#include "reconciler/diff/differ.h"
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
};

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
  for (const RunRecord& run : status.runs) {
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
  if (!session) return fail(invocation, session.error());
  const auto selection = (*session)->select(options.addresses);
  if (!selection) return fail(invocation, selection.error(), ExitCode::usage);
  if (const Diagnostics missing = (*session)->missing_secrets(*selection); missing.has_errors())
    return fail(invocation, missing);
  const auto progress = make_progress(invocation);
  const auto survey = (*session)->look(*selection, *progress);
  const Status status = status_of(*survey, (*session)->journal());
  const ExitCode code = exit_code_of(survey->plan);
  const std::string& cluster = survey->plan.cluster;
  if (invocation.json()) {
    print_document(invocation, status_json(cluster, status, code).as_map());
  } else {
    print(status_text(cluster, status, invocation.style));
  }
  return code;
}

}  // namespace hearth
