#include "reconciler/transport/shell_script.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "reconciler/core/digest.h"
#include "reconciler/transport/observe_layout.h"
#include "reconciler/transport/shell_library.h"

namespace hearth {

namespace {

using std::chrono::seconds;

// What the library's own timeouts add up to, for the transport to know when to give up. Singles after a timed
// out group are not counted: they are the exception, and what they have answered by then counts.
constexpr seconds group_time{10 + 20};
constexpr seconds content_time{20};
constexpr seconds units_time{15 + 30};
constexpr seconds operation_time{60};
constexpr seconds tree_time{120};

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + shell_quote(word);
  return out;
}

// Digits only, or "": a mode reaches arithmetic in the script.
bool is_mode(std::string_view mode) {
  return mode.size() <= 5 && mode.find_first_not_of("01234567") == std::string_view::npos;
}

// The name of a user or group, or a number; chown(1) gives ':' and a leading '+' or '-' other meanings.
bool is_account(std::string_view name) {
  return name.find_first_of(std::string_view(":/\0\n\t", 5)) == std::string_view::npos &&
         (name.empty() || (name.front() != '-' && name.front() != '+'));
}

std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string why_no_attributes(std::string_view mode, std::string_view owner, std::string_view group) {
  if (!is_mode(mode)) return "'" + std::string(mode) + "' is no octal mode";
  if (!is_account(owner)) return "'" + std::string(owner) + "' is no user name";
  if (!is_account(group)) return "'" + std::string(group) + "' is no group name";
  return {};
}

// Where something about to replace PATH lies meanwhile: beside it, hidden, ending in its name, because the
// tools that check a file may go by the name's end. Cut from the left where it would be too long for a file
// system.
struct Temporary {
  std::string name;  // the part that only depends on the path: how leftovers of killed runs are found
  std::string path;

  Temporary(const std::string& target, std::string_view id) {
    static constexpr std::size_t longest = 200;
    const std::size_t slash = target.rfind('/');
    name = target.substr(slash + 1);
    if (name.size() > longest) name = name.substr(name.size() - longest);
    path = target.substr(0, slash + 1) + ".hearth-" + std::string(id) + "-" + name;
  }
};

std::string base64_lines(std::string_view bytes) {
  static constexpr std::size_t width = 76;
  const std::string text = base64(bytes);
  std::string out;
  out.reserve(text.size() + text.size() / width + 2);
  for (std::size_t at = 0; at < text.size(); at += width) out += text.substr(at, width) + "\n";
  return out;
}

// hearth's own clock goes along: a host whose clock is wrong shall not say what is old.
std::string begin_script(std::string_view nonce, std::string_view root) {
  const auto now = std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch());
  std::string out = "{\nexec </dev/null\nn=" + shell_quote(nonce) + " root=" + shell_quote(root) +
                    " sent=" + std::to_string(now.count()) + "\n";
  out += "printf '%s hello\\n' \"$n\"\nprintf '%s hello\\n' \"$n\" >&2\n";
  out += shell_observe_library();
  return out;
}

// Writes the call of one operation. Each is `op NUMBER FUNCTION ARGUMENT…`.
class OperationRenderer {
 public:
  OperationRenderer(std::string_view root, std::string_view id, std::string_view nonce)
      : root_(root), id_(id), nonce_(nonce) {}

  std::string render(std::size_t number, const Operation& operation) {
    std::string why;
    std::string call = std::visit([&](const auto& one) { return render_one(one, why); }, operation);
    if (!why.empty()) call = "refuse invalid" + quoted_list({one_line(why)}) + "\n";
    return "op " + std::to_string(number) + " " + call;
  }

