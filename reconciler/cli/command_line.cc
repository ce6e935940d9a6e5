#include "reconciler/cli/command_line.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/cli/commands.h"
#include "reconciler/cli/report.h"
#include "reconciler/cli/time_text.h"

// The only file that knows CLI11. It describes the commands; usage texts and completion come from what it
// says here.

namespace hearth {

namespace {

// What CLI11 fills before the rest can be decided.
struct GlobalOptions {
  std::string folder = "./manifests";
  std::string output = "text";
  bool no_color = false;
  bool verbose = false;
  bool timings = false;
  bool help = false;
  bool version = false;
};

// For CLI11's check(): one of NAMES, with a suggestion.
std::function<std::string(const std::string&)> one_of(std::vector<std::string> names) {
  return [names = std::move(names)](const std::string& word) -> std::string {
    if (std::find(names.begin(), names.end(), word) != names.end()) return {};
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    const std::string nearest = did_you_mean(word, names);
    return "\"" + printable(word) + "\" is not one of " + all + (nearest.empty() ? "" : "; " + nearest);
  };
}

// The command line, and what to run once it is parsed.
class CommandLine {
 public:
  CommandLine()
      : app_("Keeps a Proxmox VE homelab in the state that a repository of manifests describes.", "hearth") {
    app_.set_help_flag();  // usage texts are our own: the same on every version of CLI11
    app_.fallthrough();    // global options may stand behind the command too
    app_.allow_extras();   // what is left over is complained about here, with a suggestion
    add_global_options();
    add_commands();
    describe();
  }

  // Splits and checks; nothing is run. Throws CLI::ParseError. What stands behind the `--` of exec is somebody else's
  // command line: CLI11 does not see it.
  void parse(int argc, char** argv, const std::string& command) {
    int own = argc;
    if (command == "exec") {
      own = static_cast<int>(std::find(argv, argv + argc, std::string_view("--")) - argv);
      if (own < argc) exec_words_.assign(argv + own + 1, argv + argc);
    }
    app_.parse(own, argv);
    if (command == "exec") exec_.words = exec_words_;
  }

  [[nodiscard]] const GlobalOptions& globals() const { return globals_; }
  [[nodiscard]] const ProgramDescription& program() const { return program_; }
  [[nodiscard]] std::vector<std::string> left_over() const { return app_.remaining(true); }

  // Requires that COMMAND is one.
  ExitCode run(const Invocation& invocation) const {
    const auto found = std::find_if(commands_.begin(), commands_.end(), [&](const Command& command) {
      return command.app->get_name() == invocation.command;
    });
    return found->run(invocation);
  }

 private:
  struct Command {
    CLI::App* app;
    std::function<ExitCode(const Invocation&)> run;
  };

  void add_global_options() {
    const auto last = CLI::MultiOptionPolicy::TakeLast;
    app_.add_option("-C,--folder", globals_.folder, "the manifests (default ./manifests)")
        ->type_name("DIR")
        ->multi_option_policy(last);
    app_.add_option("-o,--output", globals_.output, "for people or for programs (default text)")
        ->type_name("text|json")
        ->check(one_of({"text", "json"}))
        ->multi_option_policy(last);
    app_.add_flag("--no-color", globals_.no_color, "no colours; NO_COLOR in the environment does the same");
    app_.add_flag("-v,--verbose", globals_.verbose, "leave nothing out");
    app_.add_flag("--timings", globals_.timings, "say at the end how long it took");
    app_.add_flag("-h,--help", globals_.help, "say how to use hearth, or one command of it");
    app_.add_flag("--version", globals_.version, "say which hearth this is");
  }

