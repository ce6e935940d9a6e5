#include "reconciler/manifest/git.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "reconciler/transport/process.h"

namespace hearth {

namespace {

// Settings that hold for our calls whatever the repository says. They come last, and so win.
constexpr std::pair<const char*, const char*> settings[] = {
    {"core.hooksPath", "/dev/null"},
    {"core.fsmonitor", "false"},
    {"core.askPass", ""},
    {"core.pager", "cat"},
    {"gc.auto", "0"},
    {"maintenance.auto", "false"},
    {"submodule.recurse", "false"},
    {"fetch.recurseSubmodules", "false"},
    {"protocol.ext.allow", "never"},
    // Whose repository it is, is looked at by whoever calls (checkout_update.cc): a checkout belongs to who edits it, and the
    // timer is root.
    {"safe.directory", "*"},
};

std::vector<std::string> environment() {
  std::vector<std::string> out = {
      "env",
      // Of a git that called us (a hook, an alias): it would mean another repository.
      "--unset=GIT_DIR",
      "--unset=GIT_WORK_TREE",
      "--unset=GIT_INDEX_FILE",
      "--unset=GIT_COMMON_DIR",
      "--unset=GIT_OBJECT_DIRECTORY",
      "--unset=GIT_NAMESPACE",
      "--unset=GIT_EXTERNAL_DIFF",
      "--unset=GIT_PROXY_COMMAND",
      "--unset=GIT_SSH",
      "--unset=GIT_CONFIG_PARAMETERS",
      "LC_ALL=C",
      "GIT_TERMINAL_PROMPT=0",
      "GIT_ASKPASS=true",
      "SSH_ASKPASS_REQUIRE=never",
      "GIT_OPTIONAL_LOCKS=0",  // looking leaves the index of whoever works there alone
      "GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=15 -oServerAliveInterval=15",
  };
  std::size_t count = 0;
  for (const auto& [name, value] : settings) {
    out.push_back("GIT_CONFIG_KEY_" + std::to_string(count) + "=" + name);
    out.push_back("GIT_CONFIG_VALUE_" + std::to_string(count) + "=" + value);
    ++count;
  }
  out.push_back("GIT_CONFIG_COUNT=" + std::to_string(count));
  return out;
}

// git's last words: before them it may have told of its progress.
std::string last_line(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  // `fatal: …` says what is wrong, what follows it how to get help.
  if (const auto fatal = text.rfind("fatal: "); fatal != std::string_view::npos) {
    text.remove_prefix(fatal);
    return std::string(text.substr(0, text.find('\n')));
  }
  return std::string(text.substr(text.rfind('\n') + 1));
}

}  // namespace

Git::Answer Git::run(const std::vector<std::string>& arguments, std::chrono::seconds timeout,
                     const std::vector<std::string>& variables) const {
  ProcessRequest request;
  request.argv = environment();
  request.argv.insert(request.argv.end(), variables.begin(), variables.end());
  request.argv.insert(request.argv.end(), {"git", "-C", folder_, "--no-pager"});
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.timeout = timeout;
  Answer answer;
  auto result = run_process(request);
  if (!result) {
    answer.why = result.error().message;
    return answer;
  }
  answer.out = std::move(result->out);
  while (!answer.out.empty() && answer.out.back() == '\n') answer.out.pop_back();
  if (result->end == ProcessResult::End::timed_out) {
    answer.why = "git " + arguments.front() + " did not end within " + std::to_string(timeout.count()) + " s";
  } else if (result->end != ProcessResult::End::exited) {
    answer.why = "git " + arguments.front() + " said too much";
  } else {
    answer.exit_code = result->exit_code;
    answer.good = result->exit_code == 0;
    if (!answer.good) answer.why = last_line(result->err);
    if (!answer.good && answer.why.empty())
      answer.why = "git " + arguments.front() + " ended with " + std::to_string(result->exit_code);
  }
  return answer;
}

std::string program_in_configuration(const Git& git) {
  const Git::Answer all = git.run({"config", "--list", "--show-scope", "--name-only", "-z"});
  std::string_view rest = all.out;
  const auto next = [&rest] {
    const auto end = std::min(rest.find('\0'), rest.size());
    std::string word(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
  };
  while (!rest.empty()) {
    const std::string scope = next();
    const std::string name = next();
    if (scope != "local" && scope != "worktree") continue;
    const std::string section = name.substr(0, name.find('.'));
    const std::string last = name.substr(name.rfind('.') + 1);
    const bool runs =
        name == "core.sshcommand" || name == "core.gitproxy" || name == "core.alternaterefscommand" ||
        name == "ssh.command" || (section == "credential" && last == "helper") ||
        (section == "filter" && (last == "clean" || last == "smudge" || last == "process")) ||
        (section == "remote" && (last == "uploadpack" || last == "vcs")) ||
        (section == "diff" && (last == "external" || last == "command" || last == "textconv")) ||
        (section == "merge" && last == "driver") || (section == "gpg" && last == "program") ||
        (section == "protocol" && last == "allow");
    if (runs) return name;
  }
  return {};
}

}  // namespace hearth
