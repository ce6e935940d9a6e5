// How the probes of one observation are gathered into few commands: known to the renderer and the parser
// alone, which must agree on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

struct ObserveLayout {
  using Paths = std::vector<std::string>;  // as the node is asked for them: ROOT in front

  std::vector<std::string> refused;           // one a probe: why it cannot be asked at all, or ""
  std::vector<Paths> files;                   // groups, each asked by one command
  std::vector<std::uint64_t> content_limits;  // each ReadFile::max_content that occurs, but 0
  std::vector<Paths> directories;
  std::vector<std::string> units;  // with their suffix, each once
  Paths config_files;              // of all units, each once

  ObserveLayout(const std::vector<Probe>& probes, std::string_view root);
};

// The frame in which the contents of a group with one limit come.
std::string content_frame(std::size_t group, std::uint64_t limit);

// `cron` is `cron.service`, as systemctl takes it.
std::string full_unit_name(std::string_view unit);
// Empty when systemd could have a unit of that name; patterns, which systemctl would expand, are none.
std::string why_no_unit_name(std::string_view unit);
// Empty when PATH is absolute and free of NUL.
std::string why_no_path(std::string_view path);
// Empty when PATH is a folder whose files may be deleted: not /, and written in one way only.
std::string why_no_tree(std::string_view path);
std::string why_no_command(const std::vector<std::string>& argv);
// True when tools print PATH in their messages as it is, so that a message can be told to be about it.
bool is_plain_path(std::string_view path);

}  // namespace hearth