  // OPTIONS belong to the command and live as long as the command line.
  template <typename Options>
  CLI::App* add(const std::string& name, const std::string& summary, Options& options,
                ExitCode (*function)(const Invocation&, const Options&)) {
    CLI::App* app = app_.add_subcommand(name, summary);
    app->set_help_flag();
    commands_.push_back(
        {app, [function, &options](const Invocation& invocation) { return function(invocation, options); }});
    return app;
  }
  CLI::App* add(const std::string& name, const std::string& summary,
                ExitCode (*function)(const Invocation&)) {
    CLI::App* app = app_.add_subcommand(name, summary);
    app->set_help_flag();
    commands_.push_back({app, function});
    return app;
  }

  static void add_addresses(CLI::App* app, std::vector<std::string>& addresses) {
    app->add_option("ADDR", addresses,
                    "what it is about: Kind/name@host, Kind/name or Kind; * for any part (default all)");
  }

  void add_commands() {
    add("validate", "check the manifests without contacting anything", run_validate);

    CLI::App* plan = add("plan", "show what apply would do", plan_, run_plan);
    add_addresses(plan, plan_.addresses);
    plan->add_option("--out", plan_.out_file, "save the plan, for: hearth apply FILE")->type_name("FILE");
    plan->add_flag("--steps", plan_.steps, "show every single operation");

    CLI::App* apply = add("apply", "bring the live systems into the declared state", apply_, run_apply);
    apply->add_option("ADDR|PLANFILE", apply_.targets, "as for plan, or a plan that was saved");
    apply->add_flag("-y,--yes", apply_.yes, "do not ask");
    apply
        ->add_option("--allow", apply_.allow,
                     "permit effects up to none, reload, restart, reboot, destroy (default restart)")
        ->type_name("CLASS[=ADDR,…]")
        ->allow_extra_args(false);
    apply->add_option("--deletions", apply_.deletions, "how many deletions are right, where they are many")
        ->type_name("N");
    apply->add_flag("--stage", apply_.stage, "write what takes effect later, disturb nothing now");

    add_addresses(add("drift", "show what moved since it was last applied", drift_, run_drift),
                  drift_.addresses);

    CLI::App* reconcile =
        add("reconcile", "update the checkout, and apply what the policy lets a timer apply", reconcile_,
            run_reconcile);
    reconcile
        ->add_option("--allow", reconcile_.allow,
                     "permit effects beyond policy.reconcile.allow (which is reload unless hearth.yaml says)")
        ->type_name("CLASS[=ADDR,…]")
        ->allow_extra_args(false);
    CLI::App* pause = add("pause", "let reconcile leave things alone for a while", pause_, run_pause);
    add_addresses(pause, pause_.addresses);
    pause->add_option("--for", pause_.duration, "how long: 45m, 2h, 1d, 1h30m")
        ->type_name("SPAN")
        ->required();
    pause->add_option("--why", pause_.why, "for those who wonder")->type_name("TEXT")->required();
    add_addresses(add("resume", "let reconcile take things up again", resume_, run_resume),
                  resume_.addresses);

    add_addresses(add("status", "show hosts, checks and the last run", status_, run_status),
                  status_.addresses);

    CLI::App* exec = add("exec", "run a command on hosts, all at once", exec_, run_exec);
    exec->add_option("HOST", exec_.hosts, "names of declared Nodes, label=value, or all")->required();
    exec->add_option("CMD", exec_.words,
                     "behind --: several words are the command as it stands, one is a text for the host's "
                     "shell; it goes into "
                     "the journal and is seen in the host's process list, so put no secret into it");
    exec->add_option("--allow", exec_.allow, "run it although this rule refuses it (a net, no sandbox)")
        ->type_name("RULE")
        ->allow_extra_args(false);
    exec->add_option("--timeout", exec_.timeout, "how long a host may take (default 60)")
        ->type_name("SECONDS");

    CLI::App* import =
        add("import", "write manifests for what is there and no manifest declares", import_, run_import);
    import->add_option("KIND", import_.kinds, "only these kinds (default all)");
    import->add_option("--hosts", import_.hosts, "only these: a Node's name or label=value (default all)")
        ->type_name("HOST")
        ->allow_extra_args(false);
    import->add_option("--out", import_.out_folder, "write one file a kind into DIR instead of printing them")
        ->type_name("DIR");

    CLI::App* history =
        add("history", "show what was done: runs, one run, or one address", history_, run_history);
    history->add_option("RUN|ADDR", history_.topic, "a run's number, or an address");
    history->add_option("-n,--most", history_.most, "how many at most (default 20)")->type_name("N");

    CLI::App* graph = add("graph", "show who waits for whom", graph_, run_graph);
    graph->add_option("--format", graph_format_, "text for graphviz, or a picture (default dot)")
        ->type_name("dot|svg")
        ->check(one_of({"dot", "svg"}));
    graph->add_flag("--all", graph_.all_edges, "also what follows from the rest");

    CLI::App* explain = add("explain", "explain kinds, their fields, and rules", explain_, run_explain);
    explain->add_option("TOPIC", explain_.topic, "KIND, KIND.FIELD, a RULE from a message, or rules");

    CLI::App* trust = add("trust", "make nodes' host keys known", trust_, run_trust);
    trust->add_option("NODE", trust_.nodes, "names of declared Nodes")->required();
    trust->add_flag("-y,--yes", trust_.yes, "do not ask");

    CLI::App* secret = add("secret", "say where secrets come from, or put one into the repository, encrypted",
                           secret_, run_secret);
    secret
        ->add_option("list|check|set", secret_action_,
                     "list them, read each that is named and say what is wrong, or encrypt one")
        ->required()
        ->check(one_of({"list", "check", "set"}));
    secret->add_option("NAME", secret_.name,
                       "of set: asked for without showing it, or piped in; goes to secrets/NAME.age");
    secret->parse_complete_callback([this] {
      if (secret_action_ == "check") secret_.action = SecretOptions::Action::check;
      if (secret_action_ == "set") secret_.action = SecretOptions::Action::set;
    });

    add("version", "say which hearth this is; with -v, where its parts lie", run_version);

    CLI::App* completion =
        app_.add_subcommand("completion", "print a script that completes commands in a shell");
    completion->set_help_flag();
    completion->add_option("bash|zsh|fish", shell_, "the shell")
        ->required()
        ->check(one_of({"bash", "zsh", "fish"}));
    commands_.push_back({completion, [this](const Invocation& invocation) {
                           CompletionOptions options;
                           if (shell_ == "zsh") options.shell = CompletionOptions::Shell::zsh;
                           if (shell_ == "fish") options.shell = CompletionOptions::Shell::fish;
                           return run_completion(invocation, options, program_);
                         }});
    graph->parse_complete_callback([this] {
      graph_.format = graph_format_ == "svg" ? GraphOptions::Format::svg : GraphOptions::Format::dot;
    });
  }

