#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/fakes/import_world.h"

namespace hearth {
namespace {

std::string any_text() {
  static const std::vector<std::string> pieces = {"",
                                                  "a\n",
                                                  "x",
                                                  "\t",
                                                  " ",
                                                  "\n",
                                                  "\r\n",
                                                  "# c\n",
                                                  "no",
                                                  ": ",
                                                  "- ",
                                                  "---\n",
                                                  "%Y\n",
                                                  "${host.name}",
                                                  "$${host.",
                                                  "${host.",
                                                  "ü",
                                                  "\u2028",
                                                  "\f",
                                                  "password=hunter2\n",
                                                  "* * * * * root x\n",
                                                  "\"",
                                                  "'",
                                                  "\\",
                                                  "|",
                                                  "0755",
                                                  std::string("\0", 1),
                                                  "\xff"};
  std::string text;
  const int count = *rc::gen::inRange(0, 7);
  for (int i = 0; i < count; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

void populate(MemoryHost& host) {
  static const std::vector<std::string> paths = {"/etc/cron.d/a",
                                                 "/etc/cron.d/a b",
                                                 "/etc/cron.d/a-b",
                                                 "/etc/cron.d/ü",
                                                 "/etc/cron.d/#",
                                                 "/etc/cron.d/'\"",
                                                 "/etc/cron.d/no",
                                                 "/usr/local/bin/x.key",
                                                 "/etc/sysctl.d/x: y",
                                                 "/etc/profile.d/${host.name}",
                                                 "/usr/local/sbin/\n",
                                                 "/etc/systemd/system/a.service",
                                                 "/etc/systemd/system/b@.service",
                                                 "/etc/systemd/system/b@1.service",
                                                 "/etc/systemd/system/c.timer",
                                                 "/etc/systemd/system/a.service.d/1.conf",
                                                 "/etc/systemd/system/a.service.d/odd name.conf",
                                                 "/etc/systemd/system/d.service.d/x.conf",
                                                 "/etc/systemd/system/b-1.service"};
  for (const std::string& path : paths) {
    if (*rc::gen::inRange(0, 2) == 0) continue;
    host.put(path, any_text());
    MemoryHost::File& file = host.files[path];
    file.mode = *rc::gen::element<std::string>("0644", "0600", "0755", "4750");
    file.owner = *rc::gen::element<std::string>("root", "eve", "4242");
    file.group = *rc::gen::element<std::string>("root", "adm");
  }
  for (const char* path : {"/opt/a", "/srv/two words", "/srv/ä"}) {
    if (*rc::gen::arbitrary<bool>())
      host.files[path] = {FileReply::Type::directory, "", "2775", "root", "users", 0};
  }
  for (const char* name : {"a.service", "b@1.service", "c.timer", "d.service"}) {
    if (*rc::gen::arbitrary<bool>()) continue;
    MemoryHost::Unit& unit = host.units[name];
    unit.running = *rc::gen::arbitrary<bool>();
    unit.enabled = *rc::gen::arbitrary<bool>();
    unit.failed = *rc::gen::inRange(0, 5) == 0;
    unit.invocation = 1;
    unit.started = *rc::gen::element<std::int64_t>(0, 1, 1'000'000'000'000'000'000);
  }
}

// Whatever is on the hosts: an import is valid, a plan right after it finds nothing to do, another import finds nothing
// new, and the same world gives the same text.
TEST(ImportProperty, SaysWhatIsThere) {
  EXPECT_TRUE(rc::check([] {
    ImportWorld import({"a", "b", "c"});
    populate(import.world.host("a"));
    populate(import.world.host("b"));
    // Much is alike in a real house.
    import.world.host("c").files = import.world.host("a").files;
    import.world.host("c").units = import.world.host("a").units;
    if (*rc::gen::arbitrary<bool>()) populate(import.world.host("c"));

    const auto files = import.import();
    const std::size_t things = import.set.things.size();
    std::string text;
    for (const ImportFile& file : files) text += file.text;
    RC_LOG() << text;
    RC_ASSERT(text.find("hunter2") == std::string::npos);
    const auto again = import.import();
    RC_ASSERT(again.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) RC_ASSERT(again[i].text == files[i].text);

    import.adopt(files);
    RC_ASSERT(import.world.manifests.resources.size() == things + 3);  // and the Nodes
    const Plan& plan = import.world.plan();
    for (const Action& action : plan.actions) RC_LOG() << action.address.to_string();
    for (const Note& note : plan.notes) RC_LOG() << note.address.to_string() << note.text;
    RC_ASSERT(plan.actions.empty());
    RC_ASSERT(!plan.incomplete());
    RC_ASSERT(import.import().empty());
  }));
}

}  // namespace
}  // namespace hearth
