#include "providers/host_system/cron_job.h"

#include <algorithm>
#include <utility>

#include "providers/host_system/crontab.h"
#include "providers/support/listed_files.h"
#include "providers/support/text.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/schedule.h"

namespace hearth {

namespace {

constexpr std::string_view folder = "/etc/cron.d/";

std::string path_of(const Resource& resource) {
  return std::string(folder) + resource.desired.string_or("file", resource.address.name);
}

// The live schedule in the manifest's own words, where those mean the same.
std::string as_declared(const std::string& live, const std::string& declared) {
  const auto wanted = canonical_schedule(declared);
  return wanted && canonical_schedule(live) == wanted ? declared : live;
}

std::string without_last_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// The user to ask the host about: root is always there, and one that is not declared is the live file's own.
std::string asked_user(const Resource& resource) {
  const std::string user = resource.desired.string_or("user", "");
  return user == "root" ? "" : user;
}

bool waits_for_a_user(const Resource& resource) {
  return std::any_of(resource.dependencies.begin(), resource.dependencies.end(),
                     [](const Dependency& dependency) { return dependency.on.kind == "User"; });
}

Map environment_of(const CronFile& file) {
  Map environment;
  for (const auto& [name, value] : file.environment) environment.set(name, value);
  return environment;
}

// What cron itself would not read: it says so in its log, once, and goes on without the job.
bool is_accepted(const FileReply& reply, const CronFile& file) {
  return file.ended && reply.owner == "root" && (reply.mode & 022U) == 0;
}

Live decode_text(const Resource& resource, const FileReply& reply, const std::string& text) {
  const std::string path = path_of(resource);
  if (!is_text(text))
    return Live::unknown(path + " is no text file: move it away, or declare another `file`");
  const CronFile file = read_cron_file(text);
  if (!file.trouble.empty()) {
    return Live::unknown(
        path + ":" + file.trouble +
        ". A CronJob is one job in a file: declare this one as a File, or give the job a `file` of its own");
  }
  Map fields{{"file", resource.desired.string_or("file", resource.address.name)}};
  const auto set = [&](const char* field, const std::string& value) {
    fields.set(field, file.job ? Value(value) : Value());
  };
  const CronJobLine job = file.job.value_or(CronJobLine{});
  set("schedule", as_declared(job.schedule, resource.desired.string_or("schedule", "")));
  set("user", job.user);
  set("command", job.command);
  fields.set("environment", environment_of(file));
  const std::string declared = resource.desired.string_or("comment", "");
  if (file.comment.empty() && declared.empty()) {
    fields.set("comment", nullptr);
  } else {
    fields.set("comment", file.comment == without_last_end(declared) ? declared : file.comment);
  }
  fields.set("accepted", is_accepted(reply, file));
  fields.set("text", text);
  return Live::present(std::move(fields));
}

// A user that is not there and that nobody declares will never be: cron passes over the whole file then. Said of the field
// alone, so that a file can still be taken away whose user has gone.
Live with_user_checked(const Resource& resource, Live live, std::span<const Reply> replies) {
  const std::string user = asked_user(resource);
  if (user.empty() || live.presence == Live::Presence::unknown || waits_for_a_user(resource)) return live;
  const auto* run = std::get_if<RunReply>(&replies.back());
  constexpr int not_found = 2;  // of getent(1)
  if (run != nullptr && run->exit_code == 0) return live;
  live.fields.as_map().set(
      "user", UnknownValue{run != nullptr && run->exit_code == not_found
                               ? "there is no user " + user +
                                     " on this host, and cron passes over jobs of such: correct `user`, or "
                                     "declare a User of that name"
                               : "the host gave no answer about the user " + user});
  return live;
}

CronEdit edit_for(const Resource& resource, const Live& live) {
  const auto wanted = [&](std::string_view field, std::string_view otherwise) {
    return resource.desired.string_or(field, live.fields.string_or(field, otherwise));
  };
  CronEdit edit{.job = {wanted("schedule", ""), wanted("user", "root"), wanted("command", "")},
                .environment = {},
                .comment = {}};
  if (const Value* comment = resource.desired.find("comment"); comment != nullptr) {
    edit.comment = comment->is_string() ? without_last_end(comment->as_string()) : "";
  }
  const Value* declared = resource.desired.find("environment");
  if (declared == nullptr || !declared->is_map()) return edit;
  for (const auto& [name, position, value] : declared->as_map()) {
    edit.environment[name] = value.is_string() ? std::optional(value.as_string()) : std::nullopt;
  }
  const Value* there = live.fields.find("environment");
  if (!resource.is_exclusive("environment") || there == nullptr || !there->is_map()) return edit;
  for (const auto& [name, position, value] : there->as_map()) edit.environment.emplace(name, std::nullopt);
  return edit;
}

}  // namespace

std::vector<Probe> cron_job_probes(const Resource& resource) {
  std::vector<Probe> probes{ReadFile{.path = path_of(resource), .known_sha256 = {}}};
  // Users need not stand in /etc/passwd.
  if (const std::string user = asked_user(resource); !user.empty()) {
    probes.emplace_back(RunProbe{.argv = {"getent", "passwd", user}, .timeout = std::chrono::seconds(20)});
  }
  return probes;
}

Live decode_cron_job(const Resource& resource, std::span<const Reply> replies) {
  const std::string user = asked_user(resource);
  const std::size_t asked = user.empty() ? 1 : 2;
  const auto* reply = replies.size() == asked ? std::get_if<FileReply>(replies.data()) : nullptr;
  const std::string path = path_of(resource);
  if (reply == nullptr) return Live::unknown("the host gave no answer about " + path);
  // A schedule that only looks like one would make cron drop the whole file.
  const std::string schedule = resource.desired.string_or("schedule", "");
  if (!canonical_schedule(schedule)) {
    return Live::unknown("cron takes no schedule `" + schedule + "`: a number in it is out of its range");
  }
  switch (reply->type) {
    case FileReply::Type::absent: return with_user_checked(resource, Live::absent(), replies);
    case FileReply::Type::regular: break;
    case FileReply::Type::directory:
    case FileReply::Type::symlink:
    case FileReply::Type::other:
      return Live::unknown("what lies at " + path +
                           " is no regular file: move it away, or declare another `file`");
  }
  if (!reply->content) return Live::unknown(path + " is too large for one job: move it away");
  return with_user_checked(resource, decode_text(resource, *reply, *reply->content), replies);
}

std::vector<Step> cron_job_steps(const Resource& resource, const Live& live) {
  const bool absent = live.presence == Live::Presence::absent;
  const std::string before = live.fields.string_or("text", "");
  const CronEdit edit = edit_for(resource, live);
  const std::string text = edit_cron_file(before, edit);
  WriteFile write{.path = path_of(resource),
                  .content = text,
                  .mode = "0644",
                  .owner = "root",
                  .group = "root",
                  .check = {},
                  .expected_sha256 = absent ? "absent" : sha256(before),
                  .keep_previous = true};
  const CronFile after = read_cron_file(text);
  Map environment = environment_of(after);
  // Entries that are to be absent are so in this way.
  for (const auto& [name, value] : edit.environment) {
    if (!value) environment.set(name, nullptr);
  }
  Map expects{{"file", resource.desired.string_or("file", resource.address.name)},
              {"schedule", edit.job.schedule},
              {"user", edit.job.user},
              {"command", edit.job.command},
              {"environment", std::move(environment)},
              {"accepted", true},
              {"text", text}};
  if (const Value* comment = resource.desired.find("comment")) expects.set("comment", *comment);
  const RestorePrevious back{write.path};
  return {{.operation = std::move(write), .expects = std::move(expects), .undo = {back}}};
}

std::vector<Step> cron_job_removal(const Resource& resource) {
  RemovePath remove{.path = path_of(resource), .keep_previous = true};
  const RestorePrevious back{remove.path};
  return {{.operation = std::move(remove), .expects = {}, .undo = {back}}};
}

std::vector<Probe> cron_job_discovery() {
  return {list_files("", {"/etc/cron.d"}, true)};
}

std::vector<Found> found_cron_jobs(std::span<const Reply> replies) {
  std::vector<Found> found;
  for (const Reply& reply : replies) {
    const auto* run = std::get_if<RunReply>(&reply);
    if (run == nullptr) continue;
    for (const ListedFile& file : listed_files(run->out)) {
      // Names with a dot are no jobs to cron but leftovers of dpkg or an editor.
      const std::string name = file.path.starts_with(folder) ? file.path.substr(folder.size()) : "";
      const bool fits = !name.empty() && name.find_first_not_of(
                                             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789_-") == std::string::npos;
      const CronFile said = read_cron_file(file.text);
      if (!fits || !is_text(file.text) || !said.trouble.empty() || !said.job || !said.ended) continue;
      Map spec{{"file", name},
               {"schedule", said.job->schedule},
               {"user", said.job->user},
               {"command", said.job->command}};
      if (!said.environment.empty()) spec.set("environment", environment_of(said));
      if (!said.comment.empty()) spec.set("comment", said.comment);
      found.push_back(
          {.kind = "CronJob", .name = fit_name(name), .spec = std::move(spec), .owner = file.owner});
    }
  }
  return found;
}

}  // namespace hearth