  static void describe(const CLI::App& app, std::vector<OptionDescription>& options,
                       std::vector<ArgumentDescription>& arguments) {
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_positional()) {
        arguments.push_back({option->get_name(true), option->get_description(), option->get_required(),
                             option->get_items_expected_max() > 1});
        continue;
      }
      OptionDescription description;
      if (!option->get_snames().empty()) description.short_name = "-" + option->get_snames().front();
      if (!option->get_lnames().empty()) description.long_name = "--" + option->get_lnames().front();
      if (option->get_type_size_max() > 0) description.value = option->get_type_name();
      description.summary = option->get_description();
      description.repeatable = option->get_items_expected_max() > 1;
      options.push_back(std::move(description));
    }
  }

  void describe() {
    program_.name = app_.get_name();
    program_.summary = app_.get_description();
    std::vector<ArgumentDescription> none;
    describe(app_, program_.options, none);
    for (const Command& command : commands_) {
      CommandDescription description;
      description.name = command.app->get_name();
      description.summary = command.app->get_description();
      describe(*command.app, description.options, description.arguments);
      for (ArgumentDescription& argument : description.arguments) {
        if (argument.name == "CMD") argument = {"-- CMD", argument.summary, true, true};
      }
      program_.commands.push_back(std::move(description));
    }
  }

