// One form for what can be written in several. Live systems normalise what they are given, so desired and
// live are only ever compared in these forms.
//
// Every function gives nothing for a text that it does not understand, and is idempotent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

// An absolute path without `//`, `/./`, `..` and trailing slash. Lexical: symbolic links are not followed.
std::optional<std::string> canonical_path(std::string_view text);

// Permission bits in octal: `644` → `0644`.
std::optional<std::string> canonical_mode(std::string_view text);

// Bytes: a number alone, or with B, KiB … PiB (1024) or KB … PB (1000), also `1.5GiB` where that is a whole
// number of bytes. A single letter is refused: `4G` is 4 GiB to some and 4 GB to others.
std::optional<std::uint64_t> parse_size(std::string_view text);
// The largest unit of 1024 that leaves a whole number: 4096 MiB is `4GiB`, 4097 MiB is `4097MiB`, 5 bytes are
// `5`.
std::string format_size(std::uint64_t bytes);
std::optional<std::string> canonical_size(std::string_view text);

// A span of time as systemd.time(7) writes it (`90`, `90s`, `1min 30s`, `1.5h`, `infinity`), from
// microseconds to weeks.
std::optional<std::string> canonical_duration(std::string_view text);

// The name of a systemd unit: `.service` is added where there is no suffix of a unit.
std::optional<std::string> canonical_unit(std::string_view text);

// MODE (octal digits) with nothing left for group and others.
std::string mode_of_owner(const std::string& mode);
// Whether others than owner and group may do anything by MODE.
bool is_open_to_others(std::string_view mode);
// A kernel parameter as sysctl(8) prints it. The first of `.` and `/` in it is what separates; the other one is then part of
// a name, so that `net/ipv4/conf/eth0.5/forwarding` is `net.ipv4.conf.eth0/5.forwarding`.
std::optional<std::string> canonical_sysctl(std::string_view text);

// An IPv4 or IPv6 address as inet_ntop(3) writes it: `0:0:0:0:0:0:0:1` is `::1`. A number with a zero in front of it
// (`10.0.0.01`) is refused: to some programs it is octal.
std::optional<std::string> canonical_address(std::string_view text);

}  // namespace hearth
