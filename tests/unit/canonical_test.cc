#include "reconciler/core/canonical.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace hearth {
namespace {

using Function = std::optional<std::string> (*)(std::string_view);
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

void expect(Function function, const Pairs& pairs, const std::vector<std::string_view>& refused) {
  for (const auto& [text, canonical] : pairs)
    EXPECT_EQ(function(text).value_or("nothing"), canonical) << text;
  for (const auto text : refused) EXPECT_EQ(function(text).value_or("nothing"), "nothing") << text;
}

TEST(Canonical, Paths) {
  expect(canonical_path,
         {{"/", "/"},
          {"//", "/"},
          {"/etc/", "/etc"},
          {"/etc//./motd", "/etc/motd"},
          {"/a/../b", "/b"},
          {"/../..", "/"},
          {"/a/...", "/a/..."}},
         {"", "etc", "./x", std::string_view("/a\0b", 4)});
}

TEST(Canonical, Modes) {
  expect(canonical_mode,
         {{"644", "0644"}, {"0644", "0644"}, {"00644", "0644"}, {"4755", "4755"}, {"0", "0000"}},
         {"", "888", "u+x", "10000", "-644", "0o644"});
}

TEST(Canonical, Sizes) {
  expect(canonical_size,
         {{"4GiB", "4GiB"},
          {"4096MiB", "4GiB"},
          {"4294967296", "4GiB"},
          {"4097MiB", "4097MiB"},
          {"1.5 GiB", "1536MiB"},
          {"5", "5"},
          {"5B", "5"},
          {"0GiB", "0"},
          {"1KB", "1000"},
          {"1.024KB", "1KiB"},
          {"16383PiB", "16383PiB"},
          {"2048PiB", "2048PiB"},
          {"1.50KiB", "1536"}},
         {"", "4G", "GiB", "-1", "1.GiB", "0.1KiB", "1e3", "16384PiB", "99999999999999999999", "4 GiB x",
          "4GiB4GiB"});
}

TEST(Canonical, Durations) {
  expect(canonical_duration,
         {{"90", "1min 30s"},
          {"90s", "1min 30s"},
          {"1min 30s", "1min 30s"},
          {"1min30s", "1min 30s"},
          {"1.5h", "1h 30min"},
          {"30s 1min", "1min 30s"},
          {"500ms", "500ms"},
          {"2us", "2us"},
          {"1500 ms", "1s 500ms"},
          {"1w", "7d"},
          {"0", "0s"},
          {"2 hours", "2h"},
          {"infinity", "infinity"}},
         {"", " ", "1month", "1y", "x", "-1s", "0.0000001s", "1.s", "s", "99999999999999999w"});
}

TEST(Canonical, Units) {
  expect(canonical_unit,
         {{"wol", "wol.service"},
          {"wol.service", "wol.service"},
          {"fstrim.timer", "fstrim.timer"},
          {"getty@tty1", "getty@tty1.service"},
          {"a.b", "a.b.service"},
          {".service", ".service.service"}},
         {"", "/etc", std::string_view("a\0", 2)});
}

TEST(Canonical, KernelParameters) {
  expect(canonical_sysctl,
         {{"net.ipv4.ip_forward", "net.ipv4.ip_forward"},
          {"net/ipv4/ip_forward", "net.ipv4.ip_forward"},
          {"/net/ipv4/ip_forward", "net.ipv4.ip_forward"},
          {"net/ipv4/conf/eth0.5/forwarding", "net.ipv4.conf.eth0/5.forwarding"},
          {"net.ipv4.conf.eth0/5.forwarding", "net.ipv4.conf.eth0/5.forwarding"}},
         {"", "vm", "/vm", "net..ipv4", "net.ipv4.", "net.//.passwd", "a/../b", "a b.c", "a.\n"});
}

}  // namespace
}  // namespace hearth