  CLI::App app_;
  GlobalOptions globals_;
  ProgramDescription program_;
  std::vector<Command> commands_;

  PlanOptions plan_;
  ApplyCommandOptions apply_;
  DriftOptions drift_;
  ReconcileOptions reconcile_;
  PauseOptions pause_;
  ResumeOptions resume_;
  StatusOptions status_;
  ExecOptions exec_;
  ImportOptions import_;
  HistoryOptions history_;
  GraphOptions graph_;
  std::vector<std::string> exec_words_;
  std::string graph_format_ = "dot";
  ExplainOptions explain_;
  TrustOptions trust_;
  SecretOptions secret_;
  std::string secret_action_;
  std::string shell_;
};

// What stands on the command line before CLI11 judges it: enough to help where it would only complain.
struct FirstLook {
  std::string command;  // the first word that is no option; "" when there is none
  bool help = false;
  bool version = false;
  bool json = false;
  std::string help_about;  // of `hearth help COMMAND`
};

FirstLook look_at(const std::vector<std::string>& words, const ProgramDescription& program) {
  FirstLook look;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.empty() || word.front() != '-') {
      if (look.command.empty()) {
        look.command = word;
      } else if (look.command == "help" && look.help_about.empty()) {
        look.help_about = word;
      }
      continue;
    }
    look.help = look.help || word == "-h" || word == "--help";
    look.version = look.version || word == "--version";
    const auto option = std::find_if(program.options.begin(), program.options.end(),
                                     [&](const OptionDescription& description) {
                                       return word == description.short_name || word == description.long_name;
                                     });
    if (option == program.options.end() || option->value.empty() || i + 1 == words.size()) continue;
    ++i;  // its value is no command
    if (option->long_name == "--output") look.json = words[i] == "json";
  }
  return look;
}

std::vector<std::string> option_names(const ProgramDescription& program, const CommandDescription* command) {
  std::vector<std::string> names;
  const auto collect = [&](const std::vector<OptionDescription>& options) {
    for (const auto& option : options) {
      if (!option.long_name.empty()) names.push_back(option.long_name);
      if (!option.short_name.empty()) names.push_back(option.short_name);
    }
  };
  if (command != nullptr) collect(command->options);
  collect(program.options);
  return names;
}

std::string see(const std::string& command) {
  return "see: hearth " + (command.empty() ? "" : command + " ") + "--help";
}

ExitCode usage_error(const Invocation& invocation, const std::string& message, const std::string& nearest) {
  const std::string help = see(invocation.command);
  return fail(invocation, failure("usage", message, nearest.empty() ? help : nearest + " " + help),
              ExitCode::usage);
}

ExitCode unknown_command(Invocation invocation, const std::string& word, const ProgramDescription& program) {
  std::vector<std::string> names;
  for (const auto& command : program.commands) names.push_back(command.name);
  invocation.command.clear();
  return usage_error(invocation, "there is no command \"" + printable(word) + "\"",
                     did_you_mean(word, names));
}

ExitCode left_over(const Invocation& invocation, const std::string& word, const ProgramDescription& program) {
  if (word.size() > 1 && word.front() == '-') {
    const std::string name = word.substr(0, word.find('='));
    return usage_error(invocation, "hearth " + invocation.command + " has no option " + printable(name),
                       did_you_mean(name, option_names(program, program.find(invocation.command))));
  }
  return usage_error(invocation,
                     "hearth " + invocation.command + " does not take \"" + printable(word) + "\"", "");
}

// CLI11's complaints, in our words where its own are none for people.
std::string message_of(const CLI::ParseError& error, const CommandDescription* command) {
  std::string what = error.what();
  const std::string name = what.substr(0, what.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr &&
      what.find("missing") != std::string::npos) {
    return name + " needs a value";
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && command != nullptr) {
    for (const auto& argument : command->arguments) {
      if (argument.required)
        return "hearth " + command->name + " needs " + argument.name + ": " + argument.summary;
    }
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) return what + " (a number is needed)";
  return what;
}

