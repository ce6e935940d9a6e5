#include "providers/host_services/host_services_provider.h"

#include <algorithm>
#include <utility>

#include "providers/host_services/service_spec.h"
#include "providers/host_services/unit_check.h"
#include "providers/host_services/unit_discovery.h"
#include "providers/host_services/unit_state.h"
#include "providers/support/file_text.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

using Verb = ControlUnit::Verb;

// ---- What is live ----

// The replies to probes(), told apart again.
struct Answers {
  const UnitReply* unit = nullptr;
  const Reply* text = nullptr;          // with `unit`
  const Reply* package_text = nullptr;  // with `unit`
  const Reply* folder = nullptr;        // with `dropIns`
  std::vector<const Reply*> drop_ins;   // in the order of declaration
  std::string why;                      // why there is no unit
};

Answers tell_apart(const ServiceSpec& spec, std::span<const Reply> replies) {
  Answers answers;
  const std::size_t drop_ins = spec.drop_ins == nullptr ? 0 : spec.drop_ins->size() + 1;
  if (replies.size() != 1 + (spec.text == nullptr ? 0U : 2U) + drop_ins) {
    answers.why = "the host gave no answer about " + spec.unit;
    return answers;
  }
  if (const auto* none = std::get_if<NoReply>(replies.data())) answers.why = none->why;
  answers.unit = std::get_if<UnitReply>(replies.data());
  const Reply* next = replies.data() + 1;
  if (spec.text != nullptr) {
    answers.text = next++;
    answers.package_text = next++;
  }
  if (spec.drop_ins != nullptr) {
    answers.folder = next++;
    for (std::size_t i = 0; i < spec.drop_ins->size(); ++i) answers.drop_ins.push_back(next++);
  }
  return answers;
}

// A unit's or drop-in's text as it lies on the disk.
Value text_field(const Reply& reply, const std::string& path, const Value& desired) {
  if (const auto* none = std::get_if<NoReply>(&reply)) return UnknownValue{none->why};
  const auto* file = std::get_if<FileReply>(&reply);
  if (file == nullptr) return UnknownValue{"the host's answer about " + path + " is not about a file"};
  if (file->type == FileReply::Type::directory || file->type == FileReply::Type::other) {
    return UnknownValue{"what lies at " + path + " is no file: move it away"};
  }
  // That is how systemd writes "masked": no text of its own.
  if (file->type == FileReply::Type::symlink && file->target == "/dev/null") return nullptr;
  return live_text(*file, &desired);
}

// Declared drop-ins as they are, and those that nobody declared as a mark that they exist: what they say does
// not matter to anybody but an `exclusive` map, which will have them gone.
Map drop_in_fields(const ServiceSpec& spec, const Answers& answers) {
  Map fields;
  std::size_t i = 0;
  for (const auto& [name, position, desired] : *spec.drop_ins) {
    fields.set(name, text_field(*answers.drop_ins[i++], spec.drop_in_file(name), desired));
  }
  if (const auto* folder = std::get_if<ListReply>(answers.folder)) {
    for (std::string_view file : folder->names) {
      if (!file.ends_with(".conf") || file.front() == '.') continue;
      file.remove_suffix(std::string_view(".conf").size());
      if (!fields.contains(file)) fields.set(std::string(file), "<not declared>");
    }
  }
  return fields;
}

// Whether a list of systemctl holds WORD (names and paths in it are separated by spaces).
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// Whether systemd still works with other texts than those on the disk. Its own NeedDaemonReload notices
// changed files, but not a first file that now wins over a package's.
bool needs_daemon_reload(const ServiceSpec& spec, const UnitReply& reply, const Map& fields) {
  if (reply.property("NeedDaemonReload") == "yes") return true;
  if (spec.text != nullptr) {
    const bool lies_there = !fields.find("unit")->is_null() && !fields.find("unit")->is_unknown();
    const bool loaded = reply.property("FragmentPath") == spec.unit_file;
    if (lies_there && !loaded && !is_masked(reply)) return true;
  }
  if (spec.drop_ins == nullptr || reply.property("LoadState") != "loaded") return false;
  const Map& drop_ins = fields.find("dropIns")->as_map();
  return std::any_of(spec.drop_ins->begin(), spec.drop_ins->end(), [&](const Map::Member& member) {
    const Value& text = *drop_ins.find(member.key);
    if (text.is_unknown()) return false;
    return text.is_null() == lists(reply.property("DropInPaths"), spec.drop_in_file(member.key));
  });
}