  // Whether GROUP is one file to write that can be written together with others (see write_files in the library).
  static bool is_batched(const OperationGroup& group) {
    const auto* write = group.size() == 1 ? std::get_if<WriteFile>(&group.front()) : nullptr;
    if (write == nullptr || !write->check.empty() || !why_not(*write).empty()) return false;
    const std::string& path = write->path;
    const auto content = write->content.revealed();
    // What sha256sum prints in a way of its own, and what a shell's lists of lines and of hashes cannot hold.
    const bool plain =
        path.find("  ") == std::string::npos &&
        std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == '\\'; });
    return plain && content && content->reveal().size() <= batched_size;
  }

  // WRITES are batched ones, by their numbers.
  std::string render_batch(const std::vector<std::pair<std::size_t, const WriteFile*>>& writes) {
    std::string contents;
    std::string call = "write_files";
    for (const auto& [number, write] : writes) {
      const auto content = write->content.revealed();
      const std::string mark = "end-" + std::string(nonce_);
      contents += "content_" + std::to_string(number) + "() { base64 -d <<'" + mark + "'\n" +
                  base64_lines(content->reveal()) + mark + "\n}\n";
      call += " " + std::to_string(number) + quoted_list(words_of(*write, *content));
      timeout_ += operation_time * 2;
    }
    return contents + call + "\n";
  }

  [[nodiscard]] seconds timeout() const { return timeout_; }

 private:
  // A shell keeps what it was given in memory, in functions too.
  static constexpr std::size_t batched_size = 64UL * 1024;

  std::string in_root(const std::string& path) const { return root_ + path; }

  // CONTENT on descriptor 3, which no list of processes shows.
  [[nodiscard]] std::string here(const SecretText& content) const {
    const std::string mark = "end-" + std::string(nonce_);
    return " 3<<'" + mark + "'\n" + base64_lines(content.reveal()) + mark + "\n";
  }

  static std::string key(const std::string& path) { return sha256(path); }

  static bool is_below_root(const std::string& path, std::string& why) {
    why = why_no_path(path);
    if (why.empty() && (path == "/" || path.ends_with('/'))) why = "'" + path + "' names no file";
    return why.empty();
  }

  // The words of CHECK, with CANDIDATE wherever {} stands.
  static void add_check(std::vector<std::string>& words, const std::vector<std::string>& check,
                        const std::string& candidate) {
    for (std::string argument : check) {
      for (std::size_t at = argument.find("{}"); at != std::string::npos;
           at = argument.find("{}", at + candidate.size())) {
        argument.replace(at, 2, candidate);
      }
      words.push_back(std::move(argument));
    }
  }

  // The arguments of write_file, without its check.
  std::vector<std::string> words_of(const WriteFile& write, const SecretText& content) const {
    const std::string path = in_root(write.path);
    const Temporary temporary(path, id_);
    return {path,
            temporary.path,
            temporary.name,
            write.mode,
            write.owner,
            write.group,
            write.expected_sha256,
            write.keep_previous ? (write.proven ? "!" : "") + key(write.path) : "",
            sha256(content.reveal())};
  }

  static std::string why_not(const WriteFile& write) {
    std::string why;
    if (!is_below_root(write.path, why)) return why;
    why = why_no_attributes(write.mode, write.owner, write.group);
    if (why.empty() && !write.check.empty()) why = why_no_command(write.check);
    return why;
  }

  std::string render_one(const WriteFile& write, std::string& why) {
    why = why_not(write);
    if (!why.empty()) return {};
    const auto content = write.content.revealed();
    if (!content) {
      why = content.error().message;
      return {};
    }
    std::vector<std::string> words = words_of(write, *content);
    add_check(words, write.check, Temporary(in_root(write.path), id_).path);
    timeout_ += operation_time * 2;
    return "write_file" + quoted_list(words) + here(*content);
  }

  std::string render_one(const ReplaceLines& replace, std::string& why) {
    if (!is_below_root(replace.path, why)) return {};
    std::string edit = std::to_string(replace.old_lines.size()) + "\n";
    for (const auto* lines : {&replace.old_lines, &replace.new_lines}) {
      for (const std::string& line : *lines) {
        if (line.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
          why = "a line to be edited holds a line end or a NUL";
        edit += line + "\n";
      }
    }
    if (why.empty() && !replace.check.empty()) why = why_no_command(replace.check);
    if (!why.empty()) return {};
    const std::string path = in_root(replace.path);
    const Temporary temporary(path, id_);
    timeout_ += operation_time * 2;
    const std::string mark = "end-" + std::string(nonce_);
    std::vector<std::string> words{path, temporary.path, temporary.name, replace.followed_by};
    add_check(words, replace.check, temporary.path);
    return "replace_lines" + quoted_list(words) + " 3<<'" + mark + "'\n" + base64_lines(edit) + mark + "\n";
  }

  std::string render_one(const SetAttributes& set, std::string& why) {
    if (!is_below_root(set.path, why)) return {};
    why = why_no_attributes(set.mode, set.owner, set.group);
    timeout_ += operation_time;
    return "set_attributes" + quoted_list({in_root(set.path), set.mode, set.owner, set.group}) + "\n";
  }

  std::string render_one(const MakeDirectory& make, std::string& why) {
    if (!is_below_root(make.path, why)) return {};
    why = why_no_attributes(make.mode, make.owner, make.group);
    timeout_ += operation_time;
    return "make_directory" + quoted_list({in_root(make.path), make.mode, make.owner, make.group}) + "\n";
  }

  std::string render_one(const RemovePath& remove, std::string& why) {
    if (!is_below_root(remove.path, why)) return {};
    timeout_ += operation_time;
    const std::string keep = remove.keep_previous ? (remove.proven ? "!" : "") + key(remove.path) : "";
    return "remove_path" + quoted_list({in_root(remove.path), keep}) + "\n";
  }

  std::string render_one(const RestorePrevious& restore, std::string& why) {
    if (!is_below_root(restore.path, why)) return {};
    const Temporary temporary(in_root(restore.path), id_);
    timeout_ += operation_time;
    return "restore_previous" +
           quoted_list({in_root(restore.path), temporary.path, temporary.name, key(restore.path),
                        restore.written_sha256}) +
           "\n";
  }

  std::string render_one(const ForgetPrevious& forget, std::string& why) {
    if (!is_below_root(forget.path, why)) return {};
    timeout_ += operation_time;
    return "forget" + quoted_list({in_root(forget.path), key(forget.path)}) + "\n";
  }

  std::string render_one(const ControlUnit& control, std::string& why) {
    std::string verb;
    switch (control.verb) {
      case ControlUnit::Verb::start: verb = "start"; break;
      case ControlUnit::Verb::stop: verb = "stop"; break;
      case ControlUnit::Verb::restart: verb = "restart"; break;
      case ControlUnit::Verb::reload: verb = "reload"; break;
      case ControlUnit::Verb::enable: verb = "enable"; break;
      case ControlUnit::Verb::disable: verb = "disable"; break;
      case ControlUnit::Verb::mask: verb = "mask"; break;
      case ControlUnit::Verb::unmask: verb = "unmask"; break;
      case ControlUnit::Verb::daemon_reload: verb = "daemon-reload"; break;
      case ControlUnit::Verb::try_reload: verb = "try-reload"; break;
    }
    std::string unit;
    if (control.verb != ControlUnit::Verb::daemon_reload) {
      why = why_no_unit_name(control.unit);
      unit = full_unit_name(control.unit);
    }
    for (const std::string& path : control.config_files) {
      if (why.empty()) why = why_no_path(path);
    }
    // systemctl's own wait, the wait for the unit to be up, and reading its inputs.
    timeout_ +=
        control.timeout * 2 + std::chrono::ceil<seconds>(control.settle) + units_time + operation_time;
    const auto settle = (control.settle.count() + 9) / 10;
    return "control_unit " + verb +
           quoted_list({unit, std::to_string(control.timeout.count()), std::to_string(settle)}) +
           quoted_list(control.config_files) + "\n";
  }

  std::string render_one(const RunCommand& run, std::string& why) {
    why = why_no_command(run.argv);
    if (why.empty() && !root_.empty()) why = root_ + " only stands for /: no command can be run in it";
    timeout_ += run.timeout + seconds(10);
    const auto input = run.input.revealed();
    if (!input && why.empty()) why = input.error().message;
    if (!why.empty()) return {};
    if (run.input != Content()) {
      return "feed_command " + std::to_string(run.timeout.count()) + quoted_list(run.argv) + here(*input);
    }
    return "run_command " + std::to_string(run.timeout.count()) + quoted_list(run.argv) + "\n";
  }

  std::string render_one(const DeleteOldFiles& remove, std::string& why) {
    why = why_no_tree(remove.directory);
    if (!why.empty()) return {};
    timeout_ += tree_time * 2;
    return "delete_old_files" +
           quoted_list(
               {in_root(remove.directory), std::to_string(remove.before), std::to_string(remove.at_most)}) +
           "\n";
  }

  std::string render_one(const TakeLease& take, std::string&) {
    timeout_ += operation_time;
    return "take_lease" +
           quoted_list({one_line(take.token), std::to_string(take.duration.count()), one_line(take.holder)}) +
           "\n";
  }

  std::string render_one(const RenewLease& renew, std::string&) {
    timeout_ += operation_time;
    return "renew_lease" + quoted_list({one_line(renew.token), std::to_string(renew.duration.count())}) +
           "\n";
  }

  std::string render_one(const ReleaseLease& release, std::string&) {
    timeout_ += operation_time;
    return "release_lease" + quoted_list({one_line(release.token)}) + "\n";
  }

  static bool is_undo_id(const std::string& id, std::string& why) {
    if (id.empty() || id.size() > 64 || id.find_first_not_of("0123456789abcdef") != std::string::npos)
      why = "'" + id + "' names no undo";
    return why.empty();
  }

  std::string render_one(const ArmUndo& arm, std::string& why) {
    if (!is_undo_id(arm.id, why)) return {};
    std::vector<std::string> words{arm.id, std::to_string(arm.timeout.count()), one_line(arm.holder)};
    for (const std::string& path : arm.keep) {
      if (!is_below_root(path, why)) return {};
      words.push_back(in_root(path));
      // As nothing else is armed now, a copy that is there already is of a run that died after its undo was disarmed.
      words.push_back("!" + key(path));
    }
    timeout_ += operation_time * 2;
    const std::string mark = "end-" + std::string(nonce_);
    return "arm_undo" + quoted_list(words) + " 3<<'" + mark + "'\n" + base64_lines(undo_script(arm)) + mark +
           "\n";
  }

  // What the host runs by itself: the same functions as always, with nobody who listens.
  [[nodiscard]] std::string undo_script(const ArmUndo& arm) const {
    OperationRenderer renderer(root_, id_, nonce_);
    std::string out = "{\nn=undo root=" + shell_quote(root_) + " lease= id8=" + shell_quote(id_) + "\n";
    out.append(shell_observe_library()).append(shell_execute_library());
    out += "begin_undo " + shell_quote(arm.id) + " \"$1\"\n";
    for (std::size_t i = 0; i < arm.undo.size(); ++i) {
      out += "(\nbegin_group\n" + renderer.render(i, to_operation(arm.undo[i])) + ") || failed=1\n";
    }
    out += "end_undo " + shell_quote(arm.id) + "\n}\n";
    return out;
  }

  std::string render_one(const DisarmUndo& disarm, std::string& why) {
    if (!is_undo_id(disarm.id, why)) return {};
    timeout_ += operation_time * 2;
    return "disarm_undo" + quoted_list({disarm.id}) + "\n";
  }

  std::string render_one(const RunUndo& run, std::string& why) {
    if (!is_undo_id(run.id, why)) return {};
    timeout_ += operation_time * 6;
    return "run_undo" + quoted_list({run.id}) + "\n";
  }

  std::string root_;
  std::string id_;
  std::string_view nonce_;
  seconds timeout_{0};
};

}  // namespace

