// For any file that a person may have written: what nobody declared survives an edit to the byte, what was declared is there
// afterwards, and what discovery finds is, declared again, as declared.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "providers/host_system/crontab.h"
#include "providers/host_system/host_system_provider.h"
#include "providers/host_system/hosts_file.h"
#include "providers/support/lines.h"
#include "reconciler/core/canonical.h"
#include "reconciler/core/digest.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostSystemProvider provider;

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

// Lines as people write them, in any order and number.
std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) text += pick(lines) + "\n";
  if (!text.empty() && *rc::gen::arbitrary<bool>()) text.pop_back();
  return text;
}

std::string hosts_text() {
  return text_of({"", "127.0.0.1\tlocalhost", "# 10.0.0.1 old", "10.0.0.1 a", "10.0.0.1   b  c  # d",
                  "10.0.0.2 x#y", "\t10.0.0.3\tz  ", "::1 localhost", "::0001 six", "10.0.0.4",
                  "\xc3\xa4 odd"});
}

// The lines of TEXT that say nothing of ADDRESS.
std::vector<std::string> others(const std::string& text, const std::string& address) {
  std::vector<std::string> lines = split_lines(text);
  for (const HostsAddress& one : read_hosts_file(text)) {
    if (one.address != address) continue;
    lines.erase(std::remove_if(lines.begin(), lines.end(),
                               [&](const std::string& line) {
                                 return std::find(one.lines.begin(), one.lines.end(), line) !=
                                        one.lines.end();
                               }),
                lines.end());
  }
  return lines;
}

TEST(SystemFilesProperty, AHostsFileKeepsAllOtherLines) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = hosts_text();
    const auto address = pick<std::string>({"10.0.0.1", "10.0.0.2", "10.0.0.9", "::1"});
    const Resource resource = host_resource(
        "HostsEntry", "e", {{"address", address}, {"names", List{"one", pick<std::string>({"b", "z"})}}});
    const std::vector<Reply> before{regular_file(text)};
    const auto steps = provider.next_steps(resource, provider.decode(resource, before));
    RC_ASSERT(steps.size() == 1U);
    const auto& edit = std::get<ReplaceLines>(steps[0].operation);
    const auto after = with_lines_replaced(text, edit);
    RC_ASSERT(after.has_value());
    const std::vector<Reply> replies{regular_file(*after)};
    RC_ASSERT(*provider.decode(resource, replies).fields.find("names") == *resource.desired.find("names"));
    // Comments of lines that were put together stay, as lines of their own.
    std::vector<std::string> left = others(*after, canonical_address(address).value_or(address));
    for (std::size_t i = 1; i < edit.new_lines.size(); ++i) {
      left.erase(std::find(left.begin(), left.end(), edit.new_lines[i]));
    }
    RC_ASSERT(left == others(text, canonical_address(address).value_or(address)));
  }));
}

TEST(SystemFilesProperty, ManyEntriesOfOneFileDoNotDisturbEachOther) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = hosts_text();
    const std::vector<Reply> before{regular_file(text)};
    std::vector<Resource> resources;
    for (const char* address : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9", "::1"}) {
      resources.push_back(host_resource("HostsEntry", address, {{"address", address}, {"names", List{"n"}}}));
    }
    // All are planned on the same text, and carried out one after the other.
    std::string now = text;
    for (const Resource& resource : resources) {
      const auto step = provider.next_steps(resource, provider.decode(resource, before)).at(0);
      const auto after = with_lines_replaced(now, std::get<ReplaceLines>(step.operation));
      RC_ASSERT(after.has_value());
      now = *after;
    }
    const std::vector<Reply> replies{regular_file(now)};
    for (const Resource& resource : resources) {
      RC_ASSERT(*provider.decode(resource, replies).fields.find("names") == Value(List{"n"}));
    }
  }));
}

