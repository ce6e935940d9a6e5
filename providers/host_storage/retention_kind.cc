#include "providers/host_storage/retention_kind.h"

#include <algorithm>

#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

using std::int64_t;

constexpr int64_t day = 24L * 60 * 60;
// How far the host's clock may be off hearth's, and how far ahead of it the newest file may be.
constexpr int64_t clock_tolerance = 5L * 60;
constexpr int64_t newest_tolerance = 60L * 60;
constexpr int64_t usual_share = 50;

std::string path_of(const Resource& resource) {
  return normalised_path(resource.desired.string_or("path", "/"));
}

int64_t age_of(const Resource& resource) {
  return resource.desired.integer_or("days", 1) * day;
}

std::string how_many(int64_t count) {
  return std::to_string(count) + (count == 1 ? " file" : " files");
}

// `3.1 GiB`: for people.
std::string size_text(int64_t bytes) {
  static constexpr std::string_view units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  int64_t tenths = bytes * 10;
  while (tenths >= 10240 && unit + 1 < std::size(units)) {
    tenths /= 1024;
    ++unit;
  }
  const std::string fraction = unit == 0 || tenths >= 1000 ? "" : "." + std::to_string(tenths % 10);
  return std::to_string(tenths / 10) + fraction + " " + std::string(units[unit]);
}

std::string span_text(int64_t seconds) {
  if (seconds >= 2 * day) return std::to_string(seconds / day) + " days";
  if (seconds >= 2L * 3600) return std::to_string(seconds / 3600) + " hours";
  return std::to_string(seconds / 60) + " minutes";
}

}  // namespace

std::vector<Probe> retention_probes(const Resource& resource) {
  return {CountOldFiles{path_of(resource), std::chrono::seconds(age_of(resource))}};
}

Live decode_retention(const Resource& resource, std::span<const Reply> replies) {
  const auto* reply = replies.size() == 1 ? std::get_if<OldFilesReply>(replies.data()) : nullptr;
  const std::string path = path_of(resource);
  if (reply == nullptr) return Live::unknown("the host gave no answer about " + path);
  Map fields{{"path", path}, {"expired", "none"}};
  if (!reply->exists || reply->files == 0) return Live::present(std::move(fields));
  const std::string host = resource.address.host;
  if (std::abs(reply->ahead) > clock_tolerance) {
    return Live::unknown("the clock of " + host + " is " + span_text(std::abs(reply->ahead)) +
                         (reply->ahead > 0 ? " ahead of" : " behind") +
                         " hearth's, so that nobody knows what is old: nothing is deleted below " + path +
                         ". Set the clock (timedatectl)");
  }
  if (reply->newest > reply->now + newest_tolerance) {
    return Live::unknown("a file below " + path + " was modified " + span_text(reply->newest - reply->now) +
                         " after what the clock of " + host +
                         " says now: nothing is deleted. Set the clock, or touch that file (find " + path +
                         " -newermt now)");
  }
  const int64_t age = age_of(resource);
  // What becomes old between a plan and the look after its apply is for the next run, not a failure of this one: it begins
  // only when something is overdue by this much, and then takes all that is old.
  const int64_t patience = std::min<int64_t>(3600, age / 24);
  if (reply->old > 0 && reply->oldest <= reply->now - age - patience) {
    fields.set("expired", how_many(static_cast<int64_t>(reply->old)) + ", " +
                              size_text(static_cast<int64_t>(reply->bytes)) + " (of " +
                              how_many(static_cast<int64_t>(reply->files)) + ")");
    fields.set("old", static_cast<int64_t>(reply->old));
    fields.set("files", static_cast<int64_t>(reply->files));
    fields.set("before", reply->now - age);
  }
  return Live::present(std::move(fields));
}

std::vector<Step> retention_steps(const Resource& resource, const Live& live) {
  const int64_t old = live.fields.integer_or("old", 0);
  const int64_t files = live.fields.integer_or("files", 0);
  if (old <= 0) return {};
  const int64_t share = resource.desired.integer_or("mostAtOnce", usual_share);
  DeleteOldFiles remove{.directory = path_of(resource),
                        .before = live.fields.integer_or("before", 0),
                        .at_most = static_cast<std::uint64_t>(old)};
  // That files go when they are old is what was declared. That most of them go at once is likelier a wrong path or clock.
  const bool too_many = old * 100 > files * share;
  return {{.operation = std::move(remove),
           .expects = {{"expired", "none"}, {"old", 0}},
           .effect = too_many ? Effect::destroy : Effect::none,
           .undo = {}}};
}

}  // namespace hearth