std::string shell_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

Script render_observe(const std::vector<Probe>& probes, std::string_view nonce, std::string_view root) {
  const ObserveLayout layout(probes, root);
  Script script{begin_script(nonce, root), seconds(10)};
  std::string& out = script.text;

  for (std::size_t g = 0; g < layout.files.size(); ++g) {
    out += "read_files " + std::to_string(g) + quoted_list(layout.files[g]) + "\n";
    script.timeout += group_time;
    // One command for all contents of a group that have the same limit, as nearly all have.
    const std::set<std::string> group(layout.files[g].begin(), layout.files[g].end());
    for (const std::uint64_t limit : layout.content_limits) {
      std::string asked;
      for (std::size_t p = 0; p < probes.size(); ++p) {
        const auto* read = std::get_if<ReadFile>(&probes[p]);
        if (read == nullptr || read->max_content != limit || !layout.refused[p].empty()) continue;
        const std::string path = shell_quote(std::string(root) + read->path);
        if (!group.contains(std::string(root) + read->path)) continue;
        asked.append("is_news " + shell_quote(read->known_sha256)).append(" ").append(path);
        asked.append(" && set -- \"$@\" ").append(path).append("\n");
      }
      if (asked.empty()) continue;
      // One byte more than wanted tells a file that is too large from one that just fits.
      out += "set --\n" + asked + "send_contents " + content_frame(g, limit) + " " +
             std::to_string(limit + 1) + " \"$@\"\n";
    }
  }
  // Whatever the number of files: to read what was hashed a moment ago takes no time, or hangs.
  if (!layout.files.empty()) script.timeout += content_time;

  for (std::size_t g = 0; g < layout.directories.size(); ++g) {
    out += "list_directories " + std::to_string(g) + quoted_list(layout.directories[g]) + "\n";
    script.timeout += group_time;
  }

  if (!layout.units.empty()) {
    out += "query_units" + quoted_list(layout.units) + "\n";
    out += "with_inputs read_inputs" + quoted_list(layout.config_files) + "\n";
    for (std::size_t u = 0; u < layout.units.size(); ++u) {
      out += "send_stamp s" + std::to_string(u) + " " + shell_quote(layout.units[u]) + "\n";
    }
    script.timeout += units_time;
  }

  for (std::size_t p = 0; p < probes.size(); ++p) {
    const auto* count = std::get_if<CountOldFiles>(&probes[p]);
    if (count == nullptr || !layout.refused[p].empty()) continue;
    out += "count_old_files o" + std::to_string(p) + " " + shell_quote(std::string(root) + count->directory) +
           " " + std::to_string(count->age.count()) + "\n";
    script.timeout += tree_time;
  }

  // Commands come last: what they do to the streams can only harm commands.
  for (std::size_t p = 0; p < probes.size(); ++p) {
    const auto* run = std::get_if<RunProbe>(&probes[p]);
    if (run == nullptr || !layout.refused[p].empty()) continue;
    out += "run_probe r" + std::to_string(p) + " " + std::to_string(run->timeout.count()) +
           quoted_list(run->argv) + "\n";
    script.timeout += run->timeout + seconds(2);
  }
  out += "printf '%s bye\\n' \"$n\"\nprintf '%s bye\\n' \"$n\" >&2\nexit 0\n}\n";
  return script;
}