// Whether the unit runs on an older text of its own than lies there now: a run that died may have made systemd read the new
// one without restarting the unit. Files tell whole seconds only; in the same one, the start came after the writing.
bool started_before_its_text(const ServiceSpec& spec, const Answers& answers) {
  const std::int64_t started = answers.unit->started / 1'000'000;
  const auto is_newer = [&](const Reply* reply) {
    const auto* file = std::get_if<FileReply>(reply);
    return file != nullptr && file->type == FileReply::Type::regular && file->modified > started;
  };
  if (started == 0) return false;
  return (spec.text != nullptr && is_newer(answers.text)) ||
         std::any_of(answers.drop_ins.begin(), answers.drop_ins.end(), is_newer);
}

bool wants(const Value* field) {
  return field != nullptr && field->is_boolean() && field->as_boolean();
}

// Whether there is nothing to write and nothing to remove. What could not be read is not counted: nothing is written over
// it either.
bool files_are_as_declared(const ServiceSpec& spec, const Map& fields, bool exclusive) {
  const auto differ = [](const Value& live, const Value& desired) {
    return !live.is_unknown() && live != desired;
  };
  if (spec.text != nullptr && differ(*fields.find("unit"), *spec.text)) return false;
  if (spec.drop_ins == nullptr) return true;
  const Map& drop_ins = fields.find("dropIns")->as_map();
  return std::none_of(drop_ins.begin(), drop_ins.end(), [&](const Map::Member& one) {
    const Value* desired = spec.drop_ins->find(one.key);
    return desired == nullptr ? exclusive : differ(one.value, *desired);
  });
}

