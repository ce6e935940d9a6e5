#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/host_choice.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/session.h"
#include "reconciler/core/rules.h"
#include "reconciler/safety/command_rules.h"

// A person's command is not hearth's write: it takes no lease, so that it works while the timer's run holds one, and it
// goes out as a probe, which gives back exit code and both streams apart. What was run is in the journal all the same.

namespace hearth {

namespace {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// How one host ended.
struct Ending {
  enum class Type : std::uint8_t { succeeded, failed, timed_out, unreachable };
  const Host* host = nullptr;
  Type type = Type::unreachable;
  int exit_code = -1;
  std::string out;
  std::string err;
  std::string why;  // it was not reached
};

std::string_view word_of(Ending::Type type) {
  switch (type) {
    case Ending::Type::succeeded: return "done";
    case Ending::Type::failed: return "failed";
    case Ending::Type::timed_out: return "timed out";
    case Ending::Type::unreachable: return "unreachable";
  }
  return "";
}

Ending ending_of(const Host& host, const Result<std::vector<Reply>>& replies) {
  Ending end;
  end.host = &host;
  if (!replies) {
    end.why = replies.error().message + (replies.error().hint.empty() ? "" : "; " + replies.error().hint);
    return end;
  }
  if (replies->empty()) {
    end.why = "no answer came";
  } else if (const auto* none = std::get_if<NoReply>(replies->data())) {
    end.why = none->why;
  } else if (const auto* run = std::get_if<RunReply>(replies->data())) {
    end.exit_code = run->exit_code;
    end.out = run->out;
    end.err = run->err;
    // As timeout(1) says it; 137 where the command did not listen.
    end.type = run->exit_code == 0     ? Ending::Type::succeeded
               : run->exit_code == 124 ? Ending::Type::timed_out
                                       : Ending::Type::failed;
  }
  return end;
}

// Each line with the host in front. Tabs stay; what could harm a terminal does not.
std::string prefixed(const std::string& host, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line;
    for (std::string_view rest = text.substr(0, end); !rest.empty();) {
      const std::size_t tab = std::min(rest.find('\t'), rest.size());
      line += printable(rest.substr(0, tab));
      if (tab < rest.size()) line += '\t';
      rest.remove_prefix(std::min(tab + 1, rest.size()));
    }
    out += host + ": " + line + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void show(const Invocation& invocation, const Ending& end) {
  if (invocation.json()) return;
  const std::string name = printable(end.host->name);
  print(prefixed(paint(invocation.style, Color::cyan, name), end.out));
  std::cout.flush();
  std::cerr << prefixed(paint(invocation.error_style, Color::cyan, name), end.err);
  switch (end.type) {
    case Ending::Type::succeeded: break;
    case Ending::Type::failed:
      std::cerr << paint(invocation.error_style, Color::red, name + ": exit " + std::to_string(end.exit_code))
                << "\n";
      break;
    case Ending::Type::timed_out:
      std::cerr << paint(invocation.error_style, Color::red, name + ": timed out")
                << "; give it longer: --timeout SECONDS\n";
      break;
    case Ending::Type::unreachable:
      std::cerr << paint(invocation.error_style, Color::red, name + ": not reached") << ": "
                << printable(end.why) << "\n";
      break;
  }
}

Value to_json_value(const Ending& end) {
  Map out{{"host", end.host->name}, {"outcome", word_of(end.type)}, {"out", end.out}, {"err", end.err}};
  if (end.exit_code >= 0) out.set("exitCode", end.exit_code);
  if (!end.why.empty()) out.set("why", end.why);
  return out;
}

Value to_json_value(const CommandWitness& witness) {
  return Map{{"rule", witness.rule},
             {"words", List(witness.words.begin(), witness.words.end())},
             {"culprit", witness.culprit}};
}

Diagnostic refusal(const CommandWitness& witness) {
  return failure(
      witness.rule,
      "`" + printable(joined(witness.words)) + "` is refused because of \"" + printable(witness.culprit) +
          "\": " + std::string(find_rule(witness.rule)->summary),
      "nothing was run; why: hearth explain " + witness.rule + "; on purpose: --allow " + witness.rule);
}

Result<void> check_allowed(const std::vector<std::string>& allow) {
  for (const std::string& rule : allow) {
    const auto& rules = command_rules();
    if (std::find(rules.begin(), rules.end(), rule) != rules.end()) continue;
    const std::string nearest = did_you_mean(rule, rules);
    return tl::unexpected(failure("unknown-rule", "there is no rule \"" + printable(rule) + "\" to allow",
                                  nearest.empty() ? "--allow takes: " + joined(rules) : nearest));
  }
  return {};
}

// What is on record of a run: one action a host, so that `hearth history Node/NAME` shows it too.
class Record {
 public:
  Record(Journal& journal, const Session& session) : journal_(journal), session_(session) {}

  Result<void> begin(const std::vector<const Host*>& hosts, const Probe& probe) {
    RunRecord run;
    run.command = "exec";
    run.started = now_ms();
    run.person = whoami();
    run.cluster = session_.manifests().settings.cluster;
    auto id = journal_.begin_run(run);
    if (!id) return tl::unexpected(id.error());
    run_ = *id;
    std::vector<StepRecord> steps;
    for (const Host* host : hosts) {
      ActionRecord action;
      action.run = run_;
      action.address = "Node/" + host->name;
      action.operation = "run";
      action.changes = List{};
      auto begun = journal_.begin_action(action);
      if (!begun) return tl::unexpected(begun.error());
      actions_.push_back(*begun);
      // The journal stays for years, and a secret that a command line names has no business in it.
      List argv;
      for (const std::string& word : std::get<RunProbe>(probe).argv) argv.emplace_back(session_.redact(word));
      steps.push_back({*begun, 1, session_.redact(to_string(probe)),
                       Map{{"type", "run"}, {"argv", std::move(argv)}}, "", ""});
    }
    return journal_.intend(steps);
  }

  // Output stays out of the journal: it may be long, and it may be secret. Trouble is told once, at the end.
  void ended(std::size_t index, const Ending& end) {
    const bool known = end.type != Ending::Type::unreachable;
    const std::string outcome = end.type == Ending::Type::succeeded ? "done" : known ? "failed" : "unknown";
    const std::string detail =
        known ? (end.exit_code == 0 ? "" : "exit " + std::to_string(end.exit_code)) : end.why;
    note(journal_.end_step(actions_[index], 1, outcome, detail));
    note(journal_.end_action(actions_[index], outcome, detail));
  }

  void finish(ExitCode code, const std::string& summary) {
    note(journal_.end_run(run_, now_ms(), static_cast<int>(code), summary));
  }

  [[nodiscard]] const std::optional<Diagnostic>& trouble() const { return trouble_; }

 private:
  void note(const Result<void>& written) {
    if (!written && !trouble_) trouble_ = written.error();
  }

  Journal& journal_;
  const Session& session_;
  RunId run_ = 0;
  std::vector<ActionId> actions_;
  std::optional<Diagnostic> trouble_;
};

std::string summary_of(const std::vector<Ending>& endings, const std::string& text) {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t lost = 0;
  for (const Ending& end : endings) {
    ++(end.type == Ending::Type::succeeded ? done : end.type == Ending::Type::unreachable ? lost : failed);
  }
  std::string out = "Ran `" + printable(text) + "`: " + std::to_string(done) + " done";
  if (failed > 0) out += ", " + std::to_string(failed) + " failed";
  if (lost > 0) out += ", " + std::to_string(lost) + " not reached";
  return out + ".";
}

ExitCode code_of(const std::vector<Ending>& endings) {
  std::set<ExitCode> codes;
  for (const Ending& end : endings) {
    if (end.type == Ending::Type::unreachable) {
      codes.insert(ExitCode::incomplete);
    } else if (end.type != Ending::Type::succeeded) {
      codes.insert(ExitCode::error);
    }
  }
  return most_important(codes);
}

}  // namespace

ExitCode run_exec(const Invocation& invocation, const ExecOptions& options) {
  if (options.words.empty()) {
    return fail(invocation,
                failure("usage", "hearth exec needs a command behind --",
                        "as in: hearth exec all -- uptime; see: hearth exec --help"),
                ExitCode::usage);
  }
  if (options.timeout < 1) {
    return fail(invocation,
                failure("usage", "--timeout needs at least one second", "see: hearth exec --help"),
                ExitCode::usage);
  }
  if (const auto allowed = check_allowed(options.allow); !allowed)
    return fail(invocation, allowed.error(), ExitCode::usage);

  // Before anything else: a refused command contacts nobody.
  Diagnostics refusals;
  List witnesses;
  for (const CommandWitness& witness : destructive_parts(options.words)) {
    if (std::find(options.allow.begin(), options.allow.end(), witness.rule) != options.allow.end()) continue;
    refusals.add(refusal(witness));
    witnesses.push_back(to_json_value(witness));
  }
  if (refusals.has_errors()) {
    complain(invocation, refusals);
    if (invocation.json()) print_document(invocation, Map{{"refused", std::move(witnesses)}}, refusals);
    return ExitCode::refused;
  }

  auto session = Session::open(invocation);
  if (!session) return fail(invocation, session.error());
  const ManifestSet& manifests = (*session)->manifests();
  const auto hosts = choose_hosts(manifests, options.hosts);
  if (!hosts) return fail(invocation, hosts.error(), ExitCode::usage);
  if ((*session)->journal() == nullptr) {
    return fail(invocation,
                failure("no-journal", "the journal cannot be used: " + (*session)->journal_trouble(),
                        "nothing is run without a record of it: correct that first"));
  }

  const std::string text = (*session)->redact(joined(options.words));
  // One word is a text for the host's shell, several are one command as it stands.
  RunProbe probe{.argv = options.words.size() == 1
                             ? std::vector<std::string>{"sh", "-c", options.words.front()}
                             : options.words,
                 .timeout = std::chrono::seconds(options.timeout)};
  Record record(*(*session)->journal(), **session);
  if (const auto begun = record.begin(*hosts, probe); !begun) return fail(invocation, begun.error());

  std::vector<Ending> endings(hosts->size());
  std::size_t open = hosts->size();
  for (std::size_t i = 0; i < hosts->size(); ++i) {
    const Host& host = *(*hosts)[i];
    (*session)->targets().find(host.name)->observe({probe},
                                                   [&, i](const Result<std::vector<Reply>>& replies) {
                                                     endings[i] = ending_of(*(*hosts)[i], replies);
                                                     record.ended(i, endings[i]);
                                                     show(invocation, endings[i]);
                                                     --open;
                                                   });
  }
  (*session)->loop().run_until([&] { return open == 0; });

  const std::string summary = summary_of(endings, text);
  const ExitCode code = code_of(endings);
  record.finish(code, summary);
  Diagnostics diagnostics;
  if (record.trouble()) diagnostics.add(*record.trouble());
  complain(invocation, diagnostics);
  if (invocation.json()) {
    List results;
    for (const Ending& end : endings) results.push_back(to_json_value(end));
    print_document(invocation,
                   Map{{"argv", List(probe.argv.begin(), probe.argv.end())}, {"hosts", std::move(results)}},
                   diagnostics);
  } else if (code != ExitCode::clean) {
    std::cerr << summary << "\n";
  }
  return diagnostics.has_errors() ? most_important({code, ExitCode::error}) : code;
}

}  // namespace hearth