Script render_execute(const std::vector<OperationGroup>& groups, std::string_view lease,
                      std::string_view nonce, std::string_view root) {
  const std::string_view id = nonce.substr(0, 8);
  OperationRenderer renderer(root, id, nonce);
  Script script{begin_script(nonce, root), seconds(10)};
  std::string& out = script.text;
  out += "lease=" + shell_quote(one_line(lease)) + " id8=" + shell_quote(id) + "\n";
  out += shell_execute_library();
  std::vector<bool> together;
  for (const OperationGroup& group : groups) together.push_back(OperationRenderer::is_batched(group));
  if (std::count(together.begin(), together.end(), true) < 2) together.assign(groups.size(), false);
  std::vector<std::pair<std::size_t, const WriteFile*>> batched;
  // A shell of its own for each: what a failed operation leaves open or set is gone with it.
  std::string alone;
  std::size_t number = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (together[g]) {
      batched.emplace_back(number++, &std::get<WriteFile>(groups[g].front()));
      continue;
    }
    alone += "(\nbegin_group\n";
    for (const Operation& operation : groups[g]) alone += renderer.render(number++, operation);
    alone += ")\n";
  }
  if (!batched.empty()) out += "(\nbegin_group\n" + renderer.render_batch(batched) + ")\n";
  out += alone;
  out += "exit 0\n}\n";
  script.timeout += renderer.timeout();
  return script;
}

}  // namespace hearth