Live decode_service(const Resource& resource, const ServiceSpec& spec, const Answers& answers) {
  const UnitReply& reply = *answers.unit;
  const std::string& id = reply.property("Id");
  if (!id.empty() && id != spec.unit && lists(reply.property("Names"), spec.unit)) {
    return Live::unknown(spec.unit + " is only another name of " + id +
                         " on this host: declare `unitName: " + id + "`");
  }
  const bool own_text = spec.text != nullptr && spec.text->is_string();
  if (own_text && wants(spec.enabled) && spec.install().empty()) {
    return Live::unknown(
        "`enabled: true` needs an [Install] section (such as WantedBy=multi-user.target) in `unit`: add "
        "one, or leave `enabled` out");
  }

  Map fields{{"unitName", spec.declared_name}};
  if (spec.text != nullptr) {
    fields.set("unit", text_field(*answers.text, spec.unit_file, *spec.text));
    const auto* package = std::get_if<FileReply>(answers.package_text);
    fields.set("packaged", package != nullptr && package->type != FileReply::Type::absent);
  }
  if (spec.drop_ins != nullptr) fields.set("dropIns", drop_in_fields(spec, answers));

  const std::string state = unit_state(reply, spec.state);
  const bool up = state == "running" || state == "starting" || state == "stopping";
  const bool not_found = reply.property("LoadState") == "not-found";
  if (own_text && not_found && !up && fields.find("unit")->is_null()) {
    const Value* drop_ins = fields.find("dropIns");
    const bool bare =
        drop_ins == nullptr || std::all_of(drop_ins->as_map().begin(), drop_ins->as_map().end(),
                                           [](const Map::Member& one) { return one.value.is_null(); });
    if (bare) return Live::absent();
  }

  const bool masked = is_masked(reply);
  fields.set("masked", masked);
  if (masked && spec.masked != nullptr && !wants(spec.masked) &&
      reply.property("UnitFileState") == "masked-runtime") {
    fields.set(
        "masked",
        UnknownValue{spec.unit + " is masked until the next boot: systemctl unmask --runtime " + spec.unit});
  }
  fields.set("state", state);
  // A text that is still to be written brings its own [Install] section, whatever the one there now says.
  const bool outdated = needs_daemon_reload(spec, reply, fields);
  const bool settled = !own_text || (!outdated && *fields.find("unit") == *spec.text);
  // What a mask hides (whether the links for the boot are there, which text the unit runs on) is no difference beside the
  // mask: taking that away includes making them right.
  const bool hidden = masked && spec.masked != nullptr && !wants(spec.masked) && !own_text;
  if (hidden && spec.enabled != nullptr) {
    fields.set("enabled", *spec.enabled);
  } else {
    fields.set("enabled", enabled_state(reply, wants(spec.enabled) && settled));
  }
  const auto impossible = [&](const std::string& why) {
    if (wants(spec.enabled)) fields.set("enabled", UnknownValue{why});
    if (spec.state == "running" && !up) fields.set("state", UnknownValue{why});
  };
  if (not_found && !own_text) {
    impossible("there is no unit " + spec.unit +
               " on this host: install the package that brings it, or declare its `unit`");
  } else if (masked && spec.masked == nullptr) {
    const std::string why =
        spec.unit + " is masked on this host: declare `masked: false` to have that undone";
    impossible(why);
    // The mask lies where the text would.
    if (own_text && fields.find("unit")->is_null()) fields.set("unit", UnknownValue{why});
  }

  // A text that is still to be written makes the unit take it up anyway: whether it runs on old ones is a question of its
  // own only when the files are right.
  const bool runs_on_old_ones = state == "running" && is_stale(reply);
  bool current = true;
  if (spec.manages_inputs && !hidden &&
      files_are_as_declared(spec, fields, resource.is_exclusive("dropIns"))) {
    current = !outdated && !(spec.state != "stopped" && runs_on_old_ones);
  }
  fields.set("current", current);
  fields.set("textCurrent", !outdated && !started_before_its_text(spec, answers));
  Live live = Live::present(std::move(fields));
  live.proven = state == "running" && !outdated && !runs_on_old_ones;
  return live;
}

// ---- What to do next ----

// Builds one answer of next_steps(): all of it in one round, in the order in which systemd wants it.
class ServiceSteps {
 public:
  ServiceSteps(const Resource& resource, const Live& live)
      : resource_(resource),
        spec_(resource),
        fields_(live.fields.as_map()),
        absent_(live.presence == Live::Presence::absent) {
    if (const Value* drop_ins = fields_.find("dropIns"); drop_ins != nullptr && drop_ins->is_map()) {
      drop_ins_ = drop_ins->as_map();
    }
    state_ = live.fields.string_or("state", absent_ ? "stopped" : "");
  }

  std::vector<Step> next() {
    find_file_changes();
    const bool masked = boolean("masked", false);
    // Undeclared, a mask is somebody's wish and stays: decode() says what cannot be because of it.
    if (masked && declares(spec_.masked, false)) {
      control(Verb::unmask, {{"masked", false}}, Verb::mask);
    }
    if (spec_.state == "stopped" && state_ != "stopped" && !state_.empty()) {
      control(Verb::stop, {{"state", "stopped"}, {"current", true}}, Verb::start,
              state_ == "running" ? Effect::restart : Effect::none);
      state_ = "stopped";
    }
    if (masked && declares(spec_.masked, false) && !writes_unit_) set_hidden_links();
    const bool enabled = boolean("enabled", false);
    const bool links_move = enabled && wants(spec_.enabled) && install_changes();
    if ((enabled && declares(spec_.enabled, false)) || links_move) {
      control(Verb::disable, {{"enabled", false}}, Verb::enable);
    }
    change_files();
    // Cheap, harmless, and right too when an earlier run died between writing and this.
    if (!changes_.empty() || !boolean("current", true)) reload_manager();
    if ((knows("enabled") && !enabled && wants(spec_.enabled)) || links_move) {
      control(Verb::enable, {{"enabled", true}}, Verb::disable);
    }
    if (knows("masked") && !masked && wants(spec_.masked))
      control(Verb::mask, {{"masked", true}}, Verb::unmask);
    run();
    return std::move(steps_);
  }