TEST(SystemFilesProperty, ACronFileKeepsWhatNobodyDeclared) {
  EXPECT_TRUE(rc::check([] {
    std::string text = text_of({"", "# c", "\t# d ", "A=1", " B = \"x y\"", "'C'=z", "MAILTO=\"\""});
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += pick<std::string>({"", "5\t4 * * *\troot\ttrue\n", "@daily me a=b 100%\n",
                               "  1 2 3 jan sun x  y ", "# e\n@hourly r c\n"});
    text += text.ends_with('\n') ? pick<std::string>({"", "# end\n", "LATE=1\n"}) : std::string();
    Map desired{{"file", "f"}, {"schedule", pick<std::string>({"@daily", "5 4 * * *"})}, {"command", "true"}};
    if (*rc::gen::arbitrary<bool>()) desired.set("comment", pick<Value>({"new", "two\nlines", nullptr}));
    if (*rc::gen::arbitrary<bool>()) {
      desired.set("environment", Map{{"A", pick<Value>({"1", "2", " q\"", nullptr})}, {"N", "n"}});
    }
    const Resource resource = host_resource("CronJob", "f", desired);
    const std::vector<Reply> before{regular_file(text)};
    const Live live = provider.decode(resource, before);
    RC_ASSERT(live.presence == Live::Presence::present);
    const auto steps = provider.next_steps(resource, live);
    const auto& write = std::get<WriteFile>(steps.at(0).operation);
    const std::vector<Reply> replies{regular_file(write.content.shown())};
    const Live after = provider.decode(resource, replies);
    RC_ASSERT(after.presence == Live::Presence::present);
    RC_ASSERT(after.fields.boolean_or("accepted", false));
    for (const auto& [field, position, value] : desired) {
      if (field != "environment") {
        RC_ASSERT(*after.fields.find(field) == value);
        continue;
      }
      for (const auto& [name, at, wanted] : value.as_map()) {
        const Value* there = after.fields.find(field)->find(name);
        RC_ASSERT((there == nullptr ? Value() : *there) == wanted);
      }
    }
    // Once more changes nothing, and every line that was there and is not of what was declared is there still, in its order.
    RC_ASSERT(std::get<WriteFile>(provider.next_steps(resource, after).at(0).operation).content ==
              write.content);
    const auto kept = split_lines(write.content.shown());
    auto at = kept.begin();
    for (const std::string& line : split_lines(text)) {
      const bool is_setting = line.find("A=") != std::string::npos;
      const bool is_comment = line.find('#') != std::string::npos;
      const bool is_job = read_cron_file(line).job.has_value();
      if (is_job || (is_setting && desired.contains("environment")) ||
          (is_comment && desired.contains("comment")))
        continue;
      at = std::find(at, kept.end(), line);
      RC_ASSERT(at != kept.end());
      ++at;
    }
  }));
}

TEST(SystemFilesProperty, WhatIsFoundIsAsDeclared) {
  const auto listed = [](const std::string& path, const std::string& text) {
    return "F " + base64(path) + " - " + (text.empty() ? "-" : base64(text)) + "\n";
  };
  EXPECT_TRUE(rc::check([&] {
    const std::string cron = text_of({"# c", "A=1", "B=\" x\"", "5\t4 * * *\troot\ttrue", "@weekly me a"});
    const std::vector<Reply> cron_replies{RunReply{0, listed("/etc/cron.d/f", cron), ""}};
    for (const Found& one : provider.discover("CronJob", cron_replies)) {
      const Resource resource = host_resource("CronJob", one.name, one.spec.as_map());
      std::vector<Reply> replies{regular_file(cron)};
      // Whether its user is there, where that has to be asked.
      if (provider.probes(resource).size() == 2) replies.emplace_back(RunReply{0, "", ""});
      const Live live = provider.decode(resource, replies);
      for (const auto& [field, position, value] : one.spec.as_map())
        RC_ASSERT(*live.fields.find(field) == value);
      RC_ASSERT(live.fields.boolean_or("accepted", false));
    }
    const std::string hosts = hosts_text();
    const std::vector<Reply> hosts_replies{regular_file(hosts)};
    for (const Found& one : provider.discover("HostsEntry", hosts_replies)) {
      const Resource resource = host_resource("HostsEntry", one.name, one.spec.as_map());
      const Live live = provider.decode(resource, hosts_replies);
      for (const auto& [field, position, value] : one.spec.as_map())
        RC_ASSERT(*live.fields.find(field) == value);
    }
    const std::string sysctl =
        text_of({"# c", "a.b = 1", "a/b=2", "x.y/z = 3 \t4", "-c.d=no", "e.*=5", "007.x=007"});
    const std::vector<Reply> sysctl_replies{RunReply{0, listed("/etc/sysctl.d/f.conf", sysctl), ""}};
    for (const Found& one : provider.discover("Sysctl", sysctl_replies)) {
      const Resource resource = host_resource("Sysctl", one.name, one.spec.as_map());
      const Value& value = *one.spec.find("value");
      const std::string now = value.is_integer() ? std::to_string(value.as_integer()) : value.as_string();
      const std::vector<Reply> replies{regular_file(now + "\n"), sysctl_replies[0]};
      RC_ASSERT(provider.next_steps(resource, provider.decode(resource, replies)).empty());
    }
  }));
}

}  // namespace
}  // namespace hearth