bool wants_color(int descriptor, bool no_color) {
  const char* forbidden = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool able = terminal != nullptr && std::string_view(terminal) != "dumb";
  // https://no-color.org: present and not empty.
  return !no_color && (forbidden == nullptr || *forbidden == '\0') && able && ::isatty(descriptor) == 1;
}

// Whether whoever reads our output has gone (`hearth graph | head`): then there is nobody to complain to.
bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

void print_timings(std::chrono::steady_clock::time_point start) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto milliseconds = [](const timeval& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_usec / 1000;
  };
  const auto wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cerr << "Took " << duration_text(wall.count()) << ", of which "
            << duration_text(milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)) << " computing; "
            << usage.ru_maxrss / 1024 << " MiB of memory at most.\n";
}

ExitCode run_arguments(int argc, char** argv) {
  CommandLine command_line;
  const ProgramDescription& program = command_line.program();
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const FirstLook look = look_at(words, program);

  Invocation invocation;
  invocation.command = look.command;
  invocation.output = look.json ? OutputFormat::json : OutputFormat::text;
  if (look.command == "help" || look.help) {
    const std::string about = look.command == "help" ? look.help_about : look.command;
    const CommandDescription* command = program.find(about);
    if (command == nullptr && !about.empty()) return unknown_command(invocation, about, program);
    print(command == nullptr ? usage_text(program) : usage_text(program, *command));
    return ExitCode::clean;
  }
  if (look.version) {
    invocation.command = "version";
    return run_version(invocation);
  }
  if (look.command.empty()) {
    // An option that is none says more than the whole usage text.
    for (const std::string& word : words) {
      const auto names = option_names(program, nullptr);
      const std::string name = word.substr(0, word.find('='));
      if (word.size() < 2 || word.front() != '-' || word.starts_with("-C") || word.starts_with("-o") ||
          std::find(names.begin(), names.end(), name) != names.end()) {
        continue;
      }
      return usage_error(invocation, "there is no option " + printable(name), did_you_mean(name, names));
    }
    std::cerr << usage_text(program);
    return ExitCode::usage;
  }
  const CommandDescription* command = program.find(look.command);
  if (command == nullptr) return unknown_command(invocation, look.command, program);

  try {
    command_line.parse(argc, argv, look.command);
  } catch (const CLI::ParseError& error) {
    return usage_error(invocation, message_of(error, command), "");
  }
  const GlobalOptions& globals = command_line.globals();
  invocation.folder = globals.folder;
  invocation.output = globals.output == "json" ? OutputFormat::json : OutputFormat::text;
  invocation.style = {wants_color(STDOUT_FILENO, globals.no_color), globals.verbose};
  invocation.error_style = {wants_color(STDERR_FILENO, globals.no_color), globals.verbose};
  invocation.interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  invocation.timings = globals.timings;
  if (const auto words_left = command_line.left_over(); !words_left.empty()) {
    return left_over(invocation, words_left.front(), program);
  }

  const auto start = std::chrono::steady_clock::now();
  const ExitCode code = command_line.run(invocation);
  if (invocation.timings) print_timings(start);
  return code;
}

}  // namespace

ProgramDescription describe_program() {
  return CommandLine().program();
}

int run_command_line(int argc, char** argv) {
  // A reader of our output or a peer of a connection that goes away must be an error, not the end in
  // mid-apply.
  std::signal(SIGPIPE, SIG_IGN);
  ExitCode code = run_arguments(argc, argv);
  std::cout.flush();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout) {
    if (!reader_is_gone()) {
      std::cerr << "error[output]: standard output could not be written\n    look whether its disk is full\n";
    }
    code = most_important({code, ExitCode::error});
  }
  return static_cast<int>(code);
}

}  // namespace hearth