  // Takes away what hearth wrote. A unit that is a package's goes on without that; one that is only hearth's ends.
  std::vector<Step> removal() {
    if (spec_.drop_ins != nullptr) {
      for (const auto& [name, position, text] : *spec_.drop_ins) {
        if (text.is_string() && is_there(drop_ins_.find(name))) changes_.push_back({name, nullptr});
      }
    }
    const bool own_text = spec_.text != nullptr && spec_.text->is_string();
    if (own_text && is_there(fields_.find("unit"))) changes_.push_back({"", nullptr});
    const bool stays = !own_text || boolean("packaged", false);
    if (stays && changes_.empty()) return {};
    if (!stays && state_ != "stopped") {
      control(Verb::stop, {{"state", "stopped"}}, Verb::start,
              state_ == "running" ? Effect::restart : Effect::none);
    }
    if (!stays && boolean("enabled", false)) control(Verb::disable, {{"enabled", false}}, Verb::enable);
    change_files();
    reload_manager();
    if (stays && state_ == "running") {
      steps_.push_back({.operation = operation(Verb::restart),
                        .expects = {{"current", true}},
                        .effect = Effect::restart,
                        .undo = {manager_reload(), operation(Verb::restart)}});
    }
    return std::move(steps_);
  }

 private:
  // A file to write, or to remove (TEXT is null). NAME is that of a drop-in; "" is the unit's own file.
  struct FileChange {
    std::string name;
    const Value* text;
  };

  static bool is_there(const Value* live) {
    return live != nullptr && !live->is_null() && !live->is_unknown();
  }
  static bool declares(const Value* field, bool value) {
    return field != nullptr && field->is_boolean() && field->as_boolean() == value;
  }
  // Whether a field's live value is known; on a unit that does not exist yet, everything is.
  [[nodiscard]] bool knows(std::string_view field) const {
    const Value* value = fields_.find(field);
    return absent_ || (value != nullptr && !value->is_unknown());
  }
  [[nodiscard]] bool boolean(std::string_view field, bool otherwise) const {
    const Value* value = fields_.find(field);
    return value != nullptr && value->is_boolean() ? value->as_boolean() : otherwise;
  }

  // Removals first, then the unit, then drop-ins: the last file written is judged together with all the
  // others.
  void find_file_changes() {
    if (spec_.drop_ins != nullptr) {
      for (const auto& [name, position, live] : drop_ins_) {
        const Value* desired = spec_.drop_ins->find(name);
        const bool unwanted = desired == nullptr ? resource_.is_exclusive("dropIns") : desired->is_null();
        if (unwanted && is_there(&live)) changes_.push_back({name, nullptr});
      }
    }
    const Value* live_unit = fields_.find("unit");
    if (spec_.text != nullptr && spec_.text->is_null() && is_there(live_unit))
      changes_.push_back({"", nullptr});
    if (spec_.text != nullptr && spec_.text->is_string() && differs(live_unit, *spec_.text)) {
      changes_.push_back({"", spec_.text});
      writes_unit_ = true;
    }
    if (spec_.drop_ins == nullptr) return;
    for (const auto& [name, position, desired] : *spec_.drop_ins) {
      if (desired.is_string() && differs(drop_ins_.find(name), desired)) changes_.push_back({name, &desired});
    }
  }

  [[nodiscard]] bool differs(const Value* live, const Value& desired) const {
    if (live == nullptr) return absent_;  // not read: nothing may be written over it
    return !live->is_unknown() && !(*live == desired);
  }

