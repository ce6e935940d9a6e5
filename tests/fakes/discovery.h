// Answers the real providers' discovery for a host in memory, as its shell would.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/memory_host.h"

namespace hearth {

inline std::string to_base64(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8U | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= text.size() ? digits[bits >> (18U - 6U * j) & 63U] : '=';
  }
  return out;
}

// `sh -c SCRIPT hearth-discover KIND MOST FOLDER…` for files and folders, without KIND for units. Anything else succeeds
// and says nothing.
inline RunReply answer_discovery(const MemoryHost& host, const std::vector<std::string>& argv) {
  RunReply reply;
  if (argv.size() < 4 || argv[3] != "hearth-discover") return reply;
  const auto folder_of = [](const std::string& path) { return path.substr(0, path.rfind('/')); };
  if (argv.size() > 5) {
    for (std::size_t i = 6; i < argv.size(); ++i) {
      for (const auto& [path, file] : host.files) {
        const bool directory = file.type == FileReply::Type::directory;
        if (folder_of(path) != argv[i] || directory != (argv[4] == "d")) continue;
        reply.out += "F " + file.mode + " " + file.owner + " " + file.group + " " + to_base64(path) + " " +
                     (directory ? "-" : to_base64(file.content)) + "\n";
      }
    }
    return reply;
  }
  const std::string units = "/etc/systemd/system/";
  std::set<std::string> names;
  for (const auto& [path, file] : host.files) {
    if (!path.starts_with(units) || file.type != FileReply::Type::regular) continue;
    const std::string rest = path.substr(units.size());
    const auto slash = rest.find('/');
    if (slash == std::string::npos) {
      reply.out += "U " + to_base64(rest) + " " + to_base64(file.content) + "\n";
      names.insert(rest);
    } else if (rest.ends_with(".conf") && rest.substr(0, slash).ends_with(".d")) {
      const std::string unit = rest.substr(0, slash - 2);
      const std::string name = rest.substr(slash + 1, rest.size() - slash - 6);
      reply.out += "D " + to_base64(unit) + " " + to_base64(name) + " " + to_base64(file.content) + "\n";
      names.insert(unit);
    }
  }
  for (const std::string& name : names) {
    const auto unit = host.units.find(name);
    const bool known = unit != host.units.end();
    reply.out += "S Id=" + name + "\nS ActiveState=" +
                 (known && unit->second.failed    ? "failed"
                  : known && unit->second.running ? "active"
                                                  : "inactive") +
                 "\nS UnitFileState=" + (known && unit->second.enabled ? "enabled" : "disabled") + "\nS \n";
  }
  return reply;
}

}  // namespace hearth