  // While the unit was masked nobody could tell whether it was enabled, and masked again it does not matter: `disable` is
  // what systemctl then ignores without a complaint.
  void set_hidden_links() {
    if (spec_.enabled == nullptr || !spec_.enabled->is_boolean()) return;
    const bool enable = wants(spec_.enabled);
    steps_.push_back({.operation = operation(enable ? Verb::enable : Verb::disable),
                      .expects = {{"enabled", enable}},
                      .undo = {operation(Verb::disable)}});
  }

  // Whether `systemctl enable` would now make other links than those that are there.
  [[nodiscard]] bool install_changes() const {
    const Value* live = fields_.find("unit");
    return writes_unit_ && live != nullptr && live->is_string() &&
           install_section(live->as_string()) != install_section(spec_.text->as_string());
  }

  void change_files() {
    for (const FileChange& change : changes_) {
      const std::string path = change.name.empty() ? spec_.unit_file : spec_.drop_in_file(change.name);
      Map expects;
      if (change.name.empty()) {
        expects.set("unit", change.text == nullptr ? Value() : *change.text);
      } else {
        drop_ins_.set(change.name, change.text == nullptr ? Value() : *change.text);
        expects.set("dropIns", drop_ins_);
      }
      if (absent_) describe_new_unit(expects);
      expects.set("current", state_ != "running");
      if (change.text == nullptr) {
        steps_.push_back({.operation = RemovePath{.path = path, .keep_previous = true},
                          .expects = std::move(expects),
                          .undo = {RestorePrevious{path}}});
        continue;
      }
      const Value* live = change.name.empty() ? fields_.find("unit") : find_drop_in(change.name);
      WriteFile write{.path = path,
                      .content = change.text->as_string(),
                      .mode = "0644",
                      .owner = "root",
                      .group = "root",
                      .check = {},
                      .expected_sha256 = expected_hash(live == nullptr ? Value() : *live),
                      .keep_previous = true};
      // systemd reads all of a unit's files together, at daemon-reload: together they are judged before that.
      // If they are refused, those written before go back, and systemd has seen none of them.
      if (&change == &changes_.back()) {
        write.check = unit_check(
            spec_.unit, change.name.empty() ? spec_.unit : spec_.unit + ".d/" + change.name + ".conf");
      }
      if (!change.name.empty()) make_drop_in_folder();
      steps_.push_back(
          {.operation = std::move(write), .expects = std::move(expects), .undo = {RestorePrevious{path}}});
    }
  }

  [[nodiscard]] const Value* find_drop_in(const std::string& name) const {
    const Value* drop_ins = fields_.find("dropIns");
    return drop_ins == nullptr ? nullptr : drop_ins->find(name);
  }

  // Once, and only where no drop-in says that the folder exists.
  void make_drop_in_folder() {
    if (folder_made_) return;
    folder_made_ = true;
    const Value* live = fields_.find("dropIns");
    if (live != nullptr && std::any_of(live->as_map().begin(), live->as_map().end(),
                                       [](const Map::Member& one) { return is_there(&one.value); })) {
      return;
    }
    // No undo: the folder may have been there, empty, and an empty one means nothing to systemd.
    steps_.push_back(
        {.operation = MakeDirectory{.path = spec_.drop_in_folder, .mode = "", .owner = "", .group = ""},
         .expects = {},
         .undo = {}});
  }

  // What systemd will say of a unit that so far does not exist, as soon as its file does.
  void describe_new_unit(Map& expects) {
    expects.set("unitName", spec_.declared_name);
    expects.set("enabled", false);
    expects.set("masked", false);
    expects.set("state", "stopped");
    if (spec_.drop_ins != nullptr) expects.set("dropIns", drop_ins_);
  }

  void reload_manager() {
    Map expects;
    if (state_ != "running") expects.set("current", true);
    steps_.push_back(
        {.operation = manager_reload(), .expects = std::move(expects), .undo = {manager_reload()}});
  }

  // Brings the unit to run, and to run with what lies on the disk now.
  void run() {
    if (spec_.state == "stopped" || !knows("state")) return;
    const Map expects{{"state", "running"}, {"current", true}};
    if (state_ != "running") {
      if (spec_.state != "running") return;
      // A unit that dies and is tried again sits out its RestartSec= when it is merely started. Nobody feels
      // a restart of what is not up.
      control(state_ == "failed" ? Verb::restart : Verb::start, expects, Verb::stop);
      return;
    }
    if (changes_.empty() && boolean("current", true)) return;
    // A reload makes a program read its own files again; how systemd runs it changes only with a restart.
    const bool reload = spec_.reload && changes_.empty() && boolean("textCurrent", true);
    Step step{.operation = operation(reload ? Verb::reload : Verb::restart),
              .expects = expects,
              .effect = reload ? Effect::reload : Effect::restart,
              .undo = {manager_reload(), operation(reload ? Verb::reload : Verb::restart)}};
    steps_.push_back(std::move(step));
  }

  static ControlUnit manager_reload() {
    return {.verb = Verb::daemon_reload, .unit = {}, .config_files = {}};
  }

  [[nodiscard]] ControlUnit operation(Verb verb) const {
    ControlUnit control{.verb = verb, .unit = spec_.unit, .config_files = {}};
    if (verb == Verb::start || verb == Verb::restart || verb == Verb::reload) {
      control.config_files = spec_.config_files;
      control.settle = spec_.settle;
    }
    control.timeout = spec_.timeout;
    return control;
  }

  void control(Verb verb, Map expects, Verb undo, Effect effect = Effect::none) {
    Step step{.operation = operation(verb), .expects = std::move(expects), .effect = effect, .undo = {}};
    // By then the old texts lie on the disk again: what comes up must come up with those.
    if (undo == Verb::start) step.undo.emplace_back(manager_reload());
    step.undo.emplace_back(operation(undo));
    steps_.push_back(std::move(step));
  }

  const Resource& resource_;
  const ServiceSpec spec_;
  const Map& fields_;
  const bool absent_;
  std::string state_;  // live, as the steps so far will have left it
  Map drop_ins_;       // likewise
  std::vector<FileChange> changes_;
  bool writes_unit_ = false;
  bool folder_made_ = false;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Probe> HostServicesProvider::probes(const Resource& resource) const noexcept {
  const ServiceSpec spec(resource);
  std::vector<Probe> probes{QueryUnit{.unit = spec.unit, .config_files = spec.config_files}};
  if (spec.text != nullptr) {
    probes.emplace_back(probe_text(spec.unit_file, spec.text));
    probes.emplace_back(probe_text(spec.package_file, nullptr));
  }
  if (spec.drop_ins != nullptr) {
    probes.emplace_back(ListDirectory{spec.drop_in_folder});
    for (const auto& [name, position, text] : *spec.drop_ins) {
      probes.emplace_back(probe_text(spec.drop_in_file(name), &text));
    }
  }
  return probes;
}

Live HostServicesProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  const ServiceSpec spec(resource);
  const Answers answers = tell_apart(spec, replies);
  if (answers.unit == nullptr) {
    return Live::unknown(answers.why.empty() ? "the host's answer is not about a unit" : answers.why);
  }
  return decode_service(resource, spec, answers);
}

std::vector<Step> HostServicesProvider::next_steps(const Resource& resource,
                                                   const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  return ServiceSteps(resource, live).next();
}

std::vector<Step> HostServicesProvider::removal_steps(const Resource& resource,
                                                      const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  return ServiceSteps(resource, live).removal();
}

std::vector<Probe> HostServicesProvider::discovery_probes(std::string_view) const noexcept {
  return {probe_units()};
}

std::vector<Found> HostServicesProvider::discover(std::string_view,
                                                  std::span<const Reply> replies) const noexcept {
  if (replies.empty()) return {};
  const auto* run = std::get_if<RunReply>(replies.data());
  return run == nullptr ? std::vector<Found>{} : found_units(run->out);
}

}  // namespace hearth
